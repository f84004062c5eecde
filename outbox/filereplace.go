package outbox

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"go.etcd.io/bbolt"
)

// replace puts a damaged file aside and starts with a fresh one.
func (f *file) replace(cause error) error {
	f.disconnect()
	aside, err := f.setAside()
	if err != nil {
		return fmt.Errorf("%w; it could not be set aside: %w", cause, err)
	}
	f.tell(Event{Kind: EventQuarantined, Path: aside, Err: cause})
	f.lineups = make(map[queueNumber]*lineup)
	f.generation++
	if err := f.create(); err != nil {
		return err // ready tries again
	}
	return f.connect()
}

// setAside renames the file to a name that is free.
func (f *file) setAside() (string, error) {
	for i := 1; ; i++ {
		aside := fmt.Sprintf("%s.damaged-%d", f.path, i)
		if _, err := os.Lstat(aside); !errors.Is(err, fs.ErrNotExist) {
			if err != nil {
				return "", err
			}
			continue
		}
		return aside, os.Rename(f.path, aside)
	}
}

// damaged replaces the file while it is in use and reports whether it could.
func (f *file) damaged(cause error) bool {
	err := f.replace(cause)
	if err != nil {
		f.disconnect()
		f.tell(Event{Kind: EventStore, Err: err})
	}
	return err == nil
}

// rewrite copies every entry into a new file, which takes the place of the old one. It
// gives space back, and makes certain what a failed sync left open.
func (f *file) rewrite() error {
	temporary := f.path + ".new"
	err := f.write(temporary, func(to *bbolt.DB) error {
		return f.view(func(t *look) error { return copyAll(to, t) })
	})
	if err != nil {
		_ = os.Remove(temporary)
		return err
	}
	f.disconnect()
	if err := os.Rename(temporary, f.path); err != nil {
		_ = os.Remove(temporary)
		return errors.Join(err, f.connect())
	}
	if err := syncDirectory(f.path); err != nil {
		return errors.Join(err, f.connect())
	}
	if err := f.connect(); err != nil {
		return err
	}
	f.tell(Event{Kind: EventRewritten})
	return nil
}

// copyStep bounds the memory of a copy.
const copyStep = 4 << 20

func copyAll(to *bbolt.DB, from *look) error {
	for name, b := range map[string]*bbolt.Bucket{"rows": from.rows, "index": from.inner, "dead": from.dead} {
		c := b.Cursor()
		k, v := c.First()
		for first := true; first || k != nil; first = false {
			err := to.Update(func(tx *bbolt.Tx) error {
				b, err := tx.CreateBucketIfNotExists([]byte(name))
				if err != nil {
					return err
				}
				b.FillPercent = fillAppended
				for size := 0; k != nil && size < copyStep; k, v = c.Next() {
					if err := b.Put(k, v); err != nil {
						return err
					}
					size += len(k) + len(v)
				}
				return nil
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}
