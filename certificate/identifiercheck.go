package certificate

// CheckResult says what became of an identifier's check character.
type CheckResult uint8

const (
	CheckNotComputable CheckResult = iota // type, issuer or serial hold more than digits and letters, so there is none to compare with
	CheckValid                            // it is the one that the other characters give
	CheckWrong                            // it is another: a character was lost, altered or swapped
)

// String names the result.
func (r CheckResult) String() string {
	switch r {
	case CheckValid:
		return "valid"
	case CheckWrong:
		return "wrong check character"
	}
	return "not computable"
}

// Check compares the check character with what ISO 7064 MOD 37,36 gives for type code,
// issuer code, serial and version; the root does not count, nor do dots, nor the case
// of letters. When the identifier was parsed with AllowLegacyCheckDigit, the character
// of the old utility is valid as well.
func (id Identifier) Check() CheckResult {
	p := id.parts()
	want, ok := p.check()
	if !ok {
		return CheckNotComputable
	}
	if got := id.CheckCharacter(); got == want || id.legacy && got == identLegacy(p.body()) {
		return CheckValid
	}
	return CheckWrong
}

// check computes the check character; false when it cannot be computed.
func (p identParts) check() (byte, bool) {
	if p.typeCode == "" || !identAlphanumeric(p.typeCode) || !identAlphanumeric(p.issuer) || !identAlphanumeric(p.serial) {
		return 0, false
	}
	return identMod37(p.body()), true
}

func (p identParts) body() string { return p.typeCode + p.issuer + p.serial + p.version }

const identAlphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

// identMod37 is the hybrid system MOD 37,36 of ISO 7064 over digits and capitals.
func identMod37(body string) byte {
	p := 36
	for i := range len(body) {
		s := (p + identValue(body[i])) % 36
		if s == 0 {
			s = 36
		}
		p = 2 * s % 37
	}
	return identAlphabet[(37-p)%36]
}

// identLegacy is what the old utility makes of it: letters count one more, a sum above
// 37 reached by a letter is taken modulo 37, and the result is 36 minus the remainder.
func identLegacy(body string) byte {
	p := 36
	for i := range len(body) {
		s, modulus := p+identValue(body[i]), 36
		if body[i] >= 'A' {
			if s++; s > 37 {
				modulus = 37
			}
		}
		if s %= modulus; s == 0 {
			s = 36
		}
		p = 2 * s % 37
	}
	return identAlphabet[(36-p)%36]
}

func identValue(c byte) int {
	if c >= 'A' {
		return int(c-'A') + 10
	}
	return int(c - '0')
}

func identAlphanumeric(text string) bool {
	for i := range len(text) {
		if c := text[i]; (c < '0' || c > '9') && (c < 'A' || c > 'Z') {
			return false
		}
	}
	return true
}
