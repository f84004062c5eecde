//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd || windows)

package fetch

import "os"

const (
	closeFirst    = true
	chmodOptional = true
)

// openLocked opens a file; this system has no lock for it.
func openLocked(name string) (*os.File, error) {
	return os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
}

func rename(from, to string) error { return os.Rename(from, to) }

func syncDir(string) error { return nil }
