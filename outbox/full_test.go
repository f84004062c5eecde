package outbox_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw/outbox"
)

func TestAFullOutboxFollowsThePolicyOfTheQueue(t *testing.T) {
	t.Parallel()
	w := &watch{}
	c := config()
	c.MaxCount, c.OnEvent = 3, w.see
	c.Queues = append(c.Queues, outbox.Queue{Name: "beats", WhenFull: outbox.DropOldest})
	o := open(t, place(t), c)
	beat := func(key string) error {
		_, err := o.Enqueue(t.Context(), outbox.Message{Queue: "beats", Key: key})
		return err
	}
	enqueue(t, o, message("a", ""))
	require.NoError(t, beat("1"))
	require.NoError(t, beat("2"))
	require.NoError(t, beat("3"))
	require.Equal(t, []outbox.Event{{Kind: outbox.EventDropped, Queue: "beats", Sequence: 1}}, w.all(outbox.EventDropped))
	_, err := o.Enqueue(t.Context(), message("b", ""))
	require.ErrorIs(t, err, outbox.ErrFull)
	require.True(t, enqueue(t, o, message("a", "")).Duplicate, "what is known needs no room")
	s := sum(t, o)
	require.Equal(t, [4]int64{5, 3, 2, 1}, [4]int64{s.Enqueued, s.Pending, s.Refused, s.Dropped})
	require.Equal(t, "a", drain(t, o, 1)[0].Key)
	enqueue(t, o, message("b", ""))
	closed(t, o)
}

func TestAFileOfLimitedSizeFillsUpAndDrains(t *testing.T) {
	t.Parallel()
	c := config()
	c.MaxFile = 20 << 20 // 16 MiB
	path := place(t)
	o := open(t, path, c)
	n := 0
	for {
		m := message(fmt.Sprint(n), fmt.Sprint(n%50))
		m.Body = make([]byte, 20000)
		_, err := o.Enqueue(t.Context(), m)
		if err != nil {
			require.ErrorIs(t, err, outbox.ErrFull)
			break
		}
		n++
	}
	require.Greater(t, n, 500)
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.LessOrEqual(t, info.Size(), int64(16<<20))
	require.Len(t, drain(t, o, n), n)
	enqueue(t, o, message("again", ""))
	info, err = os.Stat(path)
	require.NoError(t, err)
	require.LessOrEqual(t, info.Size(), int64(16<<20))
	require.EqualValues(t, 1, sum(t, o).Refused)
	closed(t, o)
}

func TestAFullFileDropsNoMoreThanItMust(t *testing.T) {
	t.Parallel()
	c := config()
	c.MaxFile, c.Queues[0].WhenFull = 16<<20, outbox.DropOldest
	o := open(t, place(t), c)
	const stored = 900 // half as much again as there is room for
	for n := range stored {
		m := message(fmt.Sprint(n), "")
		m.Body = make([]byte, 20000)
		enqueue(t, o, m)
	}
	require.Greater(t, sum(t, o).Pending, int64(400))
	require.Zero(t, sum(t, o).Refused-sum(t, o).Dropped)
	require.Positive(t, sum(t, o).Dropped)
}

func TestAFileDamagedWhileItIsOpenIsReplaced(t *testing.T) {
	t.Parallel()
	for name, hurt := range map[string]func(f *os.File, size int64) error{
		"zeros":     func(f *os.File, size int64) error { _, err := f.WriteAt(make([]byte, size), 0); return err },
		"truncated": func(f *os.File, _ int64) error { return f.Truncate(0) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if runtime.GOOS == "windows" {
				t.Skip("SKIPPED, NOT TESTED: a mapped file cannot be changed on Windows")
			}
			w := &watch{}
			c := config()
			c.OnEvent = w.see
			path := place(t)
			o := open(t, path, c)
			for _, key := range numbered(50) {
				enqueue(t, o, message(key, ""))
			}
			f, err := os.OpenFile(path, os.O_RDWR, 0)
			require.NoError(t, err)
			info, err := f.Stat()
			require.NoError(t, err)
			require.NoError(t, hurt(f, info.Size()))
			require.NoError(t, f.Close())
			if name == "zeros" { // whoever reads first only learns of it
				_, _, err = o.Stats(t.Context())
				require.Error(t, err)
			}
			enqueue(t, o, message("after", ""))
			require.Len(t, w.all(outbox.EventQuarantined), 1)
			require.Equal(t, "after", drain(t, o, 1)[0].Key)
			closed(t, o)
			require.Len(t, drain(t, open(t, path, c), 0), 0)
		})
	}
}

func TestMessagesThatAreWrongAreNamed(t *testing.T) {
	t.Parallel()
	c := config()
	c.MaxMessage = 10
	o := open(t, place(t), c)
	for want, m := range map[string]outbox.Message{
		"Message.Queue: nowhere is not in Config.Queues":               {Queue: "nowhere", Key: "a"},
		"Message.Queue: a name of 3 characters":                        {Queue: "张", Key: "a"},
		"Message.Key: is required":                                     {Queue: "q"},
		"Message.Body: has 11 bytes, Config.MaxMessage is 10":          {Queue: "q", Key: "a", Body: make([]byte, 11)},
		"Message.TTL: must not be negative":                            {Queue: "q", Key: "a", TTL: -1},
		"Message: Key, Order and Subject take at most 512 bytes":       {Queue: "q", Key: "a", Order: strings.Repeat("x", 513)},
		"Message: Key, Order and Subject take at most 512 bytes\x00 2": {Queue: "q", Key: "a", Subject: strings.Repeat("x", 513)},
	} {
		_, err := o.Enqueue(t.Context(), m)
		want, _, _ = strings.Cut(want, "\x00")
		require.ErrorContains(t, err, want[:min(len(want), 30)])
	}
	_, err := o.Apply(t.Context(), nil, map[string][]byte{"A": nil})
	require.ErrorContains(t, err, "mark: name of 1 characters")
	require.ErrorContains(t, o.Run(t.Context(), map[string]outbox.Handler{"x": {}}), "queue x is not in Config.Queues")
	require.ErrorContains(t, o.Run(t.Context(), map[string]outbox.Handler{"q": {}}), "has no Deliver")
	_, err = o.Replay(t.Context(), "x", 1)
	require.ErrorContains(t, err, "queue x is not in Config.Queues")
	_, err = o.Purge(t.Context(), "")
	require.ErrorContains(t, err, "the subject is empty")
	require.Zero(t, sum(t, o).Enqueued)
}

func TestPurgeFindsThePersonEverywhere(t *testing.T) {
	t.Parallel()
	o := open(t, place(t), config())
	for i, key := range numbered(9) {
		m := message(key, "")
		m.Subject = fmt.Sprint("person ", i%3)
		enqueue(t, o, m)
	}
	n, err := o.Purge(t.Context(), "person 1")
	require.NoError(t, err)
	require.Equal(t, 3, n)
	for _, d := range drain(t, o, 6) {
		require.NotEqual(t, "person 1", d.Subject)
	}
	s := closed(t, o)
	require.Equal(t, [3]int64{6, 3, 3}, [3]int64{s.Delivered, s.Dead, s.Discarded})
}

func TestKeysComeFromFilesAndTheEnvironment(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "keys")
	require.NoError(t, outbox.CreateKeyFile(path, "2024"))
	first, err := outbox.KeyFile(path).Key(context.Background(), "")
	require.NoError(t, err)
	require.Equal(t, "2024", first.ID)
	require.Len(t, first.Secret.Reveal(), 32)
	require.NoError(t, outbox.CreateKeyFile(path, "2025"), "a file that is there is kept")
	again, err := outbox.KeyFile(path).Key(context.Background(), "2024")
	require.NoError(t, err)
	require.True(t, first.Secret.Equal(again.Secret))
	require.NotContains(t, fmt.Sprintf("%v %+v %#v", first, first, first), first.Secret.Reveal())
	_, err = outbox.KeyFile(path).Key(context.Background(), "2025")
	require.ErrorIs(t, err, outbox.ErrNoKey)

	if runtime.GOOS != "windows" {
		require.NoError(t, os.Chmod(path, 0o640))
		_, err = outbox.KeyFile(path).Key(context.Background(), "")
		require.ErrorContains(t, err, "mode is 0640: others may read it")
	}
	encode := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	t.Setenv("OUTBOX_TEST_KEYS", "new "+encode(secret)+"; old "+encode(strings.Repeat("y", 40)))
	env := outbox.KeyEnv("OUTBOX_TEST_KEYS")
	current, err := env.Key(context.Background(), "")
	require.NoError(t, err)
	require.Equal(t, "new", current.ID)
	old, err := env.Key(context.Background(), "old")
	require.NoError(t, err)
	require.Len(t, old.Secret.Reveal(), 40)
	t.Setenv("OUTBOX_TEST_KEYS", "new not-base64!")
	_, err = env.Key(context.Background(), "")
	require.ErrorContains(t, err, "line 1: want an id, a space and Base64")
	_, err = outbox.KeyEnv("OUTBOX_TEST_NONE").Key(context.Background(), "")
	require.ErrorContains(t, err, "is not set")
}
