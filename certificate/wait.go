package certificate

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/zwfw-go/zwfw"
)

// FileWait says how long and how often WaitForFile asks. Its zero value is public practice
// of one platform: every 5 s, ten times.
type FileWait struct {
	Wait  time.Duration // in all; default 50 s. The context's deadline also ends the wait
	Every time.Duration // pause between two questions; at least 1 s, default 5 s
}

const (
	defaultFileWait  = 50 * time.Second
	defaultFileEvery = 5 * time.Second
)

// WaitForFile asks for a certificate's file until it is there: right after issuing there
// may be none yet. get makes one whole try: it applies for an address, and fetches it
// where it is wanted:
//
//	err := client.WaitForFile(ctx, certificate.FileWait{}, func(ctx context.Context) error {
//	        applied, err := client.FileAddressByID(ctx, request)
//	        if err != nil {
//	                return err
//	        }
//	        file, err = client.Save(ctx, applied.Files[0], path)
//	        return err
//	})
//
// Each try has an address of its own, so none is fetched twice. It is tried again while
// an application says that the file is not available (status 24), while Fetch or Save finds
// none (NotFound), and after a failure of the line; any other error of get ends the wait
// and is returned. Platforms count applications.
//
// Errors: BadRequest for a FileWait that cannot be, those of get (the last that said why
// the file was not there, when no further try fits into the time), Canceled.
func (c *Client) WaitForFile(ctx context.Context, w FileWait, get func(context.Context) error) error {
	k := checker{c: c, op: "WaitForFile"}
	if get == nil {
		k.refuse("get", "is required")
	}
	k.pace(&w.Wait, &w.Every, defaultFileWait, defaultFileEvery)
	if k.err != nil {
		return k.err
	}
	limited, cancel := context.WithTimeout(ctx, w.Wait)
	defer cancel()
	var absent error
	for {
		err := get(limited)
		if err == nil {
			return nil
		}
		ended := limited.Err() != nil
		switch {
		case notThere(err):
			absent = err
		case !passing(err) && !(ended && interrupted(err)):
			return err
		}
		if !ended && c.rest(limited, max(w.Every, retryAfter(err))) {
			continue
		}
		switch {
		case errors.Is(ctx.Err(), context.Canceled):
			return k.canceled()
		case ended && absent != nil:
			return absent // the try that the end cut short says less
		}
		return err
	}
}

// rest pauses; false when the time is up before the pause is, and at once.
func (c *Client) rest(ctx context.Context, pause time.Duration) bool {
	deadline, ok := ctx.Deadline()
	return !(ok && time.Until(deadline) <= pause) && c.clock.Sleep(ctx, pause) == nil
}

// notThere recognises the answers of a platform that has no file yet.
func notThere(err error) bool {
	var e *zwfw.Error
	if !errors.As(err, &e) {
		return false
	}
	return StatusOf(err) == StatusUnavailable || e.Kind == zwfw.NotFound && (e.Op == "Fetch" || e.Op == "Save")
}

// passing tells failures that may be over at the next question.
func passing(err error) bool {
	switch zwfw.KindOf(err) {
	case zwfw.Upstream, zwfw.Timeout, zwfw.Busy, zwfw.RateLimited:
		return true
	}
	return false
}

// interrupted recognises the errors of a call that its context ended.
func interrupted(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || zwfw.KindOf(err) == zwfw.Canceled
}

func retryAfter(err error) time.Duration {
	var e *zwfw.Error
	if !errors.As(err, &e) {
		return 0
	}
	return e.RetryAfter
}

// pace checks how long and how often to ask, and fills in what is not set.
func (k *checker) pace(wait, every *time.Duration, usualWait, usualEvery time.Duration) {
	switch {
	case *wait < 0:
		k.refuse("Wait", "must not be negative")
	case *every != 0 && *every < minEvery:
		k.refuse("Every", fmt.Sprintf("at least %v", minEvery))
	}
	if *wait == 0 {
		*wait = usualWait
	}
	if *every == 0 {
		*every = usualEvery
	}
}

// minEvery keeps a wait from becoming a load (contract of the consent flow).
const minEvery = time.Second

// canceled is the error of a wait that its caller ended.
func (k *checker) canceled() error {
	e := k.c.engine.Refuse(k.op, "", "")
	e.Kind, e.Err = zwfw.Canceled, context.Canceled
	return e
}
