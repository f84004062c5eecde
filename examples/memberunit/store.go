package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/zwfw-go/zwfw/hotline"
)

// record is one line of the store: something that happened to a sheet. It holds numbers,
// states and times. A unit's real system keeps the citizen and the text in its database,
// under the unit's own rules; a plain file is no place for them.
type record struct {
	What     string             `json:"what"` // "sheet", "change" or "answer"
	ID       hotline.DispatchID `json:"id"`
	No       hotline.SheetNo    `json:"no,omitempty"`
	Turn     int                `json:"turn,omitempty"`
	Kind     string             `json:"kind,omitempty"`   // of the change, or the answer's operation
	Number   string             `json:"number,omitempty"` // of the request
	State    hotline.State      `json:"state,omitempty"`
	Deadline time.Time          `json:"deadline,omitzero"`
	At       time.Time          `json:"at"`
	Notice   string             `json:"notice,omitempty"`
}

// store is the unit's own system: a file of lines that is only ever added to.
type store struct {
	v   *voice
	now func() time.Time

	mu      sync.Mutex
	file    disk
	records []record
	changed chan struct{} // somebody may want to look again
}

// disk is the file's part that the store needs.
type disk interface {
	io.WriteSeeker
	io.Closer
	Sync() error
	Truncate(size int64) error
}

// openStore reads the file. A line that a power cut left unfinished was never confirmed to
// anybody: it is cut off.
func openStore(dir string, v *voice, now func() time.Time) (*store, error) {
	path := filepath.Join(dir, "sheets.jsonl")
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	s := &store{v: v, now: now, file: file, changed: make(chan struct{}, 1)}
	if err := s.read(path); err != nil {
		_ = file.Close()
		return nil, err
	}
	return s, nil
}

func (s *store) read(path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	whole := text[:bytes.LastIndexByte(text, '\n')+1]
	for number, line := range bytes.Split(bytes.TrimSpace(whole), []byte("\n")) {
		if len(line) == 0 {
			continue
		}
		var r record
		if err := json.Unmarshal(line, &r); err != nil {
			return fmt.Errorf("%s: line %d: %w", path, number+1, err)
		}
		s.records = append(s.records, r)
	}
	if err := s.file.Truncate(int64(len(whole))); err != nil {
		return err
	}
	_, err = s.file.Seek(int64(len(whole)), 0)
	return err
}

func (s *store) close() error { return s.file.Close() }

// add writes a line and returns when it is on the disk.
func (s *store) add(r record) error {
	line, err := json.Marshal(r)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	at, err := s.file.Seek(0, io.SeekCurrent)
	if err != nil {
		return err
	}
	if _, err = s.file.Write(append(line, '\n')); err == nil {
		err = s.file.Sync()
	}
	if err != nil { // half a line would spoil the next one
		_, back := s.file.Seek(at, io.SeekStart)
		return errors.Join(err, back, s.file.Truncate(at))
	}
	s.records = append(s.records, r)
	select {
	case s.changed <- struct{}{}:
	default:
	}
	return nil
}

// has looks for a line. The worker calls again after a call that failed or a crash, and
// the line may have been written.
func (s *store) has(like func(r record) bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.ContainsFunc(s.records, like)
}

// count counts lines of a kind about a sheet.
func (s *store) count(what string, id hotline.DispatchID, kind string) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.records {
		if r.What == what && r.ID == id && (kind == "" || r.Kind == kind) {
			n++
		}
	}
	return n
}

// Sheet makes the store a hotline.Desk.
func (s *store) Sheet(_ context.Context, h hotline.HandedSheet) error {
	if s.has(func(r record) bool { return r.What == "sheet" && r.ID == h.DispatchID && r.Turn == h.Turn }) {
		return nil
	}
	if err := s.add(record{
		What: "sheet", ID: h.DispatchID, No: h.SheetNo, Turn: h.Turn, State: h.State, Deadline: h.Deadline, At: s.now(),
	}); err != nil {
		return err
	}
	again := text("", "")
	if h.Turn > 1 {
		again = text("（再次派来）", " (dispatched again)")
	}
	s.v.say("收到工单 %s%s：%s。限办时间 %s。已存入本单位系统。", "Sheet %s%s: %s. Due %s. It is in the unit's own system.",
		h.DispatchID, again, h.Title.Reveal(), clock(h.Deadline))
	return nil
}

// Change is what the centre did, or a deadline that comes near.
func (s *store) Change(_ context.Context, c hotline.SheetChange) error {
	written := func(r record) bool {
		return r.What == "change" && r.ID == c.DispatchID && r.Turn == c.Turn && r.Kind == string(c.Kind) && r.Notice == c.NoticeID && r.At.Equal(c.At)
	}
	if c.Attempt > 1 && s.has(written) {
		return nil
	}
	if err := s.add(record{
		What: "change", ID: c.DispatchID, No: c.SheetNo, Turn: c.Turn, Kind: string(c.Kind), State: c.State, Deadline: c.Deadline,
		Notice: c.NoticeID, At: c.At,
	}); err != nil {
		return err
	}
	s.v.say("工单 %s：%s", "Sheet %s: %s", c.DispatchID, meaning(c))
	return nil
}
