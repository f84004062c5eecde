package hotline

import (
	"errors"
	"sync"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/outbox"
)

// messageID names a message of either queue; the zero value none.
type messageID struct {
	answer   bool
	sequence uint64
}

// refusals is what a unit knows of answers that say no: whether they are for one message
// or for all. It begins anew with the process, which delays a verdict only.
type refusals struct {
	mu      sync.Mutex
	last    messageID // refused last; zero when the centre took something since
	unknown map[messageID]*unknownRefusal
}

// unknownRefusal is a message whose refusal does not tell whom it is meant for.
type unknownRefusal struct {
	first time.Duration // the message's age then
	taken bool          // the centre has answered another call well since
}

// taken notes that the centre has answered well.
func (r *refusals) taken(id messageID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last = messageID{}
	delete(r.unknown, id)
	for _, u := range r.unknown {
		u.taken = true
	}
}

// ofAll notes a refusal and reports whether it follows that of another message with nothing
// taken between: then it is hardly the message's.
func (r *refusals) ofAll(id messageID) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	before := r.last
	r.last = id
	return before != messageID{} && before != id
}

// ofMessage notes a refusal that may be everybody's and reports whether it is the
// message's: for ten minutes, while the centre answers others.
func (r *refusals) ofMessage(id messageID, age time.Duration) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	u := r.unknown[id]
	if u == nil {
		if r.unknown == nil {
			r.unknown = make(map[messageID]*unknownRefusal)
		}
		r.unknown[id] = &unknownRefusal{first: age}
		return false
	}
	if !u.taken || age-u.first < ownRefusals {
		return false
	}
	delete(r.unknown, id)
	return true
}

// ownRefusals is how long a refusal that may be everybody's is taken for trouble of the
// centre or the settings even though it answers others.
const ownRefusals = 10 * time.Minute

// unitRest is the pause of a unit of which nothing gets through, where others do.
const unitRest = time.Minute

// later tries a message again. The whole queue rests when the centre asks for it, or when
// nothing gets through: a week's backlog would do no better.
func (u *workUnit) later(id messageID, err error) outbox.Outcome {
	var e *zwfw.Error
	if !errors.As(err, &e) {
		return outbox.FromError(err)
	}
	switch e.Kind {
	case zwfw.Upstream, zwfw.Timeout, zwfw.Busy, zwfw.RateLimited, zwfw.Canceled, zwfw.Closed:
		return outbox.FromError(err)
	}
	switch all := u.refusals.ofAll(id); {
	case e.RetryAfter > 0, all && len(u.w.units) == 1:
		resting := *e
		resting.Kind = zwfw.Upstream // for which a queue rests
		return outbox.FromError(&resting)
	case e.Outcome != zwfw.OutcomeRefused:
		return outbox.FromError(err)
	case all:
		return outbox.Retry(unitRest)
	}
	return outbox.Retry(0)
}

// asRead makes of the error of a read that of a message: nothing was changed by it, and
// nothing of it is of use.
func asRead(err error) error {
	var e *zwfw.Error
	if !errors.As(err, &e) {
		return zwfw.Problem("hotline", "SheetDetail", "", "was not read")
	}
	read := *e
	read.Outcome = zwfw.OutcomeRefused
	return &read
}
