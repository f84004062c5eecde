package qr

import (
	"errors"

	"github.com/zwfw-go/zwfw/internal/codetext"
)

// What can be wrong with a text or a picture. Errors of this package wrap
// these, so errors.Is works; the text of each error adds what was found and
// what is allowed.
var (
	// ErrEmptyText: there is no text to encode.
	ErrEmptyText = errors.New("text is empty")
	// ErrTextTooLong: the text does not fit into a QR code at its level.
	ErrTextTooLong = errors.New("text is too long for a QR code")
	// ErrNotUTF8: the text to encode is not UTF-8.
	ErrNotUTF8 = errors.New("text is not UTF-8")
	// ErrNilImage: the image is nil, or an interface around a nil pointer.
	ErrNilImage = errors.New("image is nil")
	// ErrEmptyImage: the data have no bytes or the image no pixels.
	ErrEmptyImage = errors.New("picture is empty")
	// ErrNotImage: the data are neither PNG nor JPEG, or are damaged.
	ErrNotImage = errors.New("data are no readable picture")
	// ErrTooLarge: the picture has more bytes or pixels than allowed.
	ErrTooLarge = errors.New("picture is too large")
	// ErrNoCode: the picture was read and holds no readable QR code.
	ErrNoCode = errors.New("no readable QR code in the picture")
	// ErrScanTooLong: a scan passed the length limit before its terminator.
	ErrScanTooLong = codetext.ErrTooLong
)
