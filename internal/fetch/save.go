package fetch

import (
	"context"
	"errors"
	"os"

	"github.com/zwfw-go/zwfw"
)

// Save writes the file to path, mode 0600, replacing what is there: complete and on disk,
// or not at all. It is written to path+".part" beside it, which is renamed when the file
// is whole. Two calls for one path at a time are refused, also from two processes (but not
// on systems without file locks).
//
// After a failure the part is kept if a later Save of the same address can go on with it:
// the line broke, the address may be fetched again, and the server named the file (ETag,
// Last-Modified).
// What it is a part of then stands in path+".part.state". Otherwise no part stays, but for
// a whole file that the system does not let have its name: the error has OutcomeDone then,
// and the file is path+".part" until the next Save.
func (f *Fetcher) Save(ctx context.Context, a Address, path string, options ...Option) (File, error) {
	d, refused := f.begin("Save", a, options)
	err := d.observed(ctx, func(ctx context.Context) *zwfw.Error {
		if refused != nil {
			return refused
		}
		return d.save(ctx, path)
	})
	if err != nil {
		return File{}, err
	}
	return d.file(), nil
}

func (d *download) save(ctx context.Context, path string) *zwfw.Error {
	if path == "" {
		return d.refuse("path", "is required")
	}
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return d.refuse("path", "must name a file")
	}
	p, err := openPart(path)
	if err != nil {
		return d.pathProblem("cannot be prepared", err)
	}
	d.out = p
	if err := d.resume(p); err != nil {
		return d.pathProblem("the part cannot be read", errors.Join(err, p.discard()))
	}
	if failed := d.run(ctx); failed != nil {
		if err := p.leave(d.canGoOn(failed)); err != nil && failed.Err == nil {
			failed.Err = withoutPath(err)
		}
		return failed
	}
	return d.published(p.publish())
}

// canGoOn reports whether a later call may want the part: the line failed, not the file.
func (d *download) canGoOn(failed *zwfw.Error) bool {
	switch failed.Kind {
	case zwfw.Upstream, zwfw.Timeout, zwfw.Canceled, zwfw.RateLimited, zwfw.Busy:
		return !d.address.IsSingleUse()
	}
	return false
}

func (d *download) published(err error) *zwfw.Error {
	var whole misnamed
	switch {
	case err == nil:
		return nil
	case errors.As(err, &whole):
		e := d.pathProblem("cannot be replaced", err)
		e.Expected += "; the whole file stands beside it as .part"
		e.Outcome = zwfw.OutcomeDone
		return e
	}
	return d.pathProblem("cannot be written", err)
}

// pathProblem is a failure of the file system.
func (d *download) pathProblem(what string, err error) *zwfw.Error {
	e := d.refuse("path", what+": "+reason(err))
	e.Err = withoutPath(err)
	if d.attempts > 0 {
		e.Sent, e.Outcome = true, zwfw.OutcomeUnknown
	}
	return e
}

// reason gives our words or the system's, without a path.
func reason(err error) string {
	return withoutPath(err).Error()
}

// resume takes over what an earlier call left of the same address.
func (d *download) resume(p *part) error {
	if d.url == nil || d.address.IsSingleUse() || !p.restore(d.origin.Address) {
		return p.rewind()
	}
	n, err := p.replay(d)
	if err != nil {
		return err
	}
	if d.look.found() == "" {
		d.hash.Reset()
		d.look = inspector{}
		return p.rewind()
	}
	d.size, d.origin = n, p.origin
	return nil
}
