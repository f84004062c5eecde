package outbox

// State says what has become of a message.
type State uint8

const (
	// StatePending: not delivered yet. The zero value, so that nothing counts as settled
	// by a forgotten assignment.
	StatePending State = iota
	// StateDelivered: a handler said done.
	StateDelivered
	// StateDead: given up, with a [Class]. It is a dead letter until it is replayed,
	// discarded or purged.
	StateDead
	// StateExpired: its time to live ran out before it was delivered.
	StateExpired
	// StateDropped: it made room for a newer one of its queue.
	StateDropped
)

// String gives "pending", "delivered", "dead", "expired" or "dropped".
func (s State) String() string {
	switch s {
	case StatePending:
		return "pending"
	case StateDelivered:
		return "delivered"
	case StateDead:
		return "dead"
	case StateExpired:
		return "expired"
	case StateDropped:
		return "dropped"
	}
	return "unknown"
}

// Stats counts messages since the store was made. At any time
//
//	Enqueued = Delivered + Dead + Expired + Refused + Pending
//
// A replayed dead letter is pending again and no longer dead.
type Stats struct {
	Enqueued  int64 // asked for, without repeated keys
	Delivered int64
	Dead      int64
	Expired   int64
	Refused   int64 // not taken because the store was full, or dropped for a newer one
	Pending   int64 // waiting or being delivered
	Bytes     int64 // kept for pending messages and dead letters

	Letters   int64 // of Dead: still kept
	Discarded int64 // of Dead: removed by Discard or Purge
	Damaged   int64 // of Dead: records that were not as they had been written
	Missing   int64 // of Dead: sequences that were lost with a damaged part of the store
	Dropped   int64 // of Refused: taken first, dropped for a newer one later
}

func (s Stats) plus(o Stats) Stats {
	s.Enqueued += o.Enqueued
	s.Delivered += o.Delivered
	s.Dead += o.Dead
	s.Expired += o.Expired
	s.Refused += o.Refused
	s.Pending += o.Pending
	s.Bytes += o.Bytes
	s.Letters += o.Letters
	s.Discarded += o.Discarded
	s.Damaged += o.Damaged
	s.Missing += o.Missing
	s.Dropped += o.Dropped
	return s
}
