package dock

import (
	"bytes"
	"encoding/base64"
	"errors"
	"strings"
)

// pictures are the first bytes of the pictures that platforms send.
var pictures = []struct{ kind, magic string }{
	{"image/png", "\x89PNG\r\n\x1a\n"}, {"image/jpeg", "\xff\xd8\xff"}, {"image/gif", "GIF8"},
}

// ImageType tells a picture's type by its first bytes, "" when it is none of the known.
func ImageType(data []byte) string {
	for _, p := range pictures {
		if bytes.HasPrefix(data, []byte(p.magic)) {
			return p.kind
		}
	}
	return ""
}

// Picture reads a Base64 text as platforms write it: with a data: prefix, with line
// breaks, in the URL alphabet, without padding.
func Picture(text string) (data []byte, kind string, err error) {
	if rest, ok := strings.CutPrefix(text, "data:"); ok {
		_, text, _ = strings.Cut(rest, ",")
	}
	text = strings.Map(func(r rune) rune {
		switch r {
		case ' ', '\t', '\r', '\n', '=':
			return -1
		case '-':
			return '+'
		case '_':
			return '/'
		}
		return r
	}, text)
	if data, err = base64.RawStdEncoding.DecodeString(text); err != nil || len(data) == 0 {
		return nil, "", errors.New("the picture is not Base64")
	}
	if kind = ImageType(data); kind == "" {
		return nil, "", errors.New("the picture is neither PNG nor JPEG nor GIF")
	}
	return data, kind, nil
}
