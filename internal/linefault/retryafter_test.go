package linefault_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw/internal/linefault"
)

func TestRetryAfterIsReadInBothFormsAndBounded(t *testing.T) {
	t.Parallel()
	now := time.Date(2023, 1, 2, 15, 4, 5, 0, time.UTC)
	const later, platform = "Mon, 02 Jan 2023 15:04:08 GMT", "Mon, 02 Jan 2023 15:04:07 GMT"
	for _, c := range []struct {
		after, date string
		want        time.Duration
	}{
		{"", "", 0},
		{"3", "", 3 * time.Second},
		{"-3", "", 0},
		{"9223372036854775807", "", time.Hour},
		{"99999999999999999999", "", 0},
		{later, "", 3 * time.Second},
		{later, platform, time.Second},
		{later, "yesterday", 3 * time.Second},
		{platform, later, 0},
		{"Mon, 02 Jan 2033 15:04:08 GMT", "", time.Hour},
		{"soon", "", 0},
	} {
		head := make(http.Header)
		head.Set("Retry-After", c.after)
		head.Set("Date", c.date)
		require.Equal(t, c.want, linefault.RetryAfter(head, now), "%q at %q", c.after, c.date)
	}
}
