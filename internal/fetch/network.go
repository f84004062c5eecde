package fetch

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"syscall"
	"time"
)

// reserved are the addresses that no certificate file is served from. The instance
// metadata services of clouds stand here one by one.
var reserved = prefixes(
	"0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "240.0.0.0/4",
	"100.100.100.200/32", "168.63.129.16/32", "192.0.0.192/32", "fd00:ec2::254/128",
	"::/96", "fe80::/10", "fec0::/10", "ff00::/8", "100::/64",
)

// embedding are IPv6 networks that carry an IPv4 address from the given byte on.
var embedding = []struct {
	prefix netip.Prefix
	at     int
}{
	{netip.MustParsePrefix("64:ff9b::/96"), 12},
	{netip.MustParsePrefix("2002::/16"), 2},
}

func prefixes(texts ...string) (all []netip.Prefix) {
	for _, t := range texts {
		all = append(all, netip.MustParsePrefix(t))
	}
	return all
}

func forbidden(ip netip.Addr) bool {
	ip = ip.Unmap().WithZone("")
	for _, e := range embedding {
		if e.prefix.Contains(ip) {
			b := ip.As16()
			return forbidden(netip.AddrFrom4([4]byte(b[e.at : e.at+4])))
		}
	}
	return slices.ContainsFunc(reserved, func(p netip.Prefix) bool { return p.Contains(ip) })
}

// refusal is the guard's no. It names the host only.
type refusal struct{ error }

// hostKey carries host and port of the URL to the dialler: a proxy's stand in their place.
type hostKey struct{}

func withHost(ctx context.Context, hp string) context.Context {
	return context.WithValue(ctx, hostKey{}, hp)
}

type dialFunc func(ctx context.Context, network, addr string) (net.Conn, error)

// dialer connects and checks every IP address before it is tried.
func (g *guard) dialer(timeout time.Duration) dialFunc {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		d := net.Dialer{Timeout: timeout, KeepAlive: 30 * time.Second}
		if g.direct(ctx, addr) {
			d.Control = func(_, resolved string, _ syscall.RawConn) error { return g.checkAddr(addr, resolved) }
		} else if err := g.behindProxy(ctx); err != nil {
			return nil, err
		}
		return d.DialContext(ctx, network, addr)
	}
}

// checked lets another's dialler connect and looks where it got to before anything is
// sent.
func (g *guard) checked(dial dialFunc) dialFunc {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		direct := g.direct(ctx, addr)
		if !direct {
			if err := g.behindProxy(ctx); err != nil {
				return nil, err
			}
		}
		conn, err := dial(ctx, network, addr)
		if err != nil || !direct {
			return conn, err
		}
		if remote, ok := conn.RemoteAddr().(*net.TCPAddr); ok {
			if err := g.checkAddr(addr, remote.String()); err != nil {
				_ = conn.Close()
				return nil, err
			}
		}
		return conn, nil
	}
}

// direct reports whether addr is the host of the URL and not a proxy.
func (g *guard) direct(ctx context.Context, addr string) bool {
	host, known := ctx.Value(hostKey{}).(string)
	return !known || host == addr
}

// behindProxy refuses a name that a proxy resolves, unless it is listed: whether it lies in
// an allowed network is not known here. An address that is written out was judged before.
func (g *guard) behindProxy(ctx context.Context) error {
	hp, _ := ctx.Value(hostKey{}).(string)
	host, _, _ := net.SplitHostPort(hp)
	if _, err := netip.ParseAddr(host); err == nil || g.hosts[hp] {
		return nil
	}
	return refusal{fmt.Errorf("host %s is resolved by a proxy, so its network is not known; add it to Hosts", hp)}
}

func (g *guard) checkAddr(hp, resolved string) error {
	ap, err := netip.ParseAddrPort(resolved)
	if err != nil {
		return refusal{fmt.Errorf("host %s leads to an address that cannot be checked", hp)}
	}
	if err := g.checkIP(hp, ap.Addr()); err != nil {
		return refusal{err}
	}
	return nil
}

// foresee resolves and checks for a transport that dials out of sight. A listed name that
// cannot be resolved here passes: it may be its proxy that knows it.
func (g *guard) foresee(ctx context.Context, hp string) error {
	host, _, _ := net.SplitHostPort(hp)
	ips, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil && !g.hosts[hp] {
		return refusal{errors.New("host " + hp + " cannot be resolved here, so its network is not known")}
	}
	for _, ip := range ips {
		if err := g.checkIP(hp, ip); err != nil {
			return refusal{err}
		}
	}
	return nil
}
