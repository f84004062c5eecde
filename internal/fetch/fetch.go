package fetch

import (
	"context"
	"errors"
	"io"

	"github.com/zwfw-go/zwfw"
)

// Fetch writes the file to w. After an error w may hold a part, which is worthless; Fetch
// never writes a byte twice. w is called from another goroutine, one call at a time, and
// not after Fetch has returned; a Write that blocks delays the return.
func (f *Fetcher) Fetch(ctx context.Context, a Address, w io.Writer, options ...Option) (File, error) {
	d, refused := f.begin("Fetch", a, options)
	err := d.observed(ctx, func(ctx context.Context) *zwfw.Error {
		switch {
		case refused != nil:
			return refused
		case w == nil:
			return d.refuse("w", "is required")
		}
		d.out = stream{w}
		return d.run(ctx)
	})
	if err != nil {
		return File{}, err
	}
	return d.file(), nil
}

// stream is a target that takes nothing back.
type stream struct{ io.Writer }

var errNoWayBack = errors.New("the file has to begin anew, but its beginning is written")

func (stream) rewind() error   { return errNoWayBack }
func (stream) follows(origin)  {}
func (stream) problem() string { return "w" }
