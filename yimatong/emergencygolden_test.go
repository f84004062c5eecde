package yimatong_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"image/png"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/qr"
	"github.com/zwfw-go/zwfw/yimatong"
)

// The payload is put together here by hand, so that format and code cannot drift
// together.
func TestEmergencyGoldenBytes(t *testing.T) {
	t.Parallel()
	for _, v := range ecGolden(t) {
		t.Run(v.Algorithm, func(t *testing.T) {
			t.Parallel()
			payload := []byte{v.Version}
			payload = binary.BigEndian.AppendUint16(payload, v.KeyID)
			payload = append(payload, ecHex(t, v.User)...)
			payload = binary.BigEndian.AppendUint32(payload, uint32(v.NotBefore))
			payload = binary.BigEndian.AppendUint32(payload, uint32(v.ValiditySeconds))
			payload = binary.BigEndian.AppendUint16(payload, v.Scope)
			require.Equal(t, v.Payload, hex.EncodeToString(payload))
			require.Equal(t, v.Signed, "EC1."+base64.RawURLEncoding.EncodeToString(payload))
			require.Equal(t, v.Text, v.Signed+"."+base64.RawURLEncoding.EncodeToString(ecHex(t, v.Signature)))

			text, err := v.issuer(t).Issue(t.Context(), v.code())
			require.NoError(t, err)
			require.Len(t, text.Reveal(), 130)
			require.Equal(t, v.Signed, text.Reveal()[:43])
			if v.Version == 1 { // RFC 6979 repeats the signature too
				require.Equal(t, v.Text, text.Reveal())
			}
			require.Equal(t, text.Reveal()[43:44], ".")
		})
	}
}

func TestEmergencyGoldenCodesAreAccepted(t *testing.T) {
	t.Parallel()
	for _, v := range ecGolden(t) {
		t.Run(v.Algorithm, func(t *testing.T) {
			t.Parallel()
			start := time.Unix(v.NotBefore, 0)
			r := ecSetUp(t, func(c *yimatong.EmergencyVerifierConfig) { c.Keys.Refreshed = start })
			r.clock.set(start.Add(time.Minute))
			got, err := r.show(t, zwfw.NewCodeText(v.Text), "hall")
			require.NoError(t, err)
			want := v.code()
			require.True(t, want.User.Equal(got.Code.User))
			require.Equal(t, v.User, got.Code.User.Reveal())
			got.Code.User = want.User
			require.Equal(t, want, got.Code)
			require.Equal(t, start.Add(2*time.Hour), got.Code.Expires())
			require.NotContains(t, fmt.Sprintf("%v %+v %#v", got, got, got.Code), v.User)
		})
	}
}

// Both documents show the vectors whole: who implements the format needs them.
func TestEmergencyDocumentsShowTheGoldenBytes(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"../docs/emergency-code.md", "../docs/emergency-code.zh-CN.md"} {
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		for _, v := range ecGolden(t) {
			for _, part := range []string{v.Payload, v.Text, v.PublicKey, v.PrivateKey, v.Signature} {
				require.Contains(t, string(text), part, name)
			}
		}
	}
}

// Version 8 has 49 modules a side.
func TestEmergencyCodeFitsVersion8M(t *testing.T) {
	t.Parallel()
	for _, v := range ecGolden(t) {
		picture, err := qr.Encode(v.Text, qr.WithLevel(qr.LevelM), qr.WithModuleSize(3))
		require.NoError(t, err)
		size, err := png.DecodeConfig(bytes.NewReader(picture))
		require.NoError(t, err)
		const quiet = 2 * 4
		require.LessOrEqual(t, size.Width/3-quiet, 49)
		read, err := qr.Decode(picture)
		require.NoError(t, err)
		require.Equal(t, v.Text, read.Text)
	}
}
