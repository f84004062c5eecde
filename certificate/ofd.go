package certificate

import (
	"fmt"
	"io"
	"strings"

	"github.com/zwfw-go/zwfw"
)

// OFDInfo is what a certificate file in OFD (GB/T 33190) says of itself, and whether
// the digests that its signatures list fit its content. Free text of the file prints
// masked; Reveal gives it.
type OFDInfo struct {
	Version   string // of the format, "1.0"
	DocType   string // "OFD"; "OFD-A" for archives
	Documents []OFDDocument

	// Unlisted are the files in the package that no signature lists, without the
	// signatures' own files: they can be exchanged with no digest telling. In a file
	// without signatures, all.
	Unlisted []zwfw.PlatformText
}

// OFDDocument is one document (文档) of a file; a certificate has one as a rule.
type OFDDocument struct {
	ID                               string // DocID, 32 hex digits as a rule
	Title, Author, Subject, Abstract zwfw.PlatformText
	Created, Modified                string // dates as written, 2024-01-01 by the standard
	Usage, Creator, CreatorVersion   string // Creator is the program
	Keywords                         []zwfw.PlatformText
	CustomData                       []OFDCustomData // 用户自定义元数据, in the file's order
	Pages                            int
	Versions                         []OFDVersion
	Signatures                       []OFDSignature
}

// OFDCustomData is one entry of CustomDatas. Certificate makers put metadata here.
type OFDCustomData struct {
	Name  string
	Value zwfw.PlatformText
}

// OFDVersion is one entry of a document's versions (文档版本), as written.
type OFDVersion struct {
	ID, Index string
	Current   bool
}

// InspectOFD reads what a certificate file in OFD holds: the documents, their
// signatures (签名, 签章), and whether the digests that the signatures list match the
// content. size is the length of the file in bytes. Digests are MD5, SHA-1, SHA-256 or
// SM3, as each signature says. Where the signed value is that of an electronic seal
// (GM/T 0031, GB/T 38540), it is compared with the list of digests, and the signature
// value in it with the certificate in it.
//
// It is no verification of a certificate. It does not check
//
//   - the signer's certificate: chain, validity, revocation, whose it is,
//   - the seal (印章): its maker's signature, its validity, its picture,
//   - signature values in other formats (type Sign), and time stamps; the times are
//     those that the file states,
//   - pages, pictures and attachments beyond their digests.
//
// Whoever alters a file can compute its digests anew and sign with a certificate of his
// own, so that all matches. A match shows that nothing was damaged on the way, not who
// made it. Compare OFDSignature.Certificate with one that is trusted, ask the platform
// (VerifyFile), or use a product for electronic seals. [OFDInfo.NotChecked] says the
// same to a reader.
//
// The error is an [*OFDError]; a digest that does not match, or a listed file that is
// missing, is a result and no error. No input makes it panic. Nothing is written, no
// address in the file is followed, no package inside the package is opened. Read are at
// most 10,000 entries, 64 MiB an entry, 256 MiB together, 200 times their packed size
// from 1 MiB on, 16 folders deep; of XML at most 4 MiB a part, 16 MiB together, 32
// elements deep, and no document type definitions; 64 signatures. One entry at a time is held in memory.
func InspectOFD(r io.ReaderAt, size int64) (*OFDInfo, error) {
	p, err := ofdOpen(r, size)
	if err != nil {
		return nil, err
	}
	var root ofdRootXML
	if err := p.xml(ofdRootFile, ofdRootFile, &root); err != nil {
		return nil, err
	}
	if len(root.Bodies) == 0 {
		return nil, ofdError(OFDIncomplete, ofdRootFile, "one DocBody at least")
	}
	info := &OFDInfo{Version: root.Version, DocType: root.DocType}
	for i, body := range root.Bodies {
		d, err := p.document(fmt.Sprintf("document %d", i+1), body)
		if err != nil {
			return nil, err
		}
		info.Documents = append(info.Documents, d)
	}
	for _, name := range p.names {
		if !p.listed[name] {
			info.Unlisted = append(info.Unlisted, zwfw.NewPlatformText(name))
		}
	}
	return info, nil
}

// Signatures gives the signatures of all documents.
func (i *OFDInfo) Signatures() []OFDSignature {
	var all []OFDSignature
	for _, d := range i.Documents {
		all = append(all, d.Signatures...)
	}
	return all
}

// DigestsMatch reports whether there is a signature and all are intact, see
// [OFDSignature.Intact]. It says nothing of who signed, nor of files that no
// signature lists.
func (i *OFDInfo) DigestsMatch() bool {
	all := i.Signatures()
	for _, s := range all {
		if !s.Intact() {
			return false
		}
	}
	return len(all) > 0
}

// NotChecked tells a reader in plain words what was not checked in this file, in
// Chinese and English, one fact an entry. It is never empty.
func (i *OFDInfo) NotChecked() []string {
	if len(i.Signatures()) == 0 {
		return []string{"文件没有签名，内容未经任何核对 / the file has no signature: nothing of its content was checked"}
	}
	facts := []string{
		"签名证书的信任链、有效期、吊销状态和持有人未验证 / chain, validity, revocation and owner of the signer's certificate",
		"电子印章的有效性未验证 / validity of the seal",
		"签名时间以文件所述为准，时间戳未验证 / the time is the one that the file states; no time stamp was checked",
	}
	if n := len(i.Unlisted); n > 0 {
		facts = append(facts, fmt.Sprintf("有 %d 个文件不在签名保护范围内 / files that no signature lists: %d", n, n))
	}
	for n, s := range i.Signatures() {
		switch s.method() {
		case "":
			facts = append(facts, fmt.Sprintf("第 %d 个签名的摘要算法无法识别 / signature %d: digests of an unknown method", n+1, n+1))
		case "md5", "sha1":
			facts = append(facts, fmt.Sprintf("第 %d 个签名的摘要算法 %s 可被伪造 / signature %d: %s digests can be forged, a match proves little", n+1, s.DigestName(), n+1, s.DigestName()))
		}
		if s.Value == OFDNotChecked {
			facts = append(facts, fmt.Sprintf("第 %d 个签名的签名值未验证 / signature %d: its signature value", n+1, n+1))
		}
		if s.Description == OFDNotChecked {
			facts = append(facts, fmt.Sprintf("第 %d 个签名的描述文件未与签名值核对 / signature %d: its list of files was not compared with the signed value", n+1, n+1))
		}
	}
	return facts
}

const ofdRootFile = "OFD.xml" // GB/T 33190: the one name that is fixed

func (p *ofdPackage) document(where string, body ofdBodyXML) (OFDDocument, error) {
	d := body.Info.document()
	for _, v := range body.Versions {
		d.Versions = append(d.Versions, OFDVersion{ID: v.ID, Index: v.Index, Current: v.Current == "true" || v.Current == "1"})
	}
	name, err := p.part(ofdRootFile, where+": DocRoot", body.Root)
	if err != nil {
		return d, err
	}
	var document ofdDocumentXML
	if err := p.xml(name, where+": Document.xml", &document); err != nil {
		return d, err
	}
	d.Pages = len(document.Pages)
	if len(body.Signatures) > 0 {
		d.Signatures, err = p.signatures(where, body.Signatures)
	}
	return d, err
}

func (i ofdInfoXML) document() OFDDocument {
	d := OFDDocument{
		ID: i.ID, Created: i.Created, Modified: i.Modified, Usage: i.Usage, Creator: i.Creator, CreatorVersion: i.CreatorVersion,
		Title: ofdText(i.Title), Author: ofdText(i.Author), Subject: ofdText(i.Subject), Abstract: ofdText(i.Abstract),
	}
	for _, k := range i.Keywords {
		d.Keywords = append(d.Keywords, ofdText(k))
	}
	for _, c := range i.Custom {
		d.CustomData = append(d.CustomData, OFDCustomData{Name: c.Name, Value: ofdText(c.Value)})
	}
	return d
}

func ofdText(text string) zwfw.PlatformText { return zwfw.NewPlatformText(strings.TrimSpace(text)) }
