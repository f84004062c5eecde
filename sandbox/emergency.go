package sandbox

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/crypto"
	"github.com/zwfw-go/zwfw/yimatong"
)

// Ids of the keys that emergency codes are signed with.
const (
	emergencyKey    = 2 // the present one
	oldEmergencyKey = 1 // its time ends with the sandbox's start
)

// issued is what the platform knows of an emergency code that it gave out.
type issued struct {
	citizen string
	code    yimatong.EmergencyCode
	used    bool
}

// emergencyDesk issues emergency codes (应急码), by the format that this project proposes.
type emergencyDesk struct {
	keys    yimatong.EmergencyKeySet
	issuers map[uint16]*yimatong.EmergencyIssuer
	codes   map[string]*issued // by text
	hashes  map[string]*issued // by the hash of the payload
}

func newEmergencyDesk(start time.Time) (*emergencyDesk, error) {
	d := &emergencyDesk{issuers: make(map[uint16]*yimatong.EmergencyIssuer), codes: make(map[string]*issued), hashes: make(map[string]*issued)}
	d.keys.Refreshed = start
	for _, k := range []struct {
		id       uint16
		pem      []byte
		from, to time.Time
	}{
		{oldEmergencyKey, clientPEM, start.AddDate(-1, 0, 0), start},
		{emergencyKey, platformPEM, start.AddDate(0, -1, 0), start.AddDate(1, 0, 0)},
	} {
		private := mustLoad("emergency", k.pem)
		signer, err := crypto.NewSigner("sm2-sm3-raw", crypto.Material{Private: private})
		if err != nil {
			return nil, err
		}
		key := yimatong.EmergencyKey{ID: k.id, SM2: private.Public(), NotBefore: k.from, NotAfter: k.to}
		d.keys.Keys = append(d.keys.Keys, key)
		if d.issuers[k.id], err = yimatong.NewEmergencyIssuer(yimatong.EmergencyIssuerConfig{Key: key, SM2: signer}); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// EmergencyKeys are the public keys that the platform gives to devices, refreshed now.
// The older of the two is past its time.
func (p *Platform) EmergencyKeys() yimatong.EmergencyKeySet {
	keys := p.yimatong.emergency.keys
	keys.Refreshed = p.clock.Now()
	return keys
}

// MintEmergencyCode lets a citizen fetch an emergency code ahead of an outage. It is good
// from now on for validity.
func (p *Platform) MintEmergencyCode(c Citizen, scope yimatong.EmergencyScope, validity time.Duration) zwfw.CodeText {
	return p.mintEmergency(emergencyKey, c, p.clock.Now(), scope, validity)
}

// MintOldEmergencyCode is a code that was signed with the old key, an hour before the
// key's time ended.
func (p *Platform) MintOldEmergencyCode(c Citizen, scope yimatong.EmergencyScope) zwfw.CodeText {
	return p.mintEmergency(oldEmergencyKey, c, p.yimatong.emergency.keys.Keys[0].NotAfter.Add(-time.Hour), scope, 30*time.Minute)
}

func (p *Platform) mintEmergency(key uint16, c Citizen, from time.Time, scope yimatong.EmergencyScope, validity time.Duration) zwfw.CodeText {
	code := yimatong.EmergencyCode{User: zwfw.NewSecret(p.hex(32)), NotBefore: from.Truncate(time.Second), Validity: validity, Scope: scope}
	text, err := p.yimatong.emergency.issuers[key].Issue(context.Background(), code)
	if err != nil {
		panic(fmt.Sprintf("sandbox: %v", err)) // the arguments are the test's own
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	i := &issued{citizen: c.UserID, code: code}
	p.yimatong.emergency.codes[text.Reveal()] = i
	p.yimatong.emergency.hashes[payloadHash(text.Reveal())] = i
	return text
}

// payloadHash is what devices write down of a code.
func payloadHash(text string) string {
	parts := strings.Split(text, ".")
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		panic(err) // our own issuer made it
	}
	sum := sha256.Sum256(payload)
	return hex.EncodeToString(sum[:])
}

// EmergencyUser is what the platform does with an uploaded use: it finds out who showed
// the code. A code that it never issued is nobody's.
func (p *Platform) EmergencyUser(use yimatong.EmergencyUse) (Citizen, bool) {
	p.mu.Lock()
	i, ok := p.yimatong.emergency.hashes[use.PayloadHash]
	if ok {
		i.used = true
	}
	p.mu.Unlock()
	if !ok {
		return Citizen{}, false
	}
	return p.citizen(i.citizen), true
}

// emergencyHolder is the citizen of an emergency code that is decoded on line.
func (y *yimatongSide) emergencyHolder(x *exchange, text string) (Citizen, *no) {
	y.p.mu.Lock()
	defer y.p.mu.Unlock()
	i, known := y.emergency.codes[text]
	switch {
	case !known:
		return Citizen{}, &no{kind: zwfw.EmergencyInvalid, text: "应急码验签失败"}
	case i.used:
		return Citizen{}, &no{kind: zwfw.CodeUsed}
	case x.now.Before(i.code.NotBefore):
		return Citizen{}, &no{kind: zwfw.CodeNotYetValid}
	case !x.now.Before(i.code.Expires()):
		return Citizen{}, &no{kind: zwfw.CodeExpired}
	}
	i.used = true
	x.entry.Effect = true
	return y.p.citizen(i.citizen), nil
}
