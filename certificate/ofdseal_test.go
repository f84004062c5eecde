package certificate_test

import (
	"crypto/x509/pkix"
	"encoding/asn1"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw/certificate"
)

func TestOFDDescriptionThatWasNotSignedIsFound(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"sm3-gbt38540.ofd", "sm3-gmt0031-2014.ofd"} {
		file, err := os.ReadFile("testdata/ofd/" + name)
		require.NoError(t, err)
		entries := ofdUnpack(t, file)
		for i := range entries {
			if strings.HasSuffix(entries[i].name, "/Signature.xml") {
				entries[i].content = strings.Replace(entries[i].content, "testprovider", "otherprovider", 1)
			}
		}
		info, err := ofdInspect(ofdPack(t, entries...))
		require.NoError(t, err)
		s := info.Signatures()[0]
		assert.Equal(t, certificate.OFDDiffers, s.Description, name)
		assert.False(t, s.Intact(), name)
		assert.False(t, info.DigestsMatch(), name)
	}
}

func TestOFDSignatureValueThatDoesNotFitIsFound(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"sm3-gbt38540.ofd", "sm3-gmt0031-2014.ofd"} {
		file, err := os.ReadFile("testdata/ofd/" + name)
		require.NoError(t, err)
		entries := ofdUnpack(t, file)
		value := &entries[len(entries)-1].content
		require.Contains(t, *value, "测试电子证照专用章")
		*value = strings.Replace(*value, "测试电子证照专用章", "别的电子证照专用章", 1)
		info, err := ofdInspect(ofdPack(t, entries...))
		require.NoError(t, err)
		s := info.Signatures()[0]
		assert.Equal(t, certificate.OFDDiffers, s.Value, name)
		assert.Equal(t, certificate.OFDMatches, s.Description, name)
		assert.False(t, s.Intact(), name)
	}
}

func TestOFDSignatureOfUnknownAlgorithmIsNotChecked(t *testing.T) {
	t.Parallel()
	const sm2, other = "\x81\x1c\xcf\x55\x01\x83\x75", "\x81\x1c\xcf\x55\x01\x83\x7f"
	file, err := os.ReadFile("testdata/ofd/sm3-gbt38540.ofd")
	require.NoError(t, err)
	entries := ofdUnpack(t, file)
	value := &entries[len(entries)-1].content
	at := strings.LastIndex(*value, sm2)
	require.Positive(t, at)
	*value = (*value)[:at] + other + (*value)[at+len(other):]
	info, err := ofdInspect(ofdPack(t, entries...))
	require.NoError(t, err)
	s := info.Signatures()[0]
	assert.Equal(t, certificate.OFDNotChecked, s.Value)
	assert.Equal(t, certificate.OFDNotChecked, s.Description)
	assert.Equal(t, "测试签章人", s.Signer.Reveal())
	assert.Contains(t, strings.Join(info.NotChecked(), "\n"), "signature 1: its signature value")
}

// A signed value made of tiny pieces must not grow in memory; whatever it holds, the
// listed digests are still compared.
func TestOFDSignedValuesOfOtherShapesAreLeftAlone(t *testing.T) {
	t.Parallel()
	for name, value := range map[string]string{
		"empty":               "",
		"text":                "signature",
		"empty sequence":      "\x30\x00",
		"endless length":      "\x30\x84\xff\xff\xff\xff",
		"indefinite length":   "\x30\x80\x00\x00",
		"a million members":   "\x30\x83\x0f\x42\x40" + strings.Repeat("\x05\x00", 500_000),
		"members of no shape": "\x30\x0c\x30\x08\x05\x00\x05\x00\x05\x00\x05\x00\x03\x00",
		"PKCS#7":              "\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0\x00",
	} {
		b := newOFD()
		b.value = value
		info, err := ofdInspect(b.pack(t))
		require.NoError(t, err, name)
		s := info.Signatures()[0]
		assert.True(t, s.Signer.IsZero(), name)
		assert.Equal(t, certificate.OFDNotChecked, s.Description, name)
		assert.True(t, s.Intact(), name)
		assert.Contains(t, strings.Join(info.NotChecked(), "\n"), "was not compared with the signed value", name)
	}
}

// sealValue is a signed value as GB/T 38540 has it, with a certificate of little more
// than a subject.
func sealValue(t *testing.T, subject pkix.Name) string {
	t.Helper()
	type tbs struct {
		Version  int `asn1:"explicit,tag:0"`
		Serial   int
		A, B, C  struct{}
		Subject  pkix.RDNSequence
		Unneeded struct{}
	}
	cert, err := asn1.Marshal(struct{ TBS tbs }{tbs{Version: 2, Serial: 1, Subject: subject.ToRDNSequence()}})
	require.NoError(t, err)
	type toSign struct {
		Version int
		Seal    struct{}
		Time    []byte
		Digest  asn1.BitString
		Info    string `asn1:"ia5"`
	}
	bits := asn1.BitString{Bytes: []byte{1, 2, 3}, BitLength: 24}
	value, err := asn1.Marshal(struct {
		ToSign    toSign
		Cert      []byte
		Algorithm asn1.ObjectIdentifier
		Signature asn1.BitString
	}{toSign{Version: 4, Digest: bits}, cert, asn1.ObjectIdentifier{1, 2, 156, 10197, 1, 501}, bits})
	require.NoError(t, err)
	return string(value)
}

func TestOFDSignerOfOddCertificates(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		subject pkix.Name
		want    string
	}{
		{"common name before organisation", pkix.Name{CommonName: "测试签章人", Organization: []string{"测试机构"}}, "测试签章人"},
		{"organisation only", pkix.Name{Organization: []string{"测试机构"}}, "测试机构"},
		{"neither", pkix.Name{}, ""},
	} {
		b := newOFD()
		b.value = sealValue(t, c.subject)
		info, err := ofdInspect(b.pack(t))
		require.NoError(t, err, c.name)
		s := info.Signatures()[0]
		assert.Equal(t, c.want, s.Signer.Reveal(), c.name)
		assert.True(t, s.SealName.IsZero(), c.name)
		assert.False(t, s.Certificate.IsZero(), c.name)
		assert.Equal(t, certificate.OFDNotChecked, s.Value, "%s: there is no key in it", c.name)
		assert.Equal(t, certificate.OFDDiffers, s.Description, c.name)
		assert.False(t, s.Intact(), c.name)
	}
}
