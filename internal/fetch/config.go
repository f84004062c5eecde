package fetch

import (
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"sync/atomic"
	"time"

	"github.com/zwfw-go/zwfw"
)

// Config says what a server-supplied address may reach and how answers are read.
//
// An address passes when its host and port are those of Base, of a target of Rewrite or
// of Hosts, or when the IP address that is dialled lies in Networks. Loopback,
// link-local, metadata, unspecified, multicast and reserved IP addresses are never
// dialled, whatever name leads there, but for the host and port of Base themselves. The
// IP address is checked after resolving, at the moment of dialling.
//
// The same holds for a client given with zwfw.WithHTTPClient: its *http.Transport is
// cloned and its connections are checked before anything is sent on them. Two limits: where a
// proxy resolves names, only names and ports are checked here, so a name must be listed and
// Networks admits none; and an http.RoundTripper of another type dials by itself, so names are
// resolved and checked before it is called.
type Config struct {
	Platform string            // in errors and logs: "certificate"
	Base     string            // base URL of the platform; relative addresses start there
	Hosts    []string          // "files.example.cn:8443"; without a port 80 and 443 are meant
	Networks []netip.Prefix    // 10.20.0.0/16
	Rewrite  map[string]string // "10.1.2.3:8080" (as the server writes it) to "files.example.cn:443", also "https://files.example.cn"

	Accept []Format // types that are accepted; nil means all but ZIP

	// What a refusal in place of the file means: its code in JSON, else the first of
	// Texts that it contains. Neither makes it Unclassified.
	Codes map[string]zwfw.Kind
	Texts []TextKind
	// ToUTF8 converts a refusal by its declared content type; nil leaves it as it is.
	ToUTF8 func(body []byte, contentType string) []byte

	MaxSize int64         // of a file; default 512 MiB
	Idle    time.Duration // the longest time in which less than 4 KiB arrive; default 15 s
	Head    time.Duration // until the answer begins; default 30 s
	Timeout time.Duration // the whole call unless zwfw.WithTimeout is given; default 10 min
}

// TextKind gives the kind of a refusal that contains a text.
type TextKind struct {
	Contains string // 文件不存在
	Kind     zwfw.Kind
}

const (
	defaultMaxSize = 512 << 20
	defaultIdle    = 15 * time.Second
	defaultHead    = 30 * time.Second
	defaultTimeout = 10 * time.Minute // public practice: what an address lives
)

// Fetcher downloads files. It is immutable and safe for concurrent use. It keeps no
// connection between calls.
type Fetcher struct {
	config   Config
	settings *zwfw.Settings
	guard    *guard
	client   *http.Client
	closed   atomic.Bool
}

// New checks the configuration.
func New(c Config, s *zwfw.Settings) (*Fetcher, error) {
	if c.Platform == "" {
		c.Platform = "fetch"
		return nil, c.wrong("Platform", "is required")
	}
	g, err := newGuard(c)
	if err != nil {
		return nil, err
	}
	for _, d := range []time.Duration{c.Idle, c.Head, c.Timeout} {
		if d < 0 {
			return nil, c.wrong("Idle, Head, Timeout", "must not be negative, one is %v", d)
		}
	}
	if c.MaxSize < 0 {
		return nil, c.wrong("MaxSize", "must not be negative, is %d", c.MaxSize)
	}
	for _, f := range c.Accept {
		if !slices.Contains(formats, f) {
			return nil, c.wrong("Accept", "unknown type %q", f)
		}
	}
	c.Accept, c.Texts = slices.Clone(c.Accept), slices.Clone(c.Texts)
	if c.Accept == nil {
		c.Accept = []Format{OFD, PDF, PNG, GIF, JPEG}
	}
	c.MaxSize = or(c.MaxSize, defaultMaxSize)
	c.Idle, c.Head = or(c.Idle, defaultIdle), or(c.Head, defaultHead)
	c.Timeout = or(s.Timeout, or(c.Timeout, defaultTimeout))
	return &Fetcher{config: c, settings: s, guard: g, client: newClient(s, g)}, nil
}

// wrong names the member of the configuration that is.
func (c Config) wrong(field, format string, args ...any) error {
	return fmt.Errorf("%s: %s: "+format, append([]any{c.Platform, field}, args...)...)
}

// Close makes later calls fail with Closed. Calls under way go on. It may be called
// again.
func (f *Fetcher) Close() error {
	f.closed.Store(true)
	return nil
}

func or[T comparable](value, otherwise T) T {
	var zero T
	if value == zero {
		return otherwise
	}
	return value
}
