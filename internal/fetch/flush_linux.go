//go:build !arm

package fetch

import (
	"errors"
	"os"
	"syscall"
)

// startFlush begins to write what is not on disk and does not wait for it.
func startFlush(file *os.File) error {
	const begin = 2 // SYNC_FILE_RANGE_WRITE
	err := syscall.SyncFileRange(int(file.Fd()), 0, 0, begin)
	if errors.Is(err, syscall.ENOSYS) || errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ESPIPE) {
		return nil // the last sync does it all
	}
	return err
}
