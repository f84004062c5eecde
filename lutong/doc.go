// Package lutong speaks to the 鲁通码 platform of Shandong (SZSD 0056.1—2024): verify
// a code that a citizen shows, report the queue ticket that was given, and learn who
// scanned the hall's own code.
//
// A hall's back end makes one client for each organisation and keeps it:
//
//	client, err := lutong.New(lutong.Config{
//	        BaseURL: "https://…/seg001", AccessID: "…", AccessToken: zwfw.NewSecret("…"),
//	        OrgID: "…", PrivateKey: own, PlatformKey: platform,
//	})
//	user, err := client.VerifyCode(ctx, lutong.VerifyRequest{Code: zwfw.NewCodeText(scan)})
//
// What is promised:
//
//   - VerifyCode and UserInfo are one-shot: a request that may have left is never sent
//     again. Their callers get success, refusal or unknown, never a guess.
//   - ReportTicket may be repeated under the same number; the client repeats it itself
//     after a lost answer. TicketReporter does so through an outbox, so that no report is
//     lost when the line or the power goes.
//   - A wrong local clock is corrected from the platform's answers up to 15 minutes.
//   - Clients are immutable; two of them never share credentials.
//
// What the standard's text states and what is public practice or assumption stands in
// docs/standing.md. Everything that can differ between cities is in the dialect.
package lutong
