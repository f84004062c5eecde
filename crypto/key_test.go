package crypto_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw/crypto"
)

func TestGeneratedKeysSurviveWritingAndLoading(t *testing.T) {
	t.Parallel()
	for kind, bits := range map[crypto.KeyKind]int{crypto.KeyRSA: 2048, crypto.KeySM2: 256} {
		key, err := crypto.GenerateKey(kind, nil)
		require.NoError(t, err)
		require.Equal(t, kind, key.Kind())
		require.Equal(t, bits, key.Bits())
		require.Equal(t, "generated", key.Format())
		der, err := key.MarshalPKCS8()
		require.NoError(t, err)
		again, err := crypto.LoadPrivateKey(der)
		require.NoError(t, err)
		require.True(t, key.Equal(again))
		require.Equal(t, "DER PKCS#8", again.Format())

		der, err = key.Public().MarshalSPKI()
		require.NoError(t, err)
		public, err := crypto.LoadPublicKey(der)
		require.NoError(t, err)
		require.True(t, key.Public().Equal(public))
		require.Equal(t, bits, public.Bits())

		other, err := crypto.GenerateKey(kind, nil)
		require.NoError(t, err)
		require.False(t, key.Equal(other))
		require.False(t, key.Public().Equal(other.Public()))
	}
	_, err := crypto.GenerateKey(crypto.KeyEC, nil)
	require.ErrorContains(t, err, "only RSA and SM2")
}

func TestMarshalledKeysEqualThoseOfOpenSSLAndTheJDK(t *testing.T) {
	t.Parallel()
	vectors := readVectors[smVectors](t, "sm.json").Sign
	require.NotEmpty(t, vectors)
	for _, v := range vectors {
		key := loadPrivate(t, v.Private)
		der, err := key.MarshalPKCS8()
		require.NoError(t, err)
		require.Equal(t, v.PrivatePKCS8, base64.StdEncoding.EncodeToString(der))
		require.True(t, key.Equal(loadPrivate(t, v.PrivatePKCS8)))
		der, err = key.Public().MarshalSPKI()
		require.NoError(t, err)
		require.Equal(t, v.PublicSPKI, base64.StdEncoding.EncodeToString(der))
		require.True(t, key.Public().Equal(loadPublic(t, v.Public)))
		require.True(t, key.Public().Equal(loadPublic(t, v.PublicSPKI)))
	}
	v := readVectors[jdkVectors](t, "jdk.json").RSA[0]
	der, err := loadPrivate(t, v.Private).MarshalPKCS8()
	require.NoError(t, err)
	require.Equal(t, v.Private, base64.StdEncoding.EncodeToString(der))
}

func TestKeysPrintTheirKindAndSizeOnly(t *testing.T) {
	t.Parallel()
	for file, want := range map[string]string{"private-rsa-pkcs8.pem": "RSA 2048 bit", "private-sm2-pkcs8.pem": "SM2 256 bit"} {
		key := loadPrivate(t, string(loadFile(t, file)))
		der, err := key.MarshalPKCS8()
		require.NoError(t, err)
		type config struct {
			private *crypto.PrivateKey
			public  *crypto.PublicKey
			value   crypto.PrivateKey
		}
		for _, v := range []any{key, *key, key.Public(), *key.Public(), config{key, key.Public(), *key}, &config{key, nil, *key}, []*crypto.PrivateKey{key}} {
			printed := fmt.Sprintf("%v %+v %#v %s %d %x %q", v, v, v, v, v, v, v)
			var log strings.Builder
			slog.New(slog.NewTextHandler(&log, nil)).Info("x", "v", v)
			b, err := json.Marshal(v)
			require.NoError(t, err)
			all := printed + log.String() + string(b)
			// The last bytes of an SM2 DER are the public point; the secret ones
			// of either kind lie within the first hundred.
			for _, window := range [][]byte{der[36:52], der[60:76]} {
				require.NotContains(t, strings.ToLower(all), fmt.Sprintf("%x", window[:6]))
				require.NotContains(t, all, strings.Trim(fmt.Sprint(window[:6]), "[]"))
			}
			require.Less(t, len(all), 1500, "nothing long enough to be a key")
		}
		require.Equal(t, "crypto.PrivateKey("+want+")", fmt.Sprint(key))
		require.Equal(t, "crypto.PublicKey("+want+")", fmt.Sprintf("%#v", key.Public()))
		b, err := json.Marshal(map[string]any{"key": key})
		require.NoError(t, err)
		require.JSONEq(t, `{"key":"crypto.PrivateKey(`+want+`)"}`, string(b))
	}
}

func TestNilKeysAnswerInsteadOfPanicking(t *testing.T) {
	t.Parallel()
	var private *crypto.PrivateKey
	var public *crypto.PublicKey
	require.Equal(t, crypto.KeyNone, private.Kind())
	require.Equal(t, crypto.KeyNone, public.Kind())
	require.Zero(t, private.Bits())
	require.Zero(t, public.Bits())
	require.Empty(t, private.Format()+public.Format())
	require.Nil(t, private.Public())
	require.True(t, private.Equal(nil))
	require.True(t, public.Equal(nil))
	_, err := private.MarshalPKCS8()
	require.ErrorContains(t, err, "not there")
	_, err = public.MarshalSPKI()
	require.ErrorContains(t, err, "not there")
	require.Equal(t, "crypto.PrivateKey(no key)", fmt.Sprint(crypto.PrivateKey{}))
	require.NotPanics(t, func() { _ = fmt.Sprintf("%v %#v", private, public) })
	sm2Key := loadPrivate(t, string(loadFile(t, "private-sm2-pkcs8.pem")))
	require.False(t, sm2Key.Equal(nil))
	require.False(t, sm2Key.Public().Equal(nil))
}
