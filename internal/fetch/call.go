package fetch

import (
	"context"
	"crypto/sha256"
	"errors"
	"hash"
	"io"
	"math/rand/v2"
	"net/url"
	"time"

	"github.com/zwfw-go/zwfw"
)

// File is what was fetched.
type File struct {
	Format Format            // proven by the file's bytes, whatever its name or address says
	Size   int64             // bytes
	SHA256 [sha256.Size]byte // of the whole file, also when it came in parts
}

// Option changes one call.
type Option func(*download)

// WithProgress tells how far the download is: bytes so far and in all, -1 when the server
// does not say. Calls never overlap and the last one of a success has all bytes. The
// download goes on while tell runs; figures that come meanwhile are dropped but the latest.
func WithProgress(tell func(done, total int64)) Option {
	return func(d *download) { d.tell = tell }
}

// target is where the bytes go.
type target interface {
	io.Writer
	rewind() error    // forget all bytes; an error ends the call
	follows(o origin) // the bytes from here on are of this origin
	problem() string  // the field that a failed write is a problem of
}

// origin says what a part of a file is a part of.
type origin struct {
	Address   string // digest
	Validator string // ETag or Last-Modified, "" when none can be relied on
	Total     int64  // -1 when unknown
}

// download is one call.
type download struct {
	f       *Fetcher
	op      string
	address Address
	url     *url.URL // nil when the file is enclosed
	where   string
	tell    func(done, total int64)

	out      target
	hash     hash.Hash
	look     inspector
	size     int64 // bytes that hash and out have
	origin   origin
	progress *progress

	attempts int
	warnings []zwfw.Warning
}

// Write is the hasher's side of pour.
func (d *download) Write(p []byte) (int, error) {
	_, _ = d.hash.Write(p)
	return d.look.Write(p)
}

// outward is the writer's side of pour.
type outward struct {
	d    *download
	done int64
}

func (o *outward) Write(p []byte) (int, error) {
	n, err := o.d.out.Write(p)
	o.done += int64(n)
	if err == nil {
		o.d.progress.report(o.done, o.d.origin.Total)
	}
	return n, err
}

// begin checks what can be checked before anything is made or sent.
func (f *Fetcher) begin(op string, a Address, options []Option) (*download, *zwfw.Error) {
	d := &download{f: f, op: op, address: a, hash: sha256.New(), origin: origin{Total: -1}}
	for _, option := range options {
		if option != nil {
			option(d)
		}
	}
	switch {
	case f.closed.Load():
		return d, &zwfw.Error{Kind: zwfw.Closed, Outcome: zwfw.OutcomeRefused}
	case a.IsZero():
		return d, d.refuse("address", "is required")
	case a.url.IsZero():
		return d, nil
	case a.url.Reveal() == a.url.String():
		return d, d.refuse("address", "is masked; the value in clear is needed")
	case a.Spent():
		return d, errSpent()
	}
	u, err := f.guard.resolve(f.guard.base, a.url.Reveal())
	if err != nil {
		return d, d.refuse("address", err.Error())
	}
	d.url, d.where, d.origin.Address = u, u.Host, a.digest()
	return d, nil
}

func errSpent() *zwfw.Error {
	return &zwfw.Error{Kind: zwfw.WrongState, Outcome: zwfw.OutcomeRefused, Field: "address", Expected: "it serves once and was fetched before; apply for a new one"}
}

// refuse makes the local refusal of a field.
func (d *download) refuse(field, expected string) *zwfw.Error {
	return zwfw.Problem(d.f.config.Platform, d.op, field, expected)
}

// observed runs a call under the observer and finishes its error.
func (d *download) observed(ctx context.Context, run func(context.Context) *zwfw.Error) error {
	ctx, ended := d.observe(ctx, 0)
	began := d.f.settings.Clock.Now()
	err := run(ctx)
	if err != nil {
		d.finish(err)
	}
	ended(d.result(began, err))
	if err == nil {
		return nil
	}
	d.logFailure(ctx, err)
	return err
}

// run fetches until the file is whole or nothing more can be done.
func (d *download) run(parent context.Context) *zwfw.Error {
	ctx, cancel := context.WithTimeout(parent, d.f.config.Timeout)
	defer cancel()
	d.progress = newProgress(d.tell)
	defer d.progress.end()
	if d.url == nil {
		return d.readEnclosed()
	}
	if !d.address.claim() {
		return errSpent()
	}
	most := d.f.settings.Retry.MaxAttempts
	furthest := d.size
	for fruitless := 1; ; fruitless++ {
		err := d.attemptOnce(ctx, parent)
		if err == nil {
			return nil
		}
		if !err.Sent {
			d.address.release()
		}
		if most > 1 && d.size-furthest >= minGrowth {
			fruitless, furthest = 0, d.size // it came further than ever, which may go on
		}
		pause, again := d.again(ctx, err, max(fruitless, 1))
		if !again || fruitless >= most {
			return err
		}
		if d.f.settings.Clock.Sleep(ctx, pause) != nil {
			if errors.Is(parent.Err(), context.Canceled) {
				err.Kind, err.Err = zwfw.Canceled, context.Canceled
			}
			return err
		}
	}
}

// minGrowth is what attempts must bring to count as progress.
const minGrowth = 64 << 10

// again: an address that serves once never, others where a second try may bring more.
func (d *download) again(ctx context.Context, err *zwfw.Error, n int) (time.Duration, bool) {
	switch err.Kind {
	case zwfw.Upstream, zwfw.Timeout, zwfw.RateLimited, zwfw.Busy:
	default:
		return 0, false
	}
	if d.address.IsSingleUse() || ctx.Err() != nil || d.f.closed.Load() || err.Field != "" {
		return 0, false
	}
	if d.size > 0 && d.origin.Validator == "" && d.restart() != nil {
		return 0, false
	}
	retry := d.f.settings.Retry
	top := min(retry.BaseDelay<<min(n-1, 16), retry.MaxDelay)
	pause := max(rand.N(top+1), min(err.RetryAfter, retry.MaxDelay))
	deadline, ok := ctx.Deadline()
	return pause, !ok || pause < time.Until(deadline)
}

// restart forgets all bytes, where the target can.
func (d *download) restart() *zwfw.Error {
	if d.size == 0 {
		return nil
	}
	if err := d.out.rewind(); err != nil {
		return &zwfw.Error{Kind: zwfw.Upstream, Sent: true, Field: d.out.problem(), Expected: err.Error()}
	}
	d.hash.Reset()
	d.look, d.size = inspector{}, 0
	return nil
}

// file is the result of a run that succeeded.
func (d *download) file() File {
	f := File{Format: d.look.found(), Size: d.size}
	d.hash.Sum(f.SHA256[:0])
	return f
}
