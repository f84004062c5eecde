package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// lostCount is an empty file that stands while numbers were given that the outbox could
// not note. The next start does not trust the stored counter then.
type lostCount string

func (f lostCount) isSet() bool {
	_, err := os.Stat(string(f))
	return !errors.Is(err, os.ErrNotExist)
}

// set makes the file and has the disk keep it.
func (f lostCount) set() error {
	file, err := os.Create(string(f))
	if err != nil {
		return fmt.Errorf("the number may be given again after a start: %w", err)
	}
	if dir, err := os.Open(filepath.Dir(string(f))); err == nil {
		_ = dir.Sync() // not on Windows
		_ = dir.Close()
	}
	return errors.Join(file.Sync(), file.Close())
}

// clear removes the file. One that stays costs numbers and gives none twice.
func (f lostCount) clear() { _ = os.Remove(string(f)) }
