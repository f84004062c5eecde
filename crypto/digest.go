package crypto

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"hash"

	"github.com/emmansun/gmsm/sm3"
)

// digestSum serves the suites and the template filters of the same names.
// Platforms that "sign" this way put the secret into the message (as &key=, in
// front, or at the end), so the digest itself takes no key.
func digestSum(name string) func([]byte) []byte {
	switch name {
	case "sha256":
		return func(b []byte) []byte { d := sha256.Sum256(b); return d[:] }
	case "sha1":
		return func(b []byte) []byte { d := sha1.Sum(b); return d[:] }
	case "md5":
		return func(b []byte) []byte { d := md5.Sum(b); return d[:] }
	case "sm3":
		return func(b []byte) []byte { d := sm3.Sum(b); return d[:] }
	}
	return nil
}

// digestText is digestSum of a text, without a copy of it: a body may be a megabyte.
func digestText(name, text string) string {
	var h hash.Hash
	switch name {
	case "sha256":
		h = sha256.New()
	case "sha1":
		h = sha1.New()
	case "md5":
		h = md5.New()
	default:
		h = sm3.New()
	}
	const most = 4 << 10
	piece := make([]byte, min(len(text), most))
	for len(text) > 0 {
		n := copy(piece, text)
		h.Write(piece[:n])
		text = text[n:]
	}
	return string(h.Sum(nil))
}
