package certificate

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/text/encoding/simplifiedchinese"
)

const (
	ofdMostXML      = 4 << 20 // a signature that lists 10,000 files has two
	ofdMostXMLTotal = 16 << 20
	ofdMostElements = 32 // one inside the other
)

// The members of these types are what is read; namespaces differ between makers and
// are not compared. What must stand once is a slice, so that a second one is noticed.
type (
	ofdRootXML struct {
		XMLName xml.Name     `xml:"OFD"`
		DocType string       `xml:"DocType,attr"`
		Version string       `xml:"Version,attr"`
		Bodies  []ofdBodyXML `xml:"DocBody"`
	}
	ofdBodyXML struct {
		Info     ofdInfoXML `xml:"DocInfo"`
		Root     []string   `xml:"DocRoot"`
		Versions []struct {
			ID      string `xml:"ID,attr"`
			Index   string `xml:"Index,attr"`
			Current string `xml:"Current,attr"`
		} `xml:"Versions>Version"`
		Signatures []string `xml:"Signatures"`
	}
	ofdInfoXML struct {
		ID             string   `xml:"DocID"`
		Title          string   `xml:"Title"`
		Author         string   `xml:"Author"`
		Subject        string   `xml:"Subject"`
		Abstract       string   `xml:"Abstract"`
		Created        string   `xml:"CreationDate"`
		Modified       string   `xml:"ModDate"`
		Usage          string   `xml:"DocUsage"`
		Keywords       []string `xml:"Keywords>Keyword"`
		Creator        string   `xml:"Creator"`
		CreatorVersion string   `xml:"CreatorVersion"`
		Custom         []struct {
			Name  string `xml:"Name,attr"`
			Value string `xml:",chardata"`
		} `xml:"CustomDatas>CustomData"`
	}
	ofdDocumentXML struct {
		XMLName xml.Name   `xml:"Document"`
		Pages   []struct{} `xml:"Pages>Page"`
	}
	ofdSignaturesXML struct {
		XMLName xml.Name `xml:"Signatures"`
		Entries []struct {
			ID      string `xml:"ID,attr"`
			Type    string `xml:"Type,attr"`
			BaseLoc string `xml:"BaseLoc,attr"`
		} `xml:"Signature"`
	}
	ofdSignatureXML struct {
		XMLName xml.Name        `xml:"Signature"`
		Signed  []ofdSignedInfo `xml:"SignedInfo"`
		Value   []string        `xml:"SignedValue"`
	}
	ofdSignedInfo struct {
		Provider struct {
			Name    string `xml:"ProviderName,attr"`
			Version string `xml:"Version,attr"`
			Company string `xml:"Company,attr"`
		} `xml:"Provider"`
		Method     string             `xml:"SignatureMethod"`
		Time       string             `xml:"SignatureDateTime"`
		References []ofdReferencesXML `xml:"References"`
		Seal       []string           `xml:"Seal>BaseLoc"`
	}
	ofdReferencesXML struct {
		Method string `xml:"CheckMethod,attr"`
		Files  []struct {
			File  string   `xml:"FileRef,attr"`
			Value []string `xml:"CheckValue"`
		} `xml:"Reference"`
	}
)

// xml decodes a part of the package into v.
func (p *ofdPackage) xml(name, where string, v any) error {
	size := p.files[name].UncompressedSize64
	if size > ofdMostXML {
		return ofdError(OFDTooLarge, where, fmt.Sprintf("at most %d bytes of XML", ofdMostXML))
	}
	if p.xmlLeft -= int(size); p.xmlLeft < 0 {
		return ofdError(OFDTooLarge, where, fmt.Sprintf("at most %d bytes of XML in all", ofdMostXMLTotal))
	}
	data, err := p.read(name, where)
	if err != nil {
		return err
	}
	return ofdDecode(data, where, v)
}

func ofdDecode(data []byte, where string, v any) error {
	raw := xml.NewDecoder(bytes.NewReader(data))
	raw.CharsetReader = ofdCharset
	tokens := &ofdTokens{raw: raw, where: where}
	d := xml.NewTokenDecoder(tokens)
	if err := d.Decode(v); err != nil {
		return tokens.fault(err)
	}
	for {
		switch token, err := d.Token(); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return tokens.fault(err)
		default:
			if _, second := token.(xml.StartElement); second {
				return ofdError(OFDDamaged, where, "one root element")
			}
		}
	}
}

// ofdTokens passes tokens on as long as they keep to the limits.
type ofdTokens struct {
	raw   *xml.Decoder
	where string
	depth int
}

// Token serves the decoder.
func (t *ofdTokens) Token() (xml.Token, error) {
	token, err := t.raw.RawToken()
	if err != nil {
		return nil, err
	}
	switch token.(type) {
	case xml.Directive:
		return nil, ofdError(OFDUnsafe, t.where, "no document type definition; entities are not read")
	case xml.StartElement:
		if t.depth++; t.depth > ofdMostElements {
			return nil, ofdError(OFDTooLarge, t.where, fmt.Sprintf("at most %d elements deep", ofdMostElements))
		}
	case xml.EndElement:
		t.depth--
	}
	return token, nil
}

// fault words an error of the decoder, which quotes the file.
func (t *ofdTokens) fault(err error) error {
	var known *OFDError
	if errors.As(err, &known) {
		return known
	}
	line, _ := t.raw.InputPos()
	return ofdError(OFDDamaged, t.where, fmt.Sprintf("well-formed XML with the root element of GB/T 33190 (read to line %d)", line))
}

// ofdCharset reads what is not declared as UTF-8; the standard allows nothing else.
func ofdCharset(charset string, r io.Reader) (io.Reader, error) {
	switch strings.ToUpper(charset) {
	case "UTF8":
		return r, nil
	case "GBK", "GB2312", "GB18030":
		return simplifiedchinese.GB18030.NewDecoder().Reader(r), nil
	}
	return nil, errors.New("charset not known")
}
