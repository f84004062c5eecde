// Package dbserver starts real database servers for tests, from the packages of the
// system: on loopback, in a temporary directory, as a user without rights, each once for
// a test binary.
//
//	func TestMain(m *testing.M) { os.Exit(dbserver.Main(m)) }
//
//	db := dbserver.Start(t, zwfw.PostgreSQL, dbserver.Fast).Fresh(t)
//	pool := db.Open(t)
//
// A process that a test starts reaches the same database by [Database.Driver] and
// [Database.DSN].
package dbserver

import (
	"context"
	"database/sql"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/zwfw-go/zwfw"
)

// Durability says what is left of a commit when the server is killed.
type Durability int

const (
	Fast    Durability = iota // perhaps nothing: nothing is waited for
	Durable                   // everything
)

// RequireEnv set to 1 makes a missing server a failure.
const RequireEnv = "ZWFW_REQUIRE_DATABASES"

// Server is a running server. Everybody who reaches its port may do everything.
type Server struct {
	Flavor zwfw.SQLFlavor
	Host   string
	Port   int

	program program
	process *exec.Cmd
	gone    chan struct{} // closed when the process has ended
	dir     string
	log     string
	admin   *sql.DB
}

type product struct {
	flavor     zwfw.SQLFlavor
	durability Durability
}

var (
	mu      sync.Mutex
	running = make(map[product]*Server)
)

// Start gives the server, started if it is not running yet. Where it is not installed
// the test is skipped, or fails when RequireEnv says so.
func Start(t testing.TB, flavor zwfw.SQLFlavor, d Durability) *Server {
	t.Helper()
	find := map[zwfw.SQLFlavor]func() (program, error){zwfw.PostgreSQL: findPostgres, zwfw.MySQL: findMariaDB}[flavor]
	if find == nil {
		t.Fatalf("dbserver: no server for flavor %q", flavor)
	}
	p, err := find()
	if err != nil {
		if os.Getenv(RequireEnv) == "1" {
			t.Fatalf("NOT TESTED: %v", err)
		}
		t.Skipf("NOT TESTED: %v", err)
	}
	mu.Lock()
	defer mu.Unlock()
	if s := running[product{flavor, d}]; s != nil {
		return s
	}
	s, err := start(flavor, p, d)
	if err != nil {
		t.Fatalf("dbserver: %v", err)
	}
	running[product{flavor, d}] = s
	return s
}

// Main runs the tests, then stops the servers and removes their files.
func Main(m *testing.M) int {
	_ = mysql.SetLogger(&mysql.NopLogger{}) // lines that break are what tests are about
	defer func() {
		mu.Lock()
		defer mu.Unlock()
		for _, s := range running {
			s.stop()
		}
	}()
	return m.Run()
}

// program is how one product is run.
type program struct {
	prepare func(dir string) []string // the command that fills the directory, nil for none
	serve   func(dir string, port int, d Durability) []string
	stop    os.Signal // a quick, orderly end
}

// startWithin is generous: a busy machine is no failure.
const startWithin = time.Minute

func start(flavor zwfw.SQLFlavor, p program, d Durability) (*Server, error) {
	dir, err := os.MkdirTemp("", "zwfw-"+string(flavor)+"-")
	if err != nil {
		return nil, err
	}
	s := &Server{Flavor: flavor, Host: "127.0.0.1", program: p, dir: dir, log: filepath.Join(dir, "log")}
	if err := s.launch(d); err != nil {
		text, _ := os.ReadFile(s.log)
		s.stop()
		return nil, fmt.Errorf("%s does not start: %w\n%s", flavor, err, text)
	}
	return s, nil
}

func (s *Server) launch(d Durability) error {
	if err := handOver(s.dir); err != nil {
		return err
	}
	log, err := os.Create(s.log)
	if err != nil {
		return err
	}
	defer log.Close()
	if args := s.program.prepare(s.dir); args != nil {
		if err := command(s.dir, log, s.program.stop, args).Run(); err != nil {
			return err
		}
	}
	for range 3 { // another program may take the free port first
		if err = s.serve(log, d); err == nil {
			return nil
		}
	}
	return err
}

func (s *Server) serve(log *os.File, d Durability) error {
	var err error
	if s.Port, err = freePort(s.Host); err != nil {
		return err
	}
	process := command(s.dir, log, s.program.stop, s.program.serve(s.dir, s.Port, d))
	if err := process.Start(); err != nil {
		return err
	}
	s.process, s.gone = process, make(chan struct{})
	go func() { _ = process.Wait(); close(s.gone) }()
	if s.admin, err = sql.Open(s.database("").Driver(), s.database("").DSN()); err != nil {
		return err
	}
	if err := s.await(); err != nil {
		s.end()
		return err
	}
	return nil
}

// await returns when the server answers.
func (s *Server) await() error {
	ctx, cancel := context.WithTimeout(context.Background(), startWithin)
	defer cancel()
	for {
		err := s.admin.PingContext(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-s.gone:
			return fmt.Errorf("it ended: %v", s.process.ProcessState)
		case <-ctx.Done():
			return err
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (s *Server) stop() {
	s.end()
	_ = os.RemoveAll(s.dir)
}

func (s *Server) end() {
	if s.admin != nil {
		_ = s.admin.Close()
	}
	if s.process == nil {
		return
	}
	_ = s.process.Process.Signal(s.program.stop)
	select {
	case <-s.gone:
	case <-time.After(startWithin):
		_ = s.process.Process.Kill()
		<-s.gone
	}
}

func freePort(host string) (int, error) {
	l, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}
