// Command sandbox (模拟平台) serves the stand-ins of all five platforms on a loopback port,
// for programs that are not written in Go, for a second process, or to look around.
//
//	go run ./examples/sandbox                        on 127.0.0.1:8700
//	go run ./examples/sandbox -addr 127.0.0.1:9000
//	go run ./examples/sandbox -dialect my-city.json  plays that city; may be repeated
//
// It prints what each platform would issue to you: addresses, names, secrets and keys. They
// are made up and the same at every start; so are the citizens. Lines on standard input mint
// codes, let things go wrong and move the clock; "help" lists them. Each request is logged on
// standard error, masked, with the reason when a signature does not fit.
//
// A Go program in another process gets the same configurations from a sandbox of its own:
//
//	p := sandbox.New()
//	p.URL = "http://127.0.0.1:8700"
//	client, err := lutong.New(p.LutongConfig())
//
// It is no real platform and serves this machine alone.
package main
