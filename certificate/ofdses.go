package certificate

import (
	"crypto/x509/pkix"
	"encoding/asn1"
	"strings"

	"github.com/zwfw-go/zwfw/crypto"
)

// ofdSeal is what is read of a signed value (SES_Signature).
type ofdSeal struct {
	name        string // of the seal
	certificate []byte // of the signer
	digest      []byte // of Signature.xml
	algorithm   string // object identifier of the signature
	signed      []byte // what the signature is over
	signature   []byte
}

// What is parsed grows in memory by tens of times when it is made of tiny pieces.
const (
	ofdMostMembers     = 32      // of a sequence that is looked into; the standards have 7 at most
	ofdMostCertificate = 8 << 10 // bytes; usual are one or two thousand
)

// ofdParseSeal reads SES_Signature as GM/T 0031—2014 and GB/T 38540—2020 (GM/T
// 0031—2025 alike) have it:
//
//	newer: { toSign { version, eseal, time, digest, … }, cert, algorithm, signature, … }
//	older: { toSign { version, eseal, time, digest, properties, cert, algorithm }, signature }
//
// Only the shape is checked; false when the value has another.
func ofdParseSeal(value []byte) (ofdSeal, bool) {
	var outer asn1.RawValue
	if _, err := asn1.Unmarshal(value, &outer); err != nil { // bytes behind it are left alone
		return ofdSeal{}, false
	}
	parts := ofdChildren(outer)
	if len(parts) < 2 {
		return ofdSeal{}, false
	}
	signed := ofdChildren(parts[0])
	if len(signed) < 5 {
		return ofdSeal{}, false
	}
	holder := parts[1:] // newer: certificate, algorithm, signature
	if parts[1].Tag == asn1.TagBitString && len(signed) >= 7 {
		holder = []asn1.RawValue{signed[5], signed[6], parts[1]} // older
	}
	var algorithm asn1.ObjectIdentifier
	if len(holder) < 3 || holder[0].Tag != asn1.TagOctetString || len(holder[0].Bytes) > ofdMostCertificate {
		return ofdSeal{}, false
	}
	if _, err := asn1.Unmarshal(holder[1].FullBytes, &algorithm); err != nil {
		return ofdSeal{}, false
	}
	digest, signature := ofdBits(signed[3]), ofdBits(holder[2])
	return ofdSeal{
		name: ofdSealName(signed[1]), certificate: holder[0].Bytes, digest: digest, algorithm: algorithm.String(),
		signed: parts[0].FullBytes, signature: signature,
	}, digest != nil && signature != nil
}

// verify checks the signature with the certificate that lies beside it.
func (s ofdSeal) verify() OFDCheck {
	key, err := crypto.LoadPublicKey(s.certificate)
	if err != nil {
		return OFDNotChecked
	}
	verifier, err := crypto.NewVerifier(strings.ToLower(ofdAlgorithms[s.algorithm].name), crypto.Material{Public: key})
	if err != nil {
		return OFDNotChecked
	}
	if verifier.Verify(s.signed, s.signature) != nil {
		return OFDDiffers
	}
	return OFDMatches
}

// ofdSealName reads eseal { info { header, id, property { type, name, … }, … }, … }.
func ofdSealName(eseal asn1.RawValue) string {
	info := ofdChildren(ofdChild(eseal, 0))
	if len(info) < 3 {
		return ""
	}
	return ofdString(ofdChild(info[2], 1).FullBytes)
}

// ofdSubject reads the subject's common name, or its organisation where it has none.
// crypto/x509 refuses certificates with SM2 keys, so the few fields are taken by hand.
func ofdSubject(certificate []byte) string {
	var cert struct {
		TBS struct {
			Version   int `asn1:"optional,explicit,default:0,tag:0"`
			Serial    asn1.RawValue
			Algorithm asn1.RawValue
			Issuer    asn1.RawValue
			Validity  asn1.RawValue
			Subject   pkix.RDNSequence
		}
	}
	if _, err := asn1.Unmarshal(certificate, &cert); err != nil {
		return ""
	}
	var name pkix.Name
	name.FillFromRDNSequence(&cert.TBS.Subject)
	if name.CommonName == "" {
		name.CommonName = strings.Join(name.Organization, " ")
	}
	return strings.ToValidUTF8(name.CommonName, "\uFFFD")
}

// ofdBits gives the bytes of a BIT STRING, nil when v is none or has odd bits.
func ofdBits(v asn1.RawValue) []byte {
	if v.Tag != asn1.TagBitString || len(v.Bytes) < 2 || v.Bytes[0] != 0 {
		return nil
	}
	return v.Bytes[1:]
}

func ofdString(der []byte) string {
	var text string
	if _, err := asn1.Unmarshal(der, &text); err != nil {
		return ""
	}
	return text
}

func ofdChild(v asn1.RawValue, n int) asn1.RawValue {
	if all := ofdChildren(v); len(all) > n {
		return all[n]
	}
	return asn1.RawValue{}
}

// ofdChildren gives the members of a sequence, nil when v is none or is damaged.
func ofdChildren(v asn1.RawValue) []asn1.RawValue {
	if v.Tag != asn1.TagSequence || !v.IsCompound {
		return nil
	}
	var all []asn1.RawValue
	for rest := v.Bytes; len(rest) > 0; {
		var child asn1.RawValue
		var err error
		if rest, err = asn1.Unmarshal(rest, &child); err != nil || len(all) == ofdMostMembers {
			return nil
		}
		all = append(all, child)
	}
	return all
}
