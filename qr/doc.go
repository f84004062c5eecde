// Package qr turns code text into QR pictures and back, and reads the text
// that scanners deliver (二维码生成、识读与扫码输入).
//
//	png, err := qr.Encode("281234567890123456")  // a picture for a screen or form
//	result, err := qr.Decode(png)                // a picture from an upload
//	result, err := scanner.Scan(ctx, frame)      // the frames of a camera: NewScanner
//	for text, err := range qr.ReadScans(port) {  // a serial or wedge scanner
//		...
//	}
//
// What is promised: pictures carry the quiet zone of four modules that the
// standard asks for; what Encode writes, Decode reads back byte for byte; a
// picture of unknown origin is measured before memory is spent on it, its time
// is bounded, and no picture makes the package panic; of several codes that are
// seen none is chosen in silence. A Scanner looks at the whole frame before it
// reports a code; while that one stays in view, a second one elsewhere in the
// frame is neither looked for nor reported. No error ever contains the text of a
// code, which is worth its holder's signature while it lives. All functions are
// safe for concurrent use; a Scanner is for one camera.
//
// The corners of a code are found here; error correction and the tables of the
// standard come from gozxing.
package qr
