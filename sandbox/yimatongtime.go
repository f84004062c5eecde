package sandbox

import (
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/jsonx"
	"github.com/zwfw-go/zwfw/internal/wiretime"
)

// literally checks the time of a decoding against yyyyMMssHHmmss.
func (y *yimatongSide) literally(x *exchange) *no {
	if y.literal == "" {
		return nil
	}
	doc, err := jsonx.Parse(x.body)
	if err != nil {
		return &no{kind: zwfw.BadRequest}
	}
	text := doc.Root().Get(y.literal).Text()
	switch {
	case text == "":
		return missing(y.literal)
	case len(text) != len("yyyyMMssHHmmss"):
		return &no{kind: zwfw.BadRequest}
	case text[6:8] != text[12:]:
		x.entry.Explanation = "positions 7 and 8 of " + y.literal + " are not its seconds: this platform reads yyyyMMssHHmmss"
		return &no{kind: zwfw.ClockSkew}
	case !literalNear(text, x.now, y.window):
		return &no{kind: zwfw.ClockSkew}
	}
	return nil
}

// literalNear tells whether a time without a day is near now on some day.
func literalNear(text string, now time.Time, window time.Duration) bool {
	for days := -1; days <= 1; days++ {
		day := now.In(wiretime.China).AddDate(0, 0, days)
		at, err := wiretime.Parse(text[:6]+day.Format("02")+text[8:], wiretime.China)
		if err == nil && at.Sub(now).Abs() <= window {
			return true
		}
	}
	return false
}
