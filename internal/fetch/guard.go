package fetch

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// guard decides what a server-supplied address may reach.
type guard struct {
	base     *url.URL
	own      string          // host and port of base
	hosts    map[string]bool // host and port
	networks []netip.Prefix
	rewrite  map[string]destination // by host and port
}

// destination replaces scheme and host of an address; scheme "" keeps it.
type destination struct{ scheme, hostport string }

func newGuard(c Config) (*guard, error) {
	base, err := url.Parse(c.Base)
	if err != nil || base.Host == "" || base.User != nil || base.Scheme != "http" && base.Scheme != "https" {
		return nil, c.wrong("Base", "must be a URL as https://host/path, without user information")
	}
	g := &guard{base: base, hosts: make(map[string]bool), rewrite: make(map[string]destination)}
	if !strings.HasSuffix(base.Path, "/") {
		base.Path += "/" // relative addresses are meant below it
		base.RawPath = ""
	}
	if g.own, err = hostport(base); err != nil {
		return nil, c.wrong("Base", "%w", err)
	}
	g.hosts[g.own] = true
	for _, entry := range c.Hosts {
		both, err := hostports(entry)
		if err != nil {
			return nil, c.wrong("Hosts", "%q: %w", entry, err)
		}
		for _, hp := range both {
			g.hosts[hp] = true
		}
	}
	for _, n := range c.Networks {
		if !n.IsValid() || forbidden(n.Addr()) && n.Bits() > 0 {
			return nil, c.wrong("Networks", "%v: must be a network of ordinary addresses; loopback, link-local and the like are never dialled", n)
		}
		g.networks = append(g.networks, n.Masked())
	}
	return g, g.addRewrites(c)
}

func (g *guard) addRewrites(c Config) error {
	for from, to := range c.Rewrite {
		sources, err := hostports(from)
		if err != nil {
			return c.wrong("Rewrite", "%q: %w", from, err)
		}
		t, entry := destination{}, to
		if scheme, rest, ok := strings.Cut(to, "://"); ok {
			if scheme != "http" && scheme != "https" {
				return c.wrong("Rewrite", "%q: scheme must be http or https", to)
			}
			if t.scheme, entry = scheme, rest; !hasPort(rest) {
				entry += ":" + defaultPort(scheme)
			}
		}
		if !hasPort(entry) {
			return c.wrong("Rewrite", "%q: must be host:port", to)
		}
		targets, err := hostports(entry)
		if err != nil {
			return c.wrong("Rewrite", "%q: %w", to, err)
		}
		t.hostport = targets[0]
		g.hosts[t.hostport] = true
		for _, source := range sources {
			g.rewrite[source] = t
		}
	}
	return nil
}

// resolve makes the URL that is asked of an address that a server gave, relative to
// where it was given. The error never holds the address.
func (g *guard) resolve(from *url.URL, address string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil {
		return nil, errors.New("must be a URL")
	}
	u = from.ResolveReference(u)
	u.Fragment, u.RawFragment = "", ""
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, errors.New("must begin with http:// or https://")
	case u.User != nil:
		return nil, errors.New("must not hold user information")
	}
	hp, err := hostport(u)
	if err != nil {
		return nil, err
	}
	if t, ok := g.rewrite[hp]; ok {
		hp, u.Scheme = t.hostport, or(t.scheme, u.Scheme)
	}
	u.Host = strings.TrimSuffix(hp, ":"+defaultPort(u.Scheme))
	return u, g.admits(hp)
}

// admits judges host and port alone; the IP address is judged when it is known.
func (g *guard) admits(hp string) error {
	if g.hosts[hp] {
		return g.literal(hp)
	}
	if len(g.networks) == 0 {
		return errNotAllowed(hp)
	}
	return g.literal(hp)
}

// literal refuses a forbidden IP address that is written out, before anything is dialled.
func (g *guard) literal(hp string) error {
	host, _, _ := net.SplitHostPort(hp)
	if ip, err := netip.ParseAddr(host); err == nil {
		return g.checkIP(hp, ip)
	}
	return nil
}

func errNotAllowed(hp string) error {
	return fmt.Errorf("host %s is not allowed; add it to Hosts or its network to Networks", hp)
}

// checkIP judges the IP address to which host and port lead.
func (g *guard) checkIP(hp string, ip netip.Addr) error {
	ip = ip.Unmap()
	switch {
	case hp == g.own:
		return nil
	case forbidden(ip):
		return fmt.Errorf("host %s leads to a loopback, link-local or otherwise reserved address, which is refused", hp)
	case g.hosts[hp], slices.ContainsFunc(g.networks, func(n netip.Prefix) bool { return n.Contains(ip.WithZone("")) }):
		return nil
	}
	return errNotAllowed(hp)
}

// hostport gives host and port in lower case, the port always.
func hostport(u *url.URL) (string, error) {
	host, port := strings.TrimSuffix(strings.ToLower(u.Hostname()), "."), or(u.Port(), defaultPort(u.Scheme))
	if host == "" {
		return "", errors.New("must name a host")
	}
	if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
		return "", errors.New("the port must be 1 to 65535")
	}
	for _, c := range []byte(host) {
		// Others would be rewritten on the way to the dialler.
		if c <= ' ' || c >= 0x7f || strings.IndexByte(`\/@%?#`, c) >= 0 {
			return "", errors.New("the host must be a plain name or IP address (an international name in its xn-- form)")
		}
	}
	return net.JoinHostPort(host, port), nil
}

// hostports reads an entry of the configuration; without a port it stands for 80 and 443.
func hostports(entry string) ([]string, error) {
	if strings.ContainsAny(entry, "/@?#") {
		return nil, errors.New("must be host or host:port")
	}
	if hasPort(entry) {
		hp, err := hostport(&url.URL{Host: entry})
		return []string{hp}, err
	}
	var both []string
	for _, scheme := range []string{"http", "https"} {
		host := entry
		if strings.Count(entry, ":") > 1 && !strings.HasPrefix(entry, "[") {
			host = "[" + entry + "]"
		}
		hp, err := hostport(&url.URL{Scheme: scheme, Host: host})
		if err != nil {
			return nil, err
		}
		both = append(both, hp)
	}
	return both, nil
}

func hasPort(entry string) bool {
	_, port, err := net.SplitHostPort(entry)
	return err == nil && port != ""
}

func defaultPort(scheme string) string {
	if scheme == "https" {
		return "443"
	}
	return "80"
}
