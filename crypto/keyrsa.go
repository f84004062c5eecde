package crypto

import (
	"crypto/rsa"
	"errors"
	"fmt"
	"math"
	"math/big"

	"golang.org/x/crypto/cryptobyte"
)

const (
	leastRSA = 1024 // crypto/rsa refuses less, and such keys have been factored in public
	mostRSA  = 8192 // larger ones are met in attacks only: an operation takes seconds
)

func checkRSA(n, e *big.Int) error {
	switch bits := n.BitLen(); {
	case n.Sign() <= 0 || n.Bit(0) == 0:
		return errors.New("the RSA key is damaged: its modulus is not a product of two primes")
	case bits < leastRSA:
		return fmt.Errorf("the RSA key has %d bits; keys below %d can be broken and are refused: ask for one of 2048", bits, leastRSA)
	case bits > mostRSA:
		return fmt.Errorf("the RSA key has %d bits; more than %d are refused, an operation would take seconds", bits, mostRSA)
	case e.Cmp(big.NewInt(3)) < 0 || e.Bit(0) == 0 || e.Cmp(big.NewInt(math.MaxInt32)) > 0:
		return errors.New("the RSA key is damaged: its public exponent is not a usable number")
	}
	return nil
}

func rsaPublic(body cryptobyte.String, format string) (*PublicKey, error) {
	n, e := new(big.Int), new(big.Int)
	if !body.ReadASN1Integer(n) || !body.ReadASN1Integer(e) {
		return nil, errDamaged
	}
	if err := checkRSA(n, e); err != nil {
		return nil, err
	}
	key := &rsa.PublicKey{N: n, E: int(e.Int64())}
	return &PublicKey{&publicInner{kind: KeyRSA, rsa: key, format: format}}, nil
}

// rsaPrivate reads an RSAPrivateKey of RFC 8017. Java programs that build a key
// from a modulus and a private exponent write zero for the five CRT values, and
// mostly for the public exponent too; Java then works without them, the standard
// library refuses. All of them follow from the rest, so they are found again.
func rsaPrivate(body cryptobyte.String, format string) (*PrivateKey, error) {
	var version int
	if !body.ReadASN1Integer(&version) {
		return nil, errDamaged
	}
	if version != 0 {
		return nil, errors.New("this RSA key has more than two primes, which is not supported")
	}
	n, e, d, p, q := new(big.Int), new(big.Int), new(big.Int), new(big.Int), new(big.Int)
	for _, value := range []*big.Int{n, e, d, p, q} {
		if !body.ReadASN1Integer(value) {
			return nil, errDamaged
		}
	}
	if e.Sign() == 0 {
		e = exponentOf(n, d)
	}
	if err := checkRSA(n, e); err != nil {
		return nil, err
	}
	if d.Sign() <= 0 || d.Cmp(n) >= 0 || p.Sign() < 0 || q.Sign() < 0 {
		return nil, errNotOneKey
	}
	if p.Sign() == 0 || q.Sign() == 0 {
		var ok bool
		if p, q, ok = factors(n, e, d); !ok {
			return nil, errNotOneKey
		}
	}
	// dP, dQ and qInv are computed anew: wrong ones would leak the key through
	// a wrong signature.
	key := &rsa.PrivateKey{PublicKey: rsa.PublicKey{N: n, E: int(e.Int64())}, D: d, Primes: []*big.Int{p, q}}
	key.Precompute()
	if key.Validate() != nil {
		return nil, errNotOneKey
	}
	return &PrivateKey{&privateInner{kind: KeyRSA, rsa: key, format: format}}, nil
}

var errNotOneKey = errors.New("the numbers of this RSA key do not belong together; it may have been altered or put together by hand")

// exponentOf tries the public exponents in use: the right one undoes d. Where
// none does it returns zero, which is no exponent. A modulus out of range is
// left for checkRSA to refuse, before any long sum.
func exponentOf(n, d *big.Int) *big.Int {
	if n.Sign() <= 0 || n.BitLen() > mostRSA || d.Sign() <= 0 || d.Cmp(n) >= 0 {
		return new(big.Int)
	}
	two := big.NewInt(2)
	raised := new(big.Int).Exp(two, d, n)
	for _, e := range []int64{65537, 3, 17, 5, 257} {
		if new(big.Int).Exp(raised, big.NewInt(e), n).Cmp(two) == 0 {
			return big.NewInt(e)
		}
	}
	return new(big.Int)
}

// factors finds p and q: e*d-1 is a multiple of the order, so halving it leads
// to a square root of 1 that is neither 1 nor -1 for at least half of all bases
// (NIST SP 800-56B, appendix C).
func factors(n, e, d *big.Int) (p, q *big.Int, ok bool) {
	one := big.NewInt(1)
	k := new(big.Int).Mul(e, d)
	k.Sub(k, one)
	twos := k.TrailingZeroBits()
	if k.Sign() <= 0 || twos == 0 {
		return nil, nil, false
	}
	odd := new(big.Int).Rsh(k, twos)
	last := new(big.Int).Sub(n, one)
	const bases = 64
	for base := int64(2); base < 2+bases; base++ {
		x := new(big.Int).Exp(big.NewInt(base), odd, n)
		for range twos {
			square := new(big.Int).Mul(x, x)
			square.Mod(square, n)
			if square.Cmp(one) == 0 {
				break
			}
			x = square
		}
		if square := new(big.Int).Exp(x, big.NewInt(2), n); square.Cmp(one) != 0 {
			return nil, nil, false // e*d-1 is no multiple of the order: not one key
		}
		if x.Cmp(one) == 0 || x.Cmp(last) == 0 {
			continue
		}
		p = new(big.Int).GCD(nil, nil, x.Sub(x, one), n)
		q = new(big.Int).Quo(n, p)
		if p.Cmp(q) < 0 {
			p, q = q, p // the larger first, as every tool writes them
		}
		return p, q, true
	}
	return nil, nil, false
}
