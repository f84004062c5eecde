// Package crypto signs, seals and encodes the way Chinese government platforms
// do, and loads the keys they hand out.
//
// Most programs never import it: a dialect names its suites and the
// client does the rest. Import it to load a key, to plug in a signature made by
// an HSM or a remote signing service, or to write a platform's server side.
//
//	key, err := crypto.LoadPrivateKey(file)                                  // PEM, bare Base64, hex, PKCS#1, PKCS#8, SEC1
//	signer, err := crypto.NewSigner("rsa-sha256", crypto.Material{Private: key})
//	text := crypto.Canonicalizer{Sort: true, SkipEmpty: true}.Append(nil, pairs)
//	signature, err := signer.Sign(ctx, text)
//	header := crypto.Encoding("b64").Encode(signature)
//
// Keys with a password load with [LoadEncryptedPrivateKey] and [LoadPKCS12]. Keys
// that never leave a device sign through [Material].Held, signing services through
// [RemoteSigner]. A [Keyring] holds the old key and the new one while a platform
// changes them. A [Report] lists what is in use for an assessor (密评).
//
// Suites are data: [Suites] lists them, each with a [Grade]. Modern suites are
// sound today. Legacy ones (SHA-1, ECB, CBC without a check value, PKCS#1 v1.5
// encryption) exist because platforms in service demand them. Weak ones (MD5,
// RSA below 2048 bit) can be forged or broken at a known price. [GradeOf]
// grades a suite together with its key. RSA below 1024 bit is refused on loading;
// keys of 1024 to 2047 bit load and work, and are graded Weak.
//
// What is promised:
//
//   - Everything built here is safe for concurrent use and never alters its input.
//   - A wrong setting fails when the value is built, never at the first message.
//   - Open has one error, [ErrOpen], whatever failed, and no input makes it panic.
//   - Secrets and private keys do not appear in errors, in %v, %+v or %#v, in
//     slog records or in JSON; only the bytes a caller asks for leave the package.
//   - An error of a signing service or a key file repeats nothing of the message,
//     the key or the password.
//   - RSA signatures are PKCS#1 v1.5 and equal, byte for byte, those of a JDK;
//     SM2, SM3 and SM4 come from github.com/emmansun/gmsm.
//
// ECB hides no repetition and CBC without a signature can be altered on the
// way: use both only where the platform leaves no choice, and over TLS. Where it
// leaves one, take aes-gcm or sm4-gcm.
package crypto
