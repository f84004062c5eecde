// Command kiosk (取号机) is the back end of a queue machine for 鲁通码: it reads scans,
// verifies each code, prints a ticket and reports it to the platform through an outbox
// file. A ticket is printed whether or not the platform can be told at once.
//
//	go run ./examples/kiosk                        a sandbox plays the platform
//	go run ./examples/kiosk -outage 1m             with a line that is down at first
//	go run ./examples/kiosk -config kiosk.json -scans /dev/ttyACM0
//	go run ./examples/kiosk pending                what is not reported yet
//	go run ./examples/kiosk failed                 what was given up, and why
//	go run ./examples/kiosk retry                  try those again
//
// Cut its power at any moment: a ticket that was printed is on the disk, sealed, and is
// reported after the next start with its own time. Numbers go on where they were: the
// counter is stored in the same transaction as the ticket.
//
// One thing can go wrong in a hall's eyes: power that fails between the verified code
// and the printed slip. The code is spent then; the citizen refreshes it and scans again.
//
// Where to read first: take.go serves a citizen, machine.go puts the parts together,
// operator.go is for staff.
package main
