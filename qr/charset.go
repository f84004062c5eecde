package qr

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/common"
)

// resultOf chooses the character set of a code that was read as Latin-1, which
// keeps every byte. again reads it anew in another one.
func resultOf(found *gozxing.Result, again func(*common.CharacterSetECI) (*gozxing.Result, error)) (Result, error) {
	text, content := found.GetText(), contentOf(found)
	charset := guess(content)
	switch {
	case len(content) == 0:
		return Result{Text: text}, nil
	case marked(found):
		// The code names its character set; only ask whether all of it is bytes.
		for _, c := range []*common.CharacterSetECI{common.CharacterSetECI_UTF8, common.CharacterSetECI_GB18030, common.CharacterSetECI_ISO8859_1} {
			if decodeBytes(content, c) == text {
				return Result{Text: text, Bytes: content}, nil
			}
		}
		return Result{Text: text}, nil
	case decodeBytes(content, common.CharacterSetECI_ISO8859_1) == text:
		return Result{Text: decodeBytes(content, charset), Bytes: content}, nil
	default:
		// Bytes mixed with other modes: only the library knows what stands where.
		if isJapanese(text) {
			charset = common.CharacterSetECI_SJIS
		}
		found, err := again(charset)
		if err != nil {
			return Result{}, err
		}
		return Result{Text: found.GetText()}, nil
	}
}

func contentOf(found *gozxing.Result) []byte {
	segments, _ := found.GetResultMetadata()[gozxing.ResultMetadataType_BYTE_SEGMENTS].([][]byte)
	return bytes.Join(segments, nil)
}

// marked tells whether the code carries an ECI mark: the even modifiers of its
// symbology identifier (ISO/IEC 18004, annex F).
func marked(found *gozxing.Result) bool {
	id, _ := found.GetResultMetadata()[gozxing.ResultMetadataType_SYMBOLOGY_IDENTIFIER].(string)
	return strings.HasSuffix(id, "2") || strings.HasSuffix(id, "4") || strings.HasSuffix(id, "6")
}

// guess takes bytes for UTF-8 when they are, else for GBK when they look like
// Chinese. Only bytes that speak against Chinese are taken for Shift_JIS, which
// general readers prefer; what is left is Latin-1, as the standard has it.
func guess(content []byte) *common.CharacterSetECI {
	if utf8.Valid(content) {
		return common.CharacterSetECI_UTF8
	}
	of2312, others := countGBK(content)
	if of2312 > 0 && of2312 >= others && !isHalfWidthKana(content) {
		return common.CharacterSetECI_GB18030
	}
	if c, err := common.StringUtils_guessCharset(content, nil); err == nil && c == common.StringUtils_SHIFT_JIS_CHARSET {
		return common.CharacterSetECI_SJIS
	}
	if of2312 > 0 {
		return common.CharacterSetECI_GB18030
	}
	return common.CharacterSetECI_ISO8859_1
}

// countGBK counts the characters of GB 2312, whose bytes are both high, and the
// others of GBK, which are rare in Chinese text and common in a false reading:
// Western words have single high bytes, Japanese has other lead bytes. Bytes
// that are no text in GBK count nothing.
func countGBK(content []byte) (of2312, others int) {
	text := decodeBytes(content, common.CharacterSetECI_GB18030)
	if strings.ContainsRune(text, utf8.RuneError) || strings.ContainsFunc(text, isBinary) {
		return 0, 0
	}
	for i := 0; i+1 < len(content); i++ {
		if content[i] < utf8.RuneSelf {
			continue
		}
		if content[i] > 0xa0 && content[i+1] > 0xa0 {
			of2312++
		} else {
			others++
		}
		i++
	}
	return of2312, others
}

func isBinary(r rune) bool {
	return r < ' ' && r != '\t' && r != '\r' && r != '\n'
}

// isHalfWidthKana tells Shift_JIS words in half-width kana, all of whose bytes
// could be Chinese too, by their voiced marks: two or more, each behind a kana
// that takes one. Random Chinese shows that three times in ten thousand.
func isHalfWidthKana(content []byte) bool {
	marks := 0
	for i, b := range content {
		switch {
		case b < utf8.RuneSelf:
		case b <= 0xa0 || b > 0xdf:
			return false
		case b == 0xde || b == 0xdf:
			if i == 0 || !takesMark(content[i-1]) {
				return false
			}
			marks++
		}
	}
	return marks >= 2
}

// takesMark: ka to to, and ha to ho.
func takesMark(kana byte) bool {
	return 0xb6 <= kana && kana <= 0xc4 || 0xca <= kana && kana <= 0xce
}

// isJapanese tells a code whose other parts are already read as Japanese.
func isJapanese(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool { return unicode.In(r, unicode.Hiragana, unicode.Katakana) })
}

// decodeBytes returns "" when the bytes cannot be read in the character set.
func decodeBytes(content []byte, charset *common.CharacterSetECI) string {
	text, err := charset.GetCharset().NewDecoder().Bytes(content)
	if err != nil {
		return ""
	}
	return string(text)
}
