// Package bench measures the typed calls against programs written by hand that do the
// same: net/http, the same cryptography, encoding/json. Both sides run interleaved in
// one process against a server in another, and the result is the ratio of medians.
//
//	go test -run '^$' -bench . -benchtime 1x ./internal/bench
//
// No test depends on a time; the figures are for people to read.
package bench
