// Command citycenter (市级 12345 话务汇聚) reports a city's live calls and seats to the province:
// it reads events as JSON lines, counts them and sends what they add up to every few
// seconds.
//
//	go run ./examples/citycenter -simulate            a made-up city, a sandbox plays the province
//	go run ./examples/citycenter -simulate -for 30s   for half a minute
//	go run ./examples/citycenter -events calls.jsonl  events of a file; standard input without it
//	go run ./examples/citycenter -config city.json    a real platform
//
// Lines are such as
//
//	{"type":"call","id":"c1","area":"999999000101","state":"queue","at":"2026-11-23T09:00:00+08:00","caller":"138****0000"}
//	{"type":"seat","no":"7","agent":"a7","skill":"综合","state":"idle","since":"2026-11-23T09:00:00+08:00"}
//	{"type":"removed","no":"7"}
//
// Calls are ivr, queue, ring, talk, hold, end or abandon; "direction" is in or out, nothing is in.
// Seats are out, idle, busy, ring, talk, after or other. Codes of the contract do as well.
//
// Cut its power at any moment: sequence numbers and the day's counters are on the disk
// before they are sent. Give the lines of the last minute again and nothing is missed or
// counted twice; seats are to be told anew.
//
// Where to read first: feed.go reads the lines, city.go puts the parts together, wall.go
// prints what the province shows.
package main
