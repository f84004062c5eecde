package crypto_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw/crypto"
)

func TestEncodingsWriteWhatTheirNamesSay(t *testing.T) {
	t.Parallel()
	b := []byte{0xfb, 0xef, 0xff, 0x0a}
	for e, want := range map[crypto.Encoding]string{"hex": "fbefff0a", "HEX": "FBEFFF0A", "b64": "++//Cg==", "b64url": "--__Cg"} {
		require.True(t, e.Valid())
		require.Equal(t, want, e.Encode(b))
		got, err := e.Decode(want)
		require.NoError(t, err)
		require.Equal(t, b, got)
	}
	for _, e := range []crypto.Encoding{"", "Hex", "base64"} {
		require.False(t, e.Valid())
		require.Empty(t, e.Encode(b))
	}
}

func TestDecodeTextReadsWhatPlatformsSend(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                         "",
		" \r\n":                    "",
		"414243":                   "ABC",
		"4a4B\r\n4C":               "JKL",
		"QUJDRA==":                 "ABCD",
		"QUJDRA":                   "ABCD",
		"QUJD\r\nRA==\r\n":         "ABCD",
		"Q U J D R A = =":          "ABCD",
		"--__Cg":                   "\xfb\xef\xff\x0a",
		"++//Cg==":                 "\xfb\xef\xff\x0a",
		"-+_/Cg":                   "\xfb\xef\xff\x0a",
		"QUJDRB==":                 "ABCD",             // stray bits in the last letter
		"abc":                      "\x69\xb7",         // odd length: not hex
		"deadbeef":                 "\xde\xad\xbe\xef", // both: hex first
		strings.Repeat("00", 1000): strings.Repeat("\x00", 1000),
	} {
		got, err := crypto.DecodeText(text)
		require.NoError(t, err, text)
		require.Equal(t, want, string(got), text)
	}
}

func TestDeclaredEncodingIsTriedFirstAndThenAnyOther(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		e          crypto.Encoding
		text, want string
	}{
		{"b64", "deadbeef", "\x75\xe6\x9d\x6d\xe7\x9f"}, // looks like hex and is not
		{"b64url", "++//Cg==", "\xfb\xef\xff\x0a"},
		{"hex", "4A4b", "JK"},
		{"HEX", "4A4b", "JK"},
		{"hex", "QUJDRA==", "ABCD"}, // the platform changed its mind
		{"", "QUJDRA==", "ABCD"},
	} {
		got, err := c.e.Decode(c.text)
		require.NoError(t, err, c.text)
		require.Equal(t, c.want, string(got), c.text)
	}
}

func TestDecodeErrorNeverRepeatsTheText(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"姓名：张三", "!secret!", "QUJDR", "QU=JD", "QUJDRA===", "=", "4142,4344"} {
		for _, decode := range []func(string) ([]byte, error){crypto.DecodeText, crypto.Encoding("hex").Decode, crypto.Encoding("b64").Decode} {
			_, err := decode(text)
			require.EqualError(t, err, "crypto: the text is neither hexadecimal nor Base64")
		}
	}
}
