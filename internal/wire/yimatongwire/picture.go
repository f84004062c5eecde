package yimatongwire

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/zwfw-go/zwfw"
)

// magics are the first bytes of the pictures that platforms send.
var magics = []struct{ kind, magic string }{
	{"image/png", "\x89PNG\r\n\x1a\n"}, {"image/jpeg", "\xff\xd8\xff"}, {"image/gif", "GIF8"},
}

// Picture reads a Base64 text as platforms write it: with a data: prefix, with line
// breaks, in the URL alphabet, without padding.
func Picture(raw zwfw.Raw) (data []byte, kind string, err error) {
	text := raw.Reveal()
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
		return nil, "", fmt.Errorf("the picture is not Base64")
	}
	for _, m := range magics {
		if bytes.HasPrefix(data, []byte(m.magic)) {
			return data, m.kind, nil
		}
	}
	return nil, "", fmt.Errorf("the picture is neither PNG nor JPEG nor GIF")
}

func checkPicture(image zwfw.Raw) (field, problem string) {
	if _, _, err := Picture(image); err != nil {
		return "image", err.Error()
	}
	return "", ""
}
