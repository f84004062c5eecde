// Package yimatong speaks to the 一码通 platform of Hangzhou (DB3301/T part 3): make a
// citizen's code, read the citizen's tags, find out who shows a code, and let a citizen
// authorise an application.
//
// A hall's back end makes one client for each merchant (商户) and keeps it:
//
//	client, err := yimatong.New(yimatong.Config{
//	        BaseURL: "https://…", MerchantID: "…", SigningKey: own, DataKey: zwfw.NewSecret("…"),
//	})
//	person, err := client.DecodeQRCode(ctx, yimatong.DecodeRequest{Code: zwfw.NewCodeText(scan), Device: "DEV-01"})
//
// What is promised:
//
//   - DecodeQRCode and Authorize are one-shot: a request that may have left is never
//     sent again. Their callers get success, refusal or unknown, never a guess.
//   - A channel token belongs to one citizen. It is an argument; the client keeps none.
//   - The platform's misprints (qrcod, userNmae, message beside msg, flat beside nested)
//     are read without any setting.
//   - Only PY0000 is success, and not when a code that has expired stands inside it.
//   - Clients are immutable and safe for concurrent use.
//
// When the platform is down, [EmergencyVerifier] accepts emergency codes (应急码) with no
// network at all; what that gives and what it does not stands in docs/emergency-code.md.
//
// What the standard's text states and what is public practice or assumption stands in
// docs/standing.md. Everything that can differ between cities is in the dialect.
package yimatong
