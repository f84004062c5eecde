package sandbox

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/wire/certificatewire"
)

// fieldResults are the results of a verification of fields, with their words.
var fieldResults = map[string]string{
	"0": "信息正确且有效", "1": "信息正确且未激活", "2": "信息正确且证照暂时失效", "3": "信息正确且证照已失效", "4": "信息不全，无法验证", "5": "查无此信息", "6": "信息错误，参数不一致",
}

// fileResults are those of a verification of a file.
var fileResults = map[string]string{"0": "文件验证通过", "1": "文件签章校验失败", "2": "文件校验失败", "22": "base64码转文件失败"}

func verdict(words map[string]string, result string) (any, *no) {
	return &certificatewire.Verdict{Result: result, Message: zwfw.NewPlatformText(words[result])}, nil
}

// verifyFields compares what a caller says with what is held.
func (c *certificateSide) verifyFields(x *exchange, d *certificateDesk, in certificatewire.VerifyFields) (any, *no) {
	if in.Code.IsZero() {
		return nil, absent("CertificateHolderCode")
	}
	if refusal := c.checkCause(in.Cause); refusal != nil {
		return nil, refusal
	}
	texts := []string{in.Type, in.Name, in.Number.Reveal(), in.Holder.Reveal(), in.Issuer, in.IssuerCode, in.IssueDate.Reveal(), in.ValidFrom.Reveal(), in.ValidUntil.Reveal()}
	if in.TypeCode == "" || !slices.ContainsFunc(texts, func(s string) bool { return s != "" }) {
		return verdict(fieldResults, "4")
	}
	found := c.find(x, func(k *Certificate) bool {
		// Some callers put the type's name where the code belongs.
		return k.HolderCode.Equal(in.Code) && (in.TypeCode == k.TypeCode || in.TypeCode == k.TypeName) && (in.Number.IsZero() || in.Number.Equal(k.Number))
	})
	if len(found) == 0 {
		return verdict(fieldResults, "5")
	}
	if slices.ContainsFunc(found, func(k *Certificate) bool { return !d.may(k) }) {
		return nil, &no{kind: zwfw.PermissionDenied, code: "100"}
	}
	i := slices.IndexFunc(found, func(k *Certificate) bool { return k.agrees(in) })
	if i < 0 {
		return verdict(fieldResults, "6")
	}
	switch found[i].state(x.now) {
	case CertificateInactive:
		return verdict(fieldResults, "1")
	case CertificateSuspended:
		return verdict(fieldResults, "2")
	case CertificateRevoked, CertificateExpired:
		return verdict(fieldResults, "3")
	}
	return verdict(fieldResults, "0")
}

// agrees compares the fields that were given; days by the calendar, whatever their form.
func (k *Certificate) agrees(in certificatewire.VerifyFields) bool {
	for _, f := range []struct{ given, held string }{
		{in.Type, k.TypeName}, {in.Name, k.TypeName}, {in.Holder.Reveal(), k.Holder.Reveal()}, {in.Issuer, k.Issuer}, {in.IssuerCode, k.IssuerCode},
		{dayOrText(in.IssueDate), dayOrText(dateOnWire(k.IssueDate))}, {dayOrText(in.ValidFrom), dayOrText(dateOnWire(k.ValidFrom))},
		{dayOrText(in.ValidUntil), dayOrText(dateOnWire(k.ValidUntil))},
	} {
		if f.given != "" && f.given != f.held {
			return false
		}
	}
	return true
}

func dayOrText(d certificatewire.Date) string {
	if day := d.Day(); !day.IsZero() {
		return day.Format(time.DateOnly)
	}
	return d.Reveal()
}

// verifyFile knows the files that were given out.
func (c *certificateSide) verifyFile(in certificatewire.VerifyFile) (any, *no) {
	switch {
	case in.TypeCode == "":
		return nil, absent("CertificateTypeCode")
	case in.Content.IsZero():
		return nil, absent("Content")
	case slices.Contains(c.setup.NoVerifyFile, in.TypeCode):
		return nil, &no{kind: zwfw.NotSupported, code: "2"}
	}
	if refusal := c.checkCause(in.Cause); refusal != nil {
		return nil, refusal
	}
	file, err := base64.StdEncoding.DecodeString(in.Content.Reveal())
	if err != nil {
		return verdict(fileResults, "22")
	}
	c.p.mu.Lock()
	genuine := c.genuine[sha256.Sum256(file)]
	c.p.mu.Unlock()
	switch {
	case genuine:
		return verdict(fileResults, "0")
	case bytes.HasPrefix(file, []byte("PK\x03\x04")), bytes.HasPrefix(file, []byte("%PDF")):
		return verdict(fileResults, "1")
	}
	return verdict(fileResults, "2")
}
