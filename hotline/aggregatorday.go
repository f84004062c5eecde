package hotline

import (
	"slices"
	"time"
)

// daySums are the sums of one day of the city.
type daySums struct {
	day   int // days since 1970-01-01
	used  uint64
	areas []areaSums
}

// areaSums are one area's share: as counted, and as reported last. What was reported never
// falls within a day.
type areaSums struct{ is, told tally }

// keptDays is how many days have sums at a time: yesterday, today, tomorrow for a clock that
// goes before ours, and one for a clock that was set wrong.
const keptDays = 4

// day gives the sums of a day, nil when there are none and none are to be made. The day
// that is reported always has some.
func (a *Aggregator) day(day int, create bool) *daySums {
	a.touches++
	for _, d := range a.days {
		if d.day == day {
			d.used = a.touches
			return d
		}
	}
	if !create {
		return nil
	}
	if len(a.days) >= keptDays {
		oldest := -1
		for i, d := range a.days {
			if d.day != a.today && (oldest < 0 || d.used < a.days[oldest].used) {
				oldest = i
			}
		}
		a.days = slices.Delete(a.days, oldest, oldest+1)
	}
	d := &daySums{day: day, used: a.touches, areas: make([]areaSums, len(a.areas))}
	a.days = append(a.days, d)
	return d
}

// turn sets the day that is reported and says whether it is another one.
func (a *Aggregator) turn(now time.Time) bool {
	day := a.dayOf(now)
	changed := day != a.today
	a.today = day
	return changed
}

func (a *Aggregator) dayOf(t time.Time) int {
	y, m, d := t.In(a.config.Zone).Date()
	return int(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / (24 * 60 * 60))
}

func (a *Aggregator) dayBegin(day int) time.Time {
	y, m, d := time.Unix(int64(day)*24*60*60, 0).UTC().Date()
	return time.Date(y, m, d, 0, 0, 0, 0, a.config.Zone)
}

// tally are the sums of a day; Longest is a maximum. It is stored: names stay.
type tally struct {
	Offered, Answered, Abandoned, Quick, Outbound, Callback, Wait, Longest, Talk int64
}

// plus adds; sign is 1 or -1. The longest wait is the longest that was ever seen.
func (t *tally) plus(o tally, sign int64) {
	t.Offered += sign * o.Offered
	t.Answered += sign * o.Answered
	t.Abandoned += sign * o.Abandoned
	t.Quick += sign * o.Quick
	t.Outbound += sign * o.Outbound
	t.Callback += sign * o.Callback
	t.Wait += sign * o.Wait
	t.Talk += sign * o.Talk
	t.Longest = max(t.Longest, o.Longest)
}

// raise takes over what is higher. Offered, Answered, Abandoned, Outbound and Callback
// never fall by themselves, so that their relations hold.
func (t *tally) raise(o tally) {
	longer := tally{Quick: max(t.Quick, o.Quick), Wait: max(t.Wait, o.Wait), Longest: max(t.Longest, o.Longest), Talk: max(t.Talk, o.Talk)}
	*t = o
	t.Quick, t.Wait, t.Longest, t.Talk = longer.Quick, longer.Wait, longer.Longest, longer.Talk
}

// callCounters joins live values and sums.
func (a *Aggregator) callCounters(sums func(area int) tally) (total CallCounters, counties []CountyCalls) {
	var all tally
	var live liveCalls
	counters := func(l liveCalls, t tally) CallCounters {
		return CallCounters{
			Queueing: l.in(CallQueueing), Ringing: l.in(CallRinging), Talking: l.in(CallTalking) + l.in(CallHeld), IVR: l.in(CallIVR),
			Offered: t.Offered, Answered: t.Answered, Abandoned: t.Abandoned, Answered15s: t.Quick, Outbound: t.Outbound, Callback: t.Callback,
			WaitSeconds: &t.Wait, LongestWait: &t.Longest, TalkSeconds: &t.Talk,
		}
	}
	for i, area := range a.areas {
		own := sums(i)
		all.plus(own, 1)
		live.plus(a.live[i])
		if len(a.areas) > 1 {
			counties = append(counties, CountyCalls{Area: area, Total: counters(a.live[i], own)})
		}
	}
	return counters(live, all), counties
}
