package lutong

import (
	"sync"
	"time"
)

// refusals is what a reporter knows of answers that say no: whether they are for one
// ticket or for all. It begins anew with the process, which delays a verdict only.
type refusals struct {
	mu      sync.Mutex
	last    uint64 // the sequence refused last; 0 when a report was taken since
	unknown map[uint64]*unknownRefusal
}

// unknownRefusal is a report that is refused for a reason no table knows.
type unknownRefusal struct {
	first time.Duration // the report's age at its first such refusal
	taken bool          // the platform has taken another report since
}

// delivered notes that the platform has taken a report.
func (r *refusals) delivered(seq uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last = 0
	delete(r.unknown, seq)
	for _, u := range r.unknown {
		u.taken = true
	}
}

// ofAll notes a refusal and reports whether it follows that of another report with none
// taken between: then it is hardly the ticket's, and all may wait.
func (r *refusals) ofAll(seq uint64) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	before := r.last
	r.last = seq
	return before != 0 && before != seq
}

// ofTicket notes a refusal that no table knows and reports whether it is the ticket's:
// for ten minutes, while the platform takes others.
func (r *refusals) ofTicket(seq uint64, age time.Duration) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	u := r.unknown[seq]
	if u == nil {
		if r.unknown == nil {
			r.unknown = make(map[uint64]*unknownRefusal)
		}
		r.unknown[seq] = &unknownRefusal{first: age}
		return false
	}
	if !u.taken || age-u.first < unknownRefusals {
		return false
	}
	delete(r.unknown, seq)
	return true
}

// unknownRefusals is how long a refusal that no table knows is taken for trouble of the
// platform even though it takes other reports.
const unknownRefusals = 10 * time.Minute
