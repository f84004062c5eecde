package certificate

import (
	"time"

	"github.com/zwfw-go/zwfw/internal/wire/certificatewire"
)

// Date is a day as a certificate states it, in China. It keeps its text: 长期 has no day,
// and a text that is no date is still what the certificate says. The zero Date says
// nothing.
type Date struct{ wire certificatewire.Date }

// NewDate is a day of the calendar. It is sent as the dialect writes days, 2024年01月01日 by
// the standard.
func NewDate(year int, month time.Month, day int) Date {
	// Noon is the same day in every zone that a caller may print it in.
	return Date{certificatewire.NewDate(time.Date(year, month, day, 12, 0, 0, 0, china))}
}

// LongTerm is 长期, a validity without end.
func LongTerm() Date { return Date{certificatewire.OpenEnded()} }

// ParseDate reads 2024年1月1日, 20240101, 2024-01-01 (a time of day may follow),
// milliseconds since 1970, and 长期. The Date keeps the text also when there is an error.
func ParseDate(text string) (d Date, err error) {
	err = d.wire.UnmarshalText([]byte(text))
	return d, err
}

// Day is midnight of the day in China (+08:00); zero for 长期 and for what is no date.
func (d Date) Day() time.Time { return d.wire.Day() }

// IsLongTerm reports 长期 and its kin.
func (d Date) IsLongTerm() bool { return d.wire.IsOpenEnded() }

// IsZero reports whether nothing is said.
func (d Date) IsZero() bool { return d.wire.Reveal() == "" }

// String is the day as the standard writes it, else the text as it came.
func (d Date) String() string {
	if day := d.Day(); !day.IsZero() {
		return day.Format("2006年01月02日")
	}
	return d.wire.Reveal()
}

// Text is the text as it came.
func (d Date) Text() string { return d.wire.Reveal() }

// MarshalText writes the text as it came.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.Text()), nil }

// UnmarshalText reads as ParseDate does.
func (d *Date) UnmarshalText(text []byte) error { return d.wire.UnmarshalText(text) }

// china is the zone of every date; China has no daylight saving.
var china = time.FixedZone("+08:00", 8*60*60)
