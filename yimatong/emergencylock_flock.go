//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package yimatong

import (
	"os"
	"syscall"
)

// ecLock takes a file for this process alone, until it is closed or the process ends in
// whatever way.
func ecLock(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = file.Close()
		return nil, err
	}
	return file, nil
}
