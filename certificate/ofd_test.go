package certificate_test

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw/certificate"
)

// The files under testdata/ofd were made without this package.
func TestOFDFilesOfOtherMakers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		file, kind, method, digest string
		files                      int
		signer, seal               string
		description                certificate.OFDCheck
	}{
		{"sm3-gbt38540.ofd", "Seal", "1.2.156.10197.1.401", "SM3", 4, "测试签章人", "测试电子证照专用章", certificate.OFDMatches},
		{"sm3-gmt0031-2014.ofd", "Seal", "1.2.156.10197.1.401.1", "SM3", 4, "测试签章人", "测试电子证照专用章", certificate.OFDMatches},
		{"sha1-sign.ofd", "Sign", "SHA1", "SHA1", 4, "", "", certificate.OFDNotChecked},
	} {
		t.Run(c.file, func(t *testing.T) {
			t.Parallel()
			file, err := os.ReadFile("testdata/ofd/" + c.file)
			require.NoError(t, err)
			info, err := ofdInspect(file)
			require.NoError(t, err)
			assert.Equal(t, "OFD", info.DocType)
			assert.Equal(t, "1.0", info.Version)
			assert.True(t, info.DigestsMatch())
			assert.Empty(t, info.Unlisted)
			require.Len(t, info.Documents, 1)
			d := info.Documents[0]
			assert.Equal(t, "测试证照", d.Title.Reveal())
			assert.Equal(t, "测试机构", d.Author.Reveal())
			assert.Equal(t, "2024-01-01", d.Created)
			assert.Equal(t, "testmaker", d.Creator)
			assert.Equal(t, 1, d.Pages)
			require.Len(t, d.CustomData, 2)
			assert.Equal(t, "certificateIdentifier", d.CustomData[0].Name)
			id, err := certificate.ParseIdentifier(d.CustomData[0].Value.Reveal())
			require.NoError(t, err)
			assert.Equal(t, certificate.CheckValid, id.Check())
			require.Len(t, d.Signatures, 1)
			s := d.Signatures[0]
			assert.Equal(t, "1", s.ID)
			assert.Equal(t, c.kind, s.Type)
			assert.Equal(t, "testprovider 2.0 测试厂商", s.Provider+" "+s.ProviderVersion+" "+s.Company)
			assert.Equal(t, "1.2.156.10197.1.501", s.Algorithm)
			assert.Equal(t, "SM2-SM3", s.AlgorithmName())
			assert.True(t, s.Time.Equal(time.Date(2024, 1, 1, 4, 5, 6, 0, time.UTC)), "%s", s.TimeText)
			assert.Equal(t, c.method, s.DigestMethod)
			assert.Equal(t, c.digest, s.DigestName())
			assert.Len(t, s.Files, c.files)
			assert.Equal(t, c.signer, s.Signer.Reveal())
			assert.Equal(t, c.seal, s.SealName.Reveal())
			assert.Equal(t, c.description, s.Description)
			assert.Equal(t, c.description, s.Value)
			assert.Equal(t, c.signer == "", s.Certificate.IsZero())
			for _, f := range s.Files {
				assert.Equal(t, certificate.OFDMatches, f.Result)
			}
		})
	}
}

func TestOFDDigestMethods(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ method, suite, name string }{
		{"", "md5", "MD5"}, {"MD5", "md5", "MD5"}, {"1.2.840.113549.2.5", "md5", "MD5"},
		{"SHA1", "sha1", "SHA1"}, {"sha-1", "sha1", "SHA1"}, {"1.3.14.3.2.26", "sha1", "SHA1"},
		{"SHA256", "sha256", "SHA256"}, {"2.16.840.1.101.3.4.2.1", "sha256", "SHA256"},
		{"SM3", "sm3", "SM3"}, {" 1.2.156.10197.1.401 ", "sm3", "SM3"},
	} {
		t.Run(c.method, func(t *testing.T) {
			t.Parallel()
			b := newOFD()
			b.method, b.suite = c.method, c.suite
			info, err := ofdInspect(b.pack(t))
			require.NoError(t, err)
			s := info.Signatures()[0]
			require.Equal(t, c.name, s.DigestName())
			require.Len(t, s.Files, 3)
			require.True(t, s.Intact())
			weak := c.suite == "md5" || c.suite == "sha1"
			require.Equal(t, weak, strings.Contains(strings.Join(info.NotChecked(), "\n"), "can be forged"))
		})
	}
	b := newOFD()
	b.method = "1.2.3.4"
	info, err := ofdInspect(b.pack(t))
	require.NoError(t, err)
	s := info.Signatures()[0]
	require.Equal(t, certificate.OFDNotChecked, s.Files[0].Result)
	require.Equal(t, "1.2.3.4", s.DigestMethod)
	require.Empty(t, s.DigestName())
	require.False(t, s.Intact(), "what was not compared does not match")
	require.Contains(t, strings.Join(info.NotChecked(), "\n"), "unknown method")
}

func TestOFDAlteredMissingAndUnlistedFiles(t *testing.T) {
	t.Parallel()
	t.Run("altered", func(t *testing.T) {
		t.Parallel()
		entries := newOFD().entries(t)
		entries[2].content += " "
		info, err := ofdInspect(ofdPack(t, entries...))
		require.NoError(t, err)
		assert.False(t, info.DigestsMatch())
		files := info.Signatures()[0].Files
		assert.Equal(t, certificate.OFDMatches, files[1].Result)
		assert.Equal(t, certificate.OFDDiffers, files[2].Result)
		assert.Equal(t, "Doc_0/Pages/Page_0/Content.xml", files[2].Name.Reveal())
	})
	t.Run("missing", func(t *testing.T) {
		t.Parallel()
		entries := newOFD().entries(t)
		info, err := ofdInspect(ofdPack(t, append(entries[:2:2], entries[3:]...)...))
		require.NoError(t, err)
		assert.False(t, info.DigestsMatch())
		assert.Equal(t, certificate.OFDMissing, info.Signatures()[0].Files[2].Result)
	})
	t.Run("slipped in", func(t *testing.T) {
		t.Parallel()
		b := newOFD()
		b.content = append(b.content, ofdEntry{name: "Doc_0/Res/other.png", content: "x"})
		b.unlisted = []string{"Doc_0/Res/other.png"}
		info, err := ofdInspect(b.pack(t))
		require.NoError(t, err)
		assert.True(t, info.DigestsMatch(), "what is listed matches")
		require.Len(t, info.Unlisted, 1)
		assert.Equal(t, "Doc_0/Res/other.png", info.Unlisted[0].Reveal())
		assert.Contains(t, strings.Join(info.NotChecked(), "\n"), "files that no signature lists: 1")
	})
	t.Run("nothing listed", func(t *testing.T) {
		t.Parallel()
		b := newOFD()
		b.unlisted = []string{"OFD.xml", "Doc_0/Document.xml", "Doc_0/Pages/Page_0/Content.xml"}
		info, err := ofdInspect(b.pack(t))
		require.NoError(t, err)
		assert.False(t, info.DigestsMatch(), "a signature over nothing protects nothing")
		assert.Len(t, info.Unlisted, 3)
	})
	t.Run("no signature", func(t *testing.T) {
		t.Parallel()
		b := newOFD()
		b.docBody = `<ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot>`
		info, err := ofdInspect(ofdPack(t, append([]ofdEntry{{name: "OFD.xml", content: b.root()}}, b.content...)...))
		require.NoError(t, err)
		assert.False(t, info.DigestsMatch())
		assert.Empty(t, info.Signatures())
		assert.Len(t, info.Unlisted, 3)
		assert.Contains(t, info.NotChecked()[0], "no signature")
	})
}

func TestOFDDocumentInformation(t *testing.T) {
	t.Parallel()
	b := newOFD()
	b.docInfo = `<ofd:DocID>1</ofd:DocID><ofd:Title> 测试证照 </ofd:Title><ofd:Author>甲</ofd:Author><ofd:Subject>乙</ofd:Subject><ofd:Abstract>丙</ofd:Abstract>` +
		`<ofd:CreationDate>2024-01-01</ofd:CreationDate><ofd:ModDate>2024-01-02</ofd:ModDate><ofd:DocUsage>Normal</ofd:DocUsage>` +
		`<ofd:Keywords><ofd:Keyword>一</ofd:Keyword><ofd:Keyword>二</ofd:Keyword></ofd:Keywords><ofd:Creator>maker</ofd:Creator><ofd:CreatorVersion>3</ofd:CreatorVersion>` +
		`<ofd:CustomDatas><ofd:CustomData Name="XM">测试人</ofd:CustomData><ofd:CustomData Name="ZH"/></ofd:CustomDatas>`
	b.docBody = `<ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot><ofd:Versions><ofd:Version ID="v1" Index="1" BaseLoc="Doc_0/V1.xml"/>` +
		`<ofd:Version ID="v2" Index="2" Current="true" BaseLoc="Doc_0/V2.xml"/></ofd:Versions><ofd:Signatures>/Doc_0/Signs/Signatures.xml</ofd:Signatures>`
	info, err := ofdInspect(b.pack(t))
	require.NoError(t, err)
	d := info.Documents[0]
	assert.Equal(t, "测试证照甲乙丙一二", d.Title.Reveal()+d.Author.Reveal()+d.Subject.Reveal()+d.Abstract.Reveal()+d.Keywords[0].Reveal()+d.Keywords[1].Reveal())
	assert.Equal(t, "1 2024-01-01 2024-01-02 Normal maker 3", strings.Join([]string{d.ID, d.Created, d.Modified, d.Usage, d.Creator, d.CreatorVersion}, " "))
	assert.Equal(t, []certificate.OFDVersion{{ID: "v1", Index: "1"}, {ID: "v2", Index: "2", Current: true}}, d.Versions)
	require.Len(t, d.CustomData, 2)
	assert.Equal(t, "测试人", d.CustomData[0].Value.Reveal())
	assert.True(t, d.CustomData[1].Value.IsZero())

	printed := fmt.Sprintf("%v %+v %#v", info, *info, d)
	encoded, err := json.Marshal(info)
	require.NoError(t, err)
	for _, personal := range []string{"测试人", "测试证照", "甲"} {
		assert.NotContains(t, printed+string(encoded), personal, "free text prints masked")
	}
}

func TestOFDTimesOfSignatures(t *testing.T) {
	t.Parallel()
	noon := time.Date(2024, 1, 1, 12, 5, 6, 0, time.FixedZone("", 8*60*60))
	for text, want := range map[string]time.Time{
		"20240101040506Z":           noon,
		"20240101040506.000Z":       noon,
		"20240101120506+08:00":      noon,
		"20240101120506":            noon,
		"2024-01-01 12:05:06":       noon,
		"2024-01-01T12:05:06":       noon,
		"2024-01-01T12:05:06+08:00": noon,
		"some day":                  {},
		"":                          {},
	} {
		b := newOFD()
		b.signature = func(xml string) string { return strings.Replace(xml, "20240101040506Z", text, 1) }
		info, err := ofdInspect(b.pack(t))
		require.NoError(t, err)
		s := info.Signatures()[0]
		assert.True(t, s.Time.Equal(want), "%q gave %s", text, s.Time)
		assert.Equal(t, text, s.TimeText)
	}
}

func TestOFDTypeOfSignature(t *testing.T) {
	t.Parallel()
	b := newOFD()
	b.signs = `<ofd:Signature ID="1" BaseLoc="/Doc_0/Signs/Sign_0/Signature.xml"/><ofd:Signature ID="2" Type="Sign" BaseLoc="Doc_0/Signs/Sign_0/Signature.xml"/>`
	info, err := ofdInspect(b.pack(t))
	require.NoError(t, err)
	all := info.Signatures()
	require.Len(t, all, 2)
	assert.Equal(t, "Seal", all[0].Type, "the default of GB/T 33190")
	assert.Equal(t, "Sign", all[1].Type)
	assert.True(t, all[1].Intact(), "a location from the root without its slash is found")
}

func TestOFDNamesOfOlderTools(t *testing.T) {
	t.Parallel()
	b := newOFD()
	b.content = append(b.content, ofdEntry{name: "Doc_0/Res/附件.png", content: "picture"})
	entries := b.entries(t)
	for i := range entries {
		switch entries[i].name {
		case "Doc_0/Res/附件.png":
			entries[i].name, entries[i].header.NonUTF8 = "Doc_0/Res/\xb8\xbd\xbc\xfe.png", true // GBK
		case "Doc_0/Document.xml":
			entries[i].name = `Doc_0\Document.xml`
		}
	}
	entries = append(entries, ofdEntry{name: "Doc_0/Res/"})
	info, err := ofdInspect(ofdPack(t, entries...))
	require.NoError(t, err)
	assert.True(t, info.DigestsMatch())
	assert.Empty(t, info.Unlisted)
	assert.Equal(t, "Doc_0/Res/附件.png", info.Signatures()[0].Files[3].Name.Reveal())
}

func TestOFDXMLOfOtherCharsets(t *testing.T) {
	t.Parallel()
	b := newOFD()
	b.docInfo = "<ofd:Title>\xb2\xe2\xca\xd4</ofd:Title>"
	entries := b.entries(t)
	for charset, want := range map[string]string{"GBK": "测试", "gb2312": "测试", "GB18030": "测试"} {
		entries[0].content = strings.Replace(b.root(), "UTF-8", charset, 1)
		info, err := ofdInspect(ofdPack(t, entries...))
		require.NoError(t, err, charset)
		assert.Equal(t, want, info.Documents[0].Title.Reveal())
	}
	entries[0].content = strings.Replace(b.root(), "UTF-8", "UTF-7", 1)
	_, err := ofdInspect(ofdPack(t, entries...))
	require.ErrorIs(t, err, certificate.OFDDamaged)
	entries[0].content = "\uFEFF" + strings.Replace(newOFD().root(), "UTF-8", "utf8", 1)
	_, err = ofdInspect(ofdPack(t, entries...))
	require.NoError(t, err, "a byte order mark and a misspelt name are common")
}

func TestOFDResultsAndFaultsHaveNames(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "not checked matches differs missing", fmt.Sprint(certificate.OFDNotChecked, " ", certificate.OFDMatches, " ", certificate.OFDDiffers, " ", certificate.OFDMissing))
	assert.EqualError(t, certificate.OFDDamaged, "damaged")
	assert.EqualError(t, certificate.PartCheck, "check character")
}
