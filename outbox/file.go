package outbox

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"github.com/zwfw-go/zwfw"
)

// file is the engine of one machine: a bbolt file, changed by one group of callers at a
// time (see commit), and in memory what is being delivered and what rests.
type file struct {
	path    string
	clock   zwfw.Clock
	notify  func(Event)
	options fileOptions

	lock *os.File

	mu     sync.RWMutex // of db and raw; a writer replaces them
	db     *bbolt.DB    // nil while the file cannot be opened
	raw    *os.File     // what db reads and writes
	closed atomic.Bool

	reading sync.Mutex  // one reader at a time: a panic in bbolt leaves its locks taken
	hurt    atomic.Bool // damage was met: db is not to be touched any more

	turn    chan struct{} // whoever holds it commits
	queued  sync.Mutex    // of what follows up to an empty line
	waiting []*change
	led     bool    // one of the waiting commits, or is about to
	givenUp []Claim // by those who held them

	// What follows belongs to the holder of turn.
	time    ownTime
	total   Stats // over all queues
	lineups map[queueNumber]*lineup
	// generation counts the files that were set aside: claims bear it as their epoch.
	generation uint64
	header     []byte
	changed    bool    // since it was opened
	ahead      int64   // up to here the file's blocks are written, see stretch
	largest    int64   // bytes of the largest message in a file with a limit, as far as is known
	commits    int     // since the file was last written anew, see squeeze
	events     []Event // to tell when turn is free again: whoever is told may call the engine
}

type fileOptions struct {
	maxFile    int64         // bytes of the file; 0 for no limit
	maxMessage int64         // bytes of the largest message
	maxOffline time.Duration // see ownTime
	keepKeys   time.Duration // how long ids of settled messages are kept
}

// boltWait: other programs, such as bbolt's own tools, take bbolt's lock and not ours.
const boltWait = 500 * time.Millisecond

func openFile(ctx context.Context, path string, clock zwfw.Clock, notify func(Event), o fileOptions) (*file, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("outbox: open: %w", err)
	}
	f := &file{path: path, clock: clock, notify: notify, options: o, turn: make(chan struct{}, 1), lineups: make(map[queueNumber]*lineup), commits: squeezeEvery}
	if f.lock, err = lockFile(ctx, path); err != nil {
		return nil, err
	}
	err = f.start()
	for _, e := range f.events {
		f.notify(e)
	}
	f.events = nil
	if err != nil {
		_ = f.lock.Close()
		return nil, fmt.Errorf("outbox: open %s: %w", path, err)
	}
	return f, nil
}

// start opens the file, or a fresh one when there is none or it is damaged.
func (f *file) start() error {
	_ = os.Remove(f.path + ".new") // left behind by a process that died while it made one
	info, err := os.Stat(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		if err := f.create(); err != nil {
			return err
		}
	} else if err != nil {
		return err
	} else if err := f.check(info.Size()); errors.Is(err, errDamage) {
		return f.replace(err)
	} else if err != nil {
		return err
	}
	if err := f.connect(); errors.Is(err, errDamage) {
		return f.replace(err)
	} else if err != nil {
		return err
	}
	return nil
}

// check reads pages before bbolt does.
func (f *file) check(size int64) error {
	oneHead, err := checkPages(f.path, size)
	if oneHead && err == nil {
		f.tell(Event{Kind: EventHead})
	}
	return err
}

// create makes a fresh file under a temporary name: a file of this name is always whole.
func (f *file) create() error {
	temporary := f.path + ".new"
	err := f.write(temporary, func(db *bbolt.DB) error {
		return db.Update(func(tx *bbolt.Tx) error { return layout(tx, f.header) })
	})
	if err == nil {
		err = os.Rename(temporary, f.path)
	}
	if err != nil {
		_ = os.Remove(temporary)
		return err
	}
	return syncDirectory(f.path)
}

// write makes a bbolt file and closes it.
func (f *file) write(path string, fill func(*bbolt.DB) error) error {
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: boltWait, PageSize: filePageSize, FreelistType: bbolt.FreelistMapType})
	if err != nil {
		return err
	}
	db.AllocSize = f.growth()
	return errors.Join(fill(db), db.Sync(), db.Close())
}

// layout makes the buckets of a fresh file.
func layout(tx *bbolt.Tx, header []byte) error {
	for _, name := range [][]byte{bucketRows, bucketIndex, bucketDead} {
		if _, err := tx.CreateBucket(name); err != nil {
			return err
		}
	}
	index := tx.Bucket(bucketIndex)
	if len(header) > 0 {
		if err := index.Put([]byte{'h'}, checked([]byte{'h'}, append([]byte(nil), header...))); err != nil {
			return err
		}
	}
	version := binary.BigEndian.AppendUint16(nil, fileFormat)
	return index.Put([]byte{'v'}, checked([]byte{'v'}, version))
}

// syncDirectory makes a new name last. Windows has no such call and needs none.
func syncDirectory(path string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// connect opens the file with bbolt and takes over what it says.
func (f *file) connect() error {
	info, err := os.Stat(f.path)
	if err != nil {
		return err
	}
	if info.Size() < 2*filePageSize {
		return damage("file without its two heads", nil)
	}
	var raw *os.File
	options := &bbolt.Options{
		Timeout: boltWait, PageSize: filePageSize, FreelistType: bbolt.FreelistMapType, MaxSize: f.maxSize(info.Size()),
		OpenFile: func(name string, flag int, mode os.FileMode) (file *os.File, err error) {
			raw, err = os.OpenFile(name, flag&^os.O_CREATE, mode)
			return raw, err
		},
	}
	var db *bbolt.DB
	err = guard(func() (err error) { db, err = bbolt.Open(f.path, 0o600, options); return err })
	if err != nil {
		if raw != nil {
			_ = raw.Close()
		}
		return opening(err)
	}
	db.AllocSize = f.growth()
	f.mu.Lock()
	f.db, f.raw, f.ahead = db, raw, 0
	f.hurt.Store(false)
	f.mu.Unlock()
	if err := f.load(); err != nil {
		f.disconnect()
		return err
	}
	return f.countFree()
}

// opening says what an error of bbolt means. Only what bbolt finds in the file is damage: a
// machine without memory or locks, or a disk that does not answer, may do better later.
func opening(err error) error {
	switch {
	case errors.Is(err, bolterrors.ErrTimeout):
		return ErrInUse
	case errors.Is(err, bolterrors.ErrInvalid), errors.Is(err, bolterrors.ErrChecksum), errors.Is(err, bolterrors.ErrVersionMismatch):
		return damage("bbolt", err)
	}
	return err
}

// load reads format, header and counts; of a small file every entry.
func (f *file) load() error {
	return f.view(func(t *look) error {
		version, err := t.index([]byte{'v'})
		if err != nil || len(version) != 2 {
			return damage("format", err)
		}
		if binary.BigEndian.Uint16(version) > fileFormat {
			return ErrNewer
		}
		f.largest = f.options.maxMessage
		if t.tx.Size() <= wholeCheck {
			if err := t.audit(); err != nil {
				return err
			}
			if f.options.limited() {
				f.largest = t.largest()
			}
		}
		header, err := t.index([]byte{'h'})
		if err != nil {
			return err
		}
		f.header = append([]byte(nil), header...)
		f.total = Stats{}
		var clock, wall int64
		if err := t.queues(func(_ string, _ queueNumber, c *counts) error {
			f.total = f.total.plus(c.Stats)
			if c.clock >= clock {
				clock, wall = c.clock, c.wall
			}
			return nil
		}); err != nil {
			return err
		}
		if f.time.last.IsZero() {
			var jumped bool
			if f.time, jumped = resumeTime(f.clock.Now(), clock, wall, f.options.maxOffline); jumped {
				f.tell(Event{Kind: EventClock})
			}
		}
		return nil
	})
}

// disconnect closes bbolt. After damage it may hang or fault; the file is closed then,
// which also lets go of bbolt's lock, and its memory is given up.
func (f *file) disconnect() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.db == nil {
		return
	}
	done := make(chan struct{})
	go func(db *bbolt.DB) {
		defer close(done)
		_ = guard(db.Close)
	}(f.db)
	select {
	case <-done:
	case <-time.After(closeWait):
	}
	_ = f.raw.Close()
	f.db, f.raw = nil, nil
}

const closeWait = time.Second

// Close ends the engine when the commit under way has ended. Other calls fail at once.
func (f *file) Close() error {
	first := !f.closed.Swap(true)
	f.turn <- struct{}{}
	defer f.release(func() {})
	if !first {
		return nil
	}
	f.mu.RLock()
	open := f.db != nil && f.changed && !f.hurt.Load()
	f.mu.RUnlock()
	if open {
		// The file has two heads, that of the last commit and that of the one before.
		// An empty commit makes them say the same: the loss of one is no loss then.
		_ = guard(func() error { return f.db.Update(func(*bbolt.Tx) error { return nil }) })
	}
	f.disconnect()
	return f.lock.Close()
}

func (f *file) tell(e ...Event) { f.events = append(f.events, e...) }

// release ends a turn, runs what is to follow, then tells what happened.
func (f *file) release(follow func()) {
	events := f.events
	f.events = nil
	<-f.turn
	follow()
	for _, e := range events {
		f.notify(e)
	}
}
