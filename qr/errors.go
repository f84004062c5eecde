package qr

import (
	"errors"
	"fmt"

	"github.com/zwfw-go/zwfw/internal/codetext"
)

// What can be wrong with a text or a picture. Errors of this package wrap
// these, so errors.Is works; the text of each error adds what was found and
// what is allowed.
var (
	// ErrEmptyText: there is no text to encode.
	ErrEmptyText = errors.New("text is empty")
	// ErrTextTooLong: the text does not fit into a QR code of its level and
	// version.
	ErrTextTooLong = errors.New("text is too long for a QR code")
	// ErrNotUTF8: the text to encode is not UTF-8.
	ErrNotUTF8 = errors.New("text is not UTF-8")
	// ErrNilImage: the image is nil, or an interface around a nil pointer.
	ErrNilImage = errors.New("image is nil")
	// ErrEmptyImage: the data have no bytes or the image no pixels.
	ErrEmptyImage = errors.New("picture is empty")
	// ErrNotImage: the data are no PNG, JPEG or GIF, or are damaged.
	ErrNotImage = errors.New("data are no readable picture")
	// ErrTooLarge: the picture has more bytes or pixels than allowed.
	ErrTooLarge = errors.New("picture is too large")
	// ErrNoCode: the picture was read and holds no readable QR code. One that
	// has no text, or says what no encoder writes, counts as unreadable.
	ErrNoCode = errors.New("no readable QR code in the picture")
	// ErrSeveralCodes: the picture shows codes that say different things. The
	// error is a [*SeveralCodes].
	ErrSeveralCodes = errors.New("several QR codes in the picture, expected one")
	// ErrRepeated: a [Scanner] or [Repeats] has had this code a moment ago.
	ErrRepeated = errors.New("code was scanned a moment ago")
	// ErrScanTooLong: a scan passed the length limit before its terminator.
	ErrScanTooLong = codetext.ErrTooLong
)

// SeveralCodes says that a picture shows more than one code (多个二维码), and
// which: at a kiosk the next citizen's phone, on paper the parts of a long
// text. Whoever can tell which one is meant, takes it from Codes.
type SeveralCodes struct {
	Codes []Result // two or more
}

// Error tells how many, and nothing of what they say.
func (e *SeveralCodes) Error() string {
	return fmt.Sprintf("%v: %d found", ErrSeveralCodes, len(e.Codes))
}

// Unwrap gives [ErrSeveralCodes].
func (e *SeveralCodes) Unwrap() error { return ErrSeveralCodes }
