package outbox_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"

	"github.com/zwfw-go/zwfw/outbox"
)

func TestAConfigThatIsWrongIsNamed(t *testing.T) {
	t.Parallel()
	queue := outbox.Queue{Name: "q", WhenFull: outbox.Refuse}
	for _, c := range []struct {
		change func(*outbox.Config)
		want   string
	}{
		{func(c *outbox.Config) { c.Keys = nil }, "Keys is missing"},
		{func(c *outbox.Config) { c.Suite = "aes" }, `Suite "aes": xchacha20-poly1305 or sm4-gcm`},
		{func(c *outbox.Config) { c.Queues = nil }, "Queues is empty"},
		{func(c *outbox.Config) { c.Queues[0].Name = "窗口" }, "the name"},
		{func(c *outbox.Config) { c.Queues[0].WhenFull = 0 }, "WhenFull"},
		{func(c *outbox.Config) { c.Queues[0].MaxAge = -1 }, "negative limit"},
		{func(c *outbox.Config) { c.Queues[0].Backoff = outbox.Backoff{Base: time.Hour, Max: time.Minute} }, "Max is below Base"},
		{func(c *outbox.Config) { c.Queues = append(c.Queues, queue) }, "used twice"},
		{func(c *outbox.Config) { c.MaxBytes = -1 }, "must not be negative"},
		{func(c *outbox.Config) { c.MaxBytes, c.MaxMessage = 10, 11 }, "MaxMessage: 11 bytes, MaxBytes is 10"},
		{func(c *outbox.Config) { c.MaxFile, c.MaxMessage = 31<<20, 1<<20+1 }, "MaxMessage: 1048577 bytes, a sixteenth of MaxFile is 1048576"},
		{func(c *outbox.Config) { c.Keys = keys("k1", "short") }, "has 5 bytes, at least 32"},
		{func(c *outbox.Config) { c.Keys = keys("a key", secret) }, "key id of 5 characters"},
	} {
		cfg := config()
		c.change(&cfg)
		path := place(t)
		_, err := outbox.Open(context.Background(), path, cfg)
		require.ErrorContains(t, err, c.want)
		require.NotContains(t, err.Error(), "\n")
	}
	_, err := outbox.Open(context.Background(), "", config())
	require.ErrorContains(t, err, "the path is empty")
}

func TestASecondProcessIsToldSoon(t *testing.T) {
	t.Parallel()
	path := place(t)
	open(t, path, config())
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	child := exec.CommandContext(ctx, os.Args[0])
	child.Env = append(os.Environ(), childVar+"="+filepath.Dir(path))
	text, err := child.CombinedOutput()
	require.Error(t, err)
	require.NoError(t, ctx.Err())
	require.Contains(t, string(text), "the file is in use by another process")

	_, err = outbox.Open(context.Background(), path, config()) // nor does it open twice in one
	require.ErrorIs(t, err, outbox.ErrInUse)
}

func TestAProcessThatHoldsTheFileByOtherMeansIsRespected(t *testing.T) {
	t.Parallel()
	path := place(t)
	closed(t, open(t, path, config()))
	db, err := bbolt.Open(path, 0o600, nil)
	require.NoError(t, err)
	_, err = outbox.Open(context.Background(), path, config())
	require.ErrorIs(t, err, outbox.ErrInUse)
	require.NoError(t, db.Close())
	closed(t, open(t, path, config()))
}

// setFormat rewrites the version in a file as another version of this module would.
func setFormat(t *testing.T, path string, version uint16) {
	t.Helper()
	db, err := bbolt.Open(path, 0o600, nil)
	require.NoError(t, err)
	require.NoError(t, db.Update(func(tx *bbolt.Tx) error {
		value := binary.BigEndian.AppendUint16(nil, version)
		sum := crc32.Checksum(append([]byte("v"), value...), crc32.MakeTable(crc32.Castagnoli))
		return tx.Bucket([]byte("index")).Put([]byte("v"), binary.BigEndian.AppendUint32(value, sum))
	}))
	require.NoError(t, db.Close())
}

func TestAFileOfANewerVersionIsLeftUntouched(t *testing.T) {
	t.Parallel()
	path := place(t)
	o := open(t, path, config())
	enqueue(t, o, message("a", ""))
	closed(t, o)
	setFormat(t, path, 2)
	before, err := os.ReadFile(path)
	require.NoError(t, err)
	_, err = outbox.Open(context.Background(), path, config())
	require.ErrorIs(t, err, outbox.ErrNewer)
	after, err := os.ReadFile(path)
	require.NoError(t, err)
	require.True(t, bytes.Equal(before, after))
	setFormat(t, path, 1)
	require.Len(t, drain(t, open(t, path, config()), 1), 1)
}

func TestAWrongKeyDeliversAndDestroysNothing(t *testing.T) {
	t.Parallel()
	for name, wrong := range map[string]outbox.KeyProvider{"other secret": keys("k1", strings.Repeat("x", 32)), "other id": keys("k2", secret)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := place(t)
			o := open(t, path, config())
			enqueue(t, o, message("a", ""))
			closed(t, o)
			before, err := os.ReadFile(path)
			require.NoError(t, err)
			c := config()
			c.Keys = wrong
			_, err = outbox.Open(context.Background(), path, c)
			require.ErrorIs(t, err, outbox.ErrWrongKey)
			after, err := os.ReadFile(path)
			require.NoError(t, err)
			require.True(t, bytes.Equal(before, after))
			require.Len(t, drain(t, open(t, path, config()), 1), 1)
		})
	}
}

// ring has several keys, the last of which seals.
func ring(ids ...string) outbox.KeyProvider {
	return outbox.KeyFunc(func(ctx context.Context, id string) (outbox.Key, error) {
		if id == "" {
			id = ids[len(ids)-1]
		}
		for _, known := range ids {
			if known == id {
				return keys(id, secret+id).Key(ctx, id)
			}
		}
		return outbox.Key{}, outbox.ErrNoKey
	})
}

func TestKeysAreChanged(t *testing.T) {
	t.Parallel()
	path := place(t)
	c := config()
	with := func(suite string, ids ...string) *outbox.Outbox {
		c.Keys, c.Suite = ring(ids...), suite
		return open(t, path, c)
	}
	o := with(outbox.SuiteXChaCha, "2023")
	enqueue(t, o, message("old", ""))
	closed(t, o)
	o = with(outbox.SuiteSM4, "2023", "2024")
	require.True(t, enqueue(t, o, message("old", "")).Duplicate, "keys of messages are known across keys of the store")
	enqueue(t, o, message("new", ""))
	closed(t, o)

	w := &watch{}
	c.OnEvent = w.see
	o = with(outbox.SuiteSM4, "2024") // too early: a message still needs the old one
	require.Equal(t, "new", drain(t, o, 1)[0].Key)
	require.EqualValues(t, 1, sum(t, o).Pending)
	require.NotEmpty(t, w.all(outbox.EventKey))
	closed(t, o)
	o = with(outbox.SuiteSM4, "2023", "2024")
	d := drain(t, o, 1)[0]
	require.Equal(t, "old", d.Key)
	require.Greater(t, d.Attempt, 1)
}

func TestTheFileHoldsNoReadableMarker(t *testing.T) {
	t.Parallel()
	for _, suite := range []string{outbox.SuiteXChaCha, outbox.SuiteSM4} {
		path := place(t)
		c := config()
		c.Suite = suite
		o := open(t, path, c)
		for i := range 3 {
			m := outbox.Message{Queue: "q", Key: fmt.Sprint("MARKER-KEY", i), Order: "MARKER-ORDER", Subject: "MARKER-SUBJECT", Body: []byte("MARKER-BODY")}
			_, err := o.Apply(t.Context(), []outbox.Message{m}, map[string][]byte{"cursor": []byte("MARKER-MARK")})
			require.NoError(t, err)
		}
		for l := range map[string]int{fmt.Sprintf("%v %+v %#v %s", o, message("MARKER-KEY", ""), outbox.Delivery{Message: message("MARKER-KEY", "")}, message("MARKER-KEY", "")): 0} {
			require.NotContains(t, l, "MARKER")
		}
		ctx, cancel := context.WithCancel(t.Context())
		n := 0
		require.NoError(t, o.Run(ctx, map[string]outbox.Handler{"q": {Deliver: func(context.Context, outbox.Delivery) outbox.Outcome {
			if n++; n == 2 {
				cancel()
			}
			return outbox.Dead("MARKER IN A TEXT")
		}}}))
		value, ok, err := o.Mark(t.Context(), "cursor")
		require.NoError(t, err)
		require.True(t, ok)
		require.Equal(t, "MARKER-MARK", string(value))
		closed(t, o)
		all, err := filepath.Glob(path + "*")
		require.NoError(t, err)
		require.NotEmpty(t, all)
		for _, name := range all {
			text, err := os.ReadFile(name)
			require.NoError(t, err)
			require.NotContains(t, string(text), "MARKER", name)
			require.NotContains(t, string(text), secret, name)
			info, err := os.Stat(name)
			require.NoError(t, err)
			if runtime.GOOS != "windows" {
				require.EqualValues(t, 0o600, info.Mode().Perm(), name)
			}
		}
	}
}

// Not parallel: what it counts is counted for the whole process.
func TestOpeningDoesNotReadTheMessages(t *testing.T) {
	n, size := 30_000, 3000
	if long() {
		n, size = 1_000_000, 300
	}
	path := place(t)
	c := config()
	c.MaxBytes, c.MaxFile = 4<<30, 0
	if runtime.GOARCH == "386" || runtime.GOARCH == "arm" {
		n, c.MaxBytes, c.MaxFile = 20_000, 400<<20, 400<<20
	}
	o := open(t, path, c)
	body := make([]byte, size)
	for at := 0; at < n; at += 1000 {
		var many []outbox.Message
		for i := range 1000 {
			many = append(many, outbox.Message{Queue: "q", Key: fmt.Sprint(at + i), Order: fmt.Sprint((at + i) % 5000), Body: body})
		}
		_, err := o.Apply(t.Context(), many, nil)
		require.NoError(t, err)
	}
	closed(t, o)
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Greater(t, info.Size(), int64(64<<20), "larger than what is read whole")
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	readBefore := readSoFar()
	o = open(t, path, c)
	runtime.ReadMemStats(&after)
	read := readSoFar() - readBefore
	t.Logf("%d messages, file %d MiB: %d KiB allocated, %d KiB read", n, info.Size()>>20, (after.TotalAlloc-before.TotalAlloc)>>10, read>>10)
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(64<<20))
	require.Less(t, read, info.Size()/10)
	require.EqualValues(t, n, sum(t, o).Pending)
}

// readSoFar is what this process has read by system calls, 0 where nothing tells.
func readSoFar() (n int64) {
	text, err := os.ReadFile("/proc/self/io")
	if err == nil {
		_, _ = fmt.Sscanf(string(text), "rchar: %d", &n)
	}
	return n
}

func TestAFileThatIsNoneIsSetAside(t *testing.T) {
	t.Parallel()
	for name, content := range map[string]string{"empty": "", "text": "this is no outbox", "long text": strings.Repeat("this is no outbox ", 9999)} {
		path := place(t)
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
		w := &watch{}
		c := config()
		c.OnEvent = w.see
		o := open(t, path, c)
		enqueue(t, o, message("a", ""))
		require.Len(t, w.all(outbox.EventQuarantined), 1, name)
		kept, err := os.ReadFile(path + ".damaged-1")
		require.NoError(t, err)
		require.Equal(t, content, string(kept))
	}
}

func TestCompactingKeepsEverything(t *testing.T) {
	t.Parallel()
	path := place(t)
	o := open(t, path, config())
	for _, key := range numbered(50) {
		m := message(key, "x")
		m.Body = make([]byte, 100_000)
		enqueue(t, o, m)
	}
	drain(t, o, 50)
	enqueue(t, o, message("last", "x"))
	before, err := os.Stat(path)
	require.NoError(t, err)
	require.NoError(t, o.Compact(t.Context()))
	after, err := os.Stat(path)
	require.NoError(t, err)
	require.Less(t, after.Size(), before.Size()/2)
	require.True(t, enqueue(t, o, message("k000", "x")).Duplicate)
	require.Equal(t, "last", drain(t, o, 1)[0].Key)
	closed(t, o)
}

func TestCallsAfterCloseSaySo(t *testing.T) {
	t.Parallel()
	o := open(t, place(t), config())
	enqueue(t, o, message("a", ""))
	require.EqualValues(t, 1, closed(t, o).Pending)
	_, err := o.Enqueue(t.Context(), message("b", ""))
	require.ErrorIs(t, err, outbox.ErrClosed)
	require.ErrorIs(t, o.Run(t.Context(), nil), outbox.ErrClosed)
	_, _, err = o.Stats(t.Context())
	require.ErrorIs(t, err, outbox.ErrClosed)
	_, err = o.Close(t.Context())
	require.NoError(t, err)
	require.False(t, errors.Is(err, outbox.ErrClosed))
}
