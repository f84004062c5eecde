package outbox

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"slices"
)

// Names of sealed values: the header's, and those of marks behind a prefix.
const (
	headerName = "header"
	markPrefix = "mark."
)

func (w *sqlWork) value(name string) (sealed []byte, err error) {
	_, err = w.one(`SELECT sealed FROM zwfw_outbox_values WHERE name = ?`, []any{name}, &sealed)
	return sealed, err
}

// setValue replaces a value that is still old; without change it reports false.
func (w *sqlWork) setValue(name string, sealed []byte, mayReplace func(old []byte) bool) (bool, error) {
	var old []byte
	found, err := w.one(`SELECT sealed FROM zwfw_outbox_values WHERE name = ? FOR UPDATE`, []any{name}, &old)
	if err != nil || !mayReplace(old) {
		return false, err
	}
	text := `INSERT INTO zwfw_outbox_values (sealed, name) VALUES (?, ?)`
	if found {
		text = `UPDATE zwfw_outbox_values SET sealed = ? WHERE name = ?`
	}
	_, err = w.exec(text, append([]byte{}, sealed...), name)
	return err == nil, err
}

// Header gives what SetHeader kept.
func (e *sqlEngine) Header(ctx context.Context) (header []byte, err error) {
	err = e.do(ctx, func(w *sqlWork) error { header, err = w.value(headerName); return err })
	return header, err
}

// SetHeader replaces the header if it is still the old one.
func (e *sqlEngine) SetHeader(ctx context.Context, old, header []byte) (done bool, err error) {
	err = e.do(ctx, func(w *sqlWork) error {
		done, err = w.setValue(headerName, header, func(now []byte) bool {
			return bytes.Equal(now, old) || w.again && bytes.Equal(now, header)
		})
		return err
	})
	return done && err == nil, err
}

// Mark gives a mark's sealed value.
func (e *sqlEngine) Mark(ctx context.Context, name string) (sealed []byte, err error) {
	err = e.do(ctx, func(w *sqlWork) error { sealed, err = w.value(markPrefix + name); return err })
	return sealed, err
}

// mark sets the marks. When the commit of an earlier try got no answer, what another
// program has set since must not be undone: then it stays unknown whether that try is in.
func (p *sqlPut) mark(w *sqlWork) error {
	if !w.again {
		p.marked = make(map[string][]byte)
	}
	for _, name := range slices.Sorted(maps.Keys(p.Marks)) {
		done, err := w.setValue(markPrefix+name, p.Marks[name], func(now []byte) bool {
			if !w.again {
				p.marked[name] = now
			}
			return bytes.Equal(now, p.marked[name]) || bytes.Equal(now, p.Marks[name])
		})
		if err == nil && !done {
			err = errors.New("outbox: a mark was set by another program meanwhile")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Stats gives the counts by queue.
func (e *sqlEngine) Stats(ctx context.Context) (all map[string]Stats, err error) {
	err = e.do(ctx, func(w *sqlWork) error { all, err = w.stats("", nil); return err })
	return all, err
}
