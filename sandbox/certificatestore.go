package sandbox

import (
	"fmt"
	"slices"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/certificate"
)

// Certificate is a synthetic certificate as the platform holds it. IssueCertificate and
// PutCertificate fill what is left empty.
type Certificate struct {
	ID         zwfw.IDNumber // 电子证照标识
	TypeName   string        // "测试证照", "测试许可证"
	TypeCode   string
	Number     zwfw.IDNumber
	Holder     zwfw.PersonName
	HolderCode zwfw.IDNumber
	HolderType certificate.HolderType
	Issuer     string
	IssuerCode string
	IssueDate  certificate.Date
	ValidFrom  certificate.Date
	ValidUntil certificate.Date // 长期 when empty
	Format     string           // "ofd" or "pdf"
	AreaCode   string           // another than 999999 is another province's: it comes by forwarding
	State      CertificateState
	FileReady  time.Time // the file does not exist before
}

// CertificateState is what became of a certificate.
type CertificateState uint8

// The states. A certificate past its validity counts as expired without any.
const (
	CertificateValid CertificateState = iota
	CertificateInactive
	CertificateSuspended
	CertificateRevoked
	CertificateExpired
	CertificateFileless // the certificate is valid, but there is no file of it
)

const (
	certificateIssuer     = "测试机构"
	certificateIssuerCode = "11999999000000000Q"
	homeArea              = "999999"
	otherArea             = "999900"
)

// certificateTypes are the types that the platform knows: name by code.
var certificateTypes = map[string]string{
	"11999999MB0000000X001": "测试证照", "11999999MB0000000X002": "测试许可证", "11999999MB0000000X003": "测试受控证照",
}

// typeCodeOf gives a type's code, "" for an unknown name.
func typeCodeOf(name string) string {
	for code, known := range certificateTypes {
		if known == name {
			return code
		}
	}
	return ""
}

// seed gives every citizen a certificate in OFD and one in PDF, and the third a further one
// of another province.
func (c *certificateSide) seed() {
	for i, citizen := range c.p.citizens {
		c.put(Certificate{Number: zwfw.NewIDNumber(fmt.Sprintf("T-%04d", i+1)), Format: "ofd"}.of(citizen))
		c.put(Certificate{Number: zwfw.NewIDNumber(fmt.Sprintf("P-%04d", i+1)), TypeName: "测试许可证", Format: "pdf"}.of(citizen))
		if i == 2 {
			c.put(Certificate{Number: zwfw.NewIDNumber(fmt.Sprintf("W-%04d", i+1)), AreaCode: otherArea}.of(citizen))
		}
	}
}

func (k Certificate) of(c Citizen) Certificate {
	k.Holder, k.HolderCode, k.HolderType = c.Name, c.IDNumber, certificate.HolderResident
	return k
}

// put fills what is empty and keeps the certificate.
func (c *certificateSide) put(k Certificate) Certificate {
	for _, d := range []struct {
		into *string
		or   string
	}{
		{&k.TypeName, "测试证照"}, {&k.Issuer, certificateIssuer}, {&k.IssuerCode, certificateIssuerCode}, {&k.Format, "ofd"}, {&k.AreaCode, homeArea},
	} {
		if *d.into == "" {
			*d.into = d.or
		}
	}
	if k.TypeCode == "" {
		k.TypeCode = typeCodeOf(k.TypeName)
	}
	if k.HolderType == "" {
		k.HolderType = certificate.HolderResident
	}
	serial := fmt.Sprintf("2025%08d", len(c.all)+1)
	if k.Number.IsZero() {
		k.Number = zwfw.NewIDNumber("T-" + serial)
	}
	if k.ID.IsZero() {
		id, err := certificate.NewIdentifier(k.TypeCode, k.IssuerCode, serial, 1)
		if err != nil {
			panic(fmt.Sprintf("sandbox: a certificate of type %s by %s: %v", k.TypeCode, k.IssuerCode, err))
		}
		k.ID = zwfw.NewIDNumber(id.Reveal())
	}
	for _, d := range []struct {
		into *certificate.Date
		or   certificate.Date
	}{
		{&k.IssueDate, certificate.NewDate(2024, 1, 1)}, {&k.ValidFrom, certificate.NewDate(2024, 1, 1)}, {&k.ValidUntil, certificate.LongTerm()},
	} {
		if d.into.IsZero() {
			*d.into = d.or
		}
	}
	if old := c.byID(k.ID); old != nil {
		*old = k
	} else {
		c.all = append(c.all, &k)
	}
	return k
}

// IssueCertificate gives a citizen a certificate.
func (p *Platform) IssueCertificate(c Citizen, k Certificate) Certificate {
	return p.PutCertificate(k.of(c))
}

// PutCertificate lets the platform hold a certificate of anybody, in place of one with the
// same identifier. A type that the platform does not know, with an identifier not given,
// panics.
func (p *Platform) PutCertificate(k Certificate) Certificate {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.cert.put(k)
}

// Certificates lists what a citizen has.
func (p *Platform) Certificates(c Citizen) []Certificate {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []Certificate
	for _, k := range p.cert.all {
		if k.HolderCode.Equal(c.IDNumber) {
			all = append(all, *k)
		}
	}
	return all
}

// SetCertificateState lets the issuer revoke, suspend or activate a certificate. An
// unknown identifier panics.
func (p *Platform) SetCertificateState(id zwfw.IDNumber, s CertificateState) {
	p.mu.Lock()
	defer p.mu.Unlock()
	k := p.cert.byID(id)
	if k == nil {
		panic("sandbox: there is no such certificate")
	}
	k.State = s
}

// byID finds a certificate; the caller holds the lock.
func (c *certificateSide) byID(id zwfw.IDNumber) *Certificate {
	i := slices.IndexFunc(c.all, func(k *Certificate) bool { return k.ID.Equal(id) })
	if i < 0 {
		return nil
	}
	return c.all[i]
}

// state is that of a moment: validity ends by itself.
func (k *Certificate) state(now time.Time) CertificateState {
	until := k.ValidUntil.Day()
	if k.State == CertificateValid && !until.IsZero() && !now.Before(until.AddDate(0, 0, 1)) {
		return CertificateExpired
	}
	if k.State == CertificateValid && now.Before(k.FileReady) {
		return CertificateFileless
	}
	return k.State
}

// elsewhere reports whether another province holds it.
func (k *Certificate) elsewhere() bool { return k.AreaCode != homeArea }

// unavailable is the refusal of a file, nil when there is one.
func (k *Certificate) unavailable(now time.Time) *no {
	no := func(code, text string) *no { return &no{kind: zwfw.CertificateUnavailable, code: code, text: text} }
	switch k.state(now) {
	case CertificateRevoked:
		return no("21", "证照已废止或已注销")
	case CertificateExpired:
		return no("22", "证照已过期")
	case CertificateSuspended:
		return no("23", "证照已受限使用")
	case CertificateInactive:
		return no("24", "申请下载的证照尚未生效")
	case CertificateFileless:
		return no("24", "申请下载的证照数据不可用")
	}
	return nil
}
