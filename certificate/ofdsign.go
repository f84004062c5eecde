package certificate

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"strings"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/crypto"
	"github.com/zwfw-go/zwfw/internal/wiretime"
)

// OFDSignature is one signature (签名) or seal (签章) of a document. What is said of
// signer, time and algorithm is what the file says; see [InspectOFD] for what is not
// checked.
type OFDSignature struct {
	ID   string
	Type string // "Seal" (签章, also when the file says nothing) or "Sign" (签名); others as written

	// Signer is the name in the signer's certificate (签章人), and SealName the name of
	// the seal (印章名称). Certificate is that certificate in DER, to compare with one
	// that is trusted. All three come out of the signed value and are zero when it is not
	// in a format of GM/T 0031 or GB/T 38540, as with type Sign.
	Signer, SealName zwfw.PlatformText
	Certificate      zwfw.Raw

	Provider, ProviderVersion, Company string // the product that signed

	Algorithm string    // 签名方法 as written, an object identifier as a rule; see AlgorithmName
	Time      time.Time // 签名时间, zero when it cannot be read; +08:00 where the file names no zone (assumption)
	TimeText  string    // the time as written

	// DigestMethod is the 摘要方法 as written: an object identifier or a name; MD5 when
	// the file says nothing, as GB/T 33190 has it.
	DigestMethod string
	Files        []OFDFile // what the signature lists

	// Description says whether the digest in the signed value matches Signature.xml,
	// which holds the list of files, and Value whether the signature value fits
	// Certificate (SM2 with the default user identifier, or RSA). Both are OFDNotChecked
	// when the signed value is not in a format of GM/T 0031 or GB/T 38540, or its
	// algorithm is not known.
	Description, Value OFDCheck
}

// OFDFile is one file that a signature lists.
type OFDFile struct {
	Name   zwfw.PlatformText // the entry in the package that was compared
	Result OFDCheck
}

// OFDCheck is the result of comparing a digest or a signature value.
type OFDCheck uint8

const (
	OFDNotChecked OFDCheck = iota // nothing was compared: method or format is not known
	OFDMatches                    // the content is the one that was listed or signed
	OFDDiffers                    // it is another: altered, or wrong from the start
	OFDMissing                    // the package has no such file
)

// String names the result.
func (c OFDCheck) String() string {
	switch c {
	case OFDMatches:
		return "matches"
	case OFDDiffers:
		return "differs"
	case OFDMissing:
		return "missing"
	}
	return "not checked"
}

// Intact reports whether the signature lists files, all of them match, and neither
// Description nor Value differs. It says nothing of who signed: anybody can sign.
func (s OFDSignature) Intact() bool {
	for _, f := range s.Files {
		if f.Result != OFDMatches {
			return false
		}
	}
	return len(s.Files) > 0 && s.Description != OFDDiffers && s.Value != OFDDiffers
}

// AlgorithmName names the algorithm: "SM2-SM3", "RSA-SHA256", "RSA-SHA1"; "" when it is
// not known.
func (s OFDSignature) AlgorithmName() string { return ofdAlgorithms[ofdMethodName(s.Algorithm)].name }

// DigestName names the digest method: "SM3", "SHA256", "SHA1", "MD5"; "" when it is not
// known. MD5 and SHA-1 can be made to match forged content; see crypto.GradeOf.
func (s OFDSignature) DigestName() string { return strings.ToUpper(s.method()) }

// method is the suite of package crypto for the digests, "" when there is none.
func (s OFDSignature) method() string { return ofdDigests[ofdMethodName(s.DigestMethod)] }

// ofdDigests gives the suites of the names in use: those of GB/T 33190, and the object
// identifiers that makers of seals write.
var ofdDigests = map[string]string{
	"MD5": "md5", "1.2.840.113549.2.5": "md5",
	"SHA1": "sha1", "1.3.14.3.2.26": "sha1",
	"SHA256": "sha256", "2.16.840.1.101.3.4.2.1": "sha256",
	"SM3": "sm3", "1.2.156.10197.1.401": "sm3", "1.2.156.10197.1.401.1": "sm3",
}

// ofdAlgorithms names signature algorithms, and the suite of the digest that goes with
// each.
var ofdAlgorithms = map[string]struct{ name, digest string }{
	"1.2.156.10197.1.501":   {"SM2-SM3", "sm3"},
	"1.2.840.113549.1.1.11": {"RSA-SHA256", "sha256"},
	"1.2.840.113549.1.1.5":  {"RSA-SHA1", "sha1"},
}

func ofdMethodName(text string) string {
	return strings.ReplaceAll(strings.ToUpper(strings.TrimSpace(text)), "-", "")
}

const (
	ofdMostSignatures = 64      // a certificate has one to five
	ofdMostValue      = 8 << 20 // a signed value: certificates, and the seal with its picture
)

// signatures reads the signatures of one document.
func (p *ofdPackage) signatures(document string, locations []string) ([]OFDSignature, error) {
	where := document + ": Signatures.xml"
	list, err := p.part(ofdRootFile, where, locations)
	if err != nil {
		return nil, err
	}
	p.listed[list] = true
	var x ofdSignaturesXML
	if err := p.xml(list, where, &x); err != nil {
		return nil, err
	}
	var all []OFDSignature
	if p.signed += len(x.Entries); p.signed > ofdMostSignatures {
		return nil, ofdError(OFDTooLarge, where, fmt.Sprintf("at most %d signatures in all", ofdMostSignatures))
	}
	for i, entry := range x.Entries {
		where := fmt.Sprintf("%s: signature %d", document, i+1)
		name, err := p.part(list, where, []string{entry.BaseLoc})
		if err != nil {
			return nil, err
		}
		s, err := p.signature(name, where)
		if err != nil {
			return nil, err
		}
		if s.ID, s.Type = entry.ID, entry.Type; s.Type == "" {
			s.Type = "Seal" // the default of GB/T 33190
		}
		all = append(all, s)
	}
	return all, nil
}

// signature reads Signature.xml and what it points at.
func (p *ofdPackage) signature(name, where string) (OFDSignature, error) {
	p.listed[name] = true
	var x ofdSignatureXML
	if err := p.xml(name, where+": Signature.xml", &x); err != nil {
		return OFDSignature{}, err
	}
	if len(x.Signed) != 1 || len(x.Signed[0].References) != 1 {
		return OFDSignature{}, ofdError(OFDDamaged, where, "one SignedInfo with one References")
	}
	info := x.Signed[0]
	s := OFDSignature{
		Provider: info.Provider.Name, ProviderVersion: info.Provider.Version, Company: info.Provider.Company,
		Algorithm: strings.TrimSpace(info.Method), TimeText: strings.TrimSpace(info.Time), Time: ofdTime(info.Time),
		DigestMethod: strings.TrimSpace(info.References[0].Method),
	}
	if s.DigestMethod == "" {
		s.DigestMethod = "MD5"
	}
	for _, location := range info.Seal {
		seal, err := p.resolve(name, where+": Seal", location)
		if err != nil {
			return s, err
		}
		p.listed[seal] = true
	}
	if err := p.references(&s, name, where, info.References[0]); err != nil {
		return s, err
	}
	return s, p.signedValue(&s, name, where+": SignedValue", x.Value)
}

// references compares every file that the signature lists.
func (p *ofdPackage) references(s *OFDSignature, from, where string, x ofdReferencesXML) error {
	if len(x.Files) > ofdMostEntries {
		return ofdError(OFDTooLarge, where, fmt.Sprintf("at most %d files listed", ofdMostEntries))
	}
	for i, f := range x.Files {
		where := fmt.Sprintf("%s: listed file %d", where, i+1)
		name, err := p.resolve(from, where, f.File)
		if err != nil {
			return err
		}
		if len(f.Value) != 1 {
			return ofdError(OFDDamaged, where, "one CheckValue")
		}
		want, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(f.Value[0]), ""))
		if err != nil {
			return ofdError(OFDDamaged, where, "a CheckValue in Base64")
		}
		result, err := p.compare(name, where, s.method(), want)
		if err != nil {
			return err
		}
		p.listed[name] = true
		s.Files = append(s.Files, OFDFile{Name: zwfw.NewPlatformText(name), Result: result})
	}
	return nil
}

// compare computes an entry's digest, once however often it is listed: a list can name
// one large file a thousand times.
func (p *ofdPackage) compare(name, where, suite string, want []byte) (OFDCheck, error) {
	if p.files[name] == nil {
		return OFDMissing, nil
	}
	if suite == "" {
		return OFDNotChecked, nil
	}
	key := [2]string{suite, name}
	got, ok := p.digests[key]
	if !ok {
		content, err := p.read(name, where)
		if err != nil {
			return OFDNotChecked, err
		}
		if got, err = ofdDigest(suite, content); err != nil {
			return OFDNotChecked, err
		}
		p.digests[key] = got
	}
	return ofdCompare(got, want), nil
}

func ofdCompare(got, want []byte) OFDCheck {
	if bytes.Equal(got, want) {
		return OFDMatches
	}
	return OFDDiffers
}

func ofdDigest(suite string, content []byte) ([]byte, error) {
	digest, err := crypto.NewSigner(suite, crypto.Material{})
	if err != nil {
		return nil, err
	}
	return digest.Sign(context.Background(), content)
}

// signedValue takes from SignedValue.dat who signed, and compares what it holds with
// Signature.xml and with itself. A value in another format is left alone.
func (p *ofdPackage) signedValue(s *OFDSignature, from, where string, locations []string) error {
	name, err := p.part(from, where, locations)
	if err != nil {
		return err
	}
	p.listed[name] = true
	if p.files[name].UncompressedSize64 > ofdMostValue {
		return ofdError(OFDTooLarge, where, fmt.Sprintf("at most %d bytes", ofdMostValue))
	}
	value, err := p.read(name, where)
	if err != nil {
		return err
	}
	seal, ok := ofdParseSeal(value)
	if !ok {
		return nil
	}
	s.Signer, s.SealName, s.Certificate = ofdText(ofdSubject(seal.certificate)), ofdText(seal.name), zwfw.NewRaw(seal.certificate)
	s.Value = seal.verify()
	s.Description, err = p.compare(from, where, ofdAlgorithms[seal.algorithm].digest, seal.digest)
	return err
}

// ofdTime reads the two families of forms in use: 20240101120000Z and
// 2024-01-01 12:00:00.
func ofdTime(text string) time.Time {
	text = strings.TrimSpace(text)
	if t, err := time.Parse("20060102150405Z07:00", text); err == nil {
		return t
	}
	t, _ := wiretime.Parse(text, wiretime.China) // zero when it cannot be read
	return t
}
