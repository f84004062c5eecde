package outbox

import (
	"context"
	"time"

	"github.com/zwfw-go/zwfw"
)

// OpenFile opens the engine of one file.
func OpenFile(path string, clock zwfw.Clock, keepKeys time.Duration, notify func(Event)) (Engine, error) {
	if notify == nil {
		notify = func(Event) {}
	}
	return openFile(context.Background(), path, clock, notify, fileOptions{maxOffline: 72 * time.Hour, keepKeys: keepKeys})
}
