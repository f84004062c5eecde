package dock

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io"
	"math/big"
	"strings"
	"sync"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/crypto"
	"github.com/zwfw-go/zwfw/internal/jsonx"
	"github.com/zwfw-go/zwfw/internal/wiretime"
)

// vars holds the values that the templates of one attempt may name. The time and
// the nonce are one for the whole attempt, however often they are named.
type vars struct {
	creds  map[string]zwfw.Secret
	at     time.Time
	offset time.Duration // clock offset within at
	zone   *time.Location
	seed   [16]byte
	token  string
	method string
	path   string
	body   []byte
	sign   string
	signed bool
	call   string

	members map[string][]jsonx.Member // what signing may want, by path in the body
	pairs   crypto.Canonicalizer
	pairsOf string

	// On the platform's side the time and nonce are what arrived, as they arrived.
	arrived map[string]string
}

func (v *vars) keep(path string, members []jsonx.Member) {
	if v.members == nil {
		v.members = make(map[string][]jsonx.Member, 2)
	}
	v.members[path] = members
}

func (v *vars) expand(t crypto.Template) (string, error) {
	b, err := t.Append(nil, v.value)
	return string(b), err
}

// value resolves one name of a template.
func (v *vars) value(name, format string) (string, bool) {
	if slot, ok := strings.CutPrefix(name, "cred."); ok {
		s := v.creds[slot]
		return s.Reveal(), !s.IsZero()
	}
	switch name {
	case "ts":
		if got, ok := v.arrived["ts|"+format]; ok {
			return got, true
		}
		return wiretime.Format(v.at, format, v.zone), v.arrived == nil
	case "nonce":
		if got, ok := v.arrived["nonce|"+format]; ok {
			return got, true
		}
		return formatNonce(v.seed, format), v.arrived == nil
	case "token":
		return v.token, v.token != ""
	case "method":
		return v.method, true
	case "path":
		return v.path, true
	case "body":
		return string(v.body), true
	case "sign":
		return v.sign, v.signed
	case "call":
		return v.call, v.call != ""
	case "kv":
		members, ok := v.members[v.pairsOf]
		return string(v.pairs.Append(nil, toPairs(members))), ok
	}
	return "", false
}

// formatNonce writes 16 random bytes as a UUID (version 4), hex or 20 digits.
func formatNonce(seed [16]byte, format string) string {
	switch format {
	case "uuid":
		seed[6], seed[8] = seed[6]&0x0f|0x40, seed[8]&0x3f|0x80
		h := hex.EncodeToString(seed[:])
		return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
	case "digits":
		n := new(big.Int).SetBytes(seed[:])
		return fmt.Sprintf("%020d", n.Mod(n, big.NewInt(0).Exp(big.NewInt(10), big.NewInt(20), nil)))
	}
	return hex.EncodeToString(seed[:])
}

// lockedReader serialises a source of randomness; nil means the machine's own.
type lockedReader struct {
	mu  sync.Mutex
	src io.Reader
}

func (l *lockedReader) Read(p []byte) (int, error) {
	if l.src == nil {
		return rand.Read(p)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return io.ReadFull(l.src, p)
}
