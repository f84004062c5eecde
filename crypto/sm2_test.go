package crypto_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw/crypto"
)

var sm2Suites = []string{"sm2-c1c3c2", "sm2-c1c2c3", "sm2-asn1"}

func TestSM2OpensEveryFormOpenSSLSealed(t *testing.T) {
	t.Parallel()
	vectors := readVectors[smVectors](t, "sm.json").Encrypt
	require.Len(t, vectors, 24)
	for _, v := range vectors {
		m := crypto.Material{Private: loadPrivate(t, v.Private)}
		for suite, text := range map[string]string{"sm2-c1c3c2": v.C1C3C2, "sm2-c1c2c3": v.C1C2C3, "sm2-asn1": v.ASN1} {
			c := newCipher(t, suite, m, crypto.CipherOptions{})
			forms := []string{strings.ToUpper(text), strings.ToLower(text)}
			if suite != "sm2-asn1" {
				require.Equal(t, "04", text[:2])
				forms = append(forms, text[2:])
			}
			for _, form := range forms {
				sealed, err := crypto.DecodeText(form)
				require.NoError(t, err)
				opened, err := c.Open(sealed)
				require.NoError(t, err)
				require.Equal(t, v.Plaintext, string(opened))
			}
		}
	}
}

func TestSM2SealsWhatItOpensInEveryFormAndLength(t *testing.T) {
	t.Parallel()
	private, err := crypto.GenerateKey(crypto.KeySM2, nil)
	require.NoError(t, err)
	for _, suite := range sm2Suites {
		seal := newCipher(t, suite, crypto.Material{Public: private.Public()}, crypto.CipherOptions{})
		open := newCipher(t, suite, crypto.Material{Private: private}, crypto.CipherOptions{})
		for _, size := range []int{1, 2, 6, 11, 18, 31, 32, 33, 64, 1000} {
			text := bytes.Repeat([]byte{0xE5}, size)
			sealed, err := seal.Seal(text)
			require.NoError(t, err)
			if suite != "sm2-asn1" {
				require.Len(t, sealed, 97+size)
				require.EqualValues(t, 4, sealed[0])
			}
			opened, err := open.Open(sealed)
			require.NoError(t, err)
			require.Equal(t, text, opened)
		}
	}
}

// One letter meets a zero mask and a zero C2 once in 256 times each; the gateway
// sends the certificate type as one letter, so a failure would look like rare
// bad luck. 3,000 rounds miss either with a chance of one in 100,000.
func TestSM2OpensOneLetterEveryTime(t *testing.T) {
	t.Parallel()
	private, err := crypto.GenerateKey(crypto.KeySM2, nil)
	require.NoError(t, err)
	c := newCipher(t, "sm2-c1c3c2", crypto.Material{Private: private, Public: private.Public()}, crypto.CipherOptions{})
	zero, head := 0, 0
	for range 3000 {
		sealed, err := c.Seal([]byte("1"))
		require.NoError(t, err)
		opened, err := c.Open(sealed)
		require.NoError(t, err)
		require.Equal(t, "1", string(opened))
		rare := false
		if sealed[len(sealed)-1] == 0 {
			zero, rare = zero+1, true
		}
		if sealed[1] == 4 {
			head, rare = head+1, true
		}
		if !rare {
			continue
		}
		opened, err = c.Open(sealed[1:])
		require.NoError(t, err, "without its tag, even where x itself begins with 04")
		require.Equal(t, "1", string(opened))
		sealed[70] ^= 1
		_, err = c.Open(sealed)
		require.Equal(t, crypto.ErrOpen, err)
	}
	require.Positive(t, zero, "no zero C2 was met")
	require.Positive(t, head, "no x beginning with 04 was met")
}

// Among 2,000 fixed scalars some give a zero mask for one letter: those draw a
// second time, and the result must open like any other.
func TestSM2DrawsAgainWhenTheMaskIsZero(t *testing.T) {
	t.Parallel()
	private := loadPrivate(t, string(loadFile(t, "private-sm2-pkcs8.pem")))
	open := newCipher(t, "sm2-c1c3c2", crypto.Material{Private: private}, crypto.CipherOptions{})
	asked := 0
	for i := range 2000 {
		scalar, next := bytes.Repeat([]byte{1}, 32), bytes.Repeat([]byte{2}, 32)
		scalar[30], scalar[31] = byte(i>>8), byte(i)
		source := bytes.NewReader(append(scalar, next...))
		seal := newCipher(t, "sm2-c1c3c2", crypto.Material{Public: private.Public(), Random: source}, crypto.CipherOptions{})
		sealed, err := seal.Seal([]byte("1"))
		require.NoError(t, err)
		if source.Len() == 0 {
			asked++
			opened, err := open.Open(sealed)
			require.NoError(t, err)
			require.Equal(t, "1", string(opened))
		}
	}
	require.Positive(t, asked, "no zero mask was met")
}

func TestSM2SealFailsWhenNoRandomnessCanBeHad(t *testing.T) {
	t.Parallel()
	public := loadPublic(t, string(loadFile(t, "public-sm2-spki.pem")))
	for random, want := range map[io.Reader]string{
		iotest.ErrReader(errors.New("no entropy")): "no entropy",
		bytes.NewReader(nil):                       "EOF",
		zeros{}:                                    "nothing usable",
	} {
		sealed, err := newCipher(t, "sm2-c1c3c2", crypto.Material{Public: public, Random: random}, crypto.CipherOptions{}).Seal([]byte("1"))
		require.ErrorContains(t, err, want)
		require.Nil(t, sealed)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestSM2RefusesToSealNothing(t *testing.T) {
	t.Parallel()
	private, err := crypto.GenerateKey(crypto.KeySM2, nil)
	require.NoError(t, err)
	for _, suite := range sm2Suites {
		c := newCipher(t, suite, crypto.Material{Public: private.Public()}, crypto.CipherOptions{})
		sealed, err := c.Seal(nil)
		require.ErrorContains(t, err, "empty text")
		require.Nil(t, sealed)
	}
}

func TestSM2OpenHasOneErrorForEveryDamage(t *testing.T) {
	t.Parallel()
	private, err := crypto.GenerateKey(crypto.KeySM2, nil)
	require.NoError(t, err)
	other, err := crypto.GenerateKey(crypto.KeySM2, nil)
	require.NoError(t, err)
	for _, suite := range sm2Suites {
		c := newCipher(t, suite, crypto.Material{Private: private, Public: private.Public()}, crypto.CipherOptions{})
		stranger := newCipher(t, suite, crypto.Material{Private: other}, crypto.CipherOptions{})
		sealed, err := c.Seal([]byte("一码通"))
		require.NoError(t, err)
		_, err = stranger.Open(sealed)
		require.Equal(t, crypto.ErrOpen, err)
		for cut := range sealed {
			_, err = c.Open(sealed[:cut])
			require.Equal(t, crypto.ErrOpen, err, "cut to %d", cut)
			if cut%8 == 0 {
				damaged := bytes.Clone(sealed)
				damaged[cut] ^= 0x10
				_, err = c.Open(damaged)
				require.Equal(t, crypto.ErrOpen, err, "damaged at %d", cut)
			}
		}
		_, err = c.Open(make([]byte, 200))
		require.Equal(t, crypto.ErrOpen, err)
	}
}
