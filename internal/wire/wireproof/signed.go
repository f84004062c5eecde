package wireproof

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw/crypto"
	"github.com/zwfw-go/zwfw/internal/dock"
)

// Signed are the facts of a platform whose requests are signed in X-Sign.
type Signed struct {
	Key     func(t *testing.T, x Sample) string // of the sample's caller
	Missing map[string]string                   // codes that refuse a header which is not there: the header
	Wrong   string                              // the code that refuses a signature
}

// signature is the contract's, written down once more: HMAC-SHA256 in lower hex over
// method, path, time stamp, nonce and the body's SHA-256, joined by line feeds.
func (s Signed) signature(t *testing.T, x Sample, body []byte) string {
	t.Helper()
	digest := sha256.Sum256(body)
	mac := hmac.New(sha256.New, []byte(s.Key(t, x)))
	_, _ = io.WriteString(mac, strings.Join([]string{x.Method, x.Path, x.Headers["X-Timestamp"], x.Headers["X-Nonce"], hex.EncodeToString(digest[:])}, "\n"))
	return hex.EncodeToString(mac.Sum(nil))
}

// nonceOf gives a sample's nonce as the sixteen bytes that come first.
func nonceOf(t *testing.T, x Sample) io.Reader {
	t.Helper()
	nonce, err := hex.DecodeString(x.Headers["X-Nonce"])
	require.NoError(t, err)
	require.Len(t, nonce, 16)
	return io.MultiReader(bytes.NewReader(nonce), rand.Reader)
}

// requireSigned checks nonce, time and signature of a request, and that a changed body
// breaks it.
func (p Platform) requireSigned(t *testing.T, x Exchange, q *dock.Received) {
	t.Helper()
	if x.Code == p.Signed.Wrong {
		require.ErrorIs(t, q.Verify(), crypto.ErrSignature)
		return
	}
	require.NoError(t, q.Verify())
	require.Equal(t, x.Headers["X-Nonce"], q.Nonce)
	require.True(t, p.Time(t, x.Sample).Equal(q.At))
	altered := x.Sample
	altered.BodyBytes += " "
	_, q, _ = p.Read(t, altered)
	require.ErrorIs(t, q.Verify(), crypto.ErrSignature)
}
