package fetch

import (
	"errors"
	"io"
	"sync"
	"sync/atomic"
)

const (
	blockSize  = 128 << 10
	blockCount = 6 // two under way at each of the three stages
)

var errTooLarge = errors.New("the file is larger than the limit")

// block goes round: filled by the reader, seen by hasher and writer, filled again.
type block struct {
	bytes []byte
	users atomic.Int32
}

// pour reads to the end, hashing and writing on two further goroutines. They have ended
// when it returns; written is then what both have seen, unless write failed.
func pour(r io.Reader, limit int64, hash, out io.Writer) (written int64, readErr, writeErr error) {
	free, made := make(chan *block, blockCount), 0
	next := func() *block {
		if len(free) == 0 && made < blockCount { // most files need one or two
			made++
			return &block{bytes: make([]byte, blockSize)}
		}
		return <-free
	}
	toHash, toWrite := make(chan *block, blockCount), make(chan *block, blockCount)
	var failed atomic.Bool
	var wg sync.WaitGroup
	stage := func(in <-chan *block, w io.Writer) func() {
		return func() {
			for b := range in {
				if !failed.Load() {
					if err := writeAll(w, b.bytes); err != nil {
						writeErr = err // only out fails
						failed.Store(true)
					}
				}
				if b.users.Add(-1) == 0 {
					free <- b
				}
			}
		}
	}
	wg.Go(stage(toHash, hash))
	wg.Go(stage(toWrite, out))
	for readErr == nil && !failed.Load() {
		b := next()
		var n int
		n, readErr = fill(r, b.bytes[:blockSize])
		if written+int64(n) > limit {
			readErr = errTooLarge
			break
		}
		b.bytes = b.bytes[:n]
		b.users.Store(2)
		written += int64(n)
		toHash <- b
		toWrite <- b
	}
	close(toHash)
	close(toWrite)
	wg.Wait()
	if readErr == io.EOF {
		readErr = nil
	}
	return written, readErr, writeErr
}

// fill reads until a good part is full, so that small packets make no small writes.
func fill(r io.Reader, p []byte) (n int, err error) {
	for n < len(p)/2 && err == nil {
		var m int
		m, err = r.Read(p[n:])
		n += m
	}
	return n, err
}

func writeAll(w io.Writer, p []byte) error {
	n, err := w.Write(p)
	if err == nil && n < len(p) {
		err = io.ErrShortWrite
	}
	return err
}
