// Package outbox keeps messages until the other side has them, whatever happens to the
// line or the power: tickets a kiosk has printed, replies a member unit owes.
//
//	keys := outbox.KeyFile("/etc/hall/outbox.key")                // made by outbox.CreateKeyFile
//	box, err := outbox.Open(ctx, "/var/lib/hall/outbox.db", outbox.Config{
//	        Queues: []outbox.Queue{{Name: "tickets", WhenFull: outbox.Refuse, TTL: 24 * time.Hour}},
//	        Keys:   keys,
//	})
//	go box.Run(ctx, map[string]outbox.Handler{"tickets": {Deliver: deliver}})
//	_, err = box.Enqueue(ctx, outbox.Message{Queue: "tickets", Key: "A017/taken", Order: "A017", Body: body})
//
// A handler sends and says how it went, most simply
//
//	return outbox.FromError(err)                                  // of a client's call
//
// What is promised:
//
//   - When Enqueue returns without error the message is on the disk. The same Key twice
//     in a queue is one message, also after it was delivered (see Config.KeepKeys).
//   - A message is delivered at least once: more than once only after a crash or an
//     unknown outcome, and then with an attempt number above 1 and, if the handler has a
//     Reconcile, after asking the platform.
//   - Messages with the same Order are delivered one after the other in the order of
//     Enqueue; others side by side. The machine's clock plays no part in it. A message
//     that is given up does not hold up those behind it.
//   - Nothing vanishes: Enqueued = Delivered + Dead + Expired + Refused + Pending.
//   - While the line or the platform is down a queue rests, tries with one message at
//     growing intervals, and opens up slowly with random pauses when it is back.
//   - Setting the clock expires nothing (see Config.MaxOffline for the time while the
//     machine was off).
//   - Everything of a message but the name of its queue is sealed on the disk; what has
//     to be found again is kept as keyed hashes. With a wrong key the store does not
//     open, and nothing of it is changed.
//   - A changed byte in a record is detected and the record set aside as a dead letter;
//     a damaged file is set aside whole and a fresh one takes its place. OnEvent tells.
//   - When the disk is full Enqueue fails with a clear error, and what is stored can
//     still be delivered.
//
// The store of [Open] is one file for one process. Other stores are an [Engine].
package outbox
