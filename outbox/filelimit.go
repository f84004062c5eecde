package outbox

import (
	"errors"
	"fmt"

	"go.etcd.io/bbolt"
)

// A file with a limit never grows beyond it: bbolt refuses a transaction that would need
// more. What follows sees to it that only new messages are refused, never what ends them.
// A new message counts with what settling it will leave in the index, and a reserve holds
// the pages that a transaction writes anew before the old ones are free.
const (
	// settleRoom is the most that the end of a message adds to the file: its key and the
	// time to forget it by, or what a dead letter has beyond its row.
	settleRoom = 256
	// keyRoom is what of it stays when a message was dropped.
	keyRoom = 128
	// rowRoom is what a row takes beyond its sealed bytes.
	rowRoom = rowHead + 4 + 10 + elementSize
	// changedPages is the most that the end of one message touches.
	changedPages = 16
	// indexPages is the most that the index entries of one row touch; each may be split.
	indexPages = 8
	// growthFree keeps a kiosk's file small; bbolt's own step is 16 MiB.
	growthFree = 1 << 20
	// squeezeEvery is how many commits lie between two rewrites for want of room for new messages.
	squeezeEvery = 64
)

func (o fileOptions) limited() bool { return o.maxFile > 0 }

// margin is what stays free whatever the messages are.
func (o fileOptions) margin() int64 { return o.maxFile / 8 }

// reserve is what messages may not use when the largest has so many bytes. Up to four large
// rows stand in one run of pages, which is written anew when one of them ends, and so do
// dead letters.
func (o fileOptions) reserve(largest int64) int64 { return max(o.margin(), 8*largest) }

// step is how many messages one transaction may end.
func (o fileOptions) step() int {
	if !o.limited() {
		return sweepStep
	}
	return int(min(sweepStep, o.margin()/(changedPages*filePageSize)))
}

// growth is bbolt's step. It counts against the limit; stretch has grown the file before.
func (f *file) growth() int {
	if f.options.limited() {
		return filePageSize
	}
	return growthFree
}

// maxSize is what bbolt may use. A file that was made with a higher limit keeps its size,
// and what settling needs, until it can be compacted.
func (f *file) maxSize(size int64) int {
	limit := f.options.maxFile
	if limit > 0 && size > limit {
		limit = size + f.options.reserve(f.options.maxMessage)
	}
	return int(limit)
}

// countFree makes bbolt count its free pages, which it does at the end of a transaction.
func (f *file) countFree() error {
	nothing := errors.New("nothing to change")
	err := guard(func() error { return f.db.Update(func(*bbolt.Tx) error { return nothing }) })
	if errors.Is(err, nothing) {
		return nil
	}
	return err
}

// used gives the bytes in use, as the last transaction left them.
func (f *file) used(tx *bbolt.Tx) int64 {
	s := f.db.Stats()
	return tx.Size() - int64(s.FreePageN+s.PendingPageN)*filePageSize
}

// rowCost is the most that a row takes: pages are filled by half or more.
func rowCost(size int64) int64 {
	size += rowRoom
	return size + min(size, 2*filePageSize)
}

// rowGain is what dropping a row brings.
func rowGain(size int64) int64 { return size + rowRoom + settleRoom - keyRoom }

// indexNow says how many rows of a queue the index is to take, of so many that it lacks.
func (w *write) indexNow(lacks int) int {
	if lacks < recentMax {
		return 0
	}
	if !w.f.options.limited() {
		return lacks
	}
	room := w.f.options.maxFile - w.f.used(w.tx) - w.grown - w.rewritten
	n := min(int64(lacks), max(room, 0)/(indexPages*filePageSize))
	w.rewritten += n * indexPages * filePageSize
	return int(n)
}

// squeeze rewrites a file that is full because its pages are not, and reports whether it
// did. For a change that is vital any commit since the last time is reason enough.
func (f *file) squeeze(vital bool) bool {
	if f.commits == 0 || !vital && f.commits < squeezeEvery {
		return false
	}
	f.commits = 0
	return f.rewrite() == nil
}

var errFileFull = fmt.Errorf("%w: the file has its full size", ErrFull)
