package fetch

import (
	"os"
	"syscall"
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

// syncDir has nothing to do: the file system's journal holds the rename.
func syncDir(string) error { return nil }
