package certificatewire

import (
	"errors"
	"strconv"
	"strings"
	"time"
)

// china is the zone of every date; China has no daylight saving.
var china = time.FixedZone("+08:00", 8*60*60)

// Date is a day as a certificate states it. It keeps the text: 长期 (no end) is none of
// the four formats, and a text that is no date is still what the certificate says.
type Date struct {
	text string
	day  int32 // since 1970, plus dayZero; 0 for none. Lists hold many
}

// dayZero is more than the days before 1970 that any format can write.
const dayZero = 10_000_000

// NewDate writes a day as the standard does: 2024年01月01日.
func NewDate(day time.Time) Date {
	var d Date
	_ = d.UnmarshalText([]byte(day.In(china).Format("2006年01月02日"))) // its own format
	return d
}

// OpenEnded is the validity that never ends.
func OpenEnded() Date { return Date{text: "长期"} }

// Reveal gives the text as it came or is written.
func (d Date) Reveal() string { return d.text }

// Day is midnight of the day in China; zero for 长期 and for what is no date.
func (d Date) Day() time.Time {
	if d.day == 0 {
		return time.Time{}
	}
	return time.Date(1970, 1, 1+int(d.day)-dayZero, 0, 0, 0, 0, china)
}

// IsOpenEnded reports 长期 and its kin.
func (d Date) IsOpenEnded() bool {
	return strings.Contains(d.text, "长期") || strings.Contains(d.text, "永久")
}

var errNoDate = errors.New("not a date")

// UnmarshalText takes the text over and reads 2024年1月1日 (standard), 20240101,
// 2024-01-01 (a time of day may follow) and milliseconds since 1970, the formats of
// public practice.
func (d *Date) UnmarshalText(text []byte) error {
	*d = Date{text: string(text)}
	s := strings.TrimSpace(d.text)
	if s == "" || d.IsOpenEnded() {
		return nil
	}
	if strings.Trim(s, "+-.0123456789eE") == "" && (len(s) >= 12 && len(s) != 14 || strings.ContainsAny(s, "eE")) {
		if ms, err := strconv.ParseFloat(s, 64); err == nil {
			if !(ms > -1e14 && ms < 1e14) {
				return errNoDate
			}
			d.day = dayOf(time.UnixMilli(int64(ms)))
			return nil
		}
	}
	for _, layout := range []string{"2006年1月2日", "20060102", "20060102150405", "2006-1-2", "2006/1/2", "2006-1-2 15:04:05", "2006-1-2T15:04:05", time.RFC3339} {
		if t, err := time.ParseInLocation(layout, s, china); err == nil {
			d.day = dayOf(t)
			return nil
		}
	}
	return errNoDate
}

func dayOf(t time.Time) int32 {
	const secondsADay = 24 * 60 * 60
	_, offset := t.In(china).Zone()
	seconds := t.Unix() + int64(offset)
	days := seconds / secondsADay
	if seconds%secondsADay < 0 {
		days--
	}
	return int32(days) + dayZero
}
