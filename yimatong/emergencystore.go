package yimatong

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// ecStore is the file of a record. Its owner holds a lock.
type ecStore struct {
	path   string
	seal   EmergencySeal
	id     ecFileID
	lock   *os.File
	file   ecFile
	frames int   // whole frames of the file, the header included
	broken error // the disk failed in a way that leaves the file's state unknown
}

// ecFile is what a store needs of its open file.
type ecFile interface {
	WriteAt(p []byte, offset int64) (int, error)
	Truncate(size int64) error
	Sync() error
	Close() error
	Stat() (os.FileInfo, error)
}

type ecFrame struct {
	kind byte
	body ecBody
}

func (e *ecEntry) uploadedFrame() ecFrame {
	f := ecFrame{kind: ecUploaded}
	copy(f.body[:], e.id[:])
	if !e.counted.Equal(e.Time) {
		binary.BigEndian.PutUint64(f.body[len(e.id):], uint64(e.counted.UnixMilli()))
	}
	return f
}

func (e *ecEntry) applyUploaded(body ecBody) {
	e.uploaded = true
	if ms := int64(binary.BigEndian.Uint64(body[len(e.id):])); ms != 0 {
		e.counted = time.UnixMilli(ms)
	}
}

func (s *ecStore) take() error {
	lock, err := ecLock(s.path + ".lock")
	if err != nil {
		return fmt.Errorf("the file is in use by another program, or cannot be taken: %w", err)
	}
	s.lock = lock
	return s.sweep()
}

// sweep removes what a crash left of a file that was being written beside.
func (s *ecStore) sweep() error {
	dir, name := filepath.Split(s.path)
	entries, err := os.ReadDir(filepath.Clean(dir))
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), name+ecNew) {
			err = errors.Join(err, os.Remove(filepath.Join(dir, e.Name())))
		}
	}
	return err
}

// ecFound is what load saw.
type ecFound struct {
	frames, torn, damaged, first int
	gone                         int64 // the header's
}

var errECForeign = errors.New("nothing in the file can be opened: it was sealed with another key, or is no record")

// load reads the frames of a file in order. What is missing at the end was broken off by
// a crash; so were frames of zero bytes there, which some file systems leave when the
// size reached the disk and the content did not.
func (s *ecStore) load(data []byte, apply func(kind byte, body ecBody) bool) (found ecFound, err error) {
	whole := len(data) / ecFrameSize
	for whole > 1 && len(bytes.Trim(data[(whole-1)*ecFrameSize:whole*ecFrameSize], "\x00")) == 0 {
		whole--
	}
	found = ecFound{frames: whole, torn: len(data) - whole*ecFrameSize, first: -1}
	known := false
	for i := range whole {
		kind, id, body, ok := s.seal.openFrame(data[i*ecFrameSize:(i+1)*ecFrameSize], uint64(i))
		if ok && !known {
			s.id, known = id, true
		}
		if ok = ok && id == s.id; ok {
			if i == 0 || kind == ecHeader {
				ok = i == 0 && kind == ecHeader
				found.gone = max(found.gone, int64(binary.BigEndian.Uint64(body[:])))
			} else {
				ok = apply(kind, body)
			}
		}
		if !ok {
			if found.damaged == 0 {
				found.first = i
			}
			found.damaged++
		}
	}
	if !known {
		return found, errECForeign
	}
	return found, nil
}

// attach opens a sound file for writing and cuts what a crash left at its end.
func (s *ecStore) attach(frames int) error {
	file, err := os.OpenFile(s.path, os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	s.file, s.frames = file, frames
	if err := file.Chmod(0o600); err != nil {
		return err
	}
	if info, err := file.Stat(); err != nil || info.Size() == s.end() {
		return err
	}
	return errors.Join(s.cut(), file.Sync())
}

func (s *ecStore) cut() error { return s.file.Truncate(s.end()) }

func (s *ecStore) end() int64 { return int64(s.frames) * ecFrameSize }

// rewrite puts a new file with these entries in the place of the old one. Until
// the new one is whole, the old one stays in use.
func (s *ecStore) rewrite(gone int64, entries []*ecEntry) error {
	frames := []ecFrame{{kind: ecHeader}}
	binary.BigEndian.PutUint64(frames[0].body[:], uint64(gone))
	for _, e := range entries {
		frames = append(frames, ecFrame{ecAccepted, e.body()})
		if e.uploaded {
			frames = append(frames, e.uploadedFrame())
		}
	}
	id := newECFileID()
	data, err := s.sealed(id, 0, frames)
	if err != nil {
		return err
	}
	beside, err := ecBeside(s.path, data)
	if err != nil {
		return err
	}
	if s.file != nil { // Windows renames over no open file
		_ = s.file.Close() // all of it is synced
		s.file = nil
	}
	if err := ecInto(beside, s.path); err != nil {
		s.broken = err // which of the two files stands there is not known
		return err
	}
	s.id = id
	if err := s.attach(len(frames)); err != nil {
		s.broken = err
		return err
	}
	return nil
}

func (s *ecStore) sealed(id ecFileID, first int, frames []ecFrame) ([]byte, error) {
	data := make([]byte, 0, len(frames)*ecFrameSize)
	for i, f := range frames {
		frame, err := s.seal.sealFrame(id, uint64(first+i), f.kind, f.body)
		if err != nil {
			return nil, err
		}
		data = append(data, frame...)
	}
	return data, nil
}

// append writes frames and waits for the disk. After an error nothing of them is there,
// or the store is broken and takes nothing more: what a disk holds after a failed sync
// cannot be known.
func (s *ecStore) append(frames ...ecFrame) error {
	if s.broken != nil {
		return fmt.Errorf("an earlier write failed, and the program must open the record anew: %w", s.broken)
	}
	if len(frames) == 0 {
		return nil
	}
	info, err := s.file.Stat()
	if err != nil {
		return err
	}
	if info.Size() != s.end() {
		s.broken = errors.New("the file was changed by somebody else while it was open")
		return s.broken
	}
	data, err := s.sealed(s.id, s.frames, frames)
	if err != nil {
		return err
	}
	if _, err := s.file.WriteAt(data, s.end()); err != nil {
		s.broken = s.cut() // a full disk is no lasting harm
		return err
	}
	if err := s.file.Sync(); err != nil {
		s.broken = err
		_ = s.cut()
		return err
	}
	s.frames += len(frames)
	return nil
}

// copyAside keeps a damaged file under a name that is free.
func (s *ecStore) copyAside(data []byte) (string, error) {
	for n := range 1000 {
		name := fmt.Sprintf("%s.damaged-%s-%d", s.path, time.Now().UTC().Format("20060102T150405Z"), n)
		file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if errors.Is(err, os.ErrExist) {
			continue
		}
		if err != nil {
			return "", err
		}
		_, err = file.Write(data)
		return name, errors.Join(err, file.Sync(), file.Close())
	}
	return "", errors.New("no name is free to keep the damaged file under")
}

func (s *ecStore) close() (err error) {
	if s.file != nil {
		err = s.file.Close()
	}
	if s.lock != nil {
		err = errors.Join(err, s.lock.Close())
	}
	s.file, s.lock = nil, nil
	return err
}
