package sandbox

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"net/http"
	"strings"
	"time"
	"unicode/utf16"

	"github.com/zwfw-go/zwfw/internal/jsonx"
)

// download is an address that was given out.
type download struct {
	file   []byte
	format string
	until  time.Time
	used   bool
}

// download serves an address: once unless set up otherwise, and within its time. Failures come as a sentence with
// status 200, an unknown id as an empty body.
func (c *certificateSide) download(x *exchange) {
	if x.fault.dropBefore {
		x.send(200, "", nil, c.p)
		return
	}
	status := http.StatusOK
	contentType, body, refusal := "text/html;charset=utf-8", []byte(nil), x.fault.text
	if x.fault.code == "" && refusal == "" {
		var d *download
		if d, refusal = c.take(x.r.URL.Query().Get("id"), x.now); d != nil {
			contentType, body = "application/"+d.format, d.file
			x.w.Header().Set("Content-Disposition", "inline;filename=certificate."+d.format)
			x.entry.Effect = true
			if c.setup.JSONDownload {
				contentType, body = "application/json;charset=utf-8", inJSON(d.file)
			}
			if c.setup.Reusable {
				status, body = x.partOf(body)
			}
		}
	}
	x.entry.Answer = "OK"
	if refusal != "" {
		x.entry.Answer, body = "text", []byte(refusal)
	}
	x.send(status, contentType, body, c.p)
}

// partOf gives a file from where it is asked for ("bytes=100-"), and says which file it is.
func (x *exchange) partOf(file []byte) (status int, part []byte) {
	sum := sha256.Sum256(file)
	tag := fmt.Sprintf("%q", hex.EncodeToString(sum[:8]))
	h := x.w.Header()
	h.Set("ETag", tag)
	h.Set("Accept-Ranges", "bytes")
	var from int
	if n, err := fmt.Sscanf(x.r.Header.Get("Range"), "bytes=%d-", &from); n != 1 || err != nil || from < 0 || from >= len(file) || x.r.Header.Get("If-Range") != tag {
		return http.StatusOK, file
	}
	h.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, len(file)-1, len(file)))
	return http.StatusPartialContent, file[from:]
}

// take spends an address. No download and no text mean an unknown id.
func (c *certificateSide) take(id string, now time.Time) (*download, string) {
	c.p.mu.Lock()
	defer c.p.mu.Unlock()
	d := c.downloads[id]
	switch {
	case id == "":
		return nil, "下载编号不能为空"
	case len(id) != 32:
		return nil, "下载编号长度不正确"
	case d == nil:
		return nil, ""
	case d.used:
		return nil, "文件已被下载，下载地址失效"
	case now.After(d.until):
		return nil, "下载地址已超过10分钟有效期"
	}
	d.used = !c.setup.Reusable
	return d, ""
}

func inJSON(file []byte) []byte {
	return jsonx.AppendObject(nil, []jsonx.Member{
		{Name: "contentType", Text: "base64"}, {Name: "content", Text: base64.StdEncoding.EncodeToString(file)},
	})
}

// file makes the annotated copy (加注件) of a certificate, with the cause as watermark. The
// caller holds the lock.
func (c *certificateSide) file(k *Certificate, cause string) []byte {
	lines := []string{k.TypeName, "持证人：" + k.Holder.Reveal(), "编号：" + k.Number.Reveal(), "颁发机构：" + k.Issuer, "模拟平台样张，非真实证照"}
	watermark := "用途:" + cause + " 编号:" + k.Number.Reveal()
	file := ofdFile(lines, watermark)
	if k.Format == "pdf" {
		file = pdfFile(lines, watermark)
	}
	c.genuine[sha256.Sum256(file)] = true
	return file
}

const ofdHead = `<?xml version="1.0" encoding="UTF-8"?>` + "\n"

// ofdFile is a document of one page (GB/T 33190) with the watermark as annotation.
func ofdFile(lines []string, watermark string) []byte {
	var page strings.Builder
	for i, line := range lines {
		page.WriteString(ofdText(10+i, 20, 30+12*i, line))
	}
	const space = ` xmlns:ofd="http://www.ofdspec.org/2016"`
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, f := range []struct{ name, text string }{
		{"OFD.xml", `<ofd:OFD` + space + ` DocType="OFD" Version="1.0"><ofd:DocBody><ofd:DocInfo><ofd:DocID>00000000000000000000000000000001</ofd:DocID>` +
			`<ofd:Title>` + escaped(lines[0]) + `</ofd:Title></ofd:DocInfo><ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>`},
		{"Doc_0/Document.xml", `<ofd:Document` + space + `><ofd:CommonData><ofd:MaxUnitID>99</ofd:MaxUnitID><ofd:PageArea><ofd:PhysicalBox>0 0 210 297</ofd:PhysicalBox></ofd:PageArea>` +
			`<ofd:PublicRes>PublicRes.xml</ofd:PublicRes></ofd:CommonData><ofd:Pages><ofd:Page ID="1" BaseLoc="Pages/Page_0/Content.xml"/></ofd:Pages><ofd:Annotations>Annots/Annotations.xml</ofd:Annotations></ofd:Document>`},
		{"Doc_0/PublicRes.xml", `<ofd:Res` + space + ` BaseLoc="Res"><ofd:Fonts><ofd:Font ID="2" FontName="SimSun"/></ofd:Fonts></ofd:Res>`},
		{"Doc_0/Pages/Page_0/Content.xml", `<ofd:Page` + space + `><ofd:Content><ofd:Layer ID="3">` + page.String() + `</ofd:Layer></ofd:Content></ofd:Page>`},
		{"Doc_0/Annots/Annotations.xml", `<ofd:Annotations` + space + `><ofd:Page PageID="1"><ofd:FileLoc>Page_0/Annotation.xml</ofd:FileLoc></ofd:Page></ofd:Annotations>`},
		{"Doc_0/Annots/Page_0/Annotation.xml", `<ofd:PageAnnot` + space + `><ofd:Annot ID="4" Type="Watermark" Creator="sandbox" LastModDate="2024-01-01"><ofd:Appearance Boundary="0 0 210 297">` +
			ofdText(5, 20, 200, watermark) + `</ofd:Appearance></ofd:Annot></ofd:PageAnnot>`},
	} {
		w, err := z.CreateHeader(&zip.FileHeader{Name: f.name, Method: zip.Deflate})
		if err == nil {
			_, err = w.Write([]byte(ofdHead + f.text))
		}
		if err != nil {
			panic(err) // a buffer does not fail
		}
	}
	_ = z.Close()
	return b.Bytes()
}

// ofdText is a line of text; the place is in millimetres.
func ofdText(id, x, y int, text string) string {
	return fmt.Sprintf(`<ofd:TextObject ID="%d" Boundary="%d %d 170 10" Font="2" Size="5"><ofd:TextCode X="0" Y="5" DeltaX="g %d 5">%s</ofd:TextCode></ofd:TextObject>`,
		id, x, y, max(1, len([]rune(text))-1), escaped(text))
}

func escaped(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text)) // a builder does not fail
	return b.String()
}

// pdfFile is a document of one page. Its font is one that readers bring along.
func pdfFile(lines []string, watermark string) []byte {
	var content strings.Builder
	for i, line := range lines {
		fmt.Fprintf(&content, "BT /F 16 Tf 72 %d Td <%s> Tj ET\n", 740-28*i, ucs2(line))
	}
	fmt.Fprintf(&content, "BT /F 14 Tf 0.7 g 72 200 Td <%s> Tj ET\n", ucs2(watermark))
	var b bytes.Buffer
	b.WriteString("%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
	var places []int
	for i, object := range []string{
		"<</Type/Catalog/Pages 2 0 R>>",
		"<</Type/Pages/Kids[3 0 R]/Count 1>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>",
		fmt.Sprintf("<</Length %d>>stream\n%sendstream", content.Len(), content.String()),
		"<</Type/Font/Subtype/Type0/BaseFont/STSong-Light/Encoding/UniGB-UCS2-H/DescendantFonts[6 0 R]>>",
		"<</Type/Font/Subtype/CIDFontType0/BaseFont/STSong-Light/CIDSystemInfo<</Registry(Adobe)/Ordering(GB1)/Supplement 2>>/FontDescriptor 7 0 R>>",
		"<</Type/FontDescriptor/FontName/STSong-Light/Flags 6/FontBBox[-25 -254 1000 880]/ItalicAngle 0/Ascent 880/Descent -120/CapHeight 880/StemV 93>>",
	} {
		places = append(places, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, object)
	}
	table := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(places)+1)
	for _, place := range places {
		fmt.Fprintf(&b, "%010d 00000 n \n", place)
	}
	fmt.Fprintf(&b, "trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(places)+1, table)
	return b.Bytes()
}

func ucs2(text string) string {
	var b strings.Builder
	for _, unit := range utf16.Encode([]rune(text)) {
		fmt.Fprintf(&b, "%04X", unit)
	}
	return b.String()
}
