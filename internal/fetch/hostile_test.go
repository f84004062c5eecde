package fetch_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/fetch"
)

// raw answers with bytes that a proper server would not send, and lets the line go when
// the client does or the test ends.
func raw(t *testing.T, text string) http.HandlerFunc {
	over := make(chan struct{})
	t.Cleanup(func() { close(over) })
	return func(w http.ResponseWriter, r *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			panic(err)
		}
		defer conn.Close()
		_, _ = conn.Write([]byte(text))
	}
}

// hanging does something and then holds the line until the client lets go.
func hanging(first func(http.ResponseWriter)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		first(w)
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	}
}

func endless(w http.ResponseWriter, r *http.Request) {
	p := pdf(64 << 10)
	for {
		if _, err := w.Write(p); err != nil {
			return
		}
	}
}

// dripping sends a byte now and then, forever.
func dripping(w http.ResponseWriter, r *http.Request) {
	for _, c := range bytes.Repeat([]byte("%PDF-1.7 "), 1<<20) {
		if _, err := w.Write([]byte{c}); err != nil || http.NewResponseController(w).Flush() != nil {
			return
		}
		select {
		case <-r.Context().Done():
			return
		case <-time.After(2 * time.Millisecond):
		}
	}
}

func bomb(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Encoding", "gzip")
	z := gzip.NewWriter(w)
	_, _ = z.Write(append([]byte("%PDF-1.7"), make([]byte, 64<<20)...))
	_ = z.Close()
}

func TestHostileServersEndInAClearError(t *testing.T) {
	t.Parallel()
	body := pdf(200 << 10)
	head := func(more string, length int) string {
		return "HTTP/1.1 200 OK\r\n" + more + "Content-Length: " + strconv.Itoa(length) + "\r\n\r\n" + string(body)
	}
	slow := func(f func(*fetch.Config)) func(*fetch.Config) { return f }
	for name, c := range map[string]struct {
		h        http.HandlerFunc
		change   func(*fetch.Config)
		kind     zwfw.Kind
		expected string
	}{
		"endless":               {endless, nil, zwfw.TooLarge, "limit of 2097152 bytes"},
		"announced too long":    {sending(pdf(3 << 20)), nil, zwfw.TooLarge, "limit"},
		"shorter than said":     {raw(t, head("", len(body)+1)), nil, zwfw.Upstream, "line broke"},
		"longer than said":      {raw(t, head("", len(body)-100)), nil, zwfw.ProtocolMismatch, "end of the file is missing"},
		"two lengths":           {raw(t, head("Content-Length: 7\r\n", len(body))), nil, zwfw.Upstream, ""},
		"a length below zero":   {raw(t, head("", -1)), nil, zwfw.Upstream, ""},
		"no length, cut":        {raw(t, "HTTP/1.0 200 OK\r\n\r\n"+string(body[:100<<10])), nil, zwfw.ProtocolMismatch, "end of the file is missing"},
		"a cut chunk":           {raw(t, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfff\r\n%PDF-1.7"), nil, zwfw.Upstream, "line broke"},
		"no HTTP":               {raw(t, "SSH-2.0-x\r\n"), nil, zwfw.Upstream, ""},
		"endless head":          {raw(t, "HTTP/1.1 200 OK\r\nX: "+string(bytes.Repeat([]byte("x"), 1<<20))), nil, zwfw.Upstream, ""},
		"a gzip bomb":           {bomb, nil, zwfw.ProtocolMismatch, "compressed"},
		"an answer that drips":  {dripping, slow(func(c *fetch.Config) { c.Idle = 100 * time.Millisecond }), zwfw.Timeout, "too little arrives"},
		"a file that stops":     {hanging(func(w http.ResponseWriter) { _, _ = w.Write(body[:100<<10]) }), slow(func(c *fetch.Config) { c.Idle = 100 * time.Millisecond }), zwfw.Timeout, "too little arrives"},
		"a sentence that stops": {hanging(func(w http.ResponseWriter) { _, _ = w.Write([]byte("文件")) }), slow(func(c *fetch.Config) { c.Idle = 50 * time.Millisecond }), zwfw.Timeout, "too little arrives"},
		"a refusal that stops":  {hanging(func(w http.ResponseWriter) { w.WriteHeader(500) }), slow(func(c *fetch.Config) { c.Idle = 50 * time.Millisecond }), zwfw.Timeout, "too little arrives"},
		"no answer":             {func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, slow(func(c *fetch.Config) { c.Head = 50 * time.Millisecond }), zwfw.Timeout, "does not begin"},
		"a drip without end":    {dripping, slow(func(c *fetch.Config) { c.Timeout = 100 * time.Millisecond }), zwfw.Timeout, "within the time of the call"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, address := range []func(string) fetch.Address{singleUse, reusable} {
				p := serve(t, c.h)
				with := config(p.URL)
				with.MaxSize = 2 << 20
				if c.change != nil {
					c.change(&with)
				}
				path := newPath(t)
				_, err := fetcher(t, with, oneTry()).Save(t.Context(), address(p.URL), path)
				e := failure(t, err)
				assert.Equal(t, c.kind, e.Kind)
				assert.Contains(t, e.Expected, c.expected)
				assert.Equal(t, zwfw.OutcomeUnknown, e.Outcome)
				assert.Empty(t, names(t, path))
			}
		})
	}
}

func TestASlowWriterIsNotTheServersFault(t *testing.T) {
	t.Parallel()
	p := serve(t, sending(pdf(4<<20)))
	c := config(p.URL)
	c.Idle = 200 * time.Millisecond
	w := &pausingWriter{pause: 400 * time.Millisecond}
	_, err := fetcher(t, c).Fetch(t.Context(), singleUse(p.URL), w)
	require.NoError(t, err)
}

// pausingWriter stands still once, longer than the line may.
type pausingWriter struct{ pause time.Duration }

func (w *pausingWriter) Write(p []byte) (int, error) {
	time.Sleep(w.pause)
	w.pause = 0
	return len(p), nil
}

func TestAnAddressThatServesOnceIsAskedOnce(t *testing.T) {
	t.Parallel()
	body := pdf(1 << 20)
	reset := func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			panic(err)
		}
		_ = conn.(*net.TCPConn).SetLinger(0)
		_ = conn.Close()
	}
	status := func(code int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "0")
			w.WriteHeader(code)
		}
	}
	for name, h := range map[string]http.HandlerFunc{
		"dropped without a word": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"reset":                  reset,
		"cut in the head":        raw(t, "HTTP/1.1 200 OK\r\nContent-"),
		"cut after the head":     cutting(served(body, `"1"`), 0),
		"cut in the file":        cutting(served(body, `"1"`), 500<<10),
		"cut before the end":     cutting(served(body, `"1"`), len(body)-1),
		"half a JSON":            sending([]byte(`{"content":"JVBERi0`)),
		"empty":                  sending(nil),
		"400":                    status(400),
		"401":                    status(401),
		"408":                    status(408),
		"416":                    status(416),
		"421":                    status(421),
		"425":                    status(425),
		"429":                    status(429),
		"500":                    status(500),
		"502":                    status(502),
		"503":                    status(503),
		"504":                    status(504),
		"206":                    status(206),
		"a redirect to itself": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, r.URL.String(), http.StatusTemporaryRedirect)
		},
		"already fetched": sending([]byte("文件已下载")),
	} {
		for _, given := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, given client %v", name, given), func(t *testing.T) {
				t.Parallel()
				p := serve(t, h)
				var options []zwfw.Option
				if given {
					options = append(options, zwfw.WithHTTPClient(&http.Client{}))
				}
				f := fetcher(t, config(p.URL), options...)
				path := newPath(t)
				a := singleUse(p.URL)
				copied := a
				_, err := f.Save(t.Context(), a, path)
				e := failure(t, err)
				assert.Equal(t, 1, e.Attempts)
				assert.True(t, e.Sent)
				if e.Outcome == zwfw.OutcomeUnknown {
					assert.Contains(t, err.Error(), "apply for a new one")
				}
				assert.Empty(t, names(t, path))
				assert.True(t, copied.Spent())

				_, err = f.Save(t.Context(), copied, path)
				require.ErrorIs(t, err, zwfw.WrongState)
				assert.Equal(t, zwfw.OutcomeRefused, failure(t, err).Outcome)
				assert.Contains(t, err.Error(), "apply for a new one")
				require.Equal(t, int64(1), p.asked.Load())
			})
		}
	}
}

func TestOfManyAtOnceOneGetsTheFile(t *testing.T) {
	t.Parallel()
	p := serve(t, sending(pdf(1000)))
	f := fetcher(t, config(p.URL))
	a := singleUse(p.URL)
	results := make(chan error, 20)
	var wg sync.WaitGroup
	for range cap(results) {
		wg.Go(func() {
			_, err := f.Fetch(t.Context(), a, new(bytes.Buffer))
			results <- err
		})
	}
	wg.Wait()
	close(results)
	done := 0
	for err := range results {
		if err == nil {
			done++
			continue
		}
		require.ErrorIs(t, err, zwfw.WrongState)
	}
	require.Equal(t, 1, done)
	require.Equal(t, int64(1), p.asked.Load())
}

// watching is an observer that keeps what it is told.
type watching struct {
	mu    sync.Mutex
	spans []zwfw.Span
	ends  []zwfw.Result
}

func (o *watching) Start(ctx context.Context, s zwfw.Span) (context.Context, func(zwfw.Result)) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.spans = append(o.spans, s)
	return ctx, func(r zwfw.Result) {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.ends = append(o.ends, r)
	}
}

func TestLogsAndObserversKnowTheCallAndNotTheAddress(t *testing.T) {
	t.Parallel()
	for name, h := range map[string]http.HandlerFunc{
		"success":    sending(pdf(100)),
		"a sentence": sending([]byte("no such id " + token)),
		"JSON":       sending([]byte(`{"code":"` + token + ` 1","msg":"` + token + `"}`)),
		"broken":     raw(t, "HTTP/1.1 "+token+"\r\n\r\n"),
		"redirected": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://evil.example/"+token, http.StatusFound)
		},
		"circle": func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.String(), http.StatusFound) },
	} {
		p := serve(t, h)
		var log bytes.Buffer
		seen := new(watching)
		logger := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		_, _, err := fetched(t, fetcher(t, config(p.URL), oneTry(), zwfw.WithLogger(logger), zwfw.WithObserver(seen)), reusable(p.URL))
		if name == "success" {
			require.NoError(t, err)
		} else {
			failure(t, err)
			require.Contains(t, log.String(), "zwfw call failed", name)
		}
		require.Contains(t, log.String(), "zwfw attempt", name)
		require.NotContains(t, log.String(), token, name)
		require.NotContains(t, fmt.Sprintf("%+v", seen.ends), token, name)
		require.Equal(t, []zwfw.Span{{Platform: "certificate", Op: "Fetch"}, {Platform: "certificate", Op: "Fetch", Attempt: 1}}, seen.spans, name)
		require.Len(t, seen.ends, 2, name)
		require.Equal(t, zwfw.KindOf(err), seen.ends[1].Kind, name)
	}
}
