package fetch

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"sync"
)

const (
	// flushEvery is how much is written before the disk is told to begin with it, in the
	// background: it works while the line does, and little is left to wait for at the end.
	flushEvery = 8 << 20
	// noteEvery is how much may have to be fetched again after a loss of power.
	noteEvery = 64 << 20
)

// part is the file under its provisional name, locked.
type part struct {
	path, name string
	file       *os.File
	written    int64

	asked    int64      // up to where a flush was asked for
	flushes  chan int64 // written so far, to be flushed
	flushing sync.WaitGroup

	mu     sync.Mutex // guards what follows, and the state file
	origin origin
	lives  int   // how often the part began anew
	noted  int64 // bytes that the state says are on disk
	failed error // of a flush: the system tells it once
}

// state is what stands beside a part that a later call can go on with.
type state struct {
	origin
	Durable int64 // bytes that were on disk when this was written
}

var (
	errBusy    = errors.New("another download to this path is under way")
	errNotFile = errors.New("what stands under the provisional name is not a file")
)

// openPart makes or takes the part and locks it. A part that was renamed or removed
// between opening and locking belongs to another call.
func openPart(path string) (*part, error) {
	name := path + ".part"
	for range 10 {
		file, err := openLocked(name)
		if err != nil {
			return nil, err
		}
		mine, err1 := file.Stat()
		there, err2 := os.Lstat(name)
		switch {
		case err1 == nil && err2 == nil && os.SameFile(mine, there):
			return newPart(path, name, file)
		case err1 == nil && err2 == nil && !there.Mode().IsRegular():
			_ = file.Close()
			return nil, errNotFile
		}
		_ = file.Close()
	}
	return nil, errBusy
}

func newPart(path, name string, file *os.File) (*part, error) {
	if err := file.Chmod(0o600); err != nil && !chmodOptional {
		return nil, errors.Join(err, file.Close())
	}
	p := &part{path: path, name: name, file: file, flushes: make(chan int64, 1)}
	p.flushing.Go(func() {
		for n := range p.flushes {
			p.checkpoint(n)
		}
	})
	return p, nil
}

func (p *part) stateName() string { return p.name + ".state" }

// restore reports whether the part is one of this address, and cuts it to what is known
// to be on disk.
func (p *part) restore(address string) bool {
	text, err := os.ReadFile(p.stateName())
	var s state
	if err != nil || json.Unmarshal(text, &s) != nil || s.Address != address || s.Validator == "" || s.Durable <= 0 {
		return false
	}
	info, err := p.file.Stat()
	if err != nil || info.Size() < s.Durable || p.file.Truncate(s.Durable) != nil {
		return false
	}
	p.origin = s.origin
	return true
}

// replay shows the part to w and stands at its end.
func (p *part) replay(w io.Writer) (int64, error) {
	if _, err := p.file.Seek(0, io.SeekStart); err != nil {
		return 0, err
	}
	n, err := io.CopyBuffer(struct{ io.Writer }{w}, struct{ io.Reader }{p.file}, make([]byte, blockSize))
	p.written, p.asked, p.noted = n, n, n
	return n, err
}

// Write adds bytes and now and then lets the disk begin with them.
func (p *part) Write(b []byte) (int, error) {
	n, err := p.file.Write(b)
	p.written += int64(n)
	if err == nil && p.written-p.asked >= flushEvery {
		select {
		case p.flushes <- p.written:
			p.asked = p.written
		default: // still busy with the one before
		}
	}
	return n, err
}

// checkpoint begins to put n bytes on disk. Now and then it waits for that and says so
// beside them.
func (p *part) checkpoint(n int64) {
	p.mu.Lock()
	life, due := p.lives, p.origin.Validator != "" && n-p.noted >= noteEvery
	p.mu.Unlock()
	flush := startFlush
	if due {
		flush = (*os.File).Sync
	}
	err := flush(p.file)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.failed = errors.Join(p.failed, err)
	if err == nil && due && life == p.lives && p.note(n) == nil {
		p.noted = n // else the next call begins anew, which is no failure of this one
	}
}

func (p *part) note(durable int64) error {
	text, err := json.Marshal(state{p.origin, durable})
	if err != nil {
		return err
	}
	return os.WriteFile(p.stateName(), text, 0o600)
}

// follows is told what the bytes from here on are of.
func (p *part) follows(o origin) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.origin = o
}

func (p *part) problem() string { return "path" }

// rewind forgets all bytes and what they were of.
func (p *part) rewind() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.origin, p.written, p.asked, p.noted = origin{}, 0, 0, 0
	p.lives++
	if err := p.forgetState(); err != nil {
		return err
	}
	if err := p.file.Truncate(0); err != nil {
		return err
	}
	_, err := p.file.Seek(0, io.SeekStart)
	return err
}

func (p *part) forgetState() error {
	if err := os.Remove(p.stateName()); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// settle ends the flushes in the background and puts everything on disk.
func (p *part) settle() error {
	close(p.flushes)
	p.flushing.Wait()
	return errors.Join(p.failed, p.file.Sync())
}

// leave ends a download that failed: the part stays if it is useful and known what of.
func (p *part) leave(useful bool) error {
	err := p.settle()
	if err == nil && useful && p.origin.Validator != "" && p.written > 0 {
		if err = p.note(p.written); err == nil {
			return p.file.Close()
		}
	}
	return errors.Join(err, p.remove())
}

// discard removes the part.
func (p *part) discard() error {
	_ = p.settle()
	return p.remove()
}

func (p *part) remove() error {
	return errors.Join(p.forgetState(), p.closing(func() error { return os.Remove(p.name) }))
}

// publish puts the whole file on disk under its name. A file that is whole and cannot get
// its name stays as the part: its address may have served already.
func (p *part) publish() error {
	if err := p.settle(); err != nil {
		return errors.Join(err, p.remove())
	}
	err := p.closing(func() error { return rename(p.name, p.path) })
	if err != nil {
		return misnamed{err}
	}
	return errors.Join(p.forgetState(), syncDir(filepath.Dir(p.path)))
}

// misnamed is the failure to rename a file that is whole.
type misnamed struct{ error }

func (m misnamed) Unwrap() error { return m.error }

// closing does something with the name and gives up the lock, in the order that the
// system allows.
func (p *part) closing(act func() error) error {
	if closeFirst {
		_ = p.file.Close() // synced or not wanted
		return act()
	}
	defer p.file.Close()
	return act()
}
