package wiretime_test

import (
	"bufio"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw/internal/wiretime"
)

var moment = time.Date(2024, 1, 1, 19, 4, 5, 678e6, time.UTC) // 03:04:05.678 in China

// written is every format's text of moment and what reading it back gives.
var written = map[string]struct {
	text string
	back time.Time
}{
	"ms":                  {"1704135845678", moment},
	"s":                   {"1704135845", moment.Truncate(time.Second)},
	"yyyyMMddHHmmss":      {"20240102030405", moment.Truncate(time.Second)},
	"yyyyMMddHHmmssSSS":   {"20240102030405678", moment},
	"yyyy-MM-dd HH:mm:ss": {"2024-01-02 03:04:05", moment.Truncate(time.Second)},
	"yyyy-MM-dd":          {"2024-01-02", time.Date(2024, 1, 1, 16, 0, 0, 0, time.UTC)},
	"yyyyMMdd":            {"20240102", time.Date(2024, 1, 1, 16, 0, 0, 0, time.UTC)},
	"yyyy年MM月dd日":         {"2024年01月02日", time.Date(2024, 1, 1, 16, 0, 0, 0, time.UTC)},
	"rfc3339":             {"2024-01-02T03:04:05+08:00", moment.Truncate(time.Second)},
	"rfc1123":             {"Mon, 01 Jan 2024 19:04:05 GMT", moment.Truncate(time.Second)},
}

func TestEveryFormatIsWrittenAndReadBack(t *testing.T) {
	t.Parallel()
	formats := wiretime.Formats()
	require.True(t, slices.IsSorted(formats))
	require.Len(t, written, len(formats), "a format is missing here")
	for _, format := range formats {
		require.True(t, wiretime.Valid(format), format)
		want, ok := written[format]
		require.True(t, ok, format)
		text := wiretime.Format(moment.In(time.FixedZone("elsewhere", -5*60*60)), format, wiretime.China)
		require.Equal(t, want.text, text, format)
		back, err := wiretime.Parse(text, wiretime.China)
		require.NoError(t, err, format)
		require.Equal(t, want.back, back.UTC(), format)
	}
}

func TestUnknownFormats(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"", "MS", "yyyy", "2006-01-02", "yyyymmdd"} {
		require.False(t, wiretime.Valid(format), format)
		require.Empty(t, wiretime.Format(moment, format, wiretime.China), format)
	}
}

// testdata/readings.txt: a text, a tab, the moment it means in UTC, or "no".
func TestReadings(t *testing.T) {
	t.Parallel()
	f, err := os.Open("testdata/readings.txt")
	require.NoError(t, err)
	defer func() { require.NoError(t, f.Close()) }()
	lines, n := bufio.NewScanner(f), 0
	for lines.Scan() {
		text, want, ok := strings.Cut(lines.Text(), "\t")
		if strings.HasPrefix(text, "#") || text == "" && !ok {
			continue
		}
		require.True(t, ok, "%q has no tab", lines.Text())
		n++
		got, err := wiretime.Parse(text, wiretime.China)
		if want == "no" {
			require.Error(t, err, text)
			require.True(t, got.IsZero(), text)
			if len(text) > 6 {
				require.NotContains(t, err.Error(), text, "an error repeats no value")
			}
			continue
		}
		require.NoError(t, err, text)
		require.Equal(t, want, got.UTC().Format(time.RFC3339Nano), text)
	}
	require.NoError(t, lines.Err())
	require.Greater(t, n, 50)
}

func TestTimesWithoutAZoneAreLocalToTheGivenOne(t *testing.T) {
	t.Parallel()
	urumqi := time.FixedZone("+06:00", 6*60*60)
	for _, text := range []string{"20240102030405", "2024-01-02 03:04:05", "2024年1月2日 03:04:05"} {
		got, err := wiretime.Parse(text, urumqi)
		require.NoError(t, err)
		require.Equal(t, time.Date(2024, 1, 1, 21, 4, 5, 0, time.UTC), got.UTC(), text)
	}
	for _, text := range []string{"1704135845", "Mon, 01 Jan 2024 19:04:05 GMT", "2024-01-02T03:04:05+08:00"} {
		got, err := wiretime.Parse(text, urumqi)
		require.NoError(t, err)
		require.Equal(t, moment.Truncate(time.Second), got.UTC(), "a zone or a count since 1970 wins: "+text)
	}
	require.Equal(t, "20240102010405", wiretime.Format(moment, "yyyyMMddHHmmss", urumqi))
}

func TestChinaNeedsNoTimeZoneDatabase(t *testing.T) {
	t.Parallel()
	for _, at := range []time.Time{moment, time.Date(1988, 7, 1, 0, 0, 0, 0, time.UTC), time.Date(2100, 7, 1, 0, 0, 0, 0, time.UTC)} {
		_, offset := at.In(wiretime.China).Zone()
		require.Equal(t, 8*60*60, offset)
	}
}

func TestEverySecondOfADayIsReadBackInEveryFullFormat(t *testing.T) {
	t.Parallel()
	for at := moment.Truncate(time.Second); at.Before(moment.Add(24 * time.Hour)); at = at.Add(977 * time.Second) {
		for _, format := range []string{"ms", "s", "yyyyMMddHHmmss", "yyyyMMddHHmmssSSS", "yyyy-MM-dd HH:mm:ss", "rfc3339", "rfc1123"} {
			got, err := wiretime.Parse(wiretime.Format(at, format, wiretime.China), wiretime.China)
			require.NoError(t, err)
			require.Equal(t, at, got.UTC(), format)
		}
	}
}
