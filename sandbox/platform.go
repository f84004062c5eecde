package sandbox

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/zwfw-go/zwfw"
)

// Platform is a running sandbox: an http.Handler with the platforms behind it.
type Platform struct {
	// URL is where the sandbox is reached, without a slash at the end. Start sets it;
	// a program that serves the handler itself sets it before asking for configurations.
	URL string

	clock  Clock
	faults Faults
	logger *slog.Logger
	seed   uint64

	mu       sync.Mutex
	random   *rand.Rand
	citizens []Citizen
	halls    []Hall
	requests []Request
	effects  map[string]int
	lutong   *lutongSide
	yimatong *yimatongSide
	cert     *certificateSide
	hotline  *hotlineSide
	portal   *portalSide
}

// Option sets a sandbox up.
type Option func(*setup)

type setup struct {
	seed     uint64
	citizens int
	logger   *slog.Logger
	start    time.Time
	lutong   LutongSetup
	yimatong YimatongSetup
	cert     CertificateSetup
	hotline  HotlineSetup
	portal   PortalSetup
}

// WithSeed makes other citizens, codes and tokens. The default seed is 1.
func WithSeed(seed uint64) Option { return func(s *setup) { s.seed = seed } }

// WithCitizens sets how many citizens there are, at least 4; default 20.
func WithCitizens(n int) Option { return func(s *setup) { s.citizens = max(n, 4) } }

// WithStart sets the platforms' clock at the beginning; the default is the machine's. A
// client follows it with zwfw.WithClock(p.Clock()); otherwise its time stamps are refused.
func WithStart(t time.Time) Option { return func(s *setup) { s.start = t } }

// WithLogger writes a line for each request, masked.
func WithLogger(l *slog.Logger) Option { return func(s *setup) { s.logger = l } }

// WithLutong sets the 鲁通码 side up: dialect, organisations, keys, windows.
func WithLutong(l LutongSetup) Option { return func(s *setup) { s.lutong = l } }

// WithYimatong sets the 一码通 side up: dialect, merchants, applications, the shape of its
// answers.
func WithYimatong(y YimatongSetup) Option { return func(s *setup) { s.yimatong = y } }

// WithCertificates sets the 电子证照 side up: dialect, accounts, lifetimes, the ways of its
// files.
func WithCertificates(c CertificateSetup) Option { return func(s *setup) { s.cert = c } }

// WithPortal sets the service platform of a province up: dialect, applications, items.
func WithPortal(s PortalSetup) Option { return func(set *setup) { set.portal = s } }

// New makes a sandbox. It panics on a set-up that cannot work, such as a dialect for
// another platform: the set-up is part of the test.
func New(options ...Option) *Platform {
	p, err := build(options...)
	if err != nil {
		panic(fmt.Sprintf("sandbox: %v", err))
	}
	return p
}

func build(options ...Option) (*Platform, error) {
	s := setup{seed: 1, citizens: 20}
	for _, o := range options {
		o(&s)
	}
	p := &Platform{
		logger: s.logger, seed: s.seed, effects: make(map[string]int),
		random: rand.New(rand.NewPCG(s.seed, 0x7a776677)), // any fixed second half
		faults: Faults{ops: operations(), next: make(map[string][]Fault), always: make(map[string]Fault)},
	}
	if !s.start.IsZero() {
		p.clock.Set(s.start)
	}
	p.citizens, p.halls = seedCitizens(p.random, s.citizens), seedHalls()
	var err error
	if p.lutong, err = newLutongSide(p, s.lutong); err != nil {
		return nil, err
	}
	if p.yimatong, err = newYimatongSide(p, s.yimatong); err != nil {
		return nil, err
	}
	if p.cert, err = newCertificateSide(p, s.cert); err != nil {
		return nil, err
	}
	if p.hotline, err = newHotlineSide(p, s.hotline); err != nil {
		return nil, err
	}
	p.portal, err = newPortalSide(p, s.portal)
	return p, err
}

// Start makes a sandbox that listens on a loopback port and stops with the test.
func Start(tb testing.TB, options ...Option) *Platform {
	tb.Helper()
	p, err := build(options...)
	if err != nil {
		tb.Fatalf("sandbox: %v", err)
	}
	stop, err := p.Listen("127.0.0.1:0")
	if err != nil {
		tb.Fatalf("sandbox: %v", err)
	}
	tb.Cleanup(stop)
	return p
}

// Listen serves the sandbox on a loopback address and sets URL. Any other address is
// refused: the sandbox is no real platform.
func (p *Platform) Listen(address string) (stop func(), err error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("sandbox: %s is not a loopback address; the sandbox is no real platform", host)
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, err
	}
	server := &http.Server{Handler: p, ReadHeaderTimeout: time.Minute, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)}
	done := make(chan struct{})
	go func() { defer close(done); _ = server.Serve(listener) }()
	p.URL = "http://" + listener.Addr().String()
	return func() { _ = server.Close(); <-done }, nil
}

// Clock is the platforms' clock.
func (p *Platform) Clock() *Clock { return &p.clock }

// Faults holds the scripts of what goes wrong.
func (p *Platform) Faults() *Faults { return &p.faults }

// Citizens lists the synthetic citizens. The last but one has given no consent, the
// last is not real-name verified.
func (p *Platform) Citizens() []Citizen { return slices.Clone(p.citizens) }

// Halls lists the synthetic halls.
func (p *Platform) Halls() []Hall { return slices.Clone(p.halls) }

// Requests is the masked log, oldest first: the last hundred thousand at most.
func (p *Platform) Requests() []Request {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.requests)
}

// Effects counts how often an operation, "lutong.VerifyCode", changed something.
func (p *Platform) Effects(op string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.effects[op]
}

// exchange is one request on its way through.
type exchange struct {
	w     http.ResponseWriter
	r     *http.Request
	body  []byte
	entry Request
	fault Fault
	now   time.Time
}

// maxLog keeps a sandbox that runs for weeks from growing.
const maxLog = 100_000

// maxBody is above every contract's limit.
const maxBody = 32 << 20

// ServeHTTP answers for all platforms.
func (p *Platform) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		http.Error(w, "body too large or broken", http.StatusRequestEntityTooLarge)
		return
	}
	x := &exchange{w: w, r: r, body: body, now: p.clock.Now()}
	x.entry = Request{At: x.now, Method: r.Method, Path: r.URL.EscapedPath(), Header: maskHeaders(r.Header), Body: maskBody(body)}
	w.Header()["Date"] = []string{x.now.UTC().Format(http.TimeFormat)}
	switch {
	case p.lutong.handle(x), p.yimatong.handle(x), p.cert.handle(x), p.hotline.handle(x), p.portal.handle(x):
	case r.Method == http.MethodHead || r.URL.Path == "/":
		x.send(http.StatusOK, "text/plain; charset=utf-8", []byte("zwfw sandbox: no real platform. 模拟平台，非真实政务平台。\n"), p)
	default:
		x.send(http.StatusNotFound, "text/plain; charset=utf-8", []byte("no such interface\n"), p)
	}
}

// record keeps the log entry; it is called before the answer leaves, so that a test
// that has its answer finds the entry.
func (p *Platform) record(x *exchange) {
	p.mu.Lock()
	if len(p.requests) >= maxLog {
		p.requests = slices.Delete(p.requests, 0, maxLog/10)
	}
	p.requests = append(p.requests, x.entry)
	if x.entry.Effect {
		p.effects[x.entry.Op]++
	}
	p.mu.Unlock()
	if p.logger != nil {
		p.logger.Info("sandbox request", "op", x.entry.Op, "method", x.entry.Method, "path", x.entry.Path,
			"answer", x.entry.Answer, "status", x.entry.Status, "fault", x.entry.Fault, "effect", x.entry.Effect)
		if x.entry.Explanation != "" {
			p.logger.Warn("sandbox signature", "op", x.entry.Op, "explanation", x.entry.Explanation)
		}
	}
}

// send writes an answer, bent by the request's fault.
func (x *exchange) send(status int, contentType string, body []byte, p *Platform) {
	f := x.fault
	x.entry.Fault = f.name
	if f.html {
		contentType, body = "text/html; charset=utf-8", []byte("<html><head><title>系统维护</title></head><body>网关错误</body></html>")
	}
	if f.body != nil {
		body = f.body
	}
	if f.status != 0 {
		status = f.status
	}
	if f.mangle != nil {
		body = f.mangle(body)
	}
	if f.gbk {
		body, _ = simplifiedchinese.GBK.NewEncoder().Bytes(body)
	}
	x.entry.Status = status
	p.record(x)
	if f.delay > 0 && !wait(x, f.delay) {
		return
	}
	if f.dropAfter || f.dropBefore && !f.html {
		panic(http.ErrAbortHandler)
	}
	h := x.w.Header()
	h.Set("Content-Type", contentType)
	switch {
	case f.half:
		h.Set("Content-Length", fmt.Sprint(len(body)))
		x.w.WriteHeader(status)
		_, _ = x.w.Write(body[:len(body)/2])
		if f, ok := x.w.(http.Flusher); ok {
			f.Flush() // a short half would be dropped with the line
		}
		panic(http.ErrAbortHandler)
	case f.drip > 0:
		x.w.WriteHeader(status)
		x.trickle(body, f.drip)
	case f.endless:
		x.w.WriteHeader(status)
		for chunk := bytes.Repeat([]byte(" "), 64<<10); x.r.Context().Err() == nil; {
			if _, err := x.w.Write(chunk); err != nil {
				return
			}
		}
	case f.bomb > 0:
		h.Set("Content-Encoding", "gzip")
		x.w.WriteHeader(status)
		z := gzip.NewWriter(x.w)
		for chunk, left := bytes.Repeat([]byte(" "), 64<<10), f.bomb; left > 0 && x.r.Context().Err() == nil; left -= int64(len(chunk)) {
			if _, err := z.Write(chunk); err != nil {
				return
			}
		}
		_ = z.Close()
	default:
		x.w.WriteHeader(status)
		if x.r.Method != http.MethodHead {
			_, _ = x.w.Write(body)
		}
	}
}

func (x *exchange) trickle(body []byte, perSecond int) {
	for _, b := range body {
		if _, err := x.w.Write([]byte{b}); err != nil {
			return
		}
		if f, ok := x.w.(http.Flusher); ok {
			f.Flush()
		}
		if !wait(x, time.Second/time.Duration(perSecond)) {
			return
		}
	}
}

// wait pauses in real time; false when the caller has gone.
func wait(x *exchange, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-x.r.Context().Done():
		return false
	}
}

// hex makes n hex characters of the seeded source.
func (p *Platform) hex(n int) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var b strings.Builder
	for b.Len() < n {
		fmt.Fprintf(&b, "%016x", p.random.Uint64())
	}
	return b.String()[:n]
}

// citizen finds one by user id.
func (p *Platform) citizen(id string) Citizen {
	for _, c := range p.citizens {
		if c.UserID == id {
			return c
		}
	}
	return Citizen{Name: zwfw.NewPersonName("查无此人")}
}
