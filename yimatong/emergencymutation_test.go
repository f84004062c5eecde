package yimatong_test

import (
	"encoding/base64"
	"encoding/binary"
	"math/big"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/codetext"
	"github.com/zwfw-go/zwfw/yimatong"
)

// ecMutations is how many forged texts are shown; -short shows a hundredth.
const ecMutations = 100_000

// No text but the issued ones is accepted. The mutations are of three sorts: of the text,
// of the bytes under it, and of meaning (another scope, a later time, parts of another
// code), which a forger would try.
func TestEmergencyMutationsAreRefused(t *testing.T) {
	t.Parallel()
	r := ecSetUp(t, func(c *yimatong.EmergencyVerifierConfig) {
		c.Scenes = append(c.Scenes, yimatong.EmergencyScene{Name: "any", Scope: yimatong.EmergencyHall, MaxPerHour: 1 << 30})
	})
	var issued []string
	known := map[string]bool{}
	for n := range 8 {
		issuer := r.issuer
		if n == 7 { // SM2 takes a few times longer
			issuer = ecGolden(t)[1].issuer(t)
		}
		text, err := issuer.Issue(t.Context(), ecFresh())
		require.NoError(t, err)
		issued, known[text.Reveal()] = append(issued, text.Reveal()), true
	}
	count := ecMutations
	if testing.Short() {
		count /= 100
	}
	workers := runtime.GOMAXPROCS(0)
	var wait sync.WaitGroup
	for worker := range workers {
		wait.Go(func() {
			random := rand.New(rand.NewPCG(20240102, uint64(worker)))
			for n := worker; n < count; n += workers {
				text := ecMutate(random, issued)
				for known[codetext.Normalize(text)] {
					text = ecMutate(random, issued)
				}
				_, err := r.Verify(t.Context(), yimatong.EmergencyScan{Code: zwfw.NewCodeText(text), Scene: "any"})
				if !assert.Error(t, err, "accepted: %s", text) {
					return
				}
			}
		})
	}
	wait.Wait()
	require.Empty(t, r.record.Pending())
	for _, text := range issued { // the device was not refusing everything
		_, err := r.show(t, zwfw.NewCodeText(text), "any")
		require.NoError(t, err)
	}
}

func ecMutate(random *rand.Rand, issued []string) string {
	text := issued[random.IntN(len(issued))]
	other := issued[random.IntN(len(issued))]
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/=. \n"
	payload, _ := base64.RawURLEncoding.DecodeString(text[4:43])
	signature, _ := base64.RawURLEncoding.DecodeString(text[44:])
	kind := random.IntN(16)
	if kind > 9 { // mutations of the text are cheap to refuse: show more of them
		kind %= 4
	}
	switch kind {
	case 0: // a character
		at := random.IntN(len(text))
		return text[:at] + string(alphabet[random.IntN(len(alphabet))]) + text[at+1:]
	case 1: // a character in or out
		at := random.IntN(len(text))
		if random.IntN(2) == 0 {
			return text[:at] + text[at+1:]
		}
		return text[:at] + string(alphabet[random.IntN(len(alphabet))]) + text[at:]
	case 2: // two codes joined
		at := random.IntN(len(text))
		return text[:at] + other[at:]
	case 3: // the end lost or doubled
		return (text + text)[:random.IntN(2*len(text))]
	case 4: // bits of the payload
		for range 1 + random.IntN(3) {
			payload[random.IntN(len(payload))] ^= 1 << random.IntN(8)
		}
	case 5: // bits of the signature
		for range 1 + random.IntN(3) {
			signature[random.IntN(len(signature))] ^= 1 << random.IntN(8)
		}
	case 6: // the twin of the signature, or a part of it gone
		ecTwin(random, signature)
	case 7: // another meaning
		ecForge(random, payload)
	case 8: // random bytes
		for i := range signature {
			signature[i] = byte(random.Uint32())
		}
	case 9: // the signature of another code
		signature, _ = base64.RawURLEncoding.DecodeString(other[44:])
	}
	return "EC1." + base64.RawURLEncoding.EncodeToString(payload) + "." + base64.RawURLEncoding.EncodeToString(signature)
}

func ecTwin(random *rand.Rand, signature []byte) {
	order, _ := new(big.Int).SetString("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", 16)
	switch random.IntN(4) {
	case 0:
		order.Sub(order, new(big.Int).SetBytes(signature[32:])).FillBytes(signature[32:])
	case 1:
		clear(signature[:32])
	case 2:
		clear(signature[32:])
	case 3:
		order.FillBytes(signature[:32])
	}
}

func ecForge(random *rand.Rand, payload []byte) {
	switch random.IntN(5) {
	case 0:
		payload[0] = byte(random.IntN(4))
	case 1:
		binary.BigEndian.PutUint16(payload[1:], uint16(257+random.IntN(4)))
	case 2:
		binary.BigEndian.PutUint32(payload[19:], uint32(ecNoon.Add(time.Duration(random.IntN(7200)-3600)*time.Second).Unix()))
	case 3:
		binary.BigEndian.PutUint32(payload[23:], uint32(random.IntN(1000000)))
	case 4:
		binary.BigEndian.PutUint16(payload[27:], uint16(random.IntN(1<<16)))
	}
}

// The twin (r, n-s) of a P-256 signature matches too; the format refuses it, so that a
// code has one text.
func TestEmergencyTwinSignatureIsRefused(t *testing.T) {
	t.Parallel()
	r := ecSetUp(t)
	text := r.issue(t, ecFresh()).Reveal()
	signature, err := base64.RawURLEncoding.DecodeString(text[44:])
	require.NoError(t, err)
	order, _ := new(big.Int).SetString("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", 16)
	order.Sub(order, new(big.Int).SetBytes(signature[32:])).FillBytes(signature[32:])
	_, err = r.show(t, zwfw.NewCodeText(text[:44]+base64.RawURLEncoding.EncodeToString(signature)), "hall")
	ecRefused(t, err, zwfw.EmergencyInvalid, "Signature")
}
