package outbox_test

import (
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
