package outbox

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"time"

	"github.com/zwfw-go/zwfw"
)

// The file holds three buckets. Every value ends with a check sum over key and value,
// so that a changed byte is found wherever it is; q is the number of a queue.
//
//	rows   q sequence -> row             q ffffffffffffffff -> counts of the queue
//	index  v                             -> format of the file
//	       h                             -> header of the outbox
//	       n name                        -> q
//	       l q lane sequence             -> nothing: pending messages of a lane
//	       i q id                        -> sequence, state
//	       s subject q sequence          -> nothing: what Purge looks for
//	       e time q sequence             -> nothing: when a message expires
//	       a q sequence                  -> attempts made
//	       b q sequence/1024             -> a bit for each sequence that is no longer pending
//	       t time q sequence             -> id to forget some time later
//	       m name                        -> sealed mark
//	dead   q sequence                    -> class, attempts, row
//
// The counts stand behind the rows of their queue so that storing a message changes one
// page for both.
var (
	bucketRows  = []byte("rows")
	bucketIndex = []byte("index")
	bucketDead  = []byte("dead")
)

const (
	fileFormat = 1
	maxNumber  = math.MaxUint64 // the sequence under which counts stand
)

var (
	// errDamage: the file as a whole cannot be trusted.
	errDamage = errors.New("damaged")
	// errBadRecord: one record is not as it was written.
	errBadRecord = errors.New("damaged record")
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// checked appends the check sum of key and value.
func checked(key, value []byte) []byte {
	sum := crc32.Update(crc32.Checksum(key, castagnoli), castagnoli, value)
	return binary.BigEndian.AppendUint32(value, sum)
}

// unchecked takes the check sum off.
func unchecked(key, value []byte) ([]byte, error) {
	n := len(value) - 4
	if n < 0 {
		return nil, errDamage
	}
	sum := crc32.Update(crc32.Checksum(key, castagnoli), castagnoli, value[:n])
	if binary.BigEndian.Uint32(value[n:]) != sum {
		return nil, errDamage
	}
	return value[:n:n], nil
}

type queueNumber uint16

func seqKey(q queueNumber, seq uint64) []byte {
	return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint16(make([]byte, 0, 10), uint16(q)), seq)
}

func readSeqKey(k []byte) (queueNumber, uint64) {
	return queueNumber(binary.BigEndian.Uint16(k)), binary.BigEndian.Uint64(k[2:])
}

func indexKey(kind byte, parts ...[]byte) []byte {
	key := make([]byte, 1, 40)
	key[0] = kind
	for _, p := range parts {
		key = append(key, p...)
	}
	return key
}

func laneKey(q queueNumber, lane Hash, seq uint64) []byte {
	k := seqKey(q, seq)
	return indexKey('l', k[:2], lane[:], k[2:])
}

func idKey(q queueNumber, id Hash) []byte { return indexKey('i', seqKey(q, 0)[:2], id[:]) }

func subjectKey(subject Hash, q queueNumber, seq uint64) []byte {
	return indexKey('s', subject[:], seqKey(q, seq))
}

func timeKey(kind byte, at int64, q queueNumber, seq uint64) []byte {
	return indexKey(kind, binary.BigEndian.AppendUint64(nil, uint64(at)), seqKey(q, seq))
}

func attemptKey(q queueNumber, seq uint64) []byte { return indexKey('a', seqKey(q, seq)) }

func bitsKey(q queueNumber, chunk uint64) []byte { return indexKey('b', seqKey(q, chunk)) }

// storedRow is a message in the file. Times are those of the file's own clock, in
// milliseconds.
type storedRow struct {
	id, lane, subject Hash
	born, expires     int64 // expires 0 for never
	sealed            []byte
}

const rowHead = 3*16 + 2*8

func (r storedRow) encode() []byte {
	b := make([]byte, 0, rowHead+len(r.sealed)+4)
	b = append(b, r.id[:]...)
	b = append(b, r.lane[:]...)
	b = append(b, r.subject[:]...)
	b = binary.BigEndian.AppendUint64(b, uint64(r.born))
	b = binary.BigEndian.AppendUint64(b, uint64(r.expires))
	return append(b, r.sealed...)
}

// decodeRow shares b.
func decodeRow(b []byte) (r storedRow, err error) {
	if len(b) < rowHead {
		return r, errDamage
	}
	copy(r.id[:], b)
	copy(r.lane[:], b[16:])
	copy(r.subject[:], b[32:])
	r.born = int64(binary.BigEndian.Uint64(b[48:]))
	r.expires = int64(binary.BigEndian.Uint64(b[56:]))
	r.sealed = b[rowHead:]
	return r, nil
}

// tries is what is known of a message's attempts.
type tries struct {
	attempts, charged uint32
	open              bool // the last attempt was not settled
	unsettled         bool // an attempt began and nothing certain is known of its end
	class             Class
}

const (
	flagUnsettled = 1 << iota
	flagOpen
)

func (a tries) encode() []byte {
	b := binary.BigEndian.AppendUint32(nil, a.attempts)
	b = binary.BigEndian.AppendUint32(b, a.charged)
	flags := byte(0)
	if a.unsettled {
		flags |= flagUnsettled
	}
	if a.open {
		flags |= flagOpen
	}
	b = append(b, flags)
	for _, s := range []string{a.class.Reason, string(a.class.Kind), a.class.Code} {
		s = s[:min(len(s), 64)]
		b = append(append(b, byte(len(s))), s...)
	}
	return b
}

// decodeTries also gives what follows.
func decodeTries(b []byte) (a tries, rest []byte, err error) {
	if len(b) < 9 {
		return a, nil, errDamage
	}
	a.attempts, a.charged = binary.BigEndian.Uint32(b), binary.BigEndian.Uint32(b[4:])
	a.unsettled, a.open = b[8]&flagUnsettled != 0, b[8]&flagOpen != 0
	b = b[9:]
	var s [3]string
	for i := range s {
		if len(b) == 0 || len(b) < 1+int(b[0]) {
			return a, nil, errDamage
		}
		s[i], b = string(b[1:1+b[0]]), b[1+b[0]:]
	}
	a.class = Class{Reason: s[0], Kind: zwfw.Kind(s[1]), Code: s[2]}
	return a, b, nil
}

// counts is the state of a queue, and the file's clock as it stood at the last change.
type counts struct {
	next    uint64 // the sequence of the next message
	indexed uint64 // up to this sequence the index is written, see recent
	Stats
	pendingBytes int64
	clock        int64 // the file's own time
	wall         int64 // the machine's time then
}

func (c *counts) fields() []*int64 {
	return []*int64{
		&c.Enqueued, &c.Delivered, &c.Dead, &c.Expired, &c.Refused, &c.Pending, &c.Bytes,
		&c.Letters, &c.Discarded, &c.Damaged, &c.Missing, &c.Dropped, &c.pendingBytes, &c.clock, &c.wall,
	}
}

func (c *counts) encode() []byte {
	b := binary.BigEndian.AppendUint64(make([]byte, 0, 17*8+4), c.next)
	b = binary.BigEndian.AppendUint64(b, c.indexed)
	for _, f := range c.fields() {
		b = binary.BigEndian.AppendUint64(b, uint64(*f))
	}
	return b
}

func decodeCounts(b []byte) (*counts, error) {
	c := &counts{}
	fields := c.fields()
	if len(b) != 8*(2+len(fields)) {
		return nil, errDamage
	}
	c.next, c.indexed = binary.BigEndian.Uint64(b), binary.BigEndian.Uint64(b[8:])
	for i, f := range fields {
		*f = int64(binary.BigEndian.Uint64(b[8*(i+2):]))
	}
	return c, nil
}

func millis(d time.Duration) int64 {
	if d > 0 && d < time.Millisecond {
		return 1
	}
	return int64(d / time.Millisecond)
}

// damage says what was found; err may be nil.
func damage(what string, err error) error {
	return fmt.Errorf("%s: %w", what, errors.Join(errDamage, err))
}
