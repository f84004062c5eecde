package certificate

// OFDFault says why a file could not be read as OFD. It is an error, so that
// errors.Is(err, certificate.OFDDamaged) works on what [InspectOFD] returns.
type OFDFault string

// The faults.
const (
	OFDNotOFD     OFDFault = "not an OFD file"   // neither ZIP nor, inside, what GB/T 33190 asks for
	OFDDamaged    OFDFault = "damaged"           // cut, altered or badly written
	OFDIncomplete OFDFault = "incomplete"        // a part that must be there is not
	OFDUnsafe     OFDFault = "unsafe"            // made to mislead a reader: names that leave the package or stand twice, entities, encryption
	OFDTooLarge   OFDFault = "over a limit"      // more than a certificate needs: a bomb, or no certificate
	OFDUnreadable OFDFault = "cannot be fetched" // the io.ReaderAt failed; the cause is wrapped
)

// Error makes an OFDFault usable as the target of errors.Is.
func (f OFDFault) Error() string { return string(f) }

// OFDError is the error of [InspectOFD]. It names places by their role and number
// (signature 2, entry 7), never by the file's own words.
type OFDError struct {
	Fault  OFDFault
	Where  string // "document 1: Document.xml"; "" for the file as a whole
	Detail string // what was expected
	Err    error  // what the io.ReaderAt answered, with OFDUnreadable
}

// Error gives one line: where, what, why.
func (e *OFDError) Error() string {
	text := "certificate: OFD: "
	if e.Where != "" {
		text += e.Where + ": "
	}
	return text + string(e.Fault) + ": " + e.Detail
}

// Unwrap gives the fault and the cause.
func (e *OFDError) Unwrap() []error {
	if e.Err == nil {
		return []error{e.Fault}
	}
	return []error{e.Fault, e.Err}
}

func ofdError(fault OFDFault, where, detail string) error {
	return &OFDError{Fault: fault, Where: where, Detail: detail}
}
