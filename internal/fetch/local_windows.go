package fetch

import (
	"os"
	"syscall"
	"time"
)

const (
	closeFirst    = true // an open file cannot be renamed or removed
	chmodOptional = true
)

const sharingViolation = syscall.Errno(32)

// openLocked opens a file and shares it with nobody. The lock ends with the file.
func openLocked(name string) (*os.File, error) {
	path, err := syscall.UTF16PtrFromString(name)
	if err != nil {
		return nil, err
	}
	handle, err := syscall.CreateFile(path, syscall.GENERIC_READ|syscall.GENERIC_WRITE, 0, nil, syscall.OPEN_ALWAYS, syscall.FILE_ATTRIBUTE_NORMAL, 0)
	if err == sharingViolation {
		return nil, errBusy
	}
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(handle), name), nil
}

// rename waits a little for virus scanners and indexers, which hold new files open.
func rename(from, to string) (err error) {
	for range 40 {
		err = os.Rename(from, to)
		if reason := withoutPath(err); reason != sharingViolation && reason != syscall.ERROR_ACCESS_DENIED {
			return err
		}
		time.Sleep(50 * time.Millisecond)
	}
	return err
}

// syncDir has nothing to do: the file system's journal holds the rename.
func syncDir(string) error { return nil }
