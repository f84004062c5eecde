// Package portal connects a government website to the service platform of its province
// (集约化平台与政务服务平台对接, DB23/T 3649.4—2023): sign-on, the item library, the case
// library and 好差评.
//
// A website makes one client and keeps it:
//
//	client, err := portal.New(portal.Config{
//	        BaseURL: "https://…", AppMark: "…", AppWord: zwfw.NewSecret("…"),
//	        Redirects: []string{"https://www.example.gov.cn/sso/callback"},
//	})
//	signOn, err := portal.NewSignOn(client, portal.SignOnConfig{Callback: "https://www.example.gov.cn/sso/callback"})
//	http.ListenAndServe(address, signOn.Handler(site))
//
// and its pages ask [VisitorFrom] who is there. [Ingest] keeps a copy of items and cases in
// the website's own database, and [Receiver] takes what the platform pushes. What is
// promised:
//
//   - A login ticket is exchanged once and never again, whatever happens to the answer.
//   - A rating may be sent again: the platform's "duplicate" with the same content is
//     success. No call of this package makes a rating that nobody gave; ratings that the
//     platform made by itself are marked as such.
//   - Withdrawn items are rows like others; a reading of changes loses none.
//   - Codes stay as they came: a value that no table knows survives.
//   - A session's token is an argument. Only [SignOn] keeps one, in its store and never in
//     a cookie.
//   - Clients are immutable and safe for concurrent use.
//
// Of the standard only clauses 1 to 4.1 are known. What they state and what is public
// practice or assumption stands in docs/standing.md; what can differ between provinces is
// in the dialect.
package portal
