// Command hallday (大厅的一个上午) plays a morning in a government service hall against the
// sandbox: take a number by code, be called, show a code at the window, scan the code
// on the wall, and then everything that goes wrong on a bad day, with what the citizen
// hears and what staff read. A complaint travels to a member unit and back, and at the end
// the citizen follows the case on a website and rates it.
//
//	go run ./examples/hallday            both languages
//	go run ./examples/hallday -lang en   English only
//	go run ./examples/hallday -lang zh   Chinese only
//	go run ./examples/hallday -dir pics  keep the code pictures in pics
//
// All calls go over HTTP to a loopback port. The citizens are made up, and still no
// name, number, token or code is printed in clear: the values are held in types that
// print masks, as in a hall's own program.
//
// Every step checks itself. The exit status is 0 when all went as expected, 1 when a
// step did not, 2 when a flag is wrong.
//
// Where to read first: takenumber.go is the kiosk, window.go the window, wall.go the
// hall's own code, trouble*.go the bad day, follow.go the citizen at home.
package main
