package outbox

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"runtime/debug"

	"go.etcd.io/bbolt"
)

// guard runs what reads the file through bbolt. A damaged page makes it panic, or the
// machine fault where the file is shorter than it should be; both become errDamage.
func guard(do func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			err = damage(fmt.Sprintf("%.100v", p), nil)
		}
	}()
	return do()
}

// look reads the file within one transaction.
type look struct {
	tx          *bbolt.Tx
	rows, inner *bbolt.Bucket
	dead        *bbolt.Bucket
}

func newLook(tx *bbolt.Tx) (*look, error) {
	l := &look{tx: tx, rows: tx.Bucket(bucketRows), inner: tx.Bucket(bucketIndex), dead: tx.Bucket(bucketDead)}
	if l.rows == nil || l.inner == nil || l.dead == nil {
		return nil, damage("a bucket is missing", nil)
	}
	return l, nil
}

// ask reads for a caller, who leaves when ctx ends: a disk may hang.
func ask[T any](ctx context.Context, f *file, read func(*look) (T, error)) (T, error) {
	return leaving(ctx, func() (answer T, err error) {
		if f.closed.Load() {
			return answer, ErrClosed
		}
		err = f.view(func(l *look) (err error) { answer, err = read(l); return err })
		return answer, err
	})
}

// leaving does something that ends when the disk answers, and returns when ctx ends before.
func leaving[T any](ctx context.Context, do func() (T, error)) (T, error) {
	if ctx.Done() == nil {
		return do()
	}
	type answer struct {
		value T
		err   error
	}
	given := make(chan answer, 1)
	go func() {
		value, err := do()
		given <- answer{value, err}
	}()
	select {
	case a := <-given:
		return a.value, a.err
	case <-ctx.Done():
		var none T
		return none, fmt.Errorf("outbox: the store has not answered: %w", ctx.Err())
	}
}

// view runs a reading transaction.
func (f *file) view(read func(*look) error) error {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if f.db == nil {
		return errors.New("outbox: the file cannot be opened")
	}
	f.reading.Lock()
	defer f.reading.Unlock()
	if f.hurt.Load() {
		return errHurt
	}
	err := guard(func() error {
		return f.db.View(func(tx *bbolt.Tx) error {
			l, err := newLook(tx)
			if err != nil {
				return err
			}
			return read(l)
		})
	})
	if errors.Is(err, errDamage) {
		f.hurt.Store(true)
	}
	return err
}

// errHurt is what readers get until a writer has replaced the file.
var errHurt = damage("found earlier", nil)

// index gives a value of the index, nil when there is none. A damaged one condemns the file:
// nothing says what it was.
func (l *look) index(key []byte) ([]byte, error) {
	v := l.inner.Get(key)
	if v == nil {
		return nil, nil
	}
	v, err := unchecked(key, v)
	if err != nil {
		return nil, damage(fmt.Sprintf("entry of kind %q", key[0]), nil)
	}
	return v, nil
}

// queues visits every queue of the file.
func (l *look) queues(visit func(name string, q queueNumber, c *counts) error) error {
	c := l.inner.Cursor()
	for k, v := c.Seek([]byte{'n'}); len(k) > 0 && k[0] == 'n'; k, v = c.Next() {
		v, err := unchecked(k, v)
		if err != nil || len(v) != 2 {
			return damage("name of a queue", err)
		}
		q := queueNumber(binary.BigEndian.Uint16(v))
		state, err := l.counts(q)
		if err != nil {
			return err
		}
		if err := visit(string(k[1:]), q, state); err != nil {
			return err
		}
	}
	return nil
}

func (l *look) counts(q queueNumber) (*counts, error) {
	key := seqKey(q, maxNumber)
	v := l.rows.Get(key)
	if v == nil {
		return nil, damage("counts of a queue are missing", nil)
	}
	v, err := unchecked(key, v)
	if err != nil {
		return nil, damage("counts of a queue", nil)
	}
	return decodeCounts(v)
}

// row reads a pending message; ok is false when there is none. errBadRecord says that
// it is not as it was written.
func (l *look) row(q queueNumber, seq uint64) (r storedRow, ok bool, err error) {
	key := seqKey(q, seq)
	v := l.rows.Get(key)
	if v == nil {
		return r, false, nil
	}
	plain, err := unchecked(key, v)
	if err == nil {
		r, err = decodeRow(plain)
	}
	if err != nil {
		r, _ = decodeRow(v)
		return r, true, errBadRecord
	}
	return r, true, nil
}

// audit reads every entry of the index and every key of a row.
func (l *look) audit() error {
	rows := l.rows.Cursor()
	for k, _ := rows.First(); k != nil; k, _ = rows.Next() {
		if len(k) != 10 {
			return damage("key of a row", nil)
		}
	}
	c := l.inner.Cursor()
	for k, v := c.First(); k != nil; k, v = c.Next() {
		if _, err := unchecked(k, v); err != nil {
			return damage(fmt.Sprintf("entry of kind %q", k[0]), nil)
		}
	}
	return nil
}

// largest gives the bytes of the largest message.
func (l *look) largest() (n int64) {
	for _, b := range []*bbolt.Bucket{l.rows, l.dead} {
		c := b.Cursor()
		for k, v := c.First(); k != nil; k, v = c.Next() {
			n = max(n, int64(len(v)-rowHead))
		}
	}
	return n
}
