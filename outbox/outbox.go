package outbox

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Outbox keeps messages until they are delivered. Make one with [Open]; it is safe for
// use by many goroutines.
type Outbox struct {
	config Config
	queues map[string]Queue
	engine Engine
	sealer *sealer
	namer  namer

	closing context.Context // done when Close was called
	close   context.CancelFunc

	mu      sync.Mutex
	closed  bool
	running chan struct{} // closed when Run has returned; nil while it does not run
	abort   func()        // cancels the handlers of Run
	wakers  map[string]chan struct{}
}

// Open opens the store of one machine, a single file, and makes it when there is none.
// Beside path it keeps path.lock, and for moments path.new.
//
// A second process gets [ErrInUse] within two seconds. A file of a newer version gives
// [ErrNewer], one that the key at hand does not open [ErrWrongKey]; both stay as they
// are. A damaged file is renamed to path.damaged-1 (or the next free number), a fresh one takes
// its place, and OnEvent is told. Opening does not read the messages: it takes about as
// long for a million as for a hundred.
func Open(ctx context.Context, path string, config Config) (*Outbox, error) {
	c, err := config.complete()
	if err != nil {
		return nil, err
	}
	if path == "" {
		return nil, errors.New("outbox: open: the path is empty")
	}
	engine, err := openFile(ctx, path, c.Clock, c.OnEvent, fileOptions{maxFile: c.MaxFile, maxMessage: int64(c.MaxMessage), maxOffline: c.MaxOffline, keepKeys: c.KeepKeys})
	if err != nil {
		return nil, err
	}
	return start(ctx, engine, c)
}

// OpenEngine opens the outbox over an engine made elsewhere, which Close closes; after
// an error it is closed already.
func OpenEngine(ctx context.Context, engine Engine, config Config) (*Outbox, error) {
	c, err := config.complete()
	if err != nil {
		return nil, errors.Join(err, engine.Close())
	}
	return start(ctx, engine, c)
}

func start(ctx context.Context, engine Engine, c Config) (*Outbox, error) {
	o := &Outbox{config: c, engine: engine, queues: make(map[string]Queue), wakers: make(map[string]chan struct{})}
	for _, q := range c.Queues {
		o.queues[q.Name] = q
		o.wakers[q.Name] = make(chan struct{}, 1)
	}
	var err error
	if o.sealer, err = newSealer(ctx, c.Keys, c.Suite); err == nil {
		err = o.unlock(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, engine.Close())
	}
	o.closing, o.close = context.WithCancel(context.Background())
	return o, nil
}

// headerPlace is where the header belongs: no queue has such a name.
var headerPlace = place{queue: "\x00header"}

// unlock opens the header, which holds the secret that names are hashed with, and makes
// it for a store that has none. It seals it anew when the key has changed.
func (o *Outbox) unlock(ctx context.Context) error {
	for range 10 { // another process may do the same at this moment
		header, err := o.engine.Header(ctx)
		if err != nil {
			return err
		}
		secret := make([]byte, minSecret)
		if len(header) == 0 {
			if _, err := rand.Read(secret); err != nil {
				return err
			}
		} else if secret, err = o.openHeader(ctx, header); err != nil {
			return err
		}
		o.namer = newNamer(secret)
		if keyOf(header) == o.sealer.current {
			return nil
		}
		sealed, err := o.sealer.seal(headerPlace, secret)
		if err != nil {
			return err
		}
		if done, err := o.engine.SetHeader(ctx, header, sealed); done || err != nil {
			return err
		}
	}
	return errors.New("outbox: open: the header keeps changing")
}

func (o *Outbox) openHeader(ctx context.Context, header []byte) ([]byte, error) {
	secret, err := o.sealer.open(ctx, headerPlace, header)
	if errors.Is(err, errUnopened) {
		return nil, fmt.Errorf("outbox: open: %w: %w", ErrWrongKey, err)
	}
	if err == nil && len(secret) != minSecret {
		err = errors.New("outbox: open: the header is none")
	}
	return secret, err
}

// Stats gives the counts of every queue in the store, and their sum.
func (o *Outbox) Stats(ctx context.Context) (map[string]Stats, Stats, error) {
	all, err := o.engine.Stats(ctx)
	var sum Stats
	for _, s := range all {
		sum = sum.plus(s)
	}
	return all, sum, err
}

// Close ends Run: no delivery is begun any more, and those under way may finish until
// ctx ends; then their context is cancelled. It returns what is left in the store,
// which is delivered after the next start. The store gets five seconds for both; one that
// takes longer, because a disk hangs, is closed when it answers. Later calls of any method
// give ErrClosed.
func (o *Outbox) Close(ctx context.Context) (left Stats, err error) {
	o.mu.Lock()
	closed, running, abort := o.closed, o.running, o.abort
	o.closed = true
	o.mu.Unlock()
	if closed {
		return Stats{}, nil
	}
	o.close()
	if running != nil {
		select {
		case <-running:
		case <-ctx.Done():
			abort()
		}
	}
	counting, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWait)
	defer cancel()
	_, left, err = o.Stats(counting)
	_, closing := leaving(counting, func() (struct{}, error) { return struct{}{}, o.engine.Close() })
	return left, errors.Join(err, closing)
}

// lastWait bounds what Close and the end of Run still ask of a store that may never answer.
const lastWait = 5 * time.Second

func (o *Outbox) emit(e Event) { o.config.OnEvent(e) }

// Compact gives back the free room of a store that is a file; other stores do nothing.
// Callers that store wait meanwhile. A file of which little is in use is compacted by
// Run without being asked.
func (o *Outbox) Compact(ctx context.Context) error {
	if c, ok := o.engine.(interface{ Compact(context.Context) error }); ok {
		return c.Compact(ctx)
	}
	return nil
}
