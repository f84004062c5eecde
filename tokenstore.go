package zwfw

import (
	"context"
	"fmt"
	"time"
)

// TokenStore keeps the tokens of calling units where several processes find them, so
// that they do not log in against each other: some platforms let the last login win.
// [NewFileTokenStore] serves one machine, [NewSQLTokenStore] many.
type TokenStore interface {
	// Load gives what is kept under key, the zero value when nothing is.
	Load(ctx context.Context, key string) (StoredToken, error)
	// Swap replaces what is kept if its Version is still old, 0 for nothing. It reports
	// whether it did; the store counts the version up.
	Swap(ctx context.Context, key string, old int64, token StoredToken) (bool, error)
}

// StoredToken is a token and who renews it.
type StoredToken struct {
	Token    Secret
	Expires  time.Time
	Life     time.Duration // as issued
	Renewing time.Time     // until then one process is fetching a new token; zero for none
	Version  int64
}

// WithTokenStore shares the calling unit's token between processes.
func WithTokenStore(store TokenStore) Option {
	return func(s *Settings) error {
		if store == nil {
			return fmt.Errorf("zwfw: WithTokenStore: the store is nil")
		}
		s.TokenStore = store
		return nil
	}
}
