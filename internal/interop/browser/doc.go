// Package browser opens examples/website in a real browser, Debian's Chromium: what cookies,
// redirects, forms and content policies come to is decided there.
//
//	ZWFW_LONG=1 go test ./browser
//
// Without ZWFW_LONG it does nothing; with it, a missing Chromium is a failure.
// ZWFW_SCREENSHOTS names a directory for a picture of every page.
package browser
