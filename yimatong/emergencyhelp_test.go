package yimatong_test

import (
	"bytes"
	"context"
	stdcrypto "crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/crypto"
	"github.com/zwfw-go/zwfw/yimatong"
)

// ecNoon is the time at which the tests begin.
var ecNoon = time.Date(2024, 1, 2, 12, 0, 0, 0, time.UTC)

// ecClock shows the time it is told.
type ecClock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *ecClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *ecClock) Sleep(ctx context.Context, _ time.Duration) error { return ctx.Err() }

func (c *ecClock) set(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = now
}

func (c *ecClock) add(d time.Duration) { c.set(c.Now().Add(d)) }

// ecVector is one entry of the golden file.
type ecVector struct {
	Algorithm       string `json:"algorithm"`
	PrivateKey      string `json:"privateKey"`
	PublicKey       string `json:"publicKey"`
	Version         byte   `json:"version"`
	KeyID           uint16 `json:"keyId"`
	User            string `json:"user"`
	NotBefore       int64  `json:"notBefore"`
	ValiditySeconds int64  `json:"validitySeconds"`
	Scope           uint16 `json:"scope"`
	Payload         string `json:"payload"`
	Signed          string `json:"signed"`
	Signature       string `json:"signature"`
	Text            string `json:"text"`
}

func ecGolden(t testing.TB) (vectors []ecVector) {
	t.Helper()
	data, err := os.ReadFile("testdata/emergency/golden.json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(data, &vectors))
	require.Len(t, vectors, 2)
	return vectors
}

func (v ecVector) p256(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), ecHex(t, v.PrivateKey))
	require.NoError(t, err)
	return key
}

func (v ecVector) sm2(t testing.TB) *crypto.PrivateKey {
	t.Helper()
	key, err := crypto.LoadPrivateKey([]byte(v.PrivateKey))
	require.NoError(t, err)
	return key
}

// key gives the public half from the file's own bytes.
func (v ecVector) key(t testing.TB) yimatong.EmergencyKey {
	t.Helper()
	if v.Version == 1 {
		public, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), ecHex(t, v.PublicKey))
		require.NoError(t, err)
		return yimatong.EmergencyKey{ID: v.KeyID, P256: public}
	}
	public, err := crypto.LoadPublicKey([]byte(v.PublicKey))
	require.NoError(t, err)
	return yimatong.EmergencyKey{ID: v.KeyID, SM2: public}
}

func (v ecVector) code() yimatong.EmergencyCode {
	return yimatong.EmergencyCode{
		KeyID: v.KeyID, User: zwfw.NewSecret(v.User), NotBefore: time.Unix(v.NotBefore, 0),
		Validity: time.Duration(v.ValiditySeconds) * time.Second, Scope: yimatong.EmergencyScope(v.Scope),
	}
}

func (v ecVector) issuer(t testing.TB) *yimatong.EmergencyIssuer {
	t.Helper()
	c := yimatong.EmergencyIssuerConfig{Key: v.key(t)}
	if v.Version == 1 {
		c.P256 = ecRepeatable{v.p256(t)}
	} else {
		signer, err := crypto.NewSigner("sm2-sm3-raw", crypto.Material{Private: v.sm2(t)})
		require.NoError(t, err)
		c.SM2 = signer
	}
	issuer, err := yimatong.NewEmergencyIssuer(c)
	require.NoError(t, err)
	return issuer
}

// ecRepeatable signs as RFC 6979 has it: the same bytes each time.
type ecRepeatable struct{ *ecdsa.PrivateKey }

func (k ecRepeatable) Sign(_ io.Reader, digest []byte, o stdcrypto.SignerOpts) ([]byte, error) {
	return k.PrivateKey.Sign(nil, digest, o)
}

func ecHex(t testing.TB, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(text)
	require.NoError(t, err)
	return b
}

func ecSeal(t testing.TB) yimatong.EmergencySeal {
	t.Helper()
	seal, err := yimatong.NewEmergencySeal(bytes.Repeat([]byte{7}, 32))
	require.NoError(t, err)
	return seal
}

// ecRoom is an issuer and a device that accepts its codes.
type ecRoom struct {
	clock  *ecClock
	path   string
	record *yimatong.EmergencyRecord
	config yimatong.EmergencyVerifierConfig
	issuer *yimatong.EmergencyIssuer
	*yimatong.EmergencyVerifier
}

type ecChange func(*yimatong.EmergencyVerifierConfig)

// ecSetUp makes the device of the P-256 vector: always offline, scenes park (two an hour)
// and hall.
func ecSetUp(t testing.TB, changes ...ecChange) *ecRoom {
	t.Helper()
	vectors := ecGolden(t)
	r := &ecRoom{clock: &ecClock{now: ecNoon}, path: filepath.Join(t.TempDir(), "record"), issuer: vectors[0].issuer(t)}
	r.config = yimatong.EmergencyVerifierConfig{
		Device: "DEV-01",
		Scenes: []yimatong.EmergencyScene{
			{Name: "park", Scope: yimatong.EmergencyPark, MaxPerHour: 2},
			{Name: "hall", Scope: yimatong.EmergencyHall, MaxPerHour: 1000},
		},
		Keys: yimatong.EmergencyKeySet{
			Refreshed: ecNoon.Add(-time.Hour),
			Keys:      []yimatong.EmergencyKey{vectors[0].key(t), vectors[1].key(t)},
		},
		Accepting: func() bool { return true },
	}
	for _, change := range changes {
		change(&r.config)
	}
	r.open(t, yimatong.EmergencyRecordOptions{})
	return r
}

// open opens the record, a second time after a restart, and makes the verifier.
func (r *ecRoom) open(t testing.TB, o yimatong.EmergencyRecordOptions) {
	t.Helper()
	var err error
	if r.record != nil {
		require.NoError(t, r.record.Close())
	}
	r.record, err = yimatong.OpenEmergencyRecord(r.path, ecSeal(t), o)
	require.NoError(t, err)
	t.Cleanup(func() { _ = r.record.Close() })
	r.config.Record = r.record
	r.EmergencyVerifier, err = yimatong.NewEmergencyVerifier(r.config, zwfw.WithClock(r.clock))
	require.NoError(t, err)
}

// ecFresh is a code of the hour from noon on, for park and hall.
func ecFresh() yimatong.EmergencyCode {
	return yimatong.EmergencyCode{User: yimatong.NewEmergencyUser(), NotBefore: ecNoon, Validity: time.Hour, Scope: yimatong.EmergencyPark | yimatong.EmergencyHall}
}

func (r *ecRoom) issue(t testing.TB, c yimatong.EmergencyCode) zwfw.CodeText {
	t.Helper()
	text, err := r.issuer.Issue(t.Context(), c)
	require.NoError(t, err)
	return text
}

func (r *ecRoom) show(t testing.TB, text zwfw.CodeText, scene string) (*yimatong.EmergencyAcceptance, error) {
	t.Helper()
	return r.Verify(t.Context(), yimatong.EmergencyScan{Code: text, Scene: scene})
}

// accept shows a new code in the hall and gives its text.
func (r *ecRoom) accept(t testing.TB) zwfw.CodeText {
	t.Helper()
	text := r.issue(t, ecFresh())
	_, err := r.show(t, text, "hall")
	require.NoError(t, err)
	return text
}

// ecRefused checks all that is promised of a refusal.
func ecRefused(t testing.TB, err error, kind zwfw.Kind, field string) *zwfw.Error {
	t.Helper()
	var e *zwfw.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, kind, e.Kind, e.Error())
	require.Equal(t, field, e.Field, e.Error())
	require.Equal(t, zwfw.OutcomeRefused, e.Outcome)
	require.False(t, e.Sent)
	require.Equal(t, "yimatong", e.Platform)
	advice := e.Advice()
	require.NotEmpty(t, advice.Citizen.ZH)
	require.LessOrEqual(t, len([]rune(advice.Citizen.ZH)), 20)
	require.NotEmpty(t, advice.Staff.EN)
	return e
}

func ecRandomKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	return key
}
