package hotline

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/outbox"
)

// Aggregator reports a city's live calls and seats to the province (实时话务汇聚, 实时坐席汇聚)
// every few seconds. The city's system tells it what happens with Call and Seat; it keeps
// the counters and sends them. It is safe for concurrent use.
//
//	a, err := hotline.NewAggregator(client, box, hotline.AggregatorConfig{City: "999999", Counties: counties})
//	go a.Run(ctx)
//	err = a.Call(hotline.CallEvent{ID: "c1", State: hotline.CallQueueing, At: now})
//
// What is promised:
//
//   - Call and Seat never wait for the line or the disk. What is kept is bounded by MaxCalls
//     and MaxSeats.
//   - An event that comes twice, late or out of order counts once: see [Aggregator.Call].
//   - At any time offered is at least answered and abandoned together, the counties' sum is
//     the city's total, and no reported daily counter falls within its day.
//   - Each day has counters of its own, by the city's calendar ([AggregatorConfig].Zone) and
//     the platform's clock. A clock that is set back over midnight finds the counters of the
//     day before as they were, and those of the new day when it comes again. Periods are
//     paced by time that no clock setting moves.
//   - Every period that is due takes one sequence number of each kind, sent or not, so that
//     the province sees in the numbers what it missed. Numbers are stored before they are
//     sent and never given twice, whatever happens to the power.
//   - A report that did not arrive within its period is dropped, and said so by an event; the
//     next one is newer. There is never a queue of them. The client itself may repeat one,
//     under its number, within the period.
//   - Counters and calls under way are stored each period. A restart goes on from there: what
//     is lost is what came after the last period. The city's system may tell it again from a
//     minute before: nothing is counted twice. Seats are not stored; tell them all again,
//     before Run.
//
// When the outbox's file itself is lost, numbers go on above the province's after one report;
// the day's counters begin at zero, and the province may refuse them until midnight.
//
// One process at a time may aggregate a city: the outbox's file sees to that, a shared
// database does not.
//
// Source: that live calls and seats are reported is clauses 4.4.4, 4.5.3 and 4.5.4 of DB36/T
// 1180; period, sequence, full and changed seats and the counting rules are assumption.
type Aggregator struct {
	client *Client
	box    *outbox.Outbox
	config AggregatorConfig
	logger *slog.Logger
	areas  []string       // the city's own first
	index  map[string]int // of areas
	mark   string

	stepping sync.Mutex // held by Step

	mu      sync.Mutex
	period  time.Duration
	elapsed time.Duration // since the start, as the clock goes when nobody sets it
	last    time.Time     // of the client's clock, at the last Step
	today   int           // the day that is reported
	days    []*daySums
	touches uint64
	callBook
	seatBook
	streams [2]stream
}

// The two kinds of reports.
const (
	callStream = iota
	seatStream
)

// stream is one kind of report.
type stream struct {
	seq    int64
	asked  time.Duration // the period that the province asked for last
	resume time.Duration // nothing is sent before so much has elapsed
}

// AggregatorConfig says what an Aggregator counts. City is required.
type AggregatorConfig struct {
	// City is the city's administrative division, 6 or 12 digits.
	City string
	// Counties are the areas beside the city's own. Events of any other are refused. With
	// counties each report lists the city's own share first, then theirs.
	Counties []string

	// Period is how far apart reports are, whole seconds from 3 s to 5 min; default 10 s.
	// The province may change it within the same bounds (assumption).
	Period time.Duration
	// FullEvery is how often all seats are reported, not only those that changed; default
	// 5 min (assumption).
	FullEvery time.Duration
	// Detail reports single calls too, those that changed, at most 5,000 a period.
	Detail bool
	// Zone is where the city's days begin at 00:00; default UTC+8.
	Zone *time.Location

	// MaxCalls is how many calls are kept, live and ended; default 200,000, at least 1,000.
	// Beyond it the oldest ended call is forgotten early, and when all are live a new one is
	// refused; an event says so. Those that are live or ended within a minute are stored each
	// period, some 250 bytes each.
	MaxCalls int
	// MaxSeats is how many seats are kept; default and most 5,000. Others are refused.
	MaxSeats int
	// KeepEnded is how long an ended call is known, so that late and doubled events are
	// told from new calls; default 30 min, at least 1 min.
	KeepEnded time.Duration
	// Silent is how long a call may go without an event before it is taken to have ended
	// unseen; default 2 h, at least 1 min. The longest call of a published year took 4,751 s.
	Silent time.Duration

	// OnEvent is told what happens, by one goroutine at a time; it should return soon.
	OnEvent func(AggregateEvent)
	// Logger writes a line for each event. Neither holds a personal datum.
	Logger *slog.Logger
}

// Bounds and defaults of AggregatorConfig.
const (
	defaultPeriod    = 10 * time.Second
	shortestPeriod   = 3 * time.Second
	longestPeriod    = 5 * time.Minute
	defaultFullEvery = 5 * time.Minute
	defaultMaxCalls  = 200_000
	leastMaxCalls    = 1_000
	mostSeats        = maxBatches * maxRows // what a period of 3 s can carry
	defaultKeepEnded = 30 * time.Minute
	defaultSilent    = 2 * time.Hour
)

// NewAggregator makes an aggregator that goes on from what the outbox holds of the city.
// Client and outbox remain the caller's to close; nothing is started. The outbox's queues
// are not used. The error names what is wrong.
func NewAggregator(client *Client, box *outbox.Outbox, c AggregatorConfig) (*Aggregator, error) {
	switch {
	case client == nil:
		return nil, errors.New("hotline: NewAggregator: the client is nil")
	case box == nil:
		return nil, errors.New("hotline: NewAggregator: the outbox is nil")
	}
	c, err := c.checked()
	if err != nil {
		return nil, err
	}
	dialect := client.Dialect()
	for _, op := range streamOps {
		if _, ok := dialect.Ops[op]; !ok {
			return nil, fmt.Errorf("hotline: NewAggregator: the client's dialect %s has no %s", dialect.Name, op)
		}
	}
	a := &Aggregator{
		client: client, box: box, config: c, logger: c.Logger, period: c.Period, mark: "hotline.aggregate." + c.City,
		areas: append([]string{c.City}, c.Counties...), index: map[string]int{"": 0},
	}
	if a.logger == nil {
		a.logger = slog.New(slog.DiscardHandler)
	}
	for i, area := range a.areas {
		a.index[area] = i
	}
	a.callBook, a.seatBook = newCallBook(len(a.areas)), newSeatBook()
	ctx, cancel := context.WithTimeout(context.Background(), storeTimeout)
	defer cancel()
	if err := a.restore(ctx); err != nil {
		return nil, fmt.Errorf("hotline: NewAggregator: read what was stored of %s: %w", c.City, err)
	}
	return a, nil
}

var streamOps = [...]string{callStream: "ReportCalls", seatStream: "ReportSeats"}

// checked fills defaults and refuses what cannot work.
func (c AggregatorConfig) checked() (AggregatorConfig, error) {
	refuse := func(field, format string, args ...any) (AggregatorConfig, error) {
		return c, fmt.Errorf("hotline: AggregatorConfig.%s: %s", field, fmt.Sprintf(format, args...))
	}
	if !isArea(c.City) {
		return refuse("City", "expected 6 or 12 digits")
	}
	seen := map[string]bool{c.City: true}
	for i, area := range c.Counties {
		if !isArea(area) {
			return refuse(fmt.Sprintf("Counties[%d]", i), "expected 6 or 12 digits")
		}
		if seen[area] {
			return refuse(fmt.Sprintf("Counties[%d]", i), "%s is there already", area)
		}
		seen[area] = true
	}
	c.Counties = append([]string(nil), c.Counties...)
	for _, f := range []struct {
		name            string
		into            *time.Duration
		or, least, most time.Duration
	}{
		{"Period", &c.Period, defaultPeriod, shortestPeriod, longestPeriod},
		{"FullEvery", &c.FullEvery, defaultFullEvery, shortestPeriod, time.Hour},
		{"KeepEnded", &c.KeepEnded, defaultKeepEnded, time.Minute, 24 * time.Hour},
		{"Silent", &c.Silent, defaultSilent, time.Minute, 24 * time.Hour},
	} {
		if *f.into == 0 {
			*f.into = f.or
		}
		if *f.into < f.least || *f.into > f.most {
			return refuse(f.name, "from %v to %v, is %v", f.least, f.most, *f.into)
		}
	}
	if c.Period%time.Second != 0 {
		return refuse("Period", "must be whole seconds, is %v", c.Period)
	}
	for _, f := range []struct {
		name            string
		into            *int
		or, least, most int
	}{{"MaxCalls", &c.MaxCalls, defaultMaxCalls, leastMaxCalls, 10_000_000}, {"MaxSeats", &c.MaxSeats, mostSeats, 1, mostSeats}} {
		if *f.into == 0 {
			*f.into = f.or
		}
		if *f.into < f.least || *f.into > f.most {
			return refuse(f.name, "from %d to %d, is %d", f.least, f.most, *f.into)
		}
	}
	if c.Zone == nil {
		c.Zone = china
	}
	if c.OnEvent == nil {
		c.OnEvent = func(AggregateEvent) {}
	}
	return c, nil
}

// Run reports at once and then every period until ctx ends, and stores the counters a last
// time; the error is nil then, unless that failed. Otherwise client or outbox were closed.
// Troubles of single periods are events.
func (a *Aggregator) Run(ctx context.Context) error {
	for {
		began := time.Now() // its monotonic reading: no clock setting moves the pace
		err := a.Step(ctx)
		switch {
		case ctx.Err() != nil:
			return a.rest(ctx)
		case errors.Is(err, outbox.ErrClosed), errors.Is(err, zwfw.Closed):
			return err
		}
		timer := time.NewTimer(max(a.Period()-time.Since(began), 0))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return a.rest(ctx)
		}
	}
}

// rest stores what was counted since the last period.
func (a *Aggregator) rest(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeTimeout)
	defer cancel()
	a.stepping.Lock()
	defer a.stepping.Unlock()
	a.mu.Lock()
	state := a.state()
	a.mu.Unlock()
	if err := a.save(ctx, state); err != nil {
		return fmt.Errorf("hotline: store the counters of %s: %w", a.config.City, err)
	}
	return nil
}

// Period is how far apart reports are now.
func (a *Aggregator) Period() time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.period
}

// CityCounters are what a city shows on its own wall (大屏).
type CityCounters struct {
	DayBegin time.Time // 00:00 of the day that the sums are of
	Total    CallCounters
	Counties []CountyCalls // the city's own share first
	Seats    SeatCounters
}

// Counters gives the counters as they are now, of the day that was reported last (before
// the first report: of today). Where late events have shown that a wait or a talk was
// shorter than counted, the reports of that day stay at the higher number; the longest wait
// is the longest that was ever seen.
func (a *Aggregator) Counters() CityCounters {
	now := a.client.Now()
	a.mu.Lock()
	defer a.mu.Unlock()
	today := a.today
	if a.last.IsZero() {
		today = a.dayOf(now)
	}
	day := a.day(today, true)
	total, counties := a.callCounters(func(i int) tally { return day.areas[i].is })
	return CityCounters{DayBegin: a.dayBegin(today), Total: total, Counties: counties, Seats: a.seatCounters()}
}
