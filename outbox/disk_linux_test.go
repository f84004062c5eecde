package outbox_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw/outbox"
)

// smallDisk mounts a disk of its own, which takes root.
func smallDisk(t *testing.T, options string) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, options); err != nil {
		t.Skipf("SKIPPED, NOT TESTED: a full disk needs the right to mount one: %v", err)
	}
	t.Cleanup(func() { require.NoError(t, syscall.Unmount(dir, syscall.MNT_DETACH)) })
	return dir
}

// fill takes what room is left.
func fill(t *testing.T, dir string) (free func()) {
	t.Helper()
	name := filepath.Join(dir, "filler")
	f, err := os.Create(name)
	require.NoError(t, err)
	for err == nil {
		_, err = f.Write(make([]byte, 4096))
	}
	require.ErrorIs(t, err, syscall.ENOSPC)
	require.NoError(t, f.Close())
	return func() { require.NoError(t, os.Remove(name)) }
}

func TestAFullDiskRefusesAndStillDelivers(t *testing.T) {
	t.Parallel()
	dir := smallDisk(t, "size=8m")
	path := filepath.Join(dir, "outbox.db")
	o := open(t, path, config())
	stored := 0
	store := func() error {
		m := message(fmt.Sprintf("k%d", stored), fmt.Sprint(stored%9))
		m.Body = make([]byte, 3000)
		_, err := o.Enqueue(context.Background(), m)
		if err == nil {
			stored++
		}
		return err
	}
	require.NoError(t, store())
	free := fill(t, dir)
	var err error
	for err == nil {
		err = store()
	}
	require.ErrorIs(t, err, syscall.ENOSPC)
	require.NotErrorIs(t, err, outbox.ErrUncertain)
	require.True(t, strings.HasPrefix(err.Error(), "outbox: not stored: "), err.Error())
	require.Error(t, store(), "still full")
	require.EqualValues(t, stored, sum(t, o).Pending, "what was stored before is there")

	free()
	for range 50 {
		require.NoError(t, store(), "room again")
	}
	free = fill(t, dir)
	for err = nil; err == nil; {
		err = store()
	}
	closed(t, o)
	o = open(t, path, config())
	require.Len(t, drain(t, o, stored), stored, "the disk is full and everything is delivered")
	require.EqualValues(t, stored, sum(t, o).Delivered)
	free()
	require.NoError(t, store())
	require.EqualValues(t, 1, closed(t, o).Pending)
}

func TestAFileDamagedOnAFullDiskIsReplacedWhenThereIsRoom(t *testing.T) {
	t.Parallel()
	dir := smallDisk(t, "size=8m")
	path := filepath.Join(dir, "outbox.db")
	w := &watch{}
	c := config()
	c.OnEvent = w.see
	o := open(t, path, c)
	enqueue(t, o, message("a", ""))
	free := fill(t, dir)
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	require.NoError(t, err)
	_, err = f.WriteAt(make([]byte, 64<<10), 0)
	require.NoError(t, err)
	require.NoError(t, f.Close())
	_, err = o.Enqueue(context.Background(), message("b", "")) // finds the damage
	require.Error(t, err)
	_, err = o.Enqueue(context.Background(), message("b", ""))
	require.ErrorIs(t, err, syscall.ENOSPC)
	require.Len(t, w.all(outbox.EventQuarantined), 1)
	free()
	enqueue(t, o, message("b", ""))
	require.Equal(t, "b", drain(t, o, 1)[0].Key)
	closed(t, o)
}

func TestADirectoryThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	dir := smallDisk(t, "size=4m")
	path := filepath.Join(dir, "outbox.db")
	o := open(t, path, config())
	enqueue(t, o, message("a", ""))
	closed(t, o)
	before, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, syscall.Mount("", dir, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""))
	_, err = outbox.Open(context.Background(), path, config())
	require.ErrorIs(t, err, syscall.EROFS)
	require.True(t, strings.HasPrefix(err.Error(), "outbox: open"), err.Error())
	_, err = outbox.Open(context.Background(), filepath.Join(dir, "other.db"), config())
	require.ErrorIs(t, err, syscall.EROFS)
	require.NoError(t, syscall.Mount("", dir, "", syscall.MS_REMOUNT, ""))
	after, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, before, after)
	require.Len(t, drain(t, open(t, path, config()), 1), 1)
}
