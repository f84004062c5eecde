package hotline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/zwfw-go/zwfw"
)

// Reports of one kind in one period: at most so many, so far apart, because the province
// takes two a second (assumption).
const (
	maxBatches = 5
	batchPause = 600 * time.Millisecond
)

// round is what one period sends.
type round struct {
	period time.Duration
	calls  []CallReport
	seats  []SeatReport
	due    []*callRecord // in detail mode: whose rows the call reports hold
	state  storedCity
}

// Step does the work of one period, which Run does at the right times: it turns the day,
// stores, sends what is due and returns when that has ended, a period later at most. A
// program that paces itself calls it instead of Run.
//
// The error says that the outbox took nothing, so that nothing was sent; or that ctx ended,
// or that the client is closed. What became of single reports is told by events.
func (a *Aggregator) Step(ctx context.Context) error {
	a.stepping.Lock()
	defer a.stepping.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	work, skip, events := a.begin()
	if err := a.save(ctx, work.state); err != nil {
		events = append(events, AggregateEvent{Kind: AggregateStore, Err: err})
		a.mu.Lock()
		events = append(events, a.conclude(work, [2][]sent{})...)
		a.mu.Unlock()
		a.tell(events)
		return fmt.Errorf("hotline: store the counters of %s: %w", a.config.City, err)
	}
	answers := a.send(ctx, work, skip)
	a.mu.Lock()
	events = append(events, a.conclude(work, answers)...)
	a.mu.Unlock()
	a.tell(events)
	for _, list := range answers {
		for _, s := range list {
			if errors.Is(s.err, zwfw.Closed) {
				return s.err
			}
		}
	}
	return ctx.Err()
}

// begin takes the snapshot.
func (a *Aggregator) begin() (work round, skip [2]bool, events []AggregateEvent) {
	now := a.client.Now()
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.last.IsZero() {
		// Neither a clock that was set nor a machine that slept makes calls old.
		a.elapsed += min(max(now.Sub(a.last), 0), 2*a.period)
	}
	a.last = now
	if a.turn(now) {
		events = append(events, AggregateEvent{Kind: AggregateDay, Day: a.dayBegin(a.today)})
	}
	a.expire()
	for _, c := range []struct {
		kind AggregateEventKind
		n    *int
	}{{AggregateCallsRefused, &a.refused}, {AggregateCallsDropped, &a.dropped}, {AggregateCallsSilent, &a.silent}} {
		if *c.n > 0 {
			events = append(events, AggregateEvent{Kind: c.kind, Count: *c.n})
			*c.n = 0
		}
	}
	for i := range a.streams {
		skip[i] = a.elapsed < a.streams[i].resume
	}
	work.period = a.period
	a.callReports(&work, now)
	a.seatReports(&work, now)
	work.state = a.state()
	return work, skip, events
}

func (a *Aggregator) snapshot(kind int, now time.Time) Snapshot {
	a.streams[kind].seq++
	return Snapshot{City: a.config.City, At: now, Seq: a.streams[kind].seq, Period: a.period}
}

func (a *Aggregator) callReports(work *round, now time.Time) {
	day := a.day(a.today, true)
	total, counties := a.callCounters(func(i int) tally {
		sums := &day.areas[i]
		sums.told.raise(sums.is)
		return sums.told
	})
	begin := a.dayBegin(a.today)
	work.due = a.takeDirty()
	for first := 0; first == 0 || first < len(work.due); first += maxRows {
		r := CallReport{Snapshot: a.snapshot(callStream, now), DayBegin: begin, Total: total, Counties: counties}
		for _, c := range work.due[first:min(first+maxRows, len(work.due))] {
			r.Calls = append(r.Calls, c.row)
		}
		work.calls = append(work.calls, r)
	}
}

// seatReports begins with a full list, if one is due; what has no room in it follows as
// changed seats, because a second full list would replace the first. A city that has told
// of no seat reports none.
func (a *Aggregator) seatReports(work *round, now time.Time) {
	if !a.told {
		return
	}
	due, full := a.takeSeats()
	total := a.seatCounters()
	for first := 0; first == 0 || first < len(due); first += maxRows {
		work.seats = append(work.seats, SeatReport{
			Snapshot: a.snapshot(seatStream, now), Full: full && first == 0, Total: total, Seats: due[first:min(first+maxRows, len(due))],
		})
	}
}

// sent is one report's answer.
type sent struct {
	result *ReportResult
	err    error
}

// send sends both kinds side by side, each kind's reports one after the other until one
// fails.
func (a *Aggregator) send(ctx context.Context, work round, skip [2]bool) (answers [2][]sent) {
	ctx, cancel := context.WithTimeout(ctx, work.period)
	defer cancel()
	var both sync.WaitGroup
	for kind, n := range [2]int{len(work.calls), len(work.seats)} {
		if skip[kind] {
			continue
		}
		both.Go(func() {
			for i := range n {
				if i > 0 && pause(ctx, batchPause) != nil {
					return
				}
				var s sent
				if kind == callStream {
					s.result, s.err = a.client.ReportCalls(ctx, work.calls[i])
				} else {
					s.result, s.err = a.client.ReportSeats(ctx, work.seats[i])
				}
				if s.err == nil && !s.result.Accepted {
					s.err = a.refuse(streamOps[kind], zwfw.Unclassified, "accepted", "the province answered no and gave no reason")
				}
				if answers[kind] = append(answers[kind], s); s.err != nil {
					return
				}
			}
		})
	}
	both.Wait()
	return answers
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// conclude draws what follows from the answers.
func (a *Aggregator) conclude(work round, answers [2][]sent) (events []AggregateEvent) {
	for kind, name := range [2]string{"calls", "seats"} {
		s := &a.streams[kind]
		for i, seq := range work.seqs(kind) {
			e := AggregateEvent{Kind: AggregateSkipped, Report: name, Seq: seq}
			if i < len(answers[kind]) {
				e = a.answered(s, e, answers[kind][i])
			}
			if e.Kind == AggregateAccepted {
				a.rectify() // the platform agrees with our time
			} else {
				a.failed(kind, work, i)
			}
			events = append(events, e)
		}
	}
	if a.dirtyDropped > 0 {
		events = append(events, AggregateEvent{Kind: AggregateRowsDropped, Report: "calls", Count: a.dirtyDropped})
		a.dirtyDropped = 0
	}
	// The province may ask the two kinds for different periods; the longer one suits both.
	if asked := max(a.streams[callStream].asked, a.streams[seatStream].asked); asked > 0 {
		asked = min(max(asked.Truncate(time.Second), shortestPeriod), longestPeriod)
		if asked != a.period {
			a.period = asked
			events = append(events, AggregateEvent{Kind: AggregatePeriod, Period: asked})
		}
	}
	return events
}

func (w round) seqs(kind int) (seqs []int64) {
	if kind == seatStream {
		for _, r := range w.seats {
			seqs = append(seqs, r.Seq)
		}
		return seqs
	}
	for _, r := range w.calls {
		seqs = append(seqs, r.Seq)
	}
	return seqs
}

// answered takes an answer over.
func (a *Aggregator) answered(s *stream, e AggregateEvent, answer sent) AggregateEvent {
	if answer.err == nil {
		e.Kind, e.Count = AggregateAccepted, len(answer.result.Remarks)
		if answer.result.NextPeriod > 0 {
			s.asked = answer.result.NextPeriod
		}
		return e
	}
	e.Kind, e.Err = AggregateLost, answer.err
	var refusal *zwfw.Error
	if !errors.As(answer.err, &refusal) {
		return e
	}
	if refusal.Sent && refusal.Outcome == zwfw.OutcomeRefused {
		e.Kind = AggregateRefused
	}
	switch refusal.Kind {
	case zwfw.Stale:
		if last := lastSeq(refusal); last >= e.Seq && last < math.MaxInt64/2 {
			e.Kind, e.Last = AggregateOvertaken, last
			s.seq = max(s.seq, last)
		}
	case zwfw.RateLimited, zwfw.Busy:
		s.resume = a.elapsed + refusal.RetryAfter
	}
	return e
}

// lastSeq is the number that a Stale refusal brings, 0 when it brings none.
func lastSeq(e *zwfw.Error) int64 {
	var data struct {
		LastSeq json.Number `json:"lastSeq"` // also as a string
	}
	if json.Unmarshal([]byte(e.Data.Reveal()), &data) != nil {
		return 0
	}
	n, _ := data.LastSeq.Int64()
	return n
}

// failed makes up for a report that did not arrive.
func (a *Aggregator) failed(kind int, work round, i int) {
	if kind == seatStream {
		a.full = true
		return
	}
	first := min(i*maxRows, len(work.due))
	a.giveBack(work.due[first:min(first+maxRows, len(work.due))])
}
