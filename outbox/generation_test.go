package outbox_test

import (
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/outbox"
)

func TestADeliveryFromAFileThatWasSetAsideEndsNoOther(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("SKIPPED, NOT TESTED: a mapped file cannot be changed on Windows")
	}
	path := place(t)
	engine, err := outbox.OpenFile(path, zwfw.SystemClock(), time.Hour, nil)
	require.NoError(t, err)
	t.Cleanup(func() { _ = engine.Close() })
	put := func(id byte) {
		_, err := engine.Put(t.Context(), outbox.Put{Rows: []outbox.Row{{
			Queue: "q", ID: outbox.Hash{id}, Lane: outbox.Hash{9}, Size: 1,
			Seal: func(uint64) ([]byte, error) { return []byte{id}, nil },
		}}})
		require.NoError(t, err)
	}
	claim := func() []outbox.Claim {
		batch, err := engine.Claim(t.Context(), "q", 9)
		require.NoError(t, err)
		return batch.Claims
	}
	put(1)
	old := claim()
	require.Len(t, old, 1)
	require.NoError(t, os.WriteFile(path, make([]byte, 1<<20), 0o600))
	put(1) // finds the damage
	put(2)
	held := claim()
	require.Len(t, held, 1)
	require.NoError(t, engine.Settle(t.Context(), outbox.Settlement{Claim: old[0], State: outbox.StateDelivered}))
	require.Empty(t, claim(), "the lane is being delivered")
	require.NoError(t, engine.Settle(t.Context(), outbox.Settlement{Claim: held[0], State: outbox.StateDelivered}))
	require.NoError(t, engine.Settle(t.Context(), outbox.Settlement{Claim: held[0], State: outbox.StateDelivered}))
	require.Equal(t, []byte{2}, claim()[0].Sealed)
	require.Empty(t, claim())
}
