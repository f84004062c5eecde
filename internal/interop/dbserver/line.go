package dbserver

import (
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
)

// Line is the line to a server, and what can befall it.
type Line struct {
	target string
	listen net.Listener
	down   atomic.Bool
	deaf   atomic.Bool

	mu   sync.Mutex
	open map[net.Conn]struct{}
	wg   sync.WaitGroup
}

// OverLine puts a line before a database until the test ends.
func OverLine(t testing.TB, d Database) (*Line, Database) {
	t.Helper()
	listen, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("dbserver: %v", err)
	}
	l := &Line{target: net.JoinHostPort(d.Host, strconv.Itoa(d.Port)), listen: listen, open: make(map[net.Conn]struct{})}
	l.wg.Go(l.accept)
	t.Cleanup(func() {
		l.Down(true)
		_ = listen.Close()
		l.wg.Wait()
	})
	at := listen.Addr().(*net.TCPAddr)
	return l, d.Through("127.0.0.1", at.Port)
}

// Cut breaks every connection; new ones work.
func (l *Line) Cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for c := range l.open {
		_ = c.Close()
	}
}

// Down breaks every connection and, until it is called with false, every new one.
func (l *Line) Down(down bool) {
	l.down.Store(down)
	if down {
		l.Cut()
	}
}

// LoseAnswer breaks the connection on which the server answers next, before a byte of
// that answer is passed on: what was asked has been done.
func (l *Line) LoseAnswer() { l.deaf.Store(true) }

func (l *Line) accept() {
	for {
		client, err := l.listen.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", l.target)
		if err != nil {
			_ = client.Close()
			continue
		}
		l.keep(client, server)
		l.wg.Go(func() { l.pass(server, client, nil) })
		l.wg.Go(func() { l.pass(client, server, &l.deaf) })
		if l.down.Load() {
			_, _ = client.Close(), server.Close()
		}
	}
}

func (l *Line) keep(pair ...net.Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range pair {
		l.open[c] = struct{}{}
	}
}

// pass copies one way until either side ends or an answer is to be lost.
func (l *Line) pass(to, from net.Conn, lose *atomic.Bool) {
	defer func() {
		_, _ = to.Close(), from.Close()
		l.mu.Lock()
		defer l.mu.Unlock()
		delete(l.open, to)
	}()
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		if n > 0 {
			if lose != nil && lose.CompareAndSwap(true, false) {
				return
			}
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}
