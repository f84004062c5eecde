package certificate

import (
	"time"

	"github.com/zwfw-go/zwfw"
)

const (
	idLength       = 18
	idLegacyLength = 15
)

// CheckIDNumber checks a 公民身份号码 of 18 characters (GB 11643): 17 digits, a birth
// date that exists, and the check character (ISO 7064 MOD 11-2). It returns the number
// with the check letter x as X. The error is a [*NumberError] and holds nothing of the
// number.
//
// Whether the number was ever given to anybody is not checked, nor is the region: region
// codes (GB/T 2260) change, and numbers outlive them. A number of 15 digits is for
// [UpgradeIDNumber].
func CheckIDNumber(number zwfw.IDNumber) (zwfw.IDNumber, error) {
	text := identUpper(number.Reveal())
	switch {
	case number.IsZero():
		return zwfw.IDNumber{}, idError(PartShape, "18 characters, not an empty value")
	case number.IsMasked():
		return zwfw.IDNumber{}, idError(PartShape, "the number itself, not a masked one")
	case len(text) == idLegacyLength && idDigits(text):
		return zwfw.IDNumber{}, idError(PartShape, "18 characters; UpgradeIDNumber makes them of 15 digits")
	case len(text) != idLength:
		return zwfw.IDNumber{}, idError(PartShape, "18 characters")
	}
	if err := idBody(text[:idLength-1]); err != nil {
		return zwfw.IDNumber{}, err
	}
	if text[idLength-1] != idCheck(text) {
		return zwfw.IDNumber{}, idError(PartCheck, "the one that ISO 7064 MOD 11-2 gives")
	}
	return zwfw.NewIDNumber(text), nil
}

// UpgradeIDNumber makes 18 characters of a number of 15 digits: 19 stands in front of
// the year of birth, and the check character is added. The few numbers of 15 digits of
// people born before 1900 are not told from others. A number of 18 characters is checked
// and returned as by [CheckIDNumber].
func UpgradeIDNumber(number zwfw.IDNumber) (zwfw.IDNumber, error) {
	text := number.Reveal()
	if len(text) != idLegacyLength || number.IsMasked() {
		return CheckIDNumber(number)
	}
	text = text[:6] + "19" + text[6:]
	if err := idBody(text); err != nil {
		return zwfw.IDNumber{}, err
	}
	return zwfw.NewIDNumber(text + string(idCheck(text))), nil
}

// idBody checks the 17 digits in front of the check character.
func idBody(body string) error {
	if !idDigits(body) {
		return idError(PartCharacters, "digits, and x or X at the end of 18 characters only")
	}
	if body[0] == '0' {
		return idError(PartRegion, "six digits, the first of them not 0")
	}
	if _, err := time.Parse("20060102", body[6:14]); err != nil {
		return idError(PartBirthDate, "a date of the calendar, as year, month and day")
	}
	return nil
}

// idCheck computes the check character of the first 17 digits.
func idCheck(text string) byte {
	sum := 0
	for i, weight := range [idLength - 1]int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2} {
		sum += weight * int(text[i]-'0')
	}
	return "10X98765432"[sum%11]
}

func idDigits(text string) bool {
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return false
		}
	}
	return true
}

func idError(part Part, expected string) error {
	return &NumberError{What: "ID number", Part: part, Expected: expected}
}
