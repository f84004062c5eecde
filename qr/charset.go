package qr

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/makiuchi-d/gozxing/common"
)

// text reads the segments, unmarked bytes in the character set they look like,
// and names the set of the bytes.
func (c content) text() (text, charset string) {
	var unmarked []byte
	japanese := false
	charset = common.CharacterSetECI_UTF8.Name()
	for _, s := range c.segments {
		if s.charset == nil {
			unmarked = append(unmarked, s.bytes...)
		} else {
			japanese = japanese || s.charset == common.CharacterSetECI_SJIS && isJapanese(decodeBytes(s.bytes, s.charset))
		}
	}
	guessed := guess(unmarked)
	if japanese && guessed != common.CharacterSetECI_UTF8 {
		guessed = common.CharacterSetECI_SJIS
	}
	var out strings.Builder
	for _, s := range c.segments {
		set := s.charset
		if set == nil {
			set = guessed
		}
		switch {
		case s.other != "":
			charset = s.other
		case set != common.CharacterSetECI_UTF8:
			charset = set.Name()
		}
		out.WriteString(decodeBytes(s.bytes, set))
	}
	return out.String(), charset
}

// bytes joins the segments as they stand in the code.
func (c content) bytes() []byte {
	var all []byte
	for _, s := range c.segments {
		all = append(all, s.bytes...)
	}
	return all
}

// aim is the identifier that a scanner would put before the text: ISO/IEC
// 18004, annex F.
func (c content) aim() string {
	modifier := 1 + 2*c.fnc1
	if c.marked {
		modifier++
	}
	return "]Q" + strconv.Itoa(modifier)
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
