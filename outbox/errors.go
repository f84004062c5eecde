package outbox

import "errors"

// Errors that callers tell apart. All are wrapped; use errors.Is.
var (
	// ErrFull: no room, and the queue's policy found none. Nothing was stored.
	ErrFull = errors.New("outbox: full")
	// ErrUncertain: the store could not say whether the change is in. Enqueue the same
	// message again: its key makes that harmless.
	ErrUncertain = errors.New("outbox: it is not certain whether the change was stored")
	// ErrInUse: another process has the file open.
	ErrInUse = errors.New("outbox: the file is in use by another process")
	// ErrNewer: a newer version of this module wrote the store. It was left untouched.
	ErrNewer = errors.New("outbox: the store was written by a newer version of this module")
	// ErrWrongKey: the key at hand is not the one the store was sealed with. It was
	// left untouched.
	ErrWrongKey = errors.New("outbox: the key is not the one the store was sealed with")
	// ErrClosed: the outbox was closed before the call.
	ErrClosed = errors.New("outbox: closed")
	// ErrClaimLost: a claim was settled after another worker had taken it over, after a later
	// attempt had begun, or after its lease had run out and the message had ended.
	ErrClaimLost = errors.New("outbox: the claim was taken over by another worker")
)
