package outbox_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// troubled matches what the journal says when a write or a sync failed: an error of the
// caller, or a file that was written anew to be certain.
var troubled = regexp.MustCompile(`(?m)^(refused|uncertain) |^event (store-failed|file-rewritten) `)

// The journal of the other process says what was stored, refused and uncertain.
func TestASyncThatFailsIsAnErrorAndLosesNothing(t *testing.T) {
	t.Parallel()
	for _, inject := range []string{
		"fdatasync:error=EIO:when=9", // of pages, or of the head of the file
		"fdatasync:error=EIO:when=10",
		"fdatasync:error=EIO:when=10+",
		"pwrite64:error=EIO:when=60",
		"pwrite64:error=EIO:when=61+",
		"fsync:error=EIO:when=1+", // of the room ahead in a file that is there
	} {
		t.Run(inject, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if strings.HasPrefix(inject, "fsync") {
				require.Zero(t, strace(t, dir, "fsync:error=EIO:when=999").injected)
			}
			child := strace(t, dir, inject)
			require.Positive(t, child.injected, "no call failed")
			require.Empty(t, child.text)
			journal, err := os.ReadFile(filepath.Join(dir, "journal"))
			require.NoError(t, err)
			require.Regexp(t, troubled, string(journal), "nobody was told")
			for _, line := range settleAccounts(t, dir) {
				require.NotContains(t, line, "quarantined")
			}
		})
	}
}

func TestAFileThatCannotBeMadeIsAnErrorOfOpen(t *testing.T) {
	t.Parallel()
	for _, inject := range []string{"pwrite64:error=EIO:when=1+", "fdatasync:error=EIO:when=1+", "fsync:error=EIO:when=1", "fsync:error=EIO:when=2"} {
		dir := t.TempDir()
		child := strace(t, dir, inject)
		require.Positive(t, child.injected)
		require.Contains(t, child.text, "outbox: open ")
		require.Contains(t, child.text, "input/output error")
		require.Empty(t, settleAccounts(t, dir))
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
	killed := func(t *testing.T, dir, call string, n int) {
		t.Helper()
		child := strace(t, dir, fmt.Sprintf("%s:signal=KILL:when=%d", call, n))
		require.True(t, child.killed, "not killed at %s %d: %s", call, n, child.text)
	}
	for _, call := range []string{"pwrite64", "fdatasync"} {
		t.Run(call, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			for n := 1; n <= 300; n += step {
				killed(t, dir, call, n)
			}
			require.Empty(t, settleAccounts(t, dir), "events")
		})
	}
	t.Run("before there is a file", func(t *testing.T) {
		t.Parallel()
		for n := 1; n <= 12; n++ {
			dir := t.TempDir()
			killed(t, dir, "pwrite64", n)
			killed(t, dir, "fdatasync", n)
			killed(t, dir, "fsync", 1)
			require.Empty(t, settleAccounts(t, dir), "events")
		}
	})
}
