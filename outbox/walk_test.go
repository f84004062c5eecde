package outbox_test

import (
	"os"
	"testing"

	"pgregory.net/rapid"

	"github.com/zwfw-go/zwfw/outbox/outboxtest"
)

// A random walk of engine and model side by side.
func TestFileWalksWithItsModel(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		dir, err := os.MkdirTemp(root, "")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir)
		choice := rapid.IntRange(0, 1<<20)
		outboxtest.Walk(t, fileStore(dir), func(n int) int { return choice.Draw(t, "choice") % n }, 60)
	})
}
