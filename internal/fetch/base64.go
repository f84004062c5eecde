package fetch

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"errors"
	"io"
)

var errBase64 = errors.New("the content is not Base64")

// decodeBase64 reads Base64 as platforms write it: either alphabet, line breaks, with or
// without padding, with or without the data: prefix of a web page.
func decodeBase64(r io.Reader) io.Reader {
	in := bufio.NewReader(r)
	if head, _ := in.Peek(128); bytes.HasPrefix(head, []byte("data:")) {
		if comma := bytes.IndexByte(head, ','); comma > 0 {
			_, _ = in.Discard(comma + 1)
		}
	}
	return base64Errors{base64.NewDecoder(base64.RawStdEncoding, &plainBase64{in: in})}
}

// base64Errors gives the decoder's complaints one name and leaves others alone.
type base64Errors struct{ io.Reader }

func (b base64Errors) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	var corrupt base64.CorruptInputError
	if errors.As(err, &corrupt) || err == io.ErrUnexpectedEOF {
		err = errBase64
	}
	return n, err
}

// plainBase64 leaves nothing but the standard alphabet.
type plainBase64 struct {
	in     io.Reader
	padded bool
}

func (b *plainBase64) Read(p []byte) (int, error) {
	for {
		n, err := b.in.Read(p)
		kept := 0
		for _, c := range p[:n] {
			switch c {
			case ' ', '\t', '\r', '\n':
				continue
			case '=':
				b.padded = true
				continue
			case '-':
				c = '+'
			case '_':
				c = '/'
			}
			if b.padded {
				return 0, errBase64
			}
			p[kept] = c
			kept++
		}
		if kept > 0 || err != nil || len(p) == 0 {
			return kept, err
		}
	}
}
