// Package hotline speaks to the 12345 hotline of a province (DB36/T 1180—2019): a member
// unit (成员单位) reports appeals, takes the sheets dispatched to it, signs for them,
// finishes them, gives them back or asks for time; a city reports its live calls and
// seats.
//
// A program makes one client for each unit, because each unit has a credential of its
// own, and keeps it:
//
//	client, err := hotline.New(hotline.Config{BaseURL: "https://…", AppID: "…", AppKey: zwfw.NewSecret("…")})
//	for sheet, err := range client.PendingSheets(ctx, hotline.PendingQuery{}) {
//	        …
//	        signed, err := client.SignFor(ctx, hotline.SignRequest{DispatchID: sheet.DispatchID, Signer: clerk})
//	}
//
// What is promised:
//
//   - Authentication precedes everything and happens by itself: once for any number of
//     callers, renewed ahead of its end, a wrong key tried at most once a minute.
//   - Actions name a [DispatchID]; a [SheetNo] is for people. They are different types.
//   - The number of a request is the caller's. It is sent again as it is and never made
//     anew, so that a repetition after a lost answer has one effect.
//   - No delay and no rejection leaves without a reason that a person wrote and the name
//     of that person.
//   - Lists are read by time of change, so that sheets which leave the list while it is
//     read hide no others.
//   - Codes that no table knows survive.
//   - What people wrote prints its length only in answers, and nothing of it reaches logs
//     or errors. The texts of a request are the caller's own and print as they are.
//   - Clients are safe for concurrent use and start no goroutine.
//
// A member unit's program mostly wants [Worker], which does all this over an outbox and
// goes on after outages and crashes.
//
// The standard names the functions and no wire; what is public practice or assumption
// stands in docs/standing.md. Everything that can differ between cities is in the
// dialect or in Config.
package hotline
