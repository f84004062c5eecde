package yimatong_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/yimatong"
)

const ecFrame = 256

func TestEmergencyRecordSurvivesARestart(t *testing.T) {
	t.Parallel()
	r := ecSetUp(t)
	first, second := r.accept(t), r.accept(t)
	before := r.record.Pending()
	require.Len(t, before, 2)
	require.NoError(t, r.record.Uploaded(before[0].ID))
	r.open(t, yimatong.EmergencyRecordOptions{})
	require.Zero(t, r.record.Recovery())
	after := r.record.Pending()
	require.Len(t, after, 1)
	require.True(t, before[1].Time.Equal(after[0].Time))
	after[0].Time = before[1].Time
	require.Equal(t, before[1], after[0])
	for _, text := range []zwfw.CodeText{first, second} { // an upload frees no code
		_, err := r.show(t, text, "hall")
		ecRefused(t, err, zwfw.CodeUsed, "Code")
	}
}

func TestEmergencyUploadsInOrder(t *testing.T) {
	t.Parallel()
	r := ecSetUp(t)
	for range 5 {
		r.accept(t)
		r.clock.add(time.Second)
	}
	uses := r.record.Pending()
	require.Len(t, uses, 5)
	ids := map[string]bool{}
	for i, u := range uses {
		require.Equal(t, ecNoon.Add(time.Duration(i)*time.Second).UnixMilli(), u.Time.UnixMilli())
		require.Len(t, u.ID, 32)
		require.Len(t, u.PayloadHash, 64)
		ids[u.ID] = true
	}
	require.Len(t, ids, 5)
	require.NoError(t, r.record.Uploaded(uses[0].ID, uses[1].ID))
	require.Equal(t, uses[2:], r.record.Pending())
	require.NoError(t, r.record.Uploaded(uses[0].ID), "naming one again is no error")
	require.ErrorContains(t, r.record.Uploaded("x"), "no use")
	require.ErrorContains(t, r.record.Uploaded(uses[2].ID, "x"), "no use")
	require.Equal(t, uses[2:], r.record.Pending(), "all or none")
	require.NoError(t, r.record.Close())
	require.NoError(t, r.record.Close())
	require.ErrorContains(t, r.record.Uploaded(uses[2].ID), "closed")
}

// A code stays used until its end, both allowances and the time to keep it are over; only
// what is uploaded is forgotten.
func TestEmergencyUsedListOutlivesTheCode(t *testing.T) {
	t.Parallel()
	r := ecSetUp(t, func(c *yimatong.EmergencyVerifierConfig) { c.MaxKeyAge = 1000 * time.Hour })
	r.open(t, yimatong.EmergencyRecordOptions{Max: 2})
	next := func() error {
		c := ecFresh()
		c.NotBefore = r.clock.Now()
		_, err := r.show(t, r.issue(t, c), "hall")
		return err
	}
	require.NoError(t, next())
	require.NoError(t, next())
	r.clock.add(time.Hour + 15*time.Minute + 24*time.Hour + time.Second)
	ecRefused(t, next(), zwfw.LimitReached, "Record")
	for _, u := range r.record.Pending() {
		require.NoError(t, r.record.Uploaded(u.ID))
	}
	r.clock.add(-2 * time.Second)
	ecRefused(t, next(), zwfw.LimitReached, "Record")
	r.clock.add(2 * time.Second)
	require.NoError(t, next())
	require.Len(t, r.record.Pending(), 1)
}

// A clock set back cannot bring forgotten codes to life: it is behind the record.
func TestEmergencyForgottenCodeStaysRefused(t *testing.T) {
	t.Parallel()
	r := ecSetUp(t, func(c *yimatong.EmergencyVerifierConfig) { c.Keep, c.MaxKeyAge = time.Hour, 1000*time.Hour })
	old := r.accept(t)
	require.NoError(t, r.record.Uploaded(r.record.Pending()[0].ID))
	r.clock.add(5 * time.Hour)
	late := ecFresh()
	late.NotBefore = r.clock.Now()
	_, err := r.show(t, r.issue(t, late), "hall")
	require.NoError(t, err)
	r.clock.set(ecNoon.Add(time.Minute))
	_, err = r.show(t, old, "hall")
	e := ecRefused(t, err, zwfw.ClockSkew, "Clock")
	require.Equal(t, 5*time.Hour-time.Minute, e.ClockOffset)
}

// The file does not grow for ever.
func TestEmergencyRecordIsWrittenAnew(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("writes some thousand times to the disk")
	}
	r := ecSetUp(t, func(c *yimatong.EmergencyVerifierConfig) { c.Keep, c.MaxKeyAge = time.Hour, 1000*time.Hour })
	var first zwfw.CodeText
	for i := range 600 {
		text := r.acceptNow(t)
		if i == 0 {
			first = text
		}
		require.NoError(t, r.record.Uploaded(r.record.Pending()[0].ID))
		r.clock.add(time.Hour)
	}
	info, err := os.Stat(r.path)
	require.NoError(t, err)
	require.Less(t, info.Size(), int64(600*2*ecFrame), "600 codes and 600 uploads were written, at most 1,024 places of them are spare")
	last := r.acceptNow(t)
	r.open(t, yimatong.EmergencyRecordOptions{})
	require.Zero(t, r.record.Recovery())
	require.Len(t, r.record.Pending(), 1)
	_, err = r.show(t, last, "hall")
	ecRefused(t, err, zwfw.CodeUsed, "Code")

	// What was forgotten is still known to be over.
	require.NoError(t, r.record.Uploaded(r.record.Pending()[0].ID))
	require.NoError(t, r.record.ClockSet(ecNoon))
	r.clock.set(ecNoon)
	_, err = r.show(t, first, "hall")
	ecRefused(t, err, zwfw.EmergencyInvalid, "Record")
}

// acceptNow is accept at any hour.
func (r *ecRoom) acceptNow(t testing.TB) zwfw.CodeText {
	t.Helper()
	c := ecFresh()
	c.NotBefore = r.clock.Now()
	text := r.issue(t, c)
	_, err := r.show(t, text, "hall")
	require.NoError(t, err)
	return text
}

// A crash can end the file anywhere: what was whole is there, the rest is cut away, and
// the next code is accepted.
func TestEmergencyRecordCutAtEveryLength(t *testing.T) {
	t.Parallel()
	r := ecSetUp(t)
	var texts []zwfw.CodeText
	for range 2 {
		texts = append(texts, r.accept(t))
	}
	require.NoError(t, r.record.Close())
	whole, err := os.ReadFile(r.path)
	require.NoError(t, err)
	require.Len(t, whole, 3*ecFrame)
	for length := range len(whole) {
		require.NoError(t, os.WriteFile(r.path, whole[:length], 0o600))
		if length < ecFrame {
			_, err := yimatong.OpenEmergencyRecord(r.path, ecSeal(t), yimatong.EmergencyRecordOptions{SetAside: true})
			require.ErrorContains(t, err, "nothing in the file can be opened", "%d", length)
			continue
		}
		r.open(t, yimatong.EmergencyRecordOptions{})
		kept := length/ecFrame - 1
		require.Len(t, r.record.Pending(), kept, "%d", length)
		require.Equal(t, yimatong.EmergencyRecovery{TornBytes: length % ecFrame}, r.record.Recovery())
		info, err := os.Stat(r.path)
		require.NoError(t, err)
		require.EqualValues(t, (kept+1)*ecFrame, info.Size())
		if length%16 == 0 { // each of these waits for the disk
			_, err = r.show(t, texts[kept], "hall")
			require.NoError(t, err)
			if kept > 0 {
				_, err = r.show(t, texts[kept-1], "hall")
				ecRefused(t, err, zwfw.CodeUsed, "Code")
			}
		}
		require.NoError(t, r.record.Close())
	}
}

// Some file systems leave zeros where the content did not reach the disk.
func TestEmergencyRecordZerosAtTheEndAreTorn(t *testing.T) {
	t.Parallel()
	r := ecSetUp(t)
	r.accept(t)
	require.NoError(t, r.record.Close())
	data, err := os.ReadFile(r.path)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(r.path, append(data, make([]byte, ecFrame+100)...), 0o600))
	r.open(t, yimatong.EmergencyRecordOptions{})
	require.Equal(t, ecFrame+100, r.record.Recovery().TornBytes)
	require.Len(t, r.record.Pending(), 1)
	r.accept(t)
	r.open(t, yimatong.EmergencyRecordOptions{})
	require.Len(t, r.record.Pending(), 2)
}

// No byte can be changed unseen, and one that is changed takes one entry with it at most.
func TestEmergencyRecordFlipEveryByte(t *testing.T) {
	t.Parallel()
	r := ecSetUp(t)
	for range 2 {
		r.accept(t)
	}
	require.NoError(t, r.record.Close())
	whole, err := os.ReadFile(r.path)
	require.NoError(t, err)
	for at := range whole {
		data := bytes.Clone(whole)
		data[at] ^= 1 << (at % 8)
		require.NoError(t, os.WriteFile(r.path, data, 0o600))
		_, err := yimatong.OpenEmergencyRecord(r.path, ecSeal(t), yimatong.EmergencyRecordOptions{})
		require.ErrorContains(t, err, fmt.Sprintf("1 of 3 places are damaged, the first at byte %d", at/ecFrame*ecFrame))
		left, err := os.ReadFile(r.path)
		require.NoError(t, err)
		require.Equal(t, data, left, "a refused file is left as it is")
	}
}

func TestEmergencyRecordSetAside(t *testing.T) {
	t.Parallel()
	for damaged := range 4 { // 0 is the header
		r := ecSetUp(t)
		var texts []zwfw.CodeText
		for range 3 {
			texts = append(texts, r.accept(t))
		}
		uses := r.record.Pending()
		require.NoError(t, r.record.Uploaded(uses[2].ID))
		require.NoError(t, r.record.Close())
		data, err := os.ReadFile(r.path)
		require.NoError(t, err)
		data[damaged*ecFrame+20] ^= 1
		require.NoError(t, os.WriteFile(r.path, data, 0o600))

		r.open(t, yimatong.EmergencyRecordOptions{SetAside: true})
		found := r.record.Recovery()
		require.Equal(t, 1, found.Damaged)
		kept, err := os.ReadFile(found.SetAside)
		require.NoError(t, err)
		require.Equal(t, data, kept)
		for i, text := range texts {
			_, err := r.show(t, text, "hall")
			if i == damaged-1 {
				require.NoError(t, err, "the device has forgotten this one")
			} else {
				ecRefused(t, err, zwfw.CodeUsed, "Code")
			}
		}
		r.open(t, yimatong.EmergencyRecordOptions{})
		require.Zero(t, r.record.Recovery())
	}
}

// Frames of the same file in another place, or of another file, are damage.
func TestEmergencyRecordFramesOpenNowhereElse(t *testing.T) {
	t.Parallel()
	r, other := ecSetUp(t), ecSetUp(t)
	for range 2 {
		r.accept(t)
		other.accept(t)
	}
	require.NoError(t, r.record.Close())
	require.NoError(t, other.record.Close())
	data, err := os.ReadFile(r.path)
	require.NoError(t, err)
	foreign, err := os.ReadFile(other.path)
	require.NoError(t, err)
	for name, forged := range map[string][]byte{
		"swapped":  bytes.Join([][]byte{data[:ecFrame], data[2*ecFrame:], data[ecFrame : 2*ecFrame]}, nil),
		"repeated": append(bytes.Clone(data), data[ecFrame:2*ecFrame]...),
		"dropped":  append(bytes.Clone(data[:ecFrame]), data[2*ecFrame:]...),
		"foreign":  append(bytes.Clone(data[:2*ecFrame]), foreign[2*ecFrame:]...),
	} {
		require.NoError(t, os.WriteFile(r.path, forged, 0o600))
		_, err = yimatong.OpenEmergencyRecord(r.path, ecSeal(t), yimatong.EmergencyRecordOptions{})
		require.ErrorContains(t, err, "damaged", name)
	}
}

func TestEmergencyRecordIsSealedAndPrivate(t *testing.T) {
	t.Parallel()
	for _, size := range []int{16, 32} {
		seal, err := yimatong.NewEmergencySeal(bytes.Repeat([]byte{1}, size))
		require.NoError(t, err)
		r := ecSetUp(t)
		require.NoError(t, r.record.Close())
		r.path = filepath.Join(t.TempDir(), "sealed")
		record, err := yimatong.OpenEmergencyRecord(r.path, seal, yimatong.EmergencyRecordOptions{})
		require.NoError(t, err)
		r.config.Record = record
		r.EmergencyVerifier, err = yimatong.NewEmergencyVerifier(r.config, zwfw.WithClock(r.clock))
		require.NoError(t, err)
		r.accept(t)

		_, err = yimatong.OpenEmergencyRecord(r.path, seal, yimatong.EmergencyRecordOptions{})
		require.ErrorContains(t, err, "in use by another program")
		require.NoError(t, record.Close())
		data, err := os.ReadFile(r.path)
		require.NoError(t, err)
		require.NotContains(t, string(data), "DEV-01")
		require.NotContains(t, string(data), "hall")
		if runtime.GOOS != "windows" {
			info, err := os.Stat(r.path)
			require.NoError(t, err)
			require.Equal(t, fs.FileMode(0o600), info.Mode().Perm())
		}
		_, err = yimatong.OpenEmergencyRecord(r.path, ecSeal(t), yimatong.EmergencyRecordOptions{SetAside: true})
		require.ErrorContains(t, err, "another key")
	}
	_, err := yimatong.NewEmergencySeal([]byte("short"))
	require.ErrorContains(t, err, "has 5 bytes")
	_, err = yimatong.OpenEmergencyRecord("x", yimatong.EmergencySeal{}, yimatong.EmergencyRecordOptions{})
	require.ErrorContains(t, err, "seal is empty")
	_, err = yimatong.OpenEmergencyRecord("", ecSeal(t), yimatong.EmergencyRecordOptions{})
	require.ErrorContains(t, err, "path is empty")
	_, err = yimatong.OpenEmergencyRecord("x", ecSeal(t), yimatong.EmergencyRecordOptions{Max: -1})
	require.ErrorContains(t, err, "Max must be")
	_, err = yimatong.OpenEmergencyRecord(filepath.Join(t.TempDir(), "no", "such"), ecSeal(t), yimatong.EmergencyRecordOptions{})
	require.ErrorIs(t, err, fs.ErrNotExist)
}

// A file that changes under the program is written to no more.
func TestEmergencyRecordSeesAnotherWriter(t *testing.T) {
	t.Parallel()
	r := ecSetUp(t)
	r.accept(t)
	require.NoError(t, os.Truncate(r.path, ecFrame))
	for range 2 {
		_, err := r.show(t, r.issue(t, ecFresh()), "hall")
		e := ecRefused(t, err, zwfw.EmergencyInvalid, "Record")
		require.ErrorContains(t, e.Err, "changed by somebody else")
	}
}

func TestEmergencyKeysOnDisk(t *testing.T) {
	t.Parallel()
	vectors := ecGolden(t)
	set := yimatong.EmergencyKeySet{Refreshed: ecNoon, Keys: []yimatong.EmergencyKey{vectors[0].key(t), vectors[1].key(t)}}
	set.Keys[0].NotAfter, set.Keys[1].NotBefore = ecNoon.Add(time.Hour), ecNoon
	path, seal := filepath.Join(t.TempDir(), "keys"), ecSeal(t)
	_, err := yimatong.LoadEmergencyKeys(path, seal)
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.NoError(t, yimatong.SaveEmergencyKeys(path, seal, set))
	require.NoError(t, yimatong.SaveEmergencyKeys(path, seal, set), "over the old one")
	got, err := yimatong.LoadEmergencyKeys(path, seal)
	require.NoError(t, err)
	require.True(t, set.Refreshed.Equal(got.Refreshed))
	for i, k := range set.Keys {
		g := got.Keys[i]
		require.Equal(t, k.ID, g.ID)
		require.True(t, k.NotBefore.Equal(g.NotBefore) && k.NotAfter.Equal(g.NotAfter))
		require.True(t, k.SM2.Equal(g.SM2))
		require.Equal(t, k.P256 == nil, g.P256 == nil)
		require.True(t, k.P256 == nil || k.P256.Equal(g.P256))
	}
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	for at := 0; at < len(data); at += 7 {
		changed := bytes.Clone(data)
		changed[at] ^= 0x10
		require.NoError(t, os.WriteFile(path, changed, 0o600))
		_, err = yimatong.LoadEmergencyKeys(path, seal)
		require.ErrorContains(t, err, "cannot open")
	}
	require.ErrorContains(t, yimatong.SaveEmergencyKeys(path, seal, yimatong.EmergencyKeySet{}), "Refreshed")
	require.ErrorContains(t, yimatong.SaveEmergencyKeys(path, yimatong.EmergencySeal{}, set), "seal is empty")
	entries, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	for _, e := range entries {
		require.False(t, strings.Contains(e.Name(), ".new"), "no temporary file is left")
	}
}

// What a program has heard of as accepted is in the record when the program is killed in
// the midst of its work. The test runs itself as that program.
func TestEmergencyRecordSurvivesAKill(t *testing.T) {
	const where = "ZWFW_TEST_EMERGENCY_RECORD"
	if path := os.Getenv(where); path != "" {
		ecAcceptForEver(t, path)
	}
	t.Parallel()
	path := filepath.Join(t.TempDir(), "record")
	require.NoError(t, os.WriteFile(path+".new.1", []byte("left by a crash"), 0o600))
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestEmergencyRecordSurvivesAKill$")
	child.Env = append(os.Environ(), where+"="+path, "TMPDIR="+filepath.Dir(path), "TMP="+filepath.Dir(path))
	out, err := child.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, child.Start())
	var heard []string
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if heard = append(heard, lines.Text()); len(heard) == 20 {
			require.NoError(t, child.Process.Kill())
		}
	}
	require.Error(t, child.Wait())
	require.GreaterOrEqual(t, len(heard), 20)

	record, err := yimatong.OpenEmergencyRecord(path, ecSeal(t), yimatong.EmergencyRecordOptions{})
	require.NoError(t, err, "the killed program's lock is gone")
	defer record.Close()
	require.NoFileExists(t, path+".new.1")
	pending := record.Pending()
	for i, id := range heard {
		require.Equal(t, id, pending[i].ID)
	}
}

func ecAcceptForEver(t *testing.T, path string) {
	r := ecSetUp(t)
	r.path = path
	r.open(t, yimatong.EmergencyRecordOptions{})
	for range 100_000 {
		got, err := r.show(t, r.issue(t, ecFresh()), "hall")
		require.NoError(t, err)
		_, _ = os.Stdout.WriteString(got.Use.ID + "\n")
	}
}
