// Command window (亮码办事) plays a service window against the sandbox: a citizen shows a
// code, the window learns who it is, finds the citizen's certificates, asks for consent on
// the citizen's phone, reads the certificate, and saves and checks its file; then what goes
// wrong on a bad day, with what the citizen hears and what staff read.
//
//	go run ./examples/window            both languages
//	go run ./examples/window -lang en   English only
//	go run ./examples/window -lang zh   Chinese only
//	go run ./examples/window -dir out   keep the saved certificate in out
//
// All calls go over HTTP to a loopback port. The citizens are made up, and still no name,
// number, code or address is printed in clear: the values are held in types that print
// masks, as in a window's own program.
//
// Every step checks itself. The exit status is 0 when all went as expected, 1 when a step
// did not, 2 when a flag is wrong.
//
// Where to read first: visit.go is the good visit, trouble.go the bad ones.
package main
