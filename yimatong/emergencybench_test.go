package yimatong

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/hex"
	"encoding/json"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/crypto"
)

type ecBenchVector struct {
	PublicKey, Signed, Signature, Text string
	KeyID                              uint16
}

func ecBenchVectors(tb testing.TB) (vectors []ecBenchVector) {
	tb.Helper()
	data, err := os.ReadFile("testdata/emergency/golden.json")
	require.NoError(tb, err)
	require.NoError(tb, json.Unmarshal(data, &vectors))
	return vectors
}

func ecBenchKeys(tb testing.TB) []EmergencyKey {
	tb.Helper()
	v := ecBenchVectors(tb)
	point, err := hex.DecodeString(v[0].PublicKey)
	require.NoError(tb, err)
	p256, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
	require.NoError(tb, err)
	sm2, err := crypto.LoadPublicKey([]byte(v[1].PublicKey))
	require.NoError(tb, err)
	return []EmergencyKey{{ID: v[0].KeyID, P256: p256}, {ID: v[1].KeyID, SM2: sm2}}
}

// BenchmarkEmergencyVerify sets all checks of a code, without writing it down, beside the
// bare check of its signature: ecdsa.VerifyASN1 and SHA-256 of the standard library, and
// the SM2 verifier of package crypto. The sides take turns; the figure is the ratio of
// the medians.
func BenchmarkEmergencyVerify(b *testing.B) {
	device, keys, vectors := ecBenchVerifier(b), ecBenchKeys(b), ecBenchVectors(b)
	signatures := make([][]byte, 2)
	for i, v := range vectors {
		raw, err := hex.DecodeString(v.Signature)
		require.NoError(b, err)
		signatures[i] = raw
	}
	var err error
	signatures[0], err = asn1.Marshal(struct{ R, S *big.Int }{new(big.Int).SetBytes(signatures[0][:32]), new(big.Int).SetBytes(signatures[0][32:])})
	require.NoError(b, err)
	sm2, err := crypto.NewVerifier("sm2-sm3-raw", crypto.Material{Public: keys[1].SM2})
	require.NoError(b, err)
	bare := []func() bool{
		func() bool {
			sum := sha256.Sum256([]byte(vectors[0].Signed))
			return ecdsa.VerifyASN1(keys[0].P256, sum[:], signatures[0])
		},
		func() bool { return sm2.Verify([]byte(vectors[1].Signed), signatures[1]) == nil },
	}
	for i, name := range []string{"P-256", "SM2"} {
		code := zwfw.NewCodeText(vectors[i].Text)
		whole := func() bool {
			p, _, refusal := device.examine(code, EmergencyHall)
			return refusal == nil && p.code().Scope != 0 && p.hash() != [32]byte{}
		}
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				var times [2][]int64
				for range 40 {
					for side, call := range []func() bool{whole, bare[i]} {
						began := time.Now()
						for range 50 {
							if !call() {
								b.Fatal("the golden code is refused")
							}
						}
						times[side] = append(times[side], int64(time.Since(began)))
					}
				}
				for side := range times {
					slices.Sort(times[side])
				}
				b.ReportMetric(float64(times[0][20])/float64(times[1][20]), "×time")
			}
		})
	}
}

// BenchmarkEmergencyAccept is the whole of it: checked, written down, on the disk.
func BenchmarkEmergencyAccept(b *testing.B) {
	seal, err := NewEmergencySeal(make([]byte, 32))
	require.NoError(b, err)
	record, err := OpenEmergencyRecord(filepath.Join(b.TempDir(), "record"), seal, EmergencyRecordOptions{Max: 1_000_000})
	require.NoError(b, err)
	defer record.Close()
	at := time.Unix(1704164645, 0)
	for n := 0; b.Loop(); n++ {
		e := &ecEntry{end: at.Unix(), used: ecUsed{byte(n), byte(n >> 8), byte(n >> 16)}}
		e.Device, e.Scene, e.Time = "DEV-01", "hall", at
		e.name()
		if refusal := record.accept(e, ecLimits{perHour: 1 << 30, back: time.Hour}); refusal != nil {
			b.Fatal(refusal)
		}
	}
}
