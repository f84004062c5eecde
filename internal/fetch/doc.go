// Package fetch downloads the files that a platform names by address: step two of 申请下载,
// after the platform has given the address.
//
// [Fetcher.Fetch] writes to an io.Writer, [Fetcher.Save] to a file. Both use a few fixed
// buffers whatever the file's size, hash while they read, and accept a body only when its
// first bytes prove a known type and its last bytes that it is whole. Platforms answer
// 200 with a sentence, an empty body or JSON in place of a file; each is recognised.
//
// The address comes from a server and is not trusted: see [Config] for what it may reach.
// An address that serves once ([SingleUse]) is asked once, whatever happens.
package fetch
