package outbox

import (
	"fmt"
	"math/bits"
	"regexp"
	"strconv"
	"time"

	"github.com/zwfw-go/zwfw"
)

// Config is what an outbox needs. Queues and Keys are required.
type Config struct {
	// Queues are all queues the program uses. Messages of a queue that is no longer
	// named here stay where they are.
	Queues []Queue
	// Keys gives the keys that messages are sealed with.
	Keys KeyProvider
	// Suite seals: SuiteXChaCha (default) or SuiteSM4. A store may hold both.
	Suite string

	MaxCount   int64 // messages pending and dead letters; default 1,000,000
	MaxBytes   int64 // their sealed bytes together; default 256 MiB, on 32-bit machines 32 MiB
	MaxMessage int   // bytes of one Body; default 1 MiB, at most MaxBytes

	// KeepKeys is how long a Key is remembered after its message was settled; within it
	// the same Key is not taken again. Default 7 days. The key of a dead letter is
	// remembered as long as the letter.
	KeepKeys time.Duration
	// MaxOffline is the longest time without the program that counts as age: a longer
	// one, or one below zero, is taken for a clock that was set, and counts nothing. A
	// clock set wrong by less while the program was off ages messages by as much: keep it
	// below the lives that matter. Default 18 hours, which covers a night; negative: only
	// the time while the outbox is open counts.
	MaxOffline time.Duration
	// MaxFile bounds the file, 16 MiB or more; up to 1 GiB it is taken down to a power of
	// two, above to whole GiB. MaxMessage may be a sixteenth of it. An eighth of it, or
	// eight times the largest message, stays free for settling what is stored, and 256 bytes
	// for each message; a key that is remembered (see KeepKeys) takes about 150. While the
	// file is compacted there are two. Default none, on 32-bit machines 64 MiB. Files only.
	MaxFile int64

	// Lease is the longest time for a delivery: then the context of the handler ends, and
	// a tenth later the message may go to another node. So long, too, wait the messages
	// that a node held when it died. A node that started meanwhile waits as long once from
	// then on: it trusts its own clock more than the database's, which may have been set.
	// Give all nodes the same. Default 1 minute. OpenSQL only.
	Lease time.Duration
	// Poll is how often a node without work looks for messages that others stored.
	// Default 1 second. OpenSQL only.
	Poll time.Duration

	// Clock is the machine's clock by default.
	Clock zwfw.Clock
	// OnEvent is told what happens; it may be called from many goroutines at once and
	// should return soon.
	OnEvent func(Event)
}

// Queue is a stream of messages with one handler.
type Queue struct {
	Name     string // a-z 0-9 . _ - in at most 64 characters; it stands readable in the store
	WhenFull Policy // required

	TTL         time.Duration // life of messages that set none; 0: until delivered
	MaxAge      time.Duration // older messages become dead letters instead of being tried again; 0: no limit
	MaxAttempts int           // failed attempts before a message becomes a dead letter; 0: no limit. Attempts that never left this machine and those a platform asked to repeat later do not count
	Workers     int           // messages delivered at the same time; default 4
	Backoff     Backoff       // pauses between attempts
}

// Backoff says how long a message rests after a failed attempt, and a queue while its
// line is down: a random time between half of d and d, where d doubles from Base to Max.
type Backoff struct {
	Base time.Duration // default 1 s
	Max  time.Duration // default 5 min
}

// Policy says what happens when there is no room.
type Policy uint8

const (
	// Refuse: the new message is not taken; Enqueue returns ErrFull.
	Refuse Policy = iota + 1
	// DropOldest: the oldest pending messages of the same queue make room. Those being
	// delivered, dead letters and other queues are left alone; if that is not enough,
	// Enqueue returns ErrFull.
	DropOldest
)

var queueName = regexp.MustCompile(`^[a-z0-9._-]{1,64}$`)

// minFile is a few times what stretch keeps free.
const minFile = 16 << 20

const bits32 = strconv.IntSize == 32

// complete checks a Config and fills in the defaults.
func (c Config) complete() (Config, error) {
	fail := func(format string, a ...any) (Config, error) {
		return Config{}, fmt.Errorf("outbox: Config: "+format, a...)
	}
	if c.Keys == nil {
		return fail("Keys is missing: KeyFile, KeyEnv or a KeyFunc")
	}
	if c.Suite == "" {
		c.Suite = SuiteXChaCha
	}
	if _, ok := suiteByte(c.Suite); !ok {
		return fail("Suite %q: %s or %s", c.Suite, SuiteXChaCha, SuiteSM4)
	}
	if len(c.Queues) == 0 {
		return fail("Queues is empty")
	}
	c.Queues = append([]Queue(nil), c.Queues...)
	seen := make(map[string]bool)
	for i := range c.Queues {
		q := &c.Queues[i]
		if err := q.complete(); err != nil {
			return fail("Queues[%d]: %w", i, err)
		}
		if seen[q.Name] {
			return fail("Queues[%d]: the name %q is used twice", i, q.Name)
		}
		seen[q.Name] = true
	}
	if c.MaxCount < 0 || c.MaxBytes < 0 || c.MaxMessage < 0 || c.MaxFile < 0 || c.KeepKeys < 0 || c.Lease < 0 || c.Poll < 0 {
		return fail("MaxCount, MaxBytes, MaxMessage, MaxFile, KeepKeys, Lease and Poll must not be negative")
	}
	if c.MaxFile != 0 && c.MaxFile < minFile || bits32 && c.MaxFile > 1<<30 {
		return fail("MaxFile: at least 16 MiB, and at most 1 GiB on a 32-bit machine")
	}
	c.defaults()
	if int64(c.MaxMessage) > c.MaxBytes {
		return fail("MaxMessage: %d bytes, MaxBytes is %d", c.MaxMessage, c.MaxBytes)
	}
	if c.MaxFile > 0 && int64(c.MaxMessage) > c.MaxFile/16 {
		return fail("MaxMessage: %d bytes, a sixteenth of MaxFile is %d", c.MaxMessage, c.MaxFile/16)
	}
	return c, nil
}

func (c *Config) defaults() {
	set := func(field *int64, wide, narrow int64) {
		if *field == 0 {
			*field = wide
			if bits32 {
				*field = narrow
			}
		}
	}
	set(&c.MaxCount, 1_000_000, 1_000_000)
	set(&c.MaxBytes, 256<<20, 32<<20)
	set(&c.MaxFile, 0, 64<<20)
	switch { // memory is mapped in powers of two, then by GiB
	case c.MaxFile > 1<<30:
		c.MaxFile -= c.MaxFile % (1 << 30)
	case c.MaxFile > 0:
		c.MaxFile = 1 << (bits.Len64(uint64(c.MaxFile)) - 1)
	}
	if c.MaxMessage == 0 {
		c.MaxMessage = int(min(1<<20, c.MaxBytes))
	}
	if c.KeepKeys == 0 {
		c.KeepKeys = 7 * 24 * time.Hour
	}
	if c.MaxOffline == 0 {
		c.MaxOffline = 18 * time.Hour
	}
	if c.Lease == 0 {
		c.Lease = time.Minute
	}
	if c.Poll == 0 {
		c.Poll = time.Second
	}
	if c.Clock == nil {
		c.Clock = zwfw.SystemClock()
	}
	if c.OnEvent == nil {
		c.OnEvent = func(Event) {}
	}
}

func (q *Queue) complete() error {
	switch {
	case !queueName.MatchString(q.Name):
		return fmt.Errorf("the name %q: 1 to 64 characters of a-z 0-9 . _ -", q.Name)
	case q.WhenFull != Refuse && q.WhenFull != DropOldest:
		return fmt.Errorf("the WhenFull of %q is missing: Refuse or DropOldest", q.Name)
	case q.TTL < 0 || q.MaxAge < 0 || q.MaxAttempts < 0 || q.Workers < 0 || q.Backoff.Base < 0 || q.Backoff.Max < 0:
		return fmt.Errorf("a negative limit of %q", q.Name)
	}
	if q.Workers == 0 {
		q.Workers = 4
	}
	if q.Backoff.Base == 0 {
		q.Backoff.Base = time.Second
	}
	if q.Backoff.Max == 0 {
		q.Backoff.Max = max(5*time.Minute, q.Backoff.Base)
	}
	if q.Backoff.Max < q.Backoff.Base {
		return fmt.Errorf("in the Backoff of %q Max is below Base", q.Name)
	}
	return nil
}
