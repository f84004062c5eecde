package outbox

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

var errLocked = errors.New("locked")

const (
	// lockWait lets a process that is just ending go; a second one is told soon.
	lockWait  = time.Second
	lockRetry = 20 * time.Millisecond
)

// lockFile takes path+".lock". The lock is a file of its own because the store's file
// is replaced when it is compacted or damaged. It is never removed: a lock on a removed
// file would hold nobody off.
func lockFile(ctx context.Context, path string) (*os.File, error) {
	end := time.Now().Add(lockWait)
	for {
		f, err := tryLock(path + ".lock")
		if err == nil {
			return f, nil
		}
		if !errors.Is(err, errLocked) {
			return nil, fmt.Errorf("outbox: open: lock: %w", err)
		}
		if time.Now().After(end) {
			return nil, fmt.Errorf("outbox: open %s: %w", path, ErrInUse)
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("outbox: open %s: %w: %w", path, ErrInUse, ctx.Err())
		case <-time.After(lockRetry):
		}
	}
}
