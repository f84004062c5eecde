package dbserver

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
)

const mariadbd = "/usr/sbin/mariadbd"

func findMariaDB() (program, error) {
	if _, err := os.Stat(mariadbd); err != nil {
		return program{}, errors.New("no MariaDB server at " + mariadbd + " (Debian package mariadb-server-core)")
	}
	return program{
		// It fills an empty directory itself; without tables of users all are let in.
		prepare: func(string) []string { return nil },
		serve: func(dir string, port int, d Durability) []string {
			args := []string{
				mariadbd, "--no-defaults", "--datadir=" + dir, "--tmpdir=" + dir, "--skip-grant-tables",
				"--bind-address=127.0.0.1", "--port=" + strconv.Itoa(port), "--skip-name-resolve",
				"--socket=" + filepath.Join(dir, "socket"), "--pid-file=" + filepath.Join(dir, "pid"),
				"--character-set-server=utf8mb4", "--max-connections=300", "--innodb-buffer-pool-size=32M",
				"--innodb-use-native-aio=0", "--innodb-stats-persistent=0",
			}
			if d == Fast {
				args = append(args, "--innodb-flush-log-at-trx-commit=0", "--skip-innodb-doublewrite")
			}
			return args
		},
		stop: syscall.SIGTERM,
	}, nil
}
