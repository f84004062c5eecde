package yimatong

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/zwfw-go/zwfw"
)

// EmergencyUse is one accepted emergency code, as it is uploaded when the line is back.
// It holds no name, no ID number and no user reference; the issuer knows the code by the
// hash of its payload.
type EmergencyUse struct {
	ID          string    `json:"id"` // idempotency key: the same for the same use for ever
	Device      string    `json:"device"`
	Scene       string    `json:"scene"`
	PayloadHash string    `json:"payloadHash"` // SHA-256 of the 29 bytes, lower-case hex
	Time        time.Time `json:"time"`        // by the device's clock, whole milliseconds
	ClockSure   bool      `json:"clockSure"`   // whether the device trusted that clock
}

// EmergencyRecordOptions changes how a record is opened and kept.
type EmergencyRecordOptions struct {
	// Max is how many codes are held, in memory and on disk: those whose time is not long
	// over, and those not yet uploaded. When it is reached, no code is accepted until
	// some are uploaded or forgotten. Default 20,000, about 10 MB; at most 1,000,000.
	Max int

	// SetAside opens a damaged file all the same: it is kept beside under another name,
	// and all that is whole is carried over. Codes that stood in the damaged places can
	// then be used a second time on this device. Without it a damaged file is an error.
	SetAside bool
}

// EmergencyRecovery says in what state a record was found.
type EmergencyRecovery struct {
	TornBytes int    // cut from the end: a write that a crash broke off; no code of it was accepted
	Damaged   int    // places that were changed or are unreadable
	SetAside  string // where the damaged file is kept, "" when there was none
}

// EmergencyRecord (本地记录) is the sealed file of the codes a device has accepted: its
// used-list, its count per hour, and what waits for upload. An accepted code is on the
// disk before anybody hears of it; a crash loses none. The file is taken for this process
// alone, with a file of the same name and ".lock" beside it. It is safe for concurrent
// use; several verifiers of one process may share it.
//
// Who deletes the file, or puts an older copy in its place, makes the device forget:
// keep it where only the program can write.
type EmergencyRecord struct {
	recovery EmergencyRecovery
	max      int

	mu      sync.Mutex
	store   ecStore
	entries []*ecEntry // in the order of acceptance
	byUse   map[ecUsed]*ecEntry
	byID    map[ecUseID]*ecEntry
	keep    time.Duration // the longest that a verifier needs past a code's end
	gone    int64         // the end of the latest code that was forgotten, Unix seconds
	closed  bool
}

// OpenEmergencyRecord opens the record at path or makes a new one, mode 0600. It fails
// when the file is damaged (but see SetAside), was sealed by another key, or is open in
// another process.
func OpenEmergencyRecord(path string, seal EmergencySeal, o EmergencyRecordOptions) (*EmergencyRecord, error) {
	const most = 1_000_000
	if o.Max == 0 {
		o.Max = 20_000
	}
	switch {
	case path == "":
		return nil, errors.New("yimatong: OpenEmergencyRecord: the path is empty")
	case seal.cipher == nil:
		return nil, fmt.Errorf("yimatong: OpenEmergencyRecord: %w", errECSeal)
	case o.Max < 1 || o.Max > most:
		return nil, fmt.Errorf("yimatong: EmergencyRecordOptions.Max must be 1 to %d, is %d", most, o.Max)
	}
	r := &EmergencyRecord{max: o.Max, store: ecStore{path: path, seal: seal}, byUse: make(map[ecUsed]*ecEntry), byID: make(map[ecUseID]*ecEntry)}
	if err := r.open(o.SetAside); err != nil {
		return nil, fmt.Errorf("yimatong: emergency record: %w", errors.Join(err, r.store.close()))
	}
	return r, nil
}

func (r *EmergencyRecord) open(setAside bool) error {
	if err := r.store.take(); err != nil {
		return err
	}
	data, err := os.ReadFile(r.store.path)
	if errors.Is(err, os.ErrNotExist) {
		return r.store.rewrite(0, nil)
	}
	if err != nil {
		return err
	}
	found, err := r.store.load(data, r.apply)
	if err != nil {
		return err
	}
	r.gone = found.gone
	r.recovery = EmergencyRecovery{TornBytes: found.torn, Damaged: found.damaged}
	if found.damaged == 0 {
		return r.store.attach(found.frames)
	}
	if !setAside {
		return fmt.Errorf("%d of %d places are damaged, the first at byte %d; keep the file for support, and see SetAside", found.damaged, len(data)/ecFrameSize, found.first*ecFrameSize)
	}
	if r.recovery.SetAside, err = r.store.copyAside(data); err != nil {
		return err
	}
	return r.store.rewrite(r.gone, r.entries)
}

// apply takes one frame over. An upload of a code that is no longer held means nothing.
func (r *EmergencyRecord) apply(kind byte, body ecBody) bool {
	switch kind {
	case ecAccepted:
		e, ok := ecEntryOf(body)
		if ok {
			r.hold(e)
		}
		return ok
	case ecUploaded:
		if e := r.byID[ecUseID(body[:])]; e != nil {
			e.applyUploaded(body)
		}
		return true
	}
	return false
}

func (r *EmergencyRecord) hold(e *ecEntry) {
	e.counted = e.Time
	r.entries = append(r.entries, e)
	r.byUse[e.used], r.byID[e.id] = e, e
}

// Recovery says in what state the file was found. Log it: torn bytes come from a crash,
// damage from a failing disk or from somebody.
func (r *EmergencyRecord) Recovery() EmergencyRecovery { return r.recovery }

// Pending gives what is not uploaded yet, in the order of acceptance.
func (r *EmergencyRecord) Pending() []EmergencyUse {
	r.mu.Lock()
	defer r.mu.Unlock()
	var uses []EmergencyUse
	for _, e := range r.entries {
		if !e.uploaded {
			uses = append(uses, e.EmergencyUse)
		}
	}
	return uses
}

// Uploaded notes that the platform has taken these uses over; it is on the disk when the
// call returns. Naming one again is no error; an ID the record does not hold is.
func (r *EmergencyRecord) Uploaded(ids ...string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return errors.New("yimatong: emergency record: is closed")
	}
	var frames []ecFrame
	var done []*ecEntry
	for _, id := range ids {
		e := r.byID[ecUseIDOf(id)]
		if e == nil {
			return fmt.Errorf("yimatong: emergency record: no use %q is held", zwfw.PrintableCode(id))
		}
		if !e.uploaded {
			done = append(done, e)
			frames = append(frames, e.uploadedFrame())
		}
	}
	if err := r.store.append(frames...); err != nil {
		return fmt.Errorf("yimatong: emergency record: %w", err)
	}
	for _, e := range done {
		e.uploaded = true
	}
	return nil
}

// Close lets the file go. Later calls of Uploaded fail, and a verifier refuses every
// code. It may be called more than once.
func (r *EmergencyRecord) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil
	}
	r.closed = true
	return r.store.close()
}

// ecLimits bounds one acceptance.
type ecLimits struct {
	perHour int
	back    time.Duration // how far behind the record the clock may be
}

// accept writes a use down unless something speaks against it. What it refuses leaves no
// trace; what it cannot write down is refused.
func (r *EmergencyRecord) accept(e *ecEntry, limits ecLimits) *zwfw.Error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return ecRefuse(zwfw.Closed, "Record", "is closed")
	}
	if behind := r.latest().Sub(e.Time); behind > limits.back {
		refusal := ecRefuse(zwfw.ClockSkew, "Clock", "is behind a code this device accepted before")
		refusal.ClockOffset = behind
		return refusal
	}
	if r.byUse[e.used] != nil {
		return ecRefuse(zwfw.CodeUsed, "Code", "was used on this device")
	}
	if e.end <= r.gone {
		return ecRefuse(zwfw.EmergencyInvalid, "Record", "has forgotten codes of that time, and cannot tell whether this one was used")
	}
	if wait := r.wait(e, limits.perHour); wait > 0 {
		refusal := ecRefuse(zwfw.LimitReached, "Scene", fmt.Sprintf("at most %d codes an hour", limits.perHour))
		refusal.RetryAfter = wait
		return refusal
	}
	gone := r.over(e.Time)
	if len(r.entries)-gone >= r.max {
		return ecRefuse(zwfw.LimitReached, "Record", "is full: upload what is pending")
	}
	if err := r.store.append(ecFrame{ecAccepted, e.body()}); err != nil {
		return ecBecause(zwfw.EmergencyInvalid, "Record", "cannot be written, so that nothing can be accepted", err)
	}
	if gone > 0 {
		r.forget(e.Time)
	}
	r.hold(e)
	// The code is accepted whether or not the file can be made smaller.
	if r.store.frames > 2*len(r.entries)+ecSpare {
		_ = r.store.rewrite(r.gone, r.entries)
	}
	return nil
}

// ecSpare is how many frames a file may hold to no purpose before it is written anew.
const ecSpare = 1024

// wait gives how long the scene's count is full for, 0 when it is not.
func (r *EmergencyRecord) wait(e *ecEntry, perHour int) time.Duration {
	var times []time.Time
	for _, old := range r.entries {
		if old.Scene == e.Scene && e.Time.Sub(old.counted) < time.Hour {
			times = append(times, old.counted)
		}
	}
	if len(times) < perHour {
		return 0
	}
	slices.SortFunc(times, time.Time.Compare)
	return times[len(times)-perHour].Add(time.Hour).Sub(e.Time)
}
