// Package qr turns code text into QR pictures and back, and reads the text
// that scanners deliver (二维码生成、识读与扫码输入).
//
//	png, err := qr.Encode("281234567890123456")  // a picture for a screen or form
//	result, err := qr.Decode(png)                // a picture from a camera or upload
//	for text, err := range qr.ReadScans(port) {  // a serial or wedge scanner
//		...
//	}
//
// What is promised: pictures carry the quiet zone of four modules that the
// standard asks for; what Encode writes, Decode reads back byte for byte; a
// picture of unknown origin is measured before memory is spent on it, and no
// picture makes the package panic. No error ever contains the text of a code,
// which is worth its holder's signature while it lives. All functions are safe
// for concurrent use.
package qr
