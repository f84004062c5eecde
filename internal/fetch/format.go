package fetch

import "bytes"

// Format is a file type, proven by the file's own bytes.
type Format string

// Types of certificate files. OFD is a ZIP that holds OFD.xml; ZIP is any other.
const (
	OFD  Format = "ofd"
	PDF  Format = "pdf"
	PNG  Format = "png"
	GIF  Format = "gif"
	JPEG Format = "jpeg"
	ZIP  Format = "zip"
)

var formats = []Format{OFD, PDF, PNG, GIF, JPEG, ZIP}

var magics = []struct {
	begin  string
	format Format
}{
	{"PK\x03\x04", ZIP}, // or OFD
	{"%PDF-", PDF},
	{"\x89PNG\r\n\x1a\n", PNG},
	{"GIF87a", GIF}, {"GIF89a", GIF},
	{"\xff\xd8\xff", JPEG},
}

// sniffSize is how much of a body is looked at before it is taken for a file.
const sniffSize = 512

// sniff tells the type by the first bytes, "" when they are of none. Whether a ZIP is an
// OFD is known at its end.
func sniff(head []byte) Format {
	for _, m := range magics {
		if bytes.HasPrefix(head, []byte(m.begin)) {
			return m.format
		}
	}
	return ""
}

const (
	ofdEntry     = "OFD.xml"
	centralFixed = 46 // bytes before the name in an entry of a ZIP's directory
	seamSize     = centralFixed + len(ofdEntry)
	// zipTail holds a ZIP's end record with the longest comment; other ends are short, and
	// what untidy writers put after them is too.
	zipTail   = 22 + 1<<16 - 1
	shortTail = 2 << 10
)

// inspector sees all bytes of a file go by and knows its type and whether it is whole.
type inspector struct {
	began  bool
	format Format
	ofd    bool
	tail   []byte // the last bytes, as many as cap
}

func (i *inspector) Write(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if !i.began {
		i.began, i.format = true, sniff(p)
		size := shortTail
		if i.format == ZIP {
			size = zipTail
		}
		i.tail = make([]byte, 0, size)
	}
	if i.format == ZIP && !i.ofd {
		seam := append(bytes.Clone(i.tail[max(0, len(i.tail)-seamSize+1):]), p[:min(len(p), seamSize-1)]...)
		i.ofd = hasOFDEntry(seam) || hasOFDEntry(p)
	}
	i.keep(p)
	return len(p), nil
}

func (i *inspector) keep(p []byte) {
	p = p[max(0, len(p)-cap(i.tail)):]
	if drop := len(i.tail) + len(p) - cap(i.tail); drop > 0 {
		i.tail = i.tail[:copy(i.tail, i.tail[drop:])]
	}
	i.tail = append(i.tail, p...)
}

// hasOFDEntry finds the name in the directory of a ZIP; the names in front of each file
// need not be seen, the directory has them all.
func hasOFDEntry(p []byte) bool {
	for from := 0; ; {
		at := bytes.Index(p[from:], []byte(ofdEntry))
		if at < 0 {
			return false
		}
		at += from
		if entry := at - centralFixed; entry >= 0 && bytes.HasPrefix(p[entry:], []byte("PK\x01\x02")) &&
			p[entry+28] == byte(len(ofdEntry)) && p[entry+29] == 0 {
			return true
		}
		from = at + 1
	}
}

// found is the type as far as it is known.
func (i *inspector) found() Format {
	if i.ofd {
		return OFD
	}
	return i.format
}

// whole reports whether the end of the file is there: lengths are missing or wrong often
// enough.
func (i *inspector) whole() bool {
	switch i.format {
	case ZIP:
		return zipEnds(i.tail)
	case PDF:
		return bytes.Contains(i.tail, []byte("%%EOF"))
	case PNG:
		return bytes.Contains(i.tail, []byte("IEND\xaeB`\x82"))
	case GIF:
		return bytes.HasSuffix(bytes.TrimRight(i.tail, "\x00\r\n "), []byte{0x3b})
	case JPEG:
		return bytes.Contains(i.tail, []byte{0xff, 0xd9})
	}
	return false
}

// zipEnds finds the end record, whose comment reaches to the end.
func zipEnds(tail []byte) bool {
	for at := len(tail) - 22; at >= 0; at-- {
		if bytes.HasPrefix(tail[at:], []byte("PK\x05\x06")) && at+22+int(tail[at+20])+int(tail[at+21])<<8 <= len(tail) {
			return true
		}
	}
	return false
}
