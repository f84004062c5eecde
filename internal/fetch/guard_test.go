package fetch_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/fetch"
)

// untouched fails the test when anything connects to it.
func untouched(t *testing.T) string {
	t.Helper()
	return unasked(t, func(net.Conn, http.ConnState) { t.Error("a connection arrived") })
}

// unasked fails the test when a request arrives.
func unasked(t *testing.T, connected func(net.Conn, http.ConnState)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s := &httptest.Server{Listener: l, Config: &http.Server{
		Handler:   http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a request arrived") }),
		ConnState: connected,
	}}
	s.Start()
	t.Cleanup(s.Close)
	return s.URL
}

func TestAddressesThatTheGuardRefuses(t *testing.T) {
	t.Parallel()
	p := serve(t, sending(pdf(10)))
	other := untouched(t)
	port := strings.TrimPrefix(other, "http://127.0.0.1:")
	c := config(p.URL)
	c.Hosts = []string{"files.example:8080", "localhost:" + port, "127.0.0.1:" + port, "[::1]:" + port}
	c.Networks = []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")}
	f := fetcher(t, c)
	for address, expected := range map[string]string{
		"ftp://files.example:8080/x":               "must begin with http",
		"file:///etc/passwd":                       "must begin with http",
		"gopher://127.0.0.1/":                      "must begin with http",
		"javascript:alert(1)":                      "must begin with http",
		"http://user:pw@files.example:8080/":       "user information",
		"http://:80/":                              "must name a host",
		"http://files.example:0/":                  "port",
		"http://files.example:99999/":              "port",
		"http://例子.cn/":                            "xn--",
		"http://a b/":                              "must be a URL",
		"http://%zz/":                              "must be a URL",
		other + "/x":                               "reserved address",
		"http://localhost:" + port + "/":           "reserved address",
		"http://LOCALHOST.:" + port + "/":          "reserved address",
		"//127.0.0.1:" + port + "/":                "reserved address",
		"http://127.1.2.3:" + port + "/":           "reserved address",
		"http://[::1]:" + port + "/":               "reserved address",
		"http://[::ffff:127.0.0.1]:" + port:        "reserved address",
		"http://[::ffff:7f00:1]:" + port:           "reserved address",
		"http://[64:ff9b::7f00:1]/":                "reserved address",
		"http://[2002:7f00:1::]/":                  "reserved address",
		"http://[::127.0.0.1]/":                    "reserved address",
		"http://169.254.169.254/latest/meta-data/": "reserved address",
		"http://100.100.100.200/latest/meta-data/": "reserved address",
		"http://[fd00:ec2::254]/":                  "reserved address",
		"http://[fe80::1]/":                        "reserved address",
		"http://[fe80::1%25lo]/":                   "plain name",
		"http://0.0.0.0:" + port + "/":             "reserved address",
		"http://[::]:" + port + "/":                "reserved address",
		"http://224.0.0.1/":                        "reserved address",
		"http://255.255.255.255/":                  "reserved address",
		"http://[ff02::1]/":                        "reserved address",
	} {
		a := fetch.SingleUse(zwfw.NewSecret(address))
		_, _, err := fetched(t, f, a)
		e := failure(t, err)
		assert.Equal(t, "address", e.Field, address)
		assert.Equal(t, zwfw.OutcomeRefused, e.Outcome, address)
		assert.Contains(t, e.Expected, expected, address)
		assert.False(t, e.Sent, address)
		assert.False(t, a.Spent(), "what was not sent is not spent: %s", address)
	}
	require.Zero(t, p.asked.Load())
}

func TestOnlyConfiguredHostsAreReached(t *testing.T) {
	t.Parallel()
	f := fetcher(t, config("http://platform.example:8080/api"))
	for _, address := range []string{"http://other.example/x", "http://platform.example/x", "http://evil.example/@platform.example:8080/", "http://10.1.2.3/x", "http://platform.example.evil.example:8080/"} {
		_, _, err := fetched(t, f, fetch.Reusable(zwfw.NewSecret(address)))
		assert.Contains(t, failure(t, err).Expected, "is not allowed; add it to Hosts", address)
	}
}

func TestRelativeAddressesStartAtTheBase(t *testing.T) {
	t.Parallel()
	var path string
	p := serve(t, func(w http.ResponseWriter, r *http.Request) {
		path = r.URL.String()
		sending(pdf(10))(w, r)
	})
	f := fetcher(t, config(p.URL+"/api/v1"))
	for address, want := range map[string]string{
		"/download?id=1": "/download?id=1", "download?id=1": "/api/v1/download?id=1", "?id=1": "/api/v1/?id=1", "../x#part": "/api/x",
		" " + p.URL + "/y ": "/y", strings.Replace(p.URL, "http", "HTTP", 1) + "/z": "/z", "//" + strings.TrimPrefix(p.URL, "http://") + "/w": "/w",
	} {
		_, _, err := fetched(t, f, fetch.SingleUse(zwfw.NewSecret(address)))
		require.NoError(t, err, address)
		require.Equal(t, want, path)
	}
}

func TestIntranetHostsAreRewritten(t *testing.T) {
	t.Parallel()
	p := serve(t, sending(pdf(10)))
	own := strings.TrimPrefix(p.URL, "http://")
	c := config(p.URL)
	c.Rewrite = map[string]string{"10.1.2.3:9000": own, "inner.example": "http://" + own}
	f := fetcher(t, c)
	for _, address := range []string{"http://10.1.2.3:9000/x", "https://inner.example/x", "http://INNER.example:80/x"} {
		_, _, err := fetched(t, f, fetch.SingleUse(zwfw.NewSecret(address)))
		require.NoError(t, err, address)
	}
	_, _, err := fetched(t, f, fetch.SingleUse(zwfw.NewSecret("http://inner.example:81/x")))
	require.Error(t, err)
	require.Equal(t, int64(3), p.asked.Load())
}

// A name that is allowed may lead anywhere at the moment of dialling.
func TestTheResolvedAddressIsChecked(t *testing.T) {
	t.Parallel()
	port := strings.TrimPrefix(untouched(t), "http://127.0.0.1:")
	// A dialler of another connects before it can be checked, but nothing is sent.
	silent := strings.TrimPrefix(unasked(t, nil), "http://")
	_, silentPort, err := net.SplitHostPort(silent)
	require.NoError(t, err)
	rebound := func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, silent)
	}
	for name, client := range map[string]*http.Client{
		"own transport":             nil,
		"a given client":            {},
		"a given transport":         {Transport: &http.Transport{}},
		"a given dialler":           {Transport: &http.Transport{DialContext: rebound}},
		"a given old dialler":       {Transport: &http.Transport{Dial: func(n, _ string) (net.Conn, error) { return rebound(context.Background(), n, "") }}},
		"a given TLS dialler":       {Transport: &http.Transport{DialTLSContext: rebound}},
		"a given old TLS dialler":   {Transport: &http.Transport{DialTLS: func(n, _ string) (net.Conn, error) { return rebound(context.Background(), n, "") }}},
		"a given foreign transport": {Transport: foreign{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := config("http://platform.example")
			port := port
			if name == "a given client" { // whose default transport has a dialler
				port = silentPort
			}
			c.Hosts = []string{"localhost:" + port}
			var options []zwfw.Option
			if client != nil {
				options = append(options, zwfw.WithHTTPClient(client))
			}
			scheme := "http"
			if strings.Contains(name, "TLS") {
				scheme = "https"
			}
			a := singleUse(scheme + "://localhost:" + port)
			_, _, err := fetched(t, fetcher(t, c, options...), a)
			e := failure(t, err)
			require.Contains(t, e.Expected, "reserved address")
			require.Equal(t, "address", e.Field)
			require.False(t, e.Sent)
			require.False(t, a.Spent())
		})
	}
}

// foreign is a transport of another type.
type foreign struct{}

func (foreign) RoundTrip(r *http.Request) (*http.Response, error) {
	return http.DefaultTransport.RoundTrip(r)
}

func TestAForeignTransportReachesTheBase(t *testing.T) {
	t.Parallel()
	p := serve(t, sending(pdf(10)))
	given := &http.Client{Transport: foreign{}}
	_, _, err := fetched(t, fetcher(t, config(p.URL), zwfw.WithHTTPClient(given)), singleUse(p.URL))
	require.NoError(t, err)
	require.Equal(t, foreign{}, given.Transport, "the given client is not altered")
}

func TestAGivenClientsProxyIsUsed(t *testing.T) {
	t.Parallel()
	var asked string
	proxy := serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked = r.URL.String()
		sending(pdf(10))(w, r)
	})
	at, err := url.Parse(proxy.URL)
	require.NoError(t, err)
	client := &http.Client{Transport: &http.Transport{Proxy: http.ProxyURL(at)}}
	f := fetcher(t, config("http://platform.example"), zwfw.WithHTTPClient(client))
	_, _, err = fetched(t, f, fetch.SingleUse(zwfw.NewSecret("/x")))
	require.NoError(t, err)
	require.Equal(t, "http://platform.example/x", asked)
	_, _, err = fetched(t, f, fetch.SingleUse(zwfw.NewSecret("http://other.example/x")))
	require.Equal(t, "address", failure(t, err).Field)
}

// Networks cannot be checked where a proxy resolves names, so they admit no name there.
func TestAProxyLeadsToNoNameThatIsNotListed(t *testing.T) {
	t.Parallel()
	var asked []string
	proxy := serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.Host)
		sending(pdf(10))(w, r)
	})
	at, err := url.Parse(proxy.URL)
	require.NoError(t, err)
	var own net.Dialer
	for _, transport := range []*http.Transport{{Proxy: http.ProxyURL(at)}, {Proxy: http.ProxyURL(at), DialContext: own.DialContext}} {
		asked = nil
		c := config("http://platform.example")
		c.Hosts = []string{"files.example"}
		c.Networks = []netip.Prefix{netip.MustParsePrefix("10.20.0.0/16")}
		f := fetcher(t, c, zwfw.WithHTTPClient(&http.Client{Transport: transport}))
		for _, address := range []string{"http://metadata.example/x", "http://169.254.169.254/x", "http://10.21.0.1/x", "https://other.example/x"} {
			a := fetch.SingleUse(zwfw.NewSecret(address))
			_, _, err := fetched(t, f, a)
			e := failure(t, err)
			require.Equal(t, "address", e.Field, address)
			require.Equal(t, zwfw.OutcomeRefused, e.Outcome, address)
			require.False(t, a.Spent(), address)
		}
		require.Empty(t, asked)
		for _, address := range []string{"/x", "http://files.example/x", "http://10.20.0.1/x"} {
			_, _, err := fetched(t, f, fetch.SingleUse(zwfw.NewSecret(address)))
			require.NoError(t, err, address)
		}
		require.Equal(t, []string{"platform.example", "files.example", "10.20.0.1"}, asked)
	}
}

func TestRedirects(t *testing.T) {
	t.Parallel()
	other := untouched(t)
	for name, c := range map[string]struct{ to, expected string }{
		"within the host":       {"/file", ""},
		"relative":              {"file", ""},
		"in a circle":           {"/start", "circle"},
		"without end":           {"/more", "circle"},
		"to another port":       {other + "/x", "is refused"},
		"to loopback":           {"http://127.0.0.1/x", "is refused"},
		"to link-local":         {"http://169.254.169.254/latest", "reserved address"},
		"to another host":       {"http://other.example/x", "another host"},
		"to another known host": {"http://files.example/" + token, "another host"},
		"to another scheme":     {"ftp://files.example/" + token, "http"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := serve(t, func(w http.ResponseWriter, r *http.Request) {
				switch {
				case r.URL.Path == "/file":
					sending(pdf(10))(w, r)
				case strings.HasPrefix(r.URL.Path, "/more"):
					http.Redirect(w, r, r.URL.Path+"e", http.StatusFound)
				default:
					http.Redirect(w, r, c.to, http.StatusFound)
				}
			})
			with := config(p.URL)
			with.Hosts = []string{"files.example"}
			with.Networks = []netip.Prefix{netip.MustParsePrefix("169.0.0.0/8")}
			a := fetch.SingleUse(zwfw.NewSecret(p.URL + "/start"))
			_, _, err := fetched(t, fetcher(t, with), a)
			require.LessOrEqual(t, p.asked.Load(), int64(4))
			if c.expected == "" {
				require.NoError(t, err)
				return
			}
			e := failure(t, err)
			require.Contains(t, e.Expected, c.expected)
			require.Equal(t, zwfw.OutcomeUnknown, e.Outcome)
			require.Contains(t, e.Expected, "apply for a new one")
			require.True(t, a.Spent())
		})
	}
}

func TestWrongConfigurationIsRefusedAtOnce(t *testing.T) {
	t.Parallel()
	settings, err := zwfw.NewSettings()
	require.NoError(t, err)
	for want, change := range map[string]func(*fetch.Config){
		"Platform":                          func(c *fetch.Config) { c.Platform = "" },
		"Base: must be a URL":               func(c *fetch.Config) { c.Base = "platform.example" },
		"Base: must be a URL as":            func(c *fetch.Config) { c.Base = "http://u:p@platform.example" },
		"Base: the port":                    func(c *fetch.Config) { c.Base = "http://platform.example:0" },
		`Hosts: "http://x/y": must be host`: func(c *fetch.Config) { c.Hosts = []string{"http://x/y"} },
		`Hosts: "x:0": the port`:            func(c *fetch.Config) { c.Hosts = []string{"x:0"} },
		"Networks: 127.0.0.0/8":             func(c *fetch.Config) { c.Networks = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")} },
		"Networks: invalid":                 func(c *fetch.Config) { c.Networks = make([]netip.Prefix, 1) },
		`Rewrite: "b": must be host:port`:   func(c *fetch.Config) { c.Rewrite = map[string]string{"a": "b"} },
		`Rewrite: "ftp://b": scheme`:        func(c *fetch.Config) { c.Rewrite = map[string]string{"a": "ftp://b"} },
		`Rewrite: "a/b"`:                    func(c *fetch.Config) { c.Rewrite = map[string]string{"a/b": "c:1"} },
		`Accept: unknown type "doc"`:        func(c *fetch.Config) { c.Accept = []fetch.Format{"doc"} },
		"MaxSize":                           func(c *fetch.Config) { c.MaxSize = -1 },
		"Idle, Head, Timeout":               func(c *fetch.Config) { c.Idle = -1 },
	} {
		c := config("https://platform.example")
		change(&c)
		_, err := fetch.New(c, settings)
		assert.ErrorContains(t, err, want)
	}
}

func TestAddressesPrintMasked(t *testing.T) {
	t.Parallel()
	a := singleUse("http://platform.example")
	for _, text := range []string{fmt.Sprint(a), fmt.Sprintf("%+v", a), fmt.Sprintf("%#v", a), a.String(), asJSON(t, a)} {
		require.NotContains(t, text, token)
	}
	require.True(t, fetch.Address{}.IsZero())
	require.True(t, a.IsSingleUse())
	require.False(t, reusable("http://platform.example").IsSingleUse())
}

func TestNoConnectionIsNotSent(t *testing.T) {
	t.Parallel()
	const base = "http://127.0.0.1:1" // nobody listens there
	a := singleUse(base)
	_, err := fetcher(t, config(base)).Fetch(t.Context(), a, new(bytes.Buffer))
	e := failure(t, err)
	require.Equal(t, zwfw.OutcomeRefused, e.Outcome)
	require.False(t, e.Sent)
	require.False(t, a.Spent(), "it can be fetched when the line is back")
	require.False(t, errors.Is(err, zwfw.WrongState))
}
