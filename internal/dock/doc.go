// Package dock is the engine under the platform clients: one signed, retried,
// redacted and leniently read call, driven by a dialect.
//
// A client declares a [Manifest], what its operations are; a [Party], what it knows;
// and calls:
//
//	engine, err := dock.New(manifest, party, settings)
//	meta, err := engine.Call(ctx, "VerifyCode", &in, &out)
//
// A [Desk] is the other side of the same dialect: it reads requests, checks their
// signatures and writes replies. The sandbox is made of desks.
//
// The steps of a call stand in this order, and a test keeps it: observe, then for
// each attempt observe, breaker, limit, token, sign, send, read, judge, log; then learn
// the clock, heal or repeat within the retry budget.
package dock
