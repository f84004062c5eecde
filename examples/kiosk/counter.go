package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/zwfw-go/zwfw/outbox"
)

// counter gives the numbers of a day. It is stored as a mark of the outbox, together
// with the ticket that has the number, so that no number is given twice.
type counter struct {
	Day   string `json:"day"`  // yyyyMMdd in China
	Last  int    `json:"last"` // serial given last; the first of a day is first
	first int
}

const (
	counterMark = "kiosk.counter"
	maxFirst    = 900_000 // six digits hold what follows, a lost count included
)

func readCounter(ctx context.Context, box *outbox.Outbox, first int) (counter, error) {
	c := counter{first: max(first, 1)}
	text, ok, err := box.Mark(ctx, counterMark)
	if err != nil || !ok {
		return c, err
	}
	return c, json.Unmarshal(text, &c)
}

// afterLoss is far above the tickets that a machine gives in a day. Machines of one hall
// whose first serials are 100,000 apart stay apart.
const afterLoss = 10_000

// lost gives a counter whose numbers were not given before, when what was given is not
// known any more: they go on from the second of the day.
func (c counter) lost(now time.Time) counter {
	local := now.In(china)
	last := c.first + afterLoss + local.Hour()*3600 + local.Minute()*60 + local.Second()
	if day := local.Format("20060102"); day > c.Day {
		c.Day, c.Last = day, last
	}
	c.Last = max(c.Last, last)
	return c
}

// next gives the counter after one more number at a time. A clock that goes back to an
// earlier day does not give that day's numbers again.
func (c counter) next(now time.Time) counter {
	if day := now.In(china).Format("20060102"); day > c.Day {
		c.Day, c.Last = day, c.first-1
	}
	c.Last++
	return c
}

// number is the flow number, yyyyMMdd and six digits.
func (c counter) number() string { return fmt.Sprintf("%s%06d", c.Day, c.Last) }

// queueNo is what the screen calls, such as A001.
func (c counter) queueNo(prefix string) string {
	return fmt.Sprintf("%s%03d", prefix, c.Last-c.first+1)
}

func (c counter) text() []byte {
	text, _ := json.Marshal(c) // a string and a number always can be
	return text
}

var china = time.FixedZone("CST", 8*60*60)
