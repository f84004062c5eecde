package dbserver

import (
	"errors"
	"path/filepath"
	"strconv"
	"syscall"
)

const postgresBinaries = "/usr/lib/postgresql/*/bin/"

func findPostgres() (program, error) {
	initdb, postgres := newest(postgresBinaries+"initdb"), newest(postgresBinaries+"postgres")
	if initdb == "" || postgres == "" {
		return program{}, errors.New("no PostgreSQL server in " + postgresBinaries + " (Debian package postgresql)")
	}
	return program{
		prepare: func(dir string) []string {
			return []string{initdb, "-D", filepath.Join(dir, "data"), "-U", account, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"}
		},
		serve: func(dir string, port int, d Durability) []string {
			args := []string{
				postgres, "-D", filepath.Join(dir, "data"), "-p", strconv.Itoa(port),
				"-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=",
				"-c", "max_connections=300", "-c", "shared_buffers=32MB",
			}
			if d == Fast {
				args = append(args, "-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off")
			}
			return args
		},
		stop: syscall.SIGINT,
	}, nil
}
