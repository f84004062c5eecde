package certificate

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// Certificates seen in practice have tens of entries and less than 10 MiB; the limits
// leave room for long annexes and keep a kiosk with 512 MiB of memory alive.
const (
	ofdMostEntries   = 10_000
	ofdMostDirectory = 2 << 20 // bytes read to find the entries: 10,000 of them with names of 150 bytes
	ofdMostEntry     = 64 << 20
	ofdMostTotal     = 256 << 20
	ofdMostRatio     = 200 // XML packs 10 to 50 times; deflate reaches 1,032
	ofdRatioFrom     = 1 << 20
	ofdMostFolders   = 16
	ofdMostName      = 512
)

// ofdPackage is an opened file. Every use of it counts against the limits.
type ofdPackage struct {
	source  *ofdSource
	files   map[string]*zip.File
	names   []string        // in the package's order
	listed  map[string]bool // by a signature, or one of its own files
	digests map[[2]string][]byte
	xmlLeft int
	signed  int // signatures so far
}

// ofdSource stands in front of the caller's reader: while the directory is read it
// counts, because archive/zip holds every entry before anybody can count them, and it
// keeps the reader's own failure apart from damage.
type ofdSource struct {
	r       io.ReaderAt
	left    int
	counted bool
	failed  error
}

var errOFDDirectory = errors.New("directory over the limit")

func (s *ofdSource) ReadAt(b []byte, offset int64) (int, error) {
	if s.counted {
		if s.left -= len(b); s.left < 0 {
			return 0, errOFDDirectory
		}
	}
	n, err := s.r.ReadAt(b, offset)
	if err != nil && !errors.Is(err, io.EOF) {
		s.failed = err
	}
	return n, err
}

func ofdOpen(r io.ReaderAt, size int64) (*ofdPackage, error) {
	if r == nil || size <= 0 {
		return nil, ofdError(OFDNotOFD, "", "the file is empty")
	}
	p := &ofdPackage{
		source: &ofdSource{r: r, left: ofdMostDirectory, counted: true},
		files:  map[string]*zip.File{}, listed: map[string]bool{}, digests: map[[2]string][]byte{}, xmlLeft: ofdMostXMLTotal,
	}
	magic := make([]byte, 4)
	if _, err := p.source.ReadAt(magic, 0); err != nil && !errors.Is(err, io.EOF) {
		return nil, p.fault("", err)
	}
	if string(magic) != "PK\x03\x04" {
		return nil, ofdError(OFDNotOFD, "", "an OFD file begins as a ZIP file does")
	}
	z, err := zip.NewReader(p.source, size)
	if errors.Is(err, errOFDDirectory) {
		return nil, ofdError(OFDTooLarge, "ZIP directory", fmt.Sprintf("at most %d bytes", ofdMostDirectory))
	}
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) { // names are checked below
		return nil, p.fault("ZIP directory", err)
	}
	p.source.counted = false
	if len(z.File) > ofdMostEntries {
		return nil, ofdError(OFDTooLarge, "ZIP directory", fmt.Sprintf("at most %d entries", ofdMostEntries))
	}
	if err := p.admit(z.File, size); err != nil {
		return nil, err
	}
	if p.files[ofdRootFile] == nil {
		return nil, ofdError(OFDNotOFD, "", "an entry named "+ofdRootFile)
	}
	return p, nil
}

// admit takes the entries up that keep to the limits, or none.
func (p *ofdPackage) admit(entries []*zip.File, size int64) error {
	var total uint64
	for i, f := range entries {
		where := fmt.Sprintf("entry %d", i+1)
		name, err := ofdName(f, where)
		if err != nil {
			return err
		}
		if strings.HasSuffix(name, "/") {
			continue
		}
		if err := ofdEntry(f, size, where); err != nil {
			return err
		}
		if total += f.UncompressedSize64; total > ofdMostTotal {
			return ofdError(OFDTooLarge, where, fmt.Sprintf("at most %d bytes in all entries", ofdMostTotal))
		}
		if p.files[name] != nil {
			return ofdError(OFDUnsafe, where, "a name that no other entry has")
		}
		p.files[name], p.names = f, append(p.names, name)
	}
	return nil
}

// ofdEntry checks what the directory says of an entry.
func ofdEntry(f *zip.File, fileSize int64, where string) error {
	switch {
	case f.Flags&1 != 0:
		return ofdError(OFDUnsafe, where, "no encryption of entries; OFD has none of this kind")
	case f.Method != zip.Store && f.Method != zip.Deflate:
		return ofdError(OFDDamaged, where, "stored or deflated, as GB/T 33190 says")
	case !f.Mode().IsRegular():
		return ofdError(OFDUnsafe, where, "a plain file, no link or device")
	case f.CompressedSize64 > uint64(fileSize):
		return ofdError(OFDDamaged, where, "no longer than the file; the file may be cut")
	case f.UncompressedSize64 > ofdMostEntry:
		return ofdError(OFDTooLarge, where, fmt.Sprintf("at most %d bytes", ofdMostEntry))
	case f.UncompressedSize64 > ofdRatioFrom && f.UncompressedSize64/ofdMostRatio >= f.CompressedSize64:
		return ofdError(OFDTooLarge, where, fmt.Sprintf("at most %d times its packed size", ofdMostRatio))
	}
	return nil
}

// ofdName gives an entry's name in UTF-8 with slashes. Older Chinese tools write GBK
// without saying so, and Windows tools write backslashes.
func ofdName(f *zip.File, where string) (string, error) {
	name := f.Name
	if len(name) > ofdMostName {
		return "", ofdError(OFDTooLarge, where, fmt.Sprintf("a name of at most %d bytes", ofdMostName))
	}
	if !utf8.ValidString(name) {
		var err error
		if name, err = simplifiedchinese.GB18030.NewDecoder().String(name); err != nil || strings.ContainsRune(name, utf8.RuneError) {
			return "", ofdError(OFDDamaged, where, "a name in UTF-8 or GBK")
		}
	}
	name = strings.ReplaceAll(name, `\`, "/")
	plain := strings.TrimSuffix(name, "/")
	if !ofdInside(plain) || path.Clean(plain) != plain {
		return "", ofdError(OFDUnsafe, where, "a relative name without . and .. that stays inside the package")
	}
	if strings.Count(plain, "/") > ofdMostFolders {
		return "", ofdError(OFDTooLarge, where, fmt.Sprintf("at most %d folders deep", ofdMostFolders))
	}
	return name, nil
}

// ofdInside reports whether a cleaned name can only mean something in the package. A
// colon would be a drive or a stream to Windows.
func ofdInside(name string) bool {
	return name != "" && name != "." && name != ".." && !strings.HasPrefix(name, "../") && !strings.HasPrefix(name, "/") &&
		!strings.Contains(name, ":") && !strings.ContainsFunc(name, unicode.IsControl)
}

// resolve gives the name that a location (ST_Loc) in the file from means: from the
// package's root when it begins with a slash, otherwise from the folder of from, and,
// where nothing has that name, from the root, as many makers write.
func (p *ofdPackage) resolve(from, where, location string) (string, error) {
	location = strings.ReplaceAll(strings.TrimSpace(location), `\`, "/")
	rooted := path.Clean(strings.TrimPrefix(location, "/"))
	name := rooted
	if !strings.HasPrefix(location, "/") {
		if name = path.Join(path.Dir(from), location); p.files[name] == nil && p.files[rooted] != nil {
			name = rooted
		}
	}
	switch {
	case location == "":
		return "", ofdError(OFDIncomplete, where, "a location")
	case !ofdInside(name):
		return "", ofdError(OFDUnsafe, where, "a location inside the package")
	}
	return name, nil
}

// part resolves a location that must be given once and name a file.
func (p *ofdPackage) part(from, where string, locations []string) (string, error) {
	if len(locations) != 1 {
		return "", ofdError(OFDDamaged, where, fmt.Sprintf("one location, not %d", len(locations)))
	}
	name, err := p.resolve(from, where, locations[0])
	if err != nil {
		return "", err
	}
	if p.files[name] == nil {
		return "", ofdError(OFDIncomplete, where, "a file of the package")
	}
	return name, nil
}

// read unpacks an entry that exists. Its declared size was checked against the limits
// and is checked against what comes.
func (p *ofdPackage) read(name, where string) ([]byte, error) {
	f := p.files[name]
	size := int(f.UncompressedSize64)
	r, err := f.Open()
	if err != nil {
		return nil, p.fault(where, err)
	}
	defer r.Close()
	data := make([]byte, size)
	if _, err := io.ReadFull(r, data); err != nil {
		return nil, p.fault(where, err)
	}
	// One byte more must not be there, and the check sum is compared at the end.
	if _, err := io.ReadFull(r, make([]byte, 1)); !errors.Is(err, io.EOF) {
		return nil, p.fault(where, err)
	}
	return data, nil
}

// fault tells a failing reader from damage. What archive/zip says may hold pieces of
// the file and is left out.
func (p *ofdPackage) fault(where string, err error) error {
	if p.source.failed != nil {
		return &OFDError{Fault: OFDUnreadable, Where: where, Detail: "the reader failed", Err: p.source.failed}
	}
	detail := "whole ZIP data; the file may be cut"
	switch {
	case errors.Is(err, zip.ErrChecksum):
		detail = "the check sum that the directory states"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		detail = "the length that the directory states; the file may be cut"
	}
	return ofdError(OFDDamaged, where, detail)
}
