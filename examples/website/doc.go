// Command website (政务网站) is a small government website on the service platform of a
// province: items, sign-on, 我的办件, 在线办理 and 好差评, in Chinese with a switch to English.
// Its pages are plain HTML: no script is needed.
//
//	go run ./examples/website       a sandbox plays the platform; it prints two addresses
//	go run ./examples/website -h    the settings for a real platform
//
// What the site itself answers for, beside what portal.SignOn promises:
//
//   - What changes something is a POST with a token of the visitor's session, from a page of
//     this site.
//   - A visitor reads own cases only: each is asked for with the visitor's token, and
//     somebody else's looks like one that does not exist.
//   - Everything that came from the platform is escaped, and no page runs a script.
//   - The public query allows a few wrong check codes for a case, then it rests.
//   - A citizen reads the library's own words for what went wrong, never the platform's.
//
// Where to read first: site.go puts the parts together, cases.go, apply.go and rate.go are
// what a signed-in visitor does.
package main
