package hotline

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"sync"
	"time"
)

// Calendar tells working days: Monday to Friday but for the holidays of the State Council,
// and the weekend days that are worked to make up for them (调休). Days are days in China.
//
// A year that it does not hold has weekends only. That is wrong by days, so it is said
// loudly: the warning function is called once for each such year.
//
// It is safe for concurrent use.
type Calendar struct {
	years   map[int]yearPlan
	warn    func(year int)
	mu      sync.Mutex
	missing map[int]bool
}

type yearPlan struct {
	Off  []string        `json:"off"`  // "10-01" or "10-01/10-07"
	Work []string        `json:"work"` // weekend days that are worked
	days map[string]bool // "10-01": is it worked
}

//go:embed data/workdays.json
var workdaysJSON []byte

// DefaultCalendar is the calendar inside this version, with the years that the State
// Council had announced. warn is as in [ParseCalendar].
func DefaultCalendar(warn func(year int)) *Calendar {
	c, err := ParseCalendar(workdaysJSON, warn)
	if err != nil {
		panic(err) // part of the binary, kept by a test
	}
	return c
}

// ParseCalendar reads a calendar, to be replaced each November when the State Council
// publishes the next year:
//
//	{"2026": {"off": ["01-01/01-03"], "work": ["01-04"]}}
//
// warn is called once for each year that is asked for and not there; nil logs a warning
// to slog.Default.
func ParseCalendar(document []byte, warn func(year int)) (*Calendar, error) {
	var years map[int]yearPlan
	if err := json.Unmarshal(document, &years); err != nil {
		return nil, fmt.Errorf("hotline: calendar: %w", err)
	}
	for year, plan := range years {
		plan.days = make(map[string]bool)
		for _, list := range []struct {
			worked bool
			days   []string
		}{{false, plan.Off}, {true, plan.Work}} {
			for _, text := range list.days {
				if err := plan.add(year, text, list.worked); err != nil {
					return nil, fmt.Errorf("hotline: calendar: %d: %w", year, err)
				}
			}
		}
		years[year] = plan
	}
	if warn == nil {
		warn = func(year int) {
			slog.Warn("hotline: the calendar does not hold this year: holidays and make-up days are not known, deadlines may be wrong by days", "year", year)
		}
	}
	return &Calendar{years: years, warn: warn, missing: make(map[int]bool)}, nil
}

// add takes a day or a span of days.
func (p yearPlan) add(year int, text string, worked bool) error {
	first, last := text, text
	if len(text) == len("10-01/10-07") && text[5] == '/' {
		first, last = text[:5], text[6:]
	}
	from, err1 := time.Parse("2006-01-02", fmt.Sprintf("%04d-%s", year, first))
	to, err2 := time.Parse("2006-01-02", fmt.Sprintf("%04d-%s", year, last))
	if err1 != nil || err2 != nil || to.Before(from) {
		return fmt.Errorf("%q is neither a day such as 10-01 nor a span such as 10-01/10-07", text)
	}
	for day := from; !day.After(to); day = day.AddDate(0, 0, 1) {
		key := day.Format("01-02")
		if was, twice := p.days[key]; twice && was != worked {
			return fmt.Errorf("%s is both off and worked", key)
		}
		if worked && !weekend(day) {
			return fmt.Errorf("%s is worked to make up for a holiday, and is no weekend day", key)
		}
		p.days[key] = worked
	}
	return nil
}

func weekend(day time.Time) bool {
	return day.Weekday() == time.Saturday || day.Weekday() == time.Sunday
}

// china has had no other time since 1991.
var china = time.FixedZone("+08:00", 8*60*60)

// Years lists the years that the calendar holds.
func (c *Calendar) Years() []int {
	years := make([]int, 0, len(c.years))
	for year := range c.years {
		years = append(years, year)
	}
	slices.Sort(years)
	return years
}

// Missing lists the years that were asked for and are not there.
func (c *Calendar) Missing() []int {
	c.mu.Lock()
	defer c.mu.Unlock()
	years := make([]int, 0, len(c.missing))
	for year := range c.missing {
		years = append(years, year)
	}
	slices.Sort(years)
	return years
}

// IsWorkday reports whether the day of t in China is worked.
func (c *Calendar) IsWorkday(t time.Time) bool {
	day := t.In(china)
	plan, known := c.years[day.Year()]
	if !known {
		c.report(day.Year())
	}
	if worked, special := plan.days[day.Format("01-02")]; special {
		return worked
	}
	return !weekend(day)
}

func (c *Calendar) report(year int) {
	c.mu.Lock()
	first := !c.missing[year]
	c.missing[year] = true
	c.mu.Unlock()
	if first {
		c.warn(year)
	}
}

// AddWorkdays gives the same clock time n working days after t; the day of t does not
// count. With n 0 or less it gives t.
func (c *Calendar) AddWorkdays(t time.Time, n int) time.Time {
	t = t.In(china)
	for n > 0 {
		t = t.AddDate(0, 0, 1)
		if c.IsWorkday(t) {
			n--
		}
	}
	return t
}

// WorkdaysBetween counts the working days after the day of from up to that of to, both
// in China; 0 when to is not later.
func (c *Calendar) WorkdaysBetween(from, to time.Time) int {
	return c.workdays(from, to, math.MaxInt)
}

// workdays counts no further than most.
func (c *Calendar) workdays(from, to time.Time, most int) int {
	n, last := 0, dayOf(to)
	for day := dayOf(from).AddDate(0, 0, 1); n < most && !day.After(last); day = day.AddDate(0, 0, 1) {
		if c.IsWorkday(day) {
			n++
		}
	}
	return n
}

func dayOf(t time.Time) time.Time {
	y, m, d := t.In(china).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, china)
}
