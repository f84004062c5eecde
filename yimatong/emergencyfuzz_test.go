package yimatong

import (
	"encoding/json"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
)

// FuzzEmergencyCode: no text panics, a text that is read is the only one for its bytes,
// and none is accepted but the two of the golden file.
func FuzzEmergencyCode(f *testing.F) {
	var vectors []struct{ Text string }
	data, err := os.ReadFile("testdata/emergency/golden.json")
	require.NoError(f, err)
	require.NoError(f, json.Unmarshal(data, &vectors))
	golden := map[string]bool{}
	for _, v := range vectors {
		golden[v.Text] = true
	}
	device := ecBenchVerifier(f)
	f.Fuzz(func(t *testing.T, text string) {
		p, signature, ok := ecRead(text)
		if ok {
			require.Equal(t, text, p.text(signature))
			if _, wrong := ecWrite(p.version(), p.code()); wrong == nil {
				again, _ := ecWrite(p.version(), p.code())
				require.Equal(t, p, again)
			}
		}
		_, _, refusal := device.examine(zwfw.NewCodeText(text), EmergencyHall)
		if golden[text] {
			require.Nil(t, refusal)
		} else if refusal == nil { // a scanner's ornaments around a golden text
			require.False(t, ok, "accepted: %s", text)
		}
	})
}

// ecBenchVerifier is a device of the golden file's keys and time. Its record is not used.
func ecBenchVerifier(tb testing.TB) *EmergencyVerifier {
	tb.Helper()
	keys := ecBenchKeys(tb)
	at := time.Unix(1704164645, 0)
	v, err := NewEmergencyVerifier(EmergencyVerifierConfig{
		Device: "DEV-01", Record: new(EmergencyRecord), Accepting: func() bool { return true },
		Scenes: []EmergencyScene{{Name: "hall", Scope: EmergencyHall, MaxPerHour: 1}},
		Keys:   EmergencyKeySet{Refreshed: at, Keys: keys},
	}, zwfw.WithClock(zwfw.ClockFunc(func() time.Time { return at.Add(time.Minute) })))
	require.NoError(tb, err)
	return v
}
