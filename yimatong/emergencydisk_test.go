package yimatong

import (
	"errors"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
)

// ecFailing is a disk in trouble.
type ecFailing struct {
	*os.File
	write, truncate, sync error
}

func (f *ecFailing) WriteAt(p []byte, at int64) (int, error) {
	if f.write != nil {
		n, _ := f.File.WriteAt(p[:len(p)/2], at) // a full disk takes a part
		return n, f.write
	}
	return f.File.WriteAt(p, at)
}

func (f *ecFailing) Truncate(size int64) error {
	if f.truncate != nil {
		return f.truncate
	}
	return f.File.Truncate(size)
}

func (f *ecFailing) Sync() error {
	if f.sync != nil {
		return f.sync
	}
	return f.File.Sync()
}

// What cannot be written down is refused. A full disk does no lasting harm; after a sync
// that failed nothing is accepted until the record is opened anew.
func TestEmergencyNothingIsAcceptedWithoutARecord(t *testing.T) {
	t.Parallel()
	trouble := errors.New("no space left on device")
	for name, c := range map[string]struct {
		disk     ecFailing
		heals    bool
		afterAll int // entries found when the file is opened again
	}{
		"a full disk":                    {ecFailing{write: trouble}, true, 1},
		"a full disk that cannot be cut": {ecFailing{write: trouble, truncate: trouble}, false, 0},
		"a sync that fails":              {ecFailing{sync: trouble}, false, 0},
		"a sync that fails, and no cut":  {ecFailing{sync: trouble, truncate: trouble}, false, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "record")
			seal, err := NewEmergencySeal(make([]byte, 32))
			require.NoError(t, err)
			record, err := OpenEmergencyRecord(path, seal, EmergencyRecordOptions{})
			require.NoError(t, err)
			accept := func() *zwfw.Error {
				e := &ecEntry{end: 1704168245}
				e.Device, e.Scene, e.Time = "DEV-01", "hall", time.Unix(1704164645, 0)
				e.name()
				return record.accept(e, ecLimits{perHour: 5})
			}
			disk := c.disk
			disk.File = record.store.file.(*os.File)
			record.store.file = &disk
			refusal := accept()
			require.NotNil(t, refusal)
			require.Equal(t, zwfw.EmergencyInvalid, refusal.Kind)
			require.ErrorIs(t, refusal, trouble)
			require.Empty(t, record.Pending())

			disk.write, disk.truncate, disk.sync = nil, nil, nil
			refusal = accept()
			require.Equal(t, c.heals, refusal == nil, "%v", refusal)
			require.NoError(t, record.Close())
			record, err = OpenEmergencyRecord(path, seal, EmergencyRecordOptions{})
			require.NoError(t, err)
			require.Len(t, record.Pending(), c.afterAll)
			require.NoError(t, record.Close())
		})
	}
}

// The constant is the order of the curve, halved.
func TestEmergencyHalfOrder(t *testing.T) {
	t.Parallel()
	order := ecBenchKeys(t)[0].P256.Params().N
	require.Equal(t, new(big.Int).Rsh(order, 1).Bytes(), ecHalfOrder[:])
}
