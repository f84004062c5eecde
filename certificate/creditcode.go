package certificate

import "strings"

const (
	creditLength       = 18
	organisationLength = 9
	// No I, O, S, V, Z: they are taken for 1, 0, 5, U and 2.
	creditAlphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
)

// CheckCreditCode checks a 统一社会信用代码 (GB 32100) and returns it in capitals.
// The error is a [*NumberError].
//
// Characters 9 to 17 are an organisation code with a check character of its own, which
// this function leaves alone; see [CheckOrganisationCode]. Whether the code was ever
// given to anybody is not checked.
func CheckCreditCode(code string) (string, error) {
	code = identUpper(code)
	if err := creditCheck(code); err != nil {
		return "", err
	}
	return code, nil
}

// CheckOrganisationCode checks a 组织机构代码 of nine characters (GB 11714), with or
// without the hyphen in front of the last, and returns it in capitals without it. The
// error is a [*NumberError].
func CheckOrganisationCode(code string) (string, error) {
	code = identUpper(code)
	if len(code) == organisationLength+1 && code[organisationLength-1] == '-' {
		code = code[:organisationLength-1] + code[organisationLength:]
	}
	if len(code) != organisationLength {
		return "", &NumberError{What: "organisation code", Part: PartShape, Expected: "9 characters"}
	}
	if !identAlphanumeric(code) {
		return "", &NumberError{What: "organisation code", Part: PartCharacters, Expected: "digits and letters"}
	}
	sum := 0
	for i, weight := range [organisationLength - 1]int{3, 7, 9, 10, 5, 8, 4, 2} {
		sum += weight * identValue(code[i])
	}
	if want := "0X987654321"[sum%11]; code[organisationLength-1] != want {
		return "", &NumberError{What: "organisation code", Part: PartOrganisation, Expected: "the one that GB 11714 gives"}
	}
	return code, nil
}

// creditCheck checks a code in capitals.
func creditCheck(code string) error {
	if len(code) != creditLength {
		return creditError(PartShape, "18 characters")
	}
	sum := 0
	for i, weight := range [creditLength - 1]int{1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28} {
		value := strings.IndexByte(creditAlphabet, code[i])
		if value < 0 {
			return creditError(PartCharacters, "digits and capital letters without I, O, S, V, Z")
		}
		sum += weight * value
	}
	if code[creditLength-1] != creditAlphabet[(31-sum%31)%31] {
		return creditError(PartCheck, "the one that GB 32100 gives")
	}
	return nil
}

func creditError(part Part, expected string) error {
	return &NumberError{What: "credit code", Part: part, Expected: expected}
}
