package certificate_test

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw/certificate"
)

// ofdUnpack reads a package back, for tests that change one.
func ofdUnpack(t testing.TB, file []byte) []ofdEntry {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	require.NoError(t, err)
	var all []ofdEntry
	for _, f := range z.File {
		r, err := f.Open()
		require.NoError(t, err)
		content, err := io.ReadAll(r)
		require.NoError(t, err)
		all = append(all, ofdEntry{name: f.Name, content: string(content)})
	}
	return all
}

// ofdChange is a way to spoil a good package.
type ofdChange struct {
	name   string
	change func(b *ofdBuild)
	entry  func(entries []ofdEntry) []ofdEntry
	fault  certificate.OFDFault
	says   string
}

func replace(name, old, new string) func([]ofdEntry) []ofdEntry {
	return func(entries []ofdEntry) []ofdEntry {
		for i := range entries {
			if entries[i].name == name {
				entries[i].content = strings.Replace(entries[i].content, old, new, 1)
			}
		}
		return entries
	}
}

func without(name string) func([]ofdEntry) []ofdEntry {
	return func(entries []ofdEntry) []ofdEntry {
		var rest []ofdEntry
		for _, e := range entries {
			if e.name != name {
				rest = append(rest, e)
			}
		}
		return rest
	}
}

func added(more ...ofdEntry) func([]ofdEntry) []ofdEntry {
	return func(entries []ofdEntry) []ofdEntry { return append(entries, more...) }
}

const (
	ofdSignature  = "Doc_0/Signs/Sign_0/Signature.xml"
	ofdSignatures = "Doc_0/Signs/Signatures.xml"
)

func TestOFDRefusals(t *testing.T) {
	t.Parallel()
	many := make([]ofdEntry, 10_001)
	for i := range many {
		many[i].name = fmt.Sprint(i)
	}
	link := zip.FileHeader{}
	link.SetMode(fs.ModeSymlink | 0o777)
	for _, c := range []ofdChange{
		{name: "no OFD.xml", entry: without("OFD.xml"), fault: certificate.OFDNotOFD, says: "OFD.xml"},
		{name: "another root element", entry: replace("OFD.xml", "ofd:OFD", "ofd:Other"), fault: certificate.OFDDamaged, says: "OFD.xml: damaged: well-formed XML"},
		{name: "no document", entry: func(e []ofdEntry) []ofdEntry {
			e[0].content = `<OFD/>`
			return e
		}, fault: certificate.OFDIncomplete, says: "one DocBody"},
		{name: "empty XML", entry: func(e []ofdEntry) []ofdEntry {
			e[0].content = ""
			return e
		}, fault: certificate.OFDDamaged, says: "well-formed"},
		{name: "cut XML", entry: replace("OFD.xml", "</ofd:OFD>", ""), fault: certificate.OFDDamaged, says: "well-formed"},
		{name: "second root element", entry: replace("OFD.xml", "</ofd:OFD>", "</ofd:OFD><ofd:OFD/>"), fault: certificate.OFDDamaged, says: "one root element"},
		{name: "entities", entry: replace("OFD.xml", "<ofd:OFD", `<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><ofd:OFD`), fault: certificate.OFDUnsafe, says: "no document type definition"},
		{name: "an unknown entity", entry: replace("OFD.xml", "测试证照", "&lol;"), fault: certificate.OFDDamaged, says: "well-formed"},
		{name: "deep XML", entry: replace("OFD.xml", "测试证照", strings.Repeat("<a>", 40)+strings.Repeat("</a>", 40)), fault: certificate.OFDTooLarge, says: "32 elements deep"},
		{name: "large XML", entry: replace("OFD.xml", "测试证照", noise(5<<20)), fault: certificate.OFDTooLarge, says: "bytes of XML"},
		{name: "no DocRoot", change: func(b *ofdBuild) { b.docBody = "" }, fault: certificate.OFDDamaged, says: "document 1: DocRoot: damaged: one location, not 0"},
		{name: "two DocRoots", change: func(b *ofdBuild) { b.docBody += "<ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot>" }, fault: certificate.OFDDamaged, says: "not 2"},
		{name: "no Document.xml", entry: without("Doc_0/Document.xml"), fault: certificate.OFDIncomplete, says: "document 1: DocRoot"},
		{name: "two lists of signatures", change: func(b *ofdBuild) {
			b.docBody += "<ofd:Signatures>/Doc_0/Signs/Signatures.xml</ofd:Signatures>"
		}, fault: certificate.OFDDamaged, says: "Signatures.xml: damaged: one location, not 2"},
		{name: "no Signatures.xml", entry: without(ofdSignatures), fault: certificate.OFDIncomplete, says: "Signatures.xml"},
		{name: "no Signature.xml", entry: without(ofdSignature), fault: certificate.OFDIncomplete, says: "document 1: signature 1"},
		{name: "no SignedValue.dat", entry: without("Doc_0/Signs/Sign_0/SignedValue.dat"), fault: certificate.OFDIncomplete, says: "signature 1: SignedValue"},
		{name: "a document outside", change: func(b *ofdBuild) { b.docBody = "<ofd:DocRoot>../../etc/passwd</ofd:DocRoot>" }, fault: certificate.OFDUnsafe, says: "inside the package"},
		{name: "a rooted location outside", change: func(b *ofdBuild) { b.docBody = "<ofd:DocRoot>/../x.xml</ofd:DocRoot>" }, fault: certificate.OFDUnsafe, says: "inside the package"},
		{name: "a location with backslashes outside", change: func(b *ofdBuild) { b.docBody = `<ofd:DocRoot>..\x.xml</ofd:DocRoot>` }, fault: certificate.OFDUnsafe, says: "inside the package"},
		{name: "a drive", change: func(b *ofdBuild) { b.docBody = `<ofd:DocRoot>C:\x.xml</ofd:DocRoot>` }, fault: certificate.OFDUnsafe, says: "inside the package"},
		{name: "an address", change: func(b *ofdBuild) { b.docBody = `<ofd:DocRoot>http://127.0.0.1/x.xml</ofd:DocRoot>` }, fault: certificate.OFDUnsafe, says: "inside the package"},
		{name: "a listed file outside", change: func(b *ofdBuild) {
			b.extra = `<ofd:Reference FileRef="/../../x"><ofd:CheckValue>AA==</ofd:CheckValue></ofd:Reference>`
		}, fault: certificate.OFDUnsafe, says: "signature 1: listed file 4"},
		{name: "a listed file without a name", change: func(b *ofdBuild) {
			b.extra = `<ofd:Reference><ofd:CheckValue>AA==</ofd:CheckValue></ofd:Reference>`
		}, fault: certificate.OFDIncomplete, says: "listed file 4: incomplete: a location"},
		{name: "no CheckValue", change: func(b *ofdBuild) { b.extra = `<ofd:Reference FileRef="/OFD.xml"/>` }, fault: certificate.OFDDamaged, says: "one CheckValue"},
		{name: "two CheckValues", change: func(b *ofdBuild) {
			b.extra = `<ofd:Reference FileRef="/OFD.xml"><ofd:CheckValue>AA==</ofd:CheckValue><ofd:CheckValue>AA==</ofd:CheckValue></ofd:Reference>`
		}, fault: certificate.OFDDamaged, says: "one CheckValue"},
		{name: "CheckValue in hex", change: func(b *ofdBuild) {
			b.extra = `<ofd:Reference FileRef="/OFD.xml"><ofd:CheckValue>?</ofd:CheckValue></ofd:Reference>`
		}, fault: certificate.OFDDamaged, says: "Base64"},
		{name: "two SignedInfos", entry: replace(ofdSignature, "</ofd:SignedInfo>", "</ofd:SignedInfo><ofd:SignedInfo/>"), fault: certificate.OFDDamaged, says: "one SignedInfo"},
		{name: "two References", entry: replace(ofdSignature, "</ofd:References>", "</ofd:References><ofd:References/>"), fault: certificate.OFDDamaged, says: "one References"},
		{name: "too many signatures", change: func(b *ofdBuild) { b.signs = strings.Repeat(`<Signature BaseLoc="Sign_0/Signature.xml"/>`, 65) }, fault: certificate.OFDTooLarge, says: "64 signatures"},
		{name: "too many listed files", change: func(b *ofdBuild) {
			b.extra = strings.Repeat(`<Reference FileRef="/OFD.xml"><CheckValue>AA==</CheckValue></Reference>`, 10_000)
		}, fault: certificate.OFDTooLarge, says: "10000 files listed"},
		{name: "a large signed value", change: func(b *ofdBuild) { b.value = noise(8<<20 + 1) }, fault: certificate.OFDTooLarge, says: "SignedValue"},
		{name: "much XML", change: func(b *ofdBuild) {
			b.signs = strings.Repeat(`<Signature BaseLoc="Sign_0/Signature.xml"/>`, 10)
			b.signature = func(xml string) string { return xml + "<!--" + noise(2<<20) + "-->" }
		}, fault: certificate.OFDTooLarge, says: "bytes of XML in all"},
		{name: "entry outside", entry: added(ofdEntry{name: "../x"}), fault: certificate.OFDUnsafe, says: "entry 7"},
		{name: "entry far outside", entry: added(ofdEntry{name: "Doc_0/../../x"}), fault: certificate.OFDUnsafe, says: "entry 7"},
		{name: "rooted entry", entry: added(ofdEntry{name: "/etc/passwd"}), fault: certificate.OFDUnsafe, says: "entry 7"},
		{name: "entry with backslashes", entry: added(ofdEntry{name: `..\x`}), fault: certificate.OFDUnsafe, says: "entry 7"},
		{name: "entry on a drive", entry: added(ofdEntry{name: `C:\x`}), fault: certificate.OFDUnsafe, says: "entry 7"},
		{name: "entry with a NUL", entry: added(ofdEntry{name: "a\x00b"}), fault: certificate.OFDUnsafe, says: "entry 7"},
		{name: "entry twice", entry: added(ofdEntry{name: "OFD.xml"}), fault: certificate.OFDUnsafe, says: "no other entry"},
		{name: "entry twice, by backslash", entry: added(ofdEntry{name: `Doc_0\Document.xml`}), fault: certificate.OFDUnsafe, says: "no other entry"},
		{name: "link", entry: added(ofdEntry{name: "link", content: "/etc/passwd", header: link}), fault: certificate.OFDUnsafe, says: "plain file"},
		{name: "name in no charset", entry: added(ofdEntry{name: "\xff\xff", header: zip.FileHeader{NonUTF8: true}}), fault: certificate.OFDDamaged, says: "UTF-8 or GBK"},
		{name: "endless name", entry: added(ofdEntry{name: strings.Repeat("x", 600)}), fault: certificate.OFDTooLarge, says: "512 bytes"},
		{name: "deep folders", entry: added(ofdEntry{name: strings.Repeat("a/", 20) + "b"}), fault: certificate.OFDTooLarge, says: "16 folders"},
		{name: "bomb", entry: added(ofdEntry{name: "bomb", content: strings.Repeat("\x00", 2<<20), packed: true}), fault: certificate.OFDTooLarge, says: "200 times"},
		{name: "too many entries", entry: added(many...), fault: certificate.OFDTooLarge, says: "10000 entries"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := newOFD()
			if c.change != nil {
				c.change(b)
			}
			entries := b.entries(t)
			if c.entry != nil {
				entries = c.entry(entries)
			}
			info, err := ofdInspect(ofdPack(t, entries...))
			require.ErrorIs(t, err, c.fault)
			require.ErrorContains(t, err, c.says)
			require.Nil(t, info)
			require.NotContains(t, err.Error(), "\n")
			require.NotContains(t, err.Error(), "passwd", "the file's words are not repeated")
		})
	}
}

// noise does not pack, and holds nothing that XML minds.
func noise(n int) string {
	block := make([]byte, 1<<16) // twice what deflate looks back
	_, _ = rand.NewChaCha8([32]byte{}).Read(block)
	text := base64.StdEncoding.EncodeToString(block)
	return strings.Repeat(text, n/len(text)+1)[:n]
}
