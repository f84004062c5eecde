package yimatong

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/codetext"
)

// EmergencyCode (应急码) is what an emergency code says: that the issuer gave the bearer,
// known to it alone by User, leave to use these scenes for this time. It holds no name
// and no ID number and proves no identity.
//
// The format is a proposal of this project (assumption): no platform issues it today.
// docs/emergency-code.md describes every byte.
type EmergencyCode struct {
	KeyID uint16 // of the issuer's key

	// User is the issuer's reference for the bearer: 16 bytes as 32 lower-case hex
	// digits. Draw it with [NewEmergencyUser]; a number derived from an ID number could
	// be guessed back.
	User zwfw.Secret

	NotBefore time.Time     // whole seconds, 1970 to 2106
	Validity  time.Duration // whole seconds, above zero, at most [MaxEmergencyValidity]
	Scope     EmergencyScope
}

// Expires is the end of the code's life: it is not valid at this moment any more.
func (c EmergencyCode) Expires() time.Time { return c.NotBefore.Add(c.Validity) }

// MaxEmergencyValidity is the longest life the format allows. A code cannot be revoked
// where there is no line, so that a long life is a long risk.
const MaxEmergencyValidity = 31 * 24 * time.Hour

// EmergencyScope says what a code is good for, one bit for each scene of annex A of
// DB3301/T part 3 in the annex's order (the numbering is an assumption). Bits 11 to 15
// are free for scenes a city agrees on.
type EmergencyScope uint16

// The scenes of annex A.
const (
	EmergencyTravel     EmergencyScope = 1 << iota // 一码出行
	EmergencyHall                                  // 一码通办
	EmergencyPark                                  // 入园
	EmergencyMuseum                                // 入馆
	EmergencyClinic                                // 就医
	EmergencyVisit                                 // 连心
	EmergencySchool                                // 入学
	EmergencyTalent                                // 才金直通
	EmergencyBenefits                              // 三色五益
	EmergencyAid                                   // 助残助学
	EmergencyCalculator                            // 幸福计算器
)

// NewEmergencyUser draws a reference for a citizen. The issuer keeps whose it is; a
// new one for each code keeps halls from telling that two codes are one person's.
func NewEmergencyUser() zwfw.Secret {
	user := make([]byte, ecUserSize)
	_, _ = rand.Read(user) // never fails
	return zwfw.NewSecret(hex.EncodeToString(user))
}

// IsEmergencyCode tells by its beginning whether a scanned text is for an
// [EmergencyVerifier]. It says nothing about the rest.
func IsEmergencyCode(code zwfw.CodeText) bool {
	return strings.HasPrefix(codetext.Normalize(code.Reveal()), ecPrefix)
}

// The text is "EC1." Base64url(payload) "." Base64url(signature), both without padding;
// what is signed is the text before the second dot.
const (
	ecPrefix        = "EC1."
	ecUserSize      = 16
	ecPayloadSize   = 29 // version 1, key 2, user 16, not-before 4, validity 4, scope 2
	ecSignatureSize = 64 // r and s of 32 bytes each
	ecSignedSize    = len(ecPrefix) + 39
	ecTextSize      = ecSignedSize + 1 + 86 // 130: QR version 8-M holds 152
)

// The first byte of the payload names the algorithm.
const (
	ecVersionP256 = 1 // ECDSA on P-256 with SHA-256
	ecVersionSM2  = 2 // SM2 with SM3
)

// ecBase64 refuses bits that no byte needs: a payload has one text only.
var ecBase64 = base64.RawURLEncoding.Strict()

type (
	ecPayload   [ecPayloadSize]byte
	ecSignature [ecSignatureSize]byte
	// ecUsed is what a code is spent under: a hash of user reference and not-before, so
	// that no reference stays on the device.
	ecUsed [20]byte
)

func (p *ecPayload) version() byte { return p[0] }
func (p *ecPayload) keyID() uint16 { return binary.BigEndian.Uint16(p[1:]) }

func (p *ecPayload) used() ecUsed {
	sum := sha256.Sum256(p[3:23])
	return ecUsed(sum[:])
}

func (p *ecPayload) code() EmergencyCode {
	return EmergencyCode{
		KeyID:     p.keyID(),
		User:      zwfw.NewSecret(hex.EncodeToString(p[3:19])),
		NotBefore: time.Unix(int64(binary.BigEndian.Uint32(p[19:])), 0),
		Validity:  time.Duration(binary.BigEndian.Uint32(p[23:])) * time.Second,
		Scope:     EmergencyScope(binary.BigEndian.Uint16(p[27:])),
	}
}

// hash names the payload in records. Two signatures of one payload are one code.
func (p *ecPayload) hash() [sha256.Size]byte { return sha256.Sum256(p[:]) }

// signed gives the bytes that are signed.
func (p *ecPayload) signed() []byte {
	return ecBase64.AppendEncode(append(make([]byte, 0, ecTextSize), ecPrefix...), p[:])
}

func (p *ecPayload) text(signature ecSignature) string {
	return string(ecBase64.AppendEncode(append(p.signed(), '.'), signature[:]))
}

// ecWrite makes the payload, or says which field cannot be.
func ecWrite(version byte, c EmergencyCode) (p ecPayload, wrong *zwfw.Error) {
	user, err := hex.DecodeString(c.User.Reveal())
	from, life := c.NotBefore.Unix(), c.Validity/time.Second
	switch {
	case err != nil || len(user) != ecUserSize:
		return p, ecRefuse(zwfw.BadRequest, "User", "must be 32 hex digits")
	case from <= 0 || from > 1<<32-1 || c.NotBefore.Nanosecond() != 0:
		return p, ecRefuse(zwfw.BadRequest, "NotBefore", "must be a whole second from 1970 to 2106")
	case c.Validity%time.Second != 0 || life <= 0 || c.Validity > MaxEmergencyValidity:
		return p, ecRefuse(zwfw.BadRequest, "Validity", fmt.Sprintf("must be whole seconds, above zero and at most %v", MaxEmergencyValidity))
	case c.Scope == 0:
		return p, ecRefuse(zwfw.BadRequest, "Scope", "must name one scene at least")
	}
	p[0] = version
	binary.BigEndian.PutUint16(p[1:], c.KeyID)
	copy(p[3:], user)
	binary.BigEndian.PutUint32(p[19:], uint32(from))
	binary.BigEndian.PutUint32(p[23:], uint32(life))
	binary.BigEndian.PutUint16(p[27:], uint16(c.Scope))
	return p, nil
}

// ecRead takes a text apart. Every text it accepts is the only one for its payload and
// signature.
func ecRead(text string) (p ecPayload, s ecSignature, ok bool) {
	if len(text) != ecTextSize || !strings.HasPrefix(text, ecPrefix) || text[ecSignedSize] != '.' {
		return p, s, false
	}
	n, err := ecBase64.Decode(p[:], []byte(text[len(ecPrefix):ecSignedSize]))
	if err != nil || n != ecPayloadSize { // the decoder skips line ends: bytes are missing then
		return p, s, false
	}
	n, err = ecBase64.Decode(s[:], []byte(text[ecSignedSize+1:]))
	return p, s, err == nil && n == ecSignatureSize
}
