package outbox

// EventKind names what happened.
type EventKind string

// Events. None carries a key, a subject or a text.
const (
	EventExpired     EventKind = "expired"          // a message's time to live ran out
	EventDead        EventKind = "dead"             // a message became a dead letter; Class says why
	EventDropped     EventKind = "dropped"          // a message made room for a newer one
	EventMissing     EventKind = "missing"          // Count sequences from Sequence on are lost
	EventDamaged     EventKind = "record-damaged"   // a record was set aside as a dead letter
	EventQuarantined EventKind = "file-quarantined" // the file was damaged: it now stands at Path, and a fresh one in its place
	EventRewritten   EventKind = "file-rewritten"   // the file was written anew after a failed sync, or compacted
	EventHead        EventKind = "head-repaired"    // one of the file's two heads was damaged: after a crash the last change may be undone
	EventClock       EventKind = "clock-jump"       // the clock was set; ages do not count the jump
	EventKey         EventKind = "key-missing"      // a message waits because its key is not at hand or does not open it
	EventPaused      EventKind = "paused"           // a queue rests: the platform or the line is down, or asked to wait
	EventResumed     EventKind = "resumed"          // the first delivery after a pause succeeded
	EventStore       EventKind = "store-failed"     // the store refused a change in the background; Err says why
)

// Event is told to [Config].OnEvent.
type Event struct {
	Kind     EventKind
	Queue    string
	Sequence uint64
	Count    int
	Class    Class
	Path     string
	Err      error
}
