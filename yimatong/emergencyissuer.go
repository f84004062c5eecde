package yimatong

import (
	"context"
	stdcrypto "crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/crypto"
)

// EmergencyIssuerConfig is the key that signs. Key is its public half, as the devices
// hold it, and exactly the signer of its algorithm is set.
type EmergencyIssuerConfig struct {
	Key EmergencyKey

	// P256 signs for a P-256 key: an *ecdsa.PrivateKey, or a key in a device or service.
	// It gets a SHA-256 digest and answers in ASN.1.
	P256 stdcrypto.Signer

	// SM2 signs for an SM2 key. Make it with crypto.NewSigner or crypto.RemoteSigner of
	// the suite "sm2-sm3-raw", with the usual user identifier 1234567812345678.
	SM2 crypto.Signer
}

// EmergencyIssuer signs emergency codes. It is the part of the platform or of the app
// behind it; a device that scans needs none. It is safe for concurrent use when its
// signer is.
type EmergencyIssuer struct {
	key   ecKey
	sign  func(ctx context.Context, message []byte) (ecSignature, error)
	voice ecVoice
}

// NewEmergencyIssuer checks that key and signer fit. Of the options WithAdvice is read.
func NewEmergencyIssuer(c EmergencyIssuerConfig, options ...zwfw.Option) (*EmergencyIssuer, error) {
	settings, err := zwfw.NewSettings(options...)
	if err != nil {
		return nil, err
	}
	key, err := newECKey(c.Key)
	if err != nil {
		return nil, fmt.Errorf("yimatong: EmergencyIssuerConfig.Key: %w", err)
	}
	i := &EmergencyIssuer{key: key, voice: newECVoice("EmergencyIssue", settings.Advice)}
	switch {
	case key.version == ecVersionP256 && c.P256 != nil && c.SM2 == nil:
		if public, ok := c.P256.Public().(*ecdsa.PublicKey); !ok || !public.Equal(c.Key.P256) {
			return nil, errors.New("yimatong: EmergencyIssuerConfig.P256 is not the other half of Key.P256")
		}
		i.sign = ecSignP256(c.P256)
	case key.version == ecVersionSM2 && c.SM2 != nil && c.P256 == nil:
		i.sign = ecSignSM2(c.SM2)
	default:
		return nil, errors.New("yimatong: EmergencyIssuerConfig: exactly the signer of the key's algorithm must be set, P256 or SM2")
	}
	return i, nil
}

// Issue makes the text of a code, 130 ASCII characters: QR version 8 at level M. KeyID
// is filled in; all other fields are required. The signature is checked before the text
// is handed out.
//
// Errors: BadRequest names the field (also when the code would outlive the key), Canceled,
// KeyMismatch when the signer answers with something that does not match the key, and
// Upstream when the signer fails. Nothing was issued then.
func (i *EmergencyIssuer) Issue(ctx context.Context, c EmergencyCode) (zwfw.CodeText, error) {
	none := zwfw.CodeText{}
	c.KeyID = i.key.ID
	p, wrong := ecWrite(i.key.version, c)
	if wrong != nil {
		return none, i.voice.finish(wrong)
	}
	if end := i.key.NotAfter; !end.IsZero() && c.Expires().After(end) {
		return none, i.voice.finish(ecRefuse(zwfw.BadRequest, "Validity", "must end before the key does"))
	}
	if start := i.key.NotBefore; c.NotBefore.Before(start) {
		return none, i.voice.finish(ecRefuse(zwfw.BadRequest, "NotBefore", "must not lie before the key's"))
	}
	if err := ctx.Err(); err != nil {
		return none, i.voice.finish(ecBecause(zwfw.Canceled, "", "", err))
	}
	message := p.signed()
	signature, err := i.sign(ctx, message)
	switch {
	case err != nil && ctx.Err() != nil:
		return none, i.voice.finish(ecBecause(zwfw.Canceled, "", "", ctx.Err()))
	case errors.Is(err, errECForm):
		return none, i.voice.finish(ecBecause(zwfw.KeyMismatch, "Signer", err.Error(), err))
	case err != nil:
		return none, i.voice.finish(ecBecause(zwfw.Upstream, "Signer", "the signer failed", err))
	case !i.key.verify(message, &signature):
		return none, i.voice.finish(ecRefuse(zwfw.KeyMismatch, "Signer", "the signature does not match Key"))
	}
	return zwfw.NewCodeText(p.text(signature)), nil
}

// errECForm hides what came: a device in trouble may answer with anything.
var errECForm = errors.New("the signer's answer is no signature of the key's algorithm: P-256 in ASN.1, SM2 as r and s of 32 bytes each (suite sm2-sm3-raw)")

func ecSignP256(signer stdcrypto.Signer) func(context.Context, []byte) (ecSignature, error) {
	return func(_ context.Context, message []byte) (made ecSignature, err error) {
		sum := sha256.Sum256(message)
		der, err := signer.Sign(rand.Reader, sum[:], stdcrypto.SHA256)
		if err != nil {
			return made, err
		}
		return ecFromASN1(der)
	}
}

// ecFromASN1 writes r and the smaller s.
func ecFromASN1(der []byte) (made ecSignature, err error) {
	var parts struct{ R, S *big.Int }
	order := new(big.Int).SetBytes(ecHalfOrder[:])
	order.Add(order.Lsh(order, 1), big.NewInt(1))
	rest, err := asn1.Unmarshal(der, &parts)
	if err != nil || len(rest) > 0 || parts.R.Sign() <= 0 || parts.S.Sign() <= 0 || parts.R.Cmp(order) >= 0 || parts.S.Cmp(order) >= 0 {
		return made, errECForm
	}
	if twin := new(big.Int).Sub(order, parts.S); twin.Cmp(parts.S) < 0 {
		parts.S = twin
	}
	parts.R.FillBytes(made[:32])
	parts.S.FillBytes(made[32:])
	return made, nil
}

func ecSignSM2(signer crypto.Signer) func(context.Context, []byte) (ecSignature, error) {
	return func(ctx context.Context, message []byte) (made ecSignature, err error) {
		signature, err := signer.Sign(ctx, message)
		if err != nil {
			return made, err
		}
		if len(signature) != len(made) {
			return made, errECForm
		}
		return ecSignature(signature), nil
	}
}
