// Command memberunit (成员单位) is a 12345 member unit at its smallest: it takes the sheets
// that the province's hotline dispatches, keeps them in a file of its own, signs for them,
// and carries the answers of the unit's people, also when the line or the power goes.
//
//	go run ./examples/memberunit                     a unit's week against the sandbox, in Chinese
//	go run ./examples/memberunit -lang en            the same in English
//	go run ./examples/memberunit -sandbox            the sandbox as the centre; type commands
//	go run ./examples/memberunit -config unit.json   a real platform; memberunit.example.json shows the form
//
// Typed commands answer sheets: finish, reject, delay, sign; list, failed, retry and
// discard look after them; help lists all. Whoever types is the person who decides: the
// program never answers by itself, and near a deadline it only says so.
//
// What it keeps in -data survives a kill at any moment: sheets.jsonl, the unit's own
// records (numbers, states and deadlines; no name and no text of a citizen), and
// unit.outbox, sealed with unit.key, with what waits for the desk or for the centre.
//
// Where to read first: unit.go puts client, outbox and worker together, store.go is the
// unit's own system, commands.go what people do, week.go the rehearsal.
package main
