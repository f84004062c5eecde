package certificate

// Part names what of an identifier or number was not accepted. It is an error, so that
// errors.Is(err, certificate.PartCheck) works on what the parsing and checking
// functions return.
type Part string

// The parts that are named.
const (
	PartShape        Part = "shape"              // the value as a whole: missing, masked, of wrong length, not made of the right parts
	PartRoot         Part = "root"               // the identifier's first five numbers (根 OID)
	PartType         Part = "type code"          // 证照类型代码
	PartIssuer       Part = "issuer code"        // 证照颁发机构代码
	PartSerial       Part = "serial"             // 流水号
	PartVersion      Part = "version"            // 版本号
	PartRegion       Part = "region"             // 地址码
	PartBirthDate    Part = "birth date"         // 出生日期码
	PartCharacters   Part = "characters"         // a character that the number cannot hold
	PartOrganisation Part = "organisation check" // the check character of an organisation code (组织机构代码)
	PartCheck        Part = "check character"    // 校验码
)

// Error makes a Part usable as the target of errors.Is.
func (p Part) Error() string { return string(p) }

// NumberError says why an identifier or number was not accepted. It never holds the
// value, nor a piece of it: it may be personal.
type NumberError struct {
	What     string // "identifier", "ID number", "credit code" or "organisation code"
	Part     Part
	Expected string // what was expected of the part
}

// Error gives one line: what, which part, what was expected.
func (e *NumberError) Error() string {
	return "certificate: " + e.What + ": " + string(e.Part) + ": expected " + e.Expected
}

// Unwrap gives the part.
func (e *NumberError) Unwrap() error { return e.Part }
