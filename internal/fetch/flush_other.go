//go:build !linux || arm

package fetch

import "os"

// startFlush writes what is not on disk.
func startFlush(file *os.File) error { return file.Sync() }
