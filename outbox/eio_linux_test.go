package outbox_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// The journal of the other process says what was stored, refused and uncertain.
func TestASyncThatFailsIsAnErrorAndLosesNothing(t *testing.T) {
	t.Parallel()
	for _, inject := range []string{
		"fdatasync:error=EIO:when=9", // of pages, or of the head of the file
		"fdatasync:error=EIO:when=10",
		"fdatasync:error=EIO:when=10+",
		"pwrite64:error=EIO:when=60",
		"pwrite64:error=EIO:when=61+",
		"fsync:error=EIO:when=5+",
	} {
		t.Run(inject, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			strace(t, dir, inject)
			for _, line := range settleAccounts(t, dir) {
				require.NotContains(t, line, "quarantined")
			}
		})
	}
}

// Killed as it enters the n-th call: with small n while it opens and prepares the file,
// then in the middle of a commit. All in one directory, so that each start recovers.
func TestKilledAtTheNthWrite(t *testing.T) {
	t.Parallel()
	step := 23
	if long() {
		step = 1
	}
	for _, call := range []string{"pwrite64", "fdatasync"} {
		t.Run(call, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			for n := 1; n <= 300; n += step {
				strace(t, dir, fmt.Sprintf("%s:signal=KILL:when=%d", call, n))
			}
			require.Empty(t, settleAccounts(t, dir), "events")
		})
	}
	t.Run("before there is a file", func(t *testing.T) {
		t.Parallel()
		for n := 1; n <= 12; n++ {
			dir := t.TempDir()
			for _, call := range []string{"pwrite64", "fdatasync", "fsync"} {
				strace(t, dir, fmt.Sprintf("%s:signal=KILL:when=%d", call, n))
			}
			require.Empty(t, settleAccounts(t, dir), "events")
		}
	})
}
