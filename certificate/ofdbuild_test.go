package certificate_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw/certificate"
	"github.com/zwfw-go/zwfw/crypto"
)

// ofdEntry is one file of a package that a test writes.
type ofdEntry struct {
	name    string
	content string
	header  zip.FileHeader // what else is to be said of it
	packed  bool           // deflated whatever its size
}

// ofdPack packs entries in order.
func ofdPack(t testing.TB, entries ...ofdEntry) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, e := range entries {
		h := e.header
		h.Name, h.Method = e.name, zip.Deflate
		if !e.packed && (len(e.content) == 0 || len(e.content) > 1<<18) {
			h.Method = zip.Store // packing takes most of the time, above all with the race detector
		}
		w, err := z.CreateHeader(&h)
		require.NoError(t, err)
		_, err = w.Write([]byte(e.content))
		require.NoError(t, err)
	}
	require.NoError(t, z.Close())
	return out.Bytes()
}

func ofdInspect(file []byte) (*certificate.OFDInfo, error) {
	return certificate.InspectOFD(bytes.NewReader(file), int64(len(file)))
}

const ofdNamespace = `xmlns:ofd="http://www.ofdspec.org/2016"`

// ofdBuild is a certificate with one signature; a test changes what it is about.
type ofdBuild struct {
	docInfo   string
	docBody   string // behind DocInfo
	content   []ofdEntry
	method    string // CheckMethod
	suite     string // of package crypto, for the digests
	unlisted  []string
	extra     string // further Reference elements
	value     string // SignedValue.dat
	signature func(xml string) string
	signs     string // Signatures.xml, without its root
}

func newOFD() *ofdBuild {
	return &ofdBuild{
		docInfo: `<ofd:DocID>0123456789abcdef0123456789abcdef</ofd:DocID><ofd:Title>测试证照</ofd:Title>`,
		docBody: `<ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot><ofd:Signatures>/Doc_0/Signs/Signatures.xml</ofd:Signatures>`,
		content: []ofdEntry{
			{name: "Doc_0/Document.xml", content: `<ofd:Document ` + ofdNamespace + `><ofd:Pages><ofd:Page ID="1" BaseLoc="Pages/Page_0/Content.xml"/></ofd:Pages></ofd:Document>`},
			{name: "Doc_0/Pages/Page_0/Content.xml", content: `<ofd:Page ` + ofdNamespace + `/>`},
		},
		method: "1.2.156.10197.1.401", suite: "sm3", value: "no signed value that is known",
		signature: func(xml string) string { return xml },
		signs:     `<ofd:MaxSignId>1</ofd:MaxSignId><ofd:Signature ID="1" Type="Seal" BaseLoc="Sign_0/Signature.xml"/>`,
	}
}

func (b *ofdBuild) root() string {
	return `<?xml version="1.0" encoding="UTF-8"?><ofd:OFD ` + ofdNamespace + ` DocType="OFD" Version="1.0"><ofd:DocBody><ofd:DocInfo>` +
		b.docInfo + `</ofd:DocInfo>` + b.docBody + `</ofd:DocBody></ofd:OFD>`
}

// entries gives the files with the signature over them.
func (b *ofdBuild) entries(t testing.TB) []ofdEntry {
	t.Helper()
	all := append([]ofdEntry{{name: "OFD.xml", content: b.root()}}, b.content...)
	var references strings.Builder
	for _, e := range all {
		if strings.HasSuffix(e.name, "/") || contains(b.unlisted, e.name) {
			continue
		}
		fmt.Fprintf(&references, `<ofd:Reference FileRef="/%s"><ofd:CheckValue>%s</ofd:CheckValue></ofd:Reference>`, e.name, ofdSum(t, b.suite, e.content))
	}
	xml := `<ofd:Signature ` + ofdNamespace + `><ofd:SignedInfo><ofd:Provider ProviderName="testprovider" Version="2.0" Company="测试厂商"/>` +
		`<ofd:SignatureMethod>1.2.156.10197.1.501</ofd:SignatureMethod><ofd:SignatureDateTime>20240101040506Z</ofd:SignatureDateTime>` +
		`<ofd:References CheckMethod="` + b.method + `">` + references.String() + b.extra + `</ofd:References></ofd:SignedInfo>` +
		`<ofd:SignedValue>SignedValue.dat</ofd:SignedValue></ofd:Signature>`
	return append(all,
		ofdEntry{name: "Doc_0/Signs/Signatures.xml", content: `<ofd:Signatures ` + ofdNamespace + `>` + b.signs + `</ofd:Signatures>`},
		ofdEntry{name: "Doc_0/Signs/Sign_0/Signature.xml", content: b.signature(xml)},
		ofdEntry{name: "Doc_0/Signs/Sign_0/SignedValue.dat", content: b.value},
	)
}

func (b *ofdBuild) pack(t testing.TB) []byte {
	t.Helper()
	return ofdPack(t, b.entries(t)...)
}

func ofdSum(t testing.TB, suite, content string) string {
	t.Helper()
	digest, err := crypto.NewSigner(suite, crypto.Material{})
	require.NoError(t, err)
	sum, err := digest.Sign(context.Background(), []byte(content))
	require.NoError(t, err)
	return base64.StdEncoding.EncodeToString(sum)
}

func contains(list []string, name string) bool {
	for _, l := range list {
		if l == name {
			return true
		}
	}
	return false
}
