package certificate_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw/certificate"
)

func TestOFDThatIsNone(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		file  []byte
		fault certificate.OFDFault
	}{
		"empty":                     {nil, certificate.OFDNotOFD},
		"two bytes":                 {[]byte("PK"), certificate.OFDNotOFD},
		"PDF":                       {[]byte("%PDF-1.7\n"), certificate.OFDNotOFD},
		"Chinese sentence":          {[]byte("文件已下载，请重新申请"), certificate.OFDNotOFD},
		"empty ZIP":                 {ofdPack(t), certificate.OFDNotOFD},
		"another ZIP":               {ofdPack(t, ofdEntry{name: "word/document.xml", content: "x"}), certificate.OFDNotOFD},
		"a ZIP behind something":    {append([]byte("MZ"), newOFD().pack(t)...), certificate.OFDNotOFD},
		"ZIP header and then noise": {append([]byte("PK\x03\x04"), noise(1000)...), certificate.OFDDamaged},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := ofdInspect(c.file)
			require.ErrorIs(t, err, c.fault)
		})
	}
	_, err := certificate.InspectOFD(nil, 10)
	require.ErrorIs(t, err, certificate.OFDNotOFD)
	_, err = certificate.InspectOFD(strings.NewReader("PK\x03\x04"), -1)
	require.ErrorIs(t, err, certificate.OFDNotOFD)
}

func TestOFDCutAnywhereIsDamaged(t *testing.T) {
	t.Parallel()
	file, err := os.ReadFile("testdata/ofd/sm3-gbt38540.ofd")
	require.NoError(t, err)
	for n := 4; n < len(file); n++ {
		_, err := ofdInspect(file[:n])
		require.ErrorIs(t, err, certificate.OFDDamaged, "cut to %d bytes", n)
	}
}

// Whichever byte is altered: an error, or the same findings, or a digest that
// does not match; never a file that looks fine with other content.
func TestOFDOneAlteredByteIsNoticed(t *testing.T) {
	t.Parallel()
	file, err := os.ReadFile("testdata/ofd/sm3-gbt38540.ofd")
	require.NoError(t, err)
	errs, tried := 0, 0
	for i := 0; i < len(file); i += 7 { // a prime: every part is met
		tried++
		altered := bytes.Clone(file)
		altered[i] ^= 0x41
		info, err := ofdInspect(altered)
		if err != nil {
			var e *certificate.OFDError
			require.ErrorAs(t, err, &e, "byte %d", i)
			errs++
			continue
		}
		if info.DigestsMatch() && len(info.Unlisted) == 0 {
			require.Equal(t, "测试证照", info.Documents[0].Title.Reveal(), "byte %d", i)
			require.Equal(t, 1, info.Documents[0].Pages, "byte %d", i)
			require.Len(t, info.Signatures()[0].Files, 4, "byte %d", i)
		}
	}
	require.Greater(t, errs, tried/2)
}

// The directory of a ZIP file can claim anything; offsets are those of PKWARE's
// central directory header.
func TestOFDLyingDirectory(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		offset int
		value  uint32
		size   int
		fault  certificate.OFDFault
		says   string
	}{
		{"encrypted", 8, 1, 2, certificate.OFDUnsafe, "no encryption"},
		{"unknown method", 10, 99, 2, certificate.OFDDamaged, "stored or deflated"},
		{"packed size beyond the file", 20, 1 << 30, 4, certificate.OFDDamaged, "no longer than the file"},
		{"a gigabyte declared", 24, 1 << 30, 4, certificate.OFDTooLarge, "at most 67108864 bytes"},
		{"more declared than there is", 24, 5000, 4, certificate.OFDDamaged, "length"},
		{"less declared than there is", 24, 20, 4, certificate.OFDDamaged, "ZIP data"},
		{"wrong check sum", 16, 1, 4, certificate.OFDDamaged, "check sum"},
		{"data elsewhere", 42, 1 << 20, 4, certificate.OFDDamaged, "may be cut"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			file := newOFD().pack(t)
			at := bytes.Index(file, []byte("PK\x01\x02"))
			field := file[at+c.offset:]
			if c.size == 2 {
				binary.LittleEndian.PutUint16(field, uint16(c.value))
			} else {
				binary.LittleEndian.PutUint32(field, c.value)
			}
			_, err := ofdInspect(file)
			require.ErrorIs(t, err, c.fault)
			require.ErrorContains(t, err, c.says)
		})
	}
}

func TestOFDManyLargeEntriesAreRefusedTogether(t *testing.T) {
	t.Parallel()
	file := ofdPack(t, added(ofdEntry{name: "a"}, ofdEntry{name: "b"}, ofdEntry{name: "c"}, ofdEntry{name: "d"}, ofdEntry{name: "e"})(
		[]ofdEntry{{name: "OFD.xml", content: noise(1 << 20)}})...)
	// Five entries that each claim 60 MiB, packed in a megabyte that they share.
	at := bytes.Index(file, []byte("PK\x01\x02"))
	for range 5 {
		at += 4 + bytes.Index(file[at+4:], []byte("PK\x01\x02"))
		binary.LittleEndian.PutUint32(file[at+20:], 1<<19)
		binary.LittleEndian.PutUint32(file[at+24:], 60<<20)
	}
	_, err := ofdInspect(file)
	require.ErrorIs(t, err, certificate.OFDTooLarge)
	require.ErrorContains(t, err, "in all entries")
}

// A directory of a million entries is refused before it is held in memory.
func TestOFDEndlessDirectoryIsNotRead(t *testing.T) {
	t.Parallel()
	file := newOFD().pack(t)
	at := bytes.Index(file, []byte("PK\x01\x02"))
	end := bytes.LastIndex(file, []byte("PK\x05\x06"))
	one := file[at : at+46+len("OFD.xml")]
	var long bytes.Buffer
	long.Write(file[:at])
	long.Write(bytes.Repeat(one, 200_000))
	long.Write(file[end:])
	source := &countingReader{r: bytes.NewReader(long.Bytes())}
	_, err := certificate.InspectOFD(source, int64(long.Len()))
	require.ErrorIs(t, err, certificate.OFDTooLarge)
	require.ErrorContains(t, err, "ZIP directory")
	assert.LessOrEqual(t, source.read, 3<<20)
}

type countingReader struct {
	r    io.ReaderAt
	read int
}

func (c *countingReader) ReadAt(b []byte, offset int64) (int, error) {
	c.read += len(b)
	return c.r.ReadAt(b, offset)
}

// One large file listed thousands of times is unpacked once.
func TestOFDRepeatedReferencesCostOnce(t *testing.T) {
	t.Parallel()
	b := newOFD()
	b.content = append(b.content, ofdEntry{name: "big", content: noise(1 << 20)})
	b.extra = strings.Repeat(`<Reference FileRef="/big"><CheckValue>AA==</CheckValue></Reference>`, 2000)
	file := b.pack(t)
	source := &countingReader{r: bytes.NewReader(file)}
	info, err := certificate.InspectOFD(source, int64(len(file)))
	require.NoError(t, err)
	require.Len(t, info.Signatures()[0].Files, 2004)
	assert.LessOrEqual(t, source.read, 2*len(file)+1<<20)
}

var errLine = errors.New("/media/张三.ofd: input/output error")

type failingReader struct {
	r     io.ReaderAt
	after int
}

func (f *failingReader) ReadAt(b []byte, offset int64) (int, error) {
	if f.after--; f.after < 0 {
		return 0, errLine
	}
	return f.r.ReadAt(b, offset)
}

func TestOFDFailingReaderIsNotTakenForDamage(t *testing.T) {
	t.Parallel()
	file := newOFD().pack(t)
	failed := 0
	for after := range 100 {
		_, err := certificate.InspectOFD(&failingReader{bytes.NewReader(file), after}, int64(len(file)))
		if err == nil {
			break
		}
		failed++
		require.ErrorIs(t, err, certificate.OFDUnreadable, "after %d reads", after)
		require.ErrorIs(t, err, errLine, "the cause stays to be found")
		require.NotContains(t, err.Error(), "张三", "the path is not repeated")
	}
	require.Greater(t, failed, 10)
	require.Less(t, failed, 100)
}
