package outbox

import (
	"context"
	"time"

	"github.com/zwfw-go/zwfw"
)

// Hash is a keyed hash of something a caller named: nothing of it can be read, and
// equal names give equal hashes within one store. The zero Hash stands for none.
type Hash [16]byte

// Engine keeps messages for an [Outbox]. It sees hashes and sealed bodies, never a name
// or a text, and needs no key. [Open] brings the engine of one file; package outboxtest
// holds the tests that any engine has to pass.
//
// What an engine guarantees:
//
//   - A method that changes something has made it durable when it returns nil, wholly
//     or not at all. When it cannot know whether the change is in, its error is
//     [ErrUncertain]; after any other error nothing has changed.
//   - Sequences of one queue are unique and ascend in the order of commits, so that of
//     two messages of one lane the earlier has the smaller one.
//   - Of one lane at most one message is claimed at a time, by all processes together:
//     the one with the smallest sequence. Rows without a lane are lanes of their own.
//   - The number of an attempt is durable before Claim returns it; no two claims of a
//     message bear the same number.
//   - A claim that is not settled comes back: at once after the process has ended, or
//     when its lease has run out. An engine with leases counts the lane's Epoch up with
//     every claim and refuses a Settle with an older one with [ErrClaimLost], so that a
//     worker that froze cannot settle what another has taken over.
//   - Durations (time to live, age, delays, leases) are counted by the engine's own
//     time, which never goes back and which a set clock does not move.
//   - Claim never gives a message whose time to live has run out; it, Put or Sweep
//     settle such messages as [StateExpired].
//   - The counts of Stats change in the same transaction as the rows they count.
//   - All methods may be called from many goroutines.
type Engine interface {
	// Header gives what SetHeader kept, nil before the first.
	Header(ctx context.Context) ([]byte, error)
	// SetHeader replaces the header if it still equals old and reports whether it did.
	SetHeader(ctx context.Context, old, header []byte) (bool, error)

	// Put stores rows and marks in one transaction. A row whose ID its queue knows is
	// not stored: its Placed says what became of the earlier one. When a row finds no
	// room the whole Put fails with [ErrFull] and its new rows count as refused.
	Put(ctx context.Context, p Put) ([]Placed, error)
	// Mark gives a mark's sealed value, nil when there is none.
	Mark(ctx context.Context, name string) ([]byte, error)

	// Claim takes at most n messages of a queue for delivery, oldest first.
	Claim(ctx context.Context, queue string, n int) (Batch, error)
	// Settle ends a claim. Repeated it changes nothing more; once a later attempt has begun
	// it returns [ErrClaimLost]. Of a message that was purged meanwhile it knows nothing
	// and returns nil. An engine without leases has a method GiveUp(...Claim) beside it,
	// which is told of claims that could not be settled: they come back.
	Settle(ctx context.Context, s Settlement) error
	// Sweep settles expired messages and forgets the IDs of messages settled longer
	// ago than they are kept. It is called about once a minute.
	Sweep(ctx context.Context) error

	// Dead gives at most n dead letters of a queue with sequences above after.
	Dead(ctx context.Context, queue string, after uint64, n int) ([]DeadRow, error)
	// Replay makes dead letters pending again, in their old place, and counts them.
	Replay(ctx context.Context, queue string, sequences []uint64) (int, error)
	// Discard removes dead letters and counts them.
	Discard(ctx context.Context, queue string, sequences []uint64) (int, error)
	// Purge removes pending messages and dead letters of a subject and counts them.
	Purge(ctx context.Context, subject Hash) (int, error)

	// Stats gives the counts by queue.
	Stats(ctx context.Context) (map[string]Stats, error)
	// Close ends the engine. Claims that were not settled come back at the next start.
	Close() error
}

// Put is what goes into one transaction.
type Put struct {
	Rows     []Row
	Marks    map[string][]byte // name to sealed value
	MaxCount int64             // messages pending and dead; 0 for no limit
	MaxBytes int64             // their Size together; 0 for no limit
}

// Row is a message before it has a sequence.
type Row struct {
	Queue      string
	ID         Hash          // of queue and key
	Lane       Hash          // of queue and order
	Subject    Hash          // of the subject
	TTL        time.Duration // 0 for none
	Size       int           // bytes that Seal gives
	DropOldest bool          // when full, drop pending messages of the queue, oldest first, none that is claimed

	// Seal gives the bytes to keep, bound to the sequence.
	Seal func(sequence uint64) ([]byte, error)
}

// Placed says where a row went.
type Placed struct {
	Sequence  uint64
	Duplicate bool  // the queue knew the ID: Sequence and State are the earlier message's
	State     State // StatePending for a new one
}

// Claim is a message taken for delivery.
type Claim struct {
	Queue     string
	Sequence  uint64
	ID        Hash
	Lane      Hash
	Sealed    []byte
	Attempt   int           // 1 and up, Replay included
	Charged   int           // earlier attempts that count against the limit of the queue
	Unsettled bool          // an earlier attempt may have had an effect: it said so, or never ended
	Class     Class         // of the last attempt that failed
	Age       time.Duration // since it was enqueued or replayed
	Epoch     uint64        // of the lane, for engines with leases; of the store, for others
	Until     time.Time     // the claim ends, by the monotonic clock; zero for never
}

// Batch is what Claim gives. Next says when it is worth asking again although nothing
// was put, settled or replayed; 0 for not at all.
type Batch struct {
	Claims []Claim
	Next   time.Duration
}

// Settlement ends a claim: State is StateDelivered, StateDead, or StatePending for
// another attempt; the comments below name them short.
type Settlement struct {
	Claim     Claim
	State     State
	After     time.Duration // Pending: the lane rests this long
	Charge    bool          // Pending: count the attempt
	Unsettled bool          // Pending and Dead: this attempt or an earlier one may have had an effect
	Class     Class         // Pending and Dead
}

// Class is all that is kept of an error: no text.
type Class struct {
	Reason string    // why dead: "handler", "attempts", "age", "damaged"
	Kind   zwfw.Kind // "" when the error was none of this module
	Code   string    // the platform's code if it is safe to print
}

// DeadRow is a dead letter as the engine keeps it.
type DeadRow struct {
	Sequence uint64
	ID       Hash
	Sealed   []byte
	Damaged  bool // the record was not as it had been written; Sealed is nil
	Attempts int
	Class    Class
}
