package crypto

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"encoding/asn1"
	"errors"
	"strconv"
	"strings"

	"github.com/emmansun/gmsm/sm2"
	"golang.org/x/crypto/cryptobyte"
	tag "golang.org/x/crypto/cryptobyte/asn1"
)

const sm2Size = 32

var (
	errScalar = errors.New("the 32 bytes are no SM2 private key: the number is zero or too large for the curve")
	errPoint  = errors.New("the bytes are no SM2 public key: the point does not lie on the curve; the key may belong to another curve, or a digit was lost")
)

// sm2Private takes a scalar of up to 32 bytes: some encoders drop leading
// zeros, others (Java's BigInteger) put one in front.
func sm2Private(scalar []byte, format string) (*PrivateKey, error) {
	for len(scalar) > sm2Size && scalar[0] == 0 {
		scalar = scalar[1:]
	}
	if len(scalar) > sm2Size {
		return nil, errScalar
	}
	full := make([]byte, sm2Size)
	copy(full[sm2Size-len(scalar):], scalar)
	key, err := sm2.NewPrivateKey(full)
	if err != nil {
		return nil, errScalar
	}
	return &PrivateKey{&privateInner{kind: KeySM2, sm2: key, format: format}}, nil
}

func sm2Public(point []byte, format string) (*PublicKey, error) {
	if len(point) == 2*sm2Size {
		point = append([]byte{sm2Tag}, point...)
	}
	if len(point) == 1+sm2Size && (point[0] == 2 || point[0] == 3) {
		x, y := elliptic.UnmarshalCompressed(sm2.P256(), point)
		if x == nil {
			return nil, errPoint
		}
		point = make([]byte, sm2PointSize)
		point[0] = sm2Tag
		x.FillBytes(point[1 : 1+sm2Size])
		y.FillBytes(point[1+sm2Size:])
	}
	if len(point) != sm2PointSize {
		return nil, errPoint
	}
	key, err := sm2.NewPublicKey(point)
	if err != nil {
		return nil, errPoint
	}
	return &PublicKey{&publicInner{kind: KeySM2, sm2: key, format: format}}, nil
}

// sec1Private reads an ECPrivateKey of RFC 5915. curve is the one PKCS#8 names;
// alone, the structure must name its own.
func sec1Private(body cryptobyte.String, curve, format string) (*PrivateKey, error) {
	var scalar, parameters cryptobyte.String
	var named bool
	if !body.SkipASN1(tag.INTEGER) ||
		!body.ReadASN1(&scalar, tag.OCTET_STRING) ||
		!body.ReadOptionalASN1(&parameters, &named, tag.Tag(0).Constructed().ContextSpecific()) {
		return nil, errDamaged
	}
	if curve == "" {
		var id asn1.ObjectIdentifier
		if parameters.ReadASN1ObjectIdentifier(&id) {
			curve = id.String()
		}
	}
	if curve != oidCurve {
		return nil, otherAlgorithm(oidEC, curve)
	}
	return sm2Private(scalar, format)
}

func sm2Point(key *ecdsa.PublicKey) ([]byte, error) {
	point, err := sm2.PublicKeyToECDH(key)
	if err != nil {
		return nil, err
	}
	return point.Bytes(), nil
}

func addSM2Algorithm(b *cryptobyte.Builder) {
	b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(oid(oidEC))
		b.AddASN1ObjectIdentifier(oid(oidCurve))
	})
}

func oid(dotted string) (id asn1.ObjectIdentifier) {
	for arc := range strings.SplitSeq(dotted, ".") {
		n, _ := strconv.Atoi(arc)
		id = append(id, n)
	}
	return id
}

func marshalSM2Public(key *ecdsa.PublicKey) ([]byte, error) {
	point, err := sm2Point(key)
	if err != nil {
		return nil, err
	}
	var b cryptobyte.Builder
	b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
		addSM2Algorithm(b)
		b.AddASN1BitString(point)
	})
	return b.Bytes()
}

func marshalSM2Private(key *sm2.PrivateKey) ([]byte, error) {
	point, err := sm2Point(&key.PublicKey)
	if err != nil {
		return nil, err
	}
	var b cryptobyte.Builder
	b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1Int64(0)
		addSM2Algorithm(b)
		b.AddASN1(tag.OCTET_STRING, func(b *cryptobyte.Builder) {
			b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1Int64(1)
				b.AddASN1OctetString(key.D.FillBytes(make([]byte, sm2Size)))
				b.AddASN1(tag.Tag(1).Constructed().ContextSpecific(), func(b *cryptobyte.Builder) {
					b.AddASN1BitString(point)
				})
			})
		})
	})
	return b.Bytes()
}
