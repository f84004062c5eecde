package linefault

import (
	"net/http"
	"strconv"
	"time"
)

// MaxRetryAfter bounds what a server may ask for; a caller's own cap is lower.
const MaxRetryAfter = time.Hour

// RetryAfter reads the header in both its forms: seconds, or a date. A date is on the
// server's clock, so the answer's own Date counts before now. It is 0 to MaxRetryAfter, 0
// where nothing readable stands.
func RetryAfter(head http.Header, now time.Time) time.Duration {
	text := head.Get("Retry-After")
	if text == "" {
		return 0
	}
	if s, err := strconv.Atoi(text); err == nil {
		s = min(max(s, 0), int(MaxRetryAfter/time.Second)) // a product may overflow
		return time.Duration(s) * time.Second
	}
	at, err := http.ParseTime(text)
	if err != nil {
		return 0
	}
	if date, err := http.ParseTime(head.Get("Date")); err == nil {
		now = date
	}
	return min(max(at.Sub(now), 0), MaxRetryAfter)
}
