package outbox

import (
	"context"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
)

// For the race detector: after a change of keys the first message under an old one is
// opened while others are being stored.
func TestOldKeysAreOpenedWhileTheNewOneSeals(t *testing.T) {
	t.Parallel()
	s, err := newSealer(t.Context(), KeyFunc(func(_ context.Context, id string) (Key, error) {
		if id == "" {
			id = "2024"
		}
		return Key{ID: id, Secret: zwfw.NewSecret("0123456789abcdef0123456789abcdef")}, nil
	}), SuiteXChaCha)
	require.NoError(t, err)
	var all sync.WaitGroup
	all.Go(func() {
		for range 1000 {
			sealed, err := s.seal(place{queue: "q"}, []byte("text"))
			if err != nil || len(sealed) != s.size(4) {
				t.Error("a sealed text is not of the size that was counted", err)
			}
		}
	})
	for _, id := range []string{"2020", "2021", "2022", "2023"} {
		all.Go(func() {
			_, err := s.aead(context.Background(), 1, id)
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}
