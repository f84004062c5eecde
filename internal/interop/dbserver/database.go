package dbserver

import (
	"database/sql"
	"fmt"
	"net"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver that a program would bring

	"github.com/zwfw-go/zwfw"
)

// account may do everything on both servers and has no password.
const account = "zwfw"

// Database is an empty database of one test.
type Database struct {
	Flavor zwfw.SQLFlavor
	Host   string
	Port   int
	Name   string
}

var databases atomic.Int64

// Fresh makes a database and drops it when the test ends.
func (s *Server) Fresh(t testing.TB) Database {
	t.Helper()
	d := s.database(fmt.Sprintf("zwfw_%d", databases.Add(1)))
	if _, err := s.admin.ExecContext(t.Context(), "CREATE DATABASE "+d.Name); err != nil {
		t.Fatalf("dbserver: %v", err)
	}
	t.Cleanup(func() {
		drop := "DROP DATABASE " + d.Name
		if s.Flavor == zwfw.PostgreSQL {
			drop += " WITH (FORCE)" // whoever is connected
		}
		if _, err := s.admin.Exec(drop); err != nil {
			t.Errorf("dbserver: %v", err)
		}
	})
	return d
}

func (s *Server) database(name string) Database {
	return Database{Flavor: s.Flavor, Host: s.Host, Port: s.Port, Name: name}
}

// Through is the same database reached at another place, a proxy's.
func (d Database) Through(host string, port int) Database {
	d.Host, d.Port = host, port
	return d
}

// Driver is the name under which database/sql knows the driver, which this package links.
func (d Database) Driver() string {
	if d.Flavor == zwfw.PostgreSQL {
		return "pgx"
	}
	return "mysql"
}

// DSN is what the driver is opened with.
func (d Database) DSN() string {
	at := net.JoinHostPort(d.Host, strconv.Itoa(d.Port))
	if d.Flavor == zwfw.PostgreSQL {
		name := d.Name
		if name == "" {
			name = "postgres"
		}
		return "postgres://" + account + "@" + at + "/" + name + "?sslmode=disable&connect_timeout=10"
	}
	return account + "@tcp(" + at + ")/" + d.Name + "?timeout=10s"
}

// Open gives a pool that the end of the test closes.
func (d Database) Open(t testing.TB) *sql.DB {
	t.Helper()
	pool, err := sql.Open(d.Driver(), d.DSN())
	if err != nil {
		t.Fatalf("dbserver: %v", err)
	}
	pool.SetMaxOpenConns(20)
	pool.SetMaxIdleConns(20)
	pool.SetConnMaxIdleTime(time.Minute)
	t.Cleanup(func() { _ = pool.Close() })
	return pool
}
