package zwfw

import (
	"crypto/tls"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"
)

// Option changes a client's behaviour. What the platform issues (addresses, ids,
// keys) stands in the platform package's Config instead. An option with a wrong
// value fails when the client is built.
type Option func(*Settings) error

// Settings is what the options set. The platform packages read it; programs use
// the options. A zero duration or number means the default of the operation.
type Settings struct {
	HTTPClient     *http.Client
	TLSConfig      *tls.Config
	EnvProxy       bool
	Timeout        time.Duration // one call, all attempts
	AttemptTimeout time.Duration
	ConnectTimeout time.Duration
	MaxResponse    int64
	Retry          Retry
	Limit          Limit
	Breaker        Breaker
	TokenStore     TokenStore
	Logger         *slog.Logger
	Clock          Clock
	Random         io.Reader
	Observer       Observer
	Dialect        *Dialect
	WeakCrypto     string
	Advice         AdviceBook
}

// Retry says how often and how far apart reads and idempotent writes are repeated.
// One-shot operations, such as verifying a one-time code, are never repeated after a
// lost answer, whatever stands here.
type Retry struct {
	MaxAttempts int           // attempts of one call, the first included; 1 turns retries off; default 3
	BaseDelay   time.Duration // upper bound of the first pause, doubled each time; default 200 ms
	MaxDelay    time.Duration // upper bound of any pause, Retry-After included; default 5 s
}

// Defaults of Settings.
const (
	DefaultMaxResponse    = 8 << 20 // the largest list any contract describes fits eight times
	DefaultConnectTimeout = 2 * time.Second
)

// maxMaxResponse is what the reader of answers can address.
const maxMaxResponse = 1 << 31

// NewSettings applies options over the defaults. The first wrong one is returned.
func NewSettings(options ...Option) (*Settings, error) {
	s := &Settings{
		ConnectTimeout: DefaultConnectTimeout,
		MaxResponse:    DefaultMaxResponse,
		Retry:          Retry{MaxAttempts: 3, BaseDelay: 200 * time.Millisecond, MaxDelay: 5 * time.Second},
		Clock:          SystemClock(),
		Advice:         DefaultAdvice(),
	}
	for i, option := range options {
		if option == nil {
			return nil, fmt.Errorf("zwfw: option %d is nil", i+1)
		}
		if err := option(s); err != nil {
			return nil, err
		}
	}
	if s.HTTPClient != nil {
		switch {
		case s.TLSConfig != nil:
			return nil, fmt.Errorf("zwfw: WithTLSConfig cannot be combined with WithHTTPClient: a given client is used as it is; set TLS on its transport")
		case s.EnvProxy:
			return nil, fmt.Errorf("zwfw: WithProxyFromEnvironment cannot be combined with WithHTTPClient: set Proxy on its transport")
		}
	}
	if s.AttemptTimeout > 0 && s.Timeout > 0 && s.AttemptTimeout > s.Timeout {
		return nil, fmt.Errorf("zwfw: WithAttemptTimeout (%v) is longer than WithTimeout (%v)", s.AttemptTimeout, s.Timeout)
	}
	return s, nil
}

// WithHTTPClient sends through the given client. It is used as it is: not changed,
// not tuned, not closed. Only redirects are not followed, on a copy, because a
// followed redirect would send a one-shot request twice.
func WithHTTPClient(c *http.Client) Option {
	return func(s *Settings) error {
		if c == nil {
			return fmt.Errorf("zwfw: WithHTTPClient: the client is nil")
		}
		s.HTTPClient = c
		return nil
	}
}

// WithTLSConfig sets a private CA bundle or a client certificate. The configuration
// is cloned. There is no switch to turn verification off; InsecureSkipVerify is
// refused.
func WithTLSConfig(c *tls.Config) Option {
	return func(s *Settings) error {
		switch {
		case c == nil:
			return fmt.Errorf("zwfw: WithTLSConfig: the configuration is nil")
		case c.InsecureSkipVerify && c.VerifyConnection == nil && c.VerifyPeerCertificate == nil:
			return fmt.Errorf("zwfw: WithTLSConfig: InsecureSkipVerify is refused; put the platform's CA into RootCAs")
		}
		s.TLSConfig = c.Clone()
		return nil
	}
}

// WithProxyFromEnvironment obeys HTTP_PROXY, HTTPS_PROXY and NO_PROXY. Without it
// they are ignored: hall networks often carry a forgotten proxy variable.
func WithProxyFromEnvironment() Option {
	return func(s *Settings) error { s.EnvProxy = true; return nil }
}

// WithTimeout bounds one call, all attempts and pauses included. Defaults: verify at
// a kiosk 5 s, other calls 15 s.
func WithTimeout(d time.Duration) Option {
	return func(s *Settings) error { return positive("WithTimeout", d, &s.Timeout) }
}

// WithAttemptTimeout bounds one attempt. Default 8 s, never more than the call.
func WithAttemptTimeout(d time.Duration) Option {
	return func(s *Settings) error { return positive("WithAttemptTimeout", d, &s.AttemptTimeout) }
}

// WithConnectTimeout bounds connecting and the TLS handshake, each. Default 2 s. A client
// given with WithHTTPClient has timeouts of its own.
func WithConnectTimeout(d time.Duration) Option {
	return func(s *Settings) error { return positive("WithConnectTimeout", d, &s.ConnectTimeout) }
}

func positive(name string, d time.Duration, into *time.Duration) error {
	if d <= 0 {
		return fmt.Errorf("zwfw: %s: must be above zero, is %v", name, d)
	}
	if d < time.Millisecond { // a number without its unit counts nanoseconds
		return fmt.Errorf("zwfw: %s: is %v; did you mean %d*time.Second?", name, d, d)
	}
	*into = d
	return nil
}

// WithMaxResponse caps the bytes of one answer, counted after decompression.
// Default 8 MiB, at least 1 KiB, at most 2 GiB.
func WithMaxResponse(bytes int64) Option {
	return func(s *Settings) error {
		if bytes < 1<<10 {
			return fmt.Errorf("zwfw: WithMaxResponse: at least 1024 bytes, is %d", bytes)
		}
		if bytes > maxMaxResponse {
			return fmt.Errorf("zwfw: WithMaxResponse: at most %d bytes, is %d", int64(maxMaxResponse), bytes)
		}
		s.MaxResponse = bytes
		return nil
	}
}

// WithRetry replaces the retry settings; zero members keep their defaults.
func WithRetry(r Retry) Option {
	return func(s *Settings) error {
		if r.MaxAttempts < 0 || r.MaxAttempts > 10 {
			return fmt.Errorf("zwfw: WithRetry: MaxAttempts must be 1 to 10, is %d", r.MaxAttempts)
		}
		for _, d := range []time.Duration{r.BaseDelay, r.MaxDelay} {
			if d < 0 || d > time.Hour {
				return fmt.Errorf("zwfw: WithRetry: delays must be 0 to 1h, one is %v", d)
			}
		}
		if r.MaxAttempts > 0 {
			s.Retry.MaxAttempts = r.MaxAttempts
		}
		if r.BaseDelay > 0 {
			s.Retry.BaseDelay = r.BaseDelay
		}
		if r.MaxDelay > 0 {
			s.Retry.MaxDelay = r.MaxDelay
		}
		return nil
	}
}

// WithLogger writes one line for each attempt at debug level and one for each
// failed call at warn level: operation, outcome, duration, request id. Never values,
// query strings or bodies.
func WithLogger(l *slog.Logger) Option {
	return func(s *Settings) error {
		if l == nil {
			return fmt.Errorf("zwfw: WithLogger: the logger is nil")
		}
		s.Logger = l
		return nil
	}
}

// WithClock replaces the machine's clock.
func WithClock(c Clock) Option {
	return func(s *Settings) error {
		if c == nil {
			return fmt.Errorf("zwfw: WithClock: the clock is nil")
		}
		s.Clock = c
		return nil
	}
}

// WithRandom replaces the source of nonces and sealing randomness; nil is refused.
// The default is crypto/rand. Reads are serialised by the client.
func WithRandom(r io.Reader) Option {
	return func(s *Settings) error {
		if r == nil {
			return fmt.Errorf("zwfw: WithRandom: the source is nil")
		}
		s.Random = r
		return nil
	}
}

// WithObserver adds an observer of operations and attempts.
func WithObserver(o Observer) Option {
	return func(s *Settings) error {
		if o == nil {
			return fmt.Errorf("zwfw: WithObserver: the observer is nil")
		}
		s.Observer = o
		return nil
	}
}

// WithDialect speaks another dialect than the platform's default one.
func WithDialect(d *Dialect) Option {
	return func(s *Settings) error {
		if d == nil {
			return fmt.Errorf("zwfw: WithDialect: the dialect is nil")
		}
		s.Dialect = d.Clone()
		return nil
	}
}

// WithWeakCrypto admits suites graded weak (MD5, RSA below 2048 bit) where the
// platform knows no other. The reason is kept for the assessor's report.
func WithWeakCrypto(reason string) Option {
	return func(s *Settings) error {
		if strings.TrimSpace(reason) == "" {
			return fmt.Errorf("zwfw: WithWeakCrypto: a reason is required")
		}
		s.WeakCrypto = reason
		return nil
	}
}

// WithAdvice replaces the table of advice texts.
func WithAdvice(book AdviceBook) Option {
	return func(s *Settings) error {
		if len(book) == 0 {
			return fmt.Errorf("zwfw: WithAdvice: the table is empty; start from DefaultAdvice")
		}
		s.Advice = make(AdviceBook, len(book))
		for k, v := range book {
			s.Advice[k] = v
		}
		return nil
	}
}
