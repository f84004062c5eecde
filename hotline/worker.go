package hotline

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/outbox"
)

// Worker is what a member unit (成员单位) runs: it takes the unit's sheets, hands each to
// the unit's own system, and carries the answers of the unit's people to the centre, days
// later if need be. One Worker serves any number of units. It is safe for concurrent use.
//
//	box, err := outbox.Open(ctx, "unit.outbox", outbox.Config{Queues: hotline.WorkQueues(), Keys: outbox.KeyFile("unit.key")})
//	worker, err := hotline.NewWorker(box, hotline.WorkerConfig{
//	        Units: map[string]*hotline.Client{"water": client}, Desk: store, Sign: hotline.SignOnStored, Signer: clerk,
//	})
//	go worker.Run(ctx)
//	err = worker.Finish(ctx, "water", hotline.FinishRequest{DispatchID: id, RequestNo: "2026-117", …})
//
// What is promised:
//
//   - Each sheet that a list shows is handed to the Desk, whole, and so is each new round of
//     it; again only after a call that failed or a process that ended in it. The place in the
//     list is stored in one transaction with what was read there: a crash loses no sheet.
//   - What the centre does with a sheet reaches the Desk behind the sheet, in order, each
//     notice once; it is acknowledged when it is stored. Where a centre has no notices, or
//     one is lost, the states in the list say the same.
//   - After Finish, Reject, RequestDelay or SignFor has returned nil the answer is on the
//     disk, sealed. Answers for one dispatch are sent in the order in which they were given,
//     each under the caller's own number, and have one effect as far as the centre keeps to
//     its numbers (see [Config.Repeats]; where it keeps none and says so in no way that is
//     configured, the worker looks whether the sheet shows the answer).
//   - No answer is made here but the signing that [SignOnStored] asks for. Near a deadline
//     the Desk and OnEvent are told; a delay or a rejection is a person's to write.
//   - An answer that only the caller's own settings or the line hinder waits. One that the
//     centre refuses for the sheet's sake becomes a failed one, with an event: see Failed.
//   - An answer written in one round of a dispatch is not sent into the next.
//
// One process at a time may work on an outbox: a file sees to it itself, and where several
// nodes share a database (outbox.OpenSQL) the program does, because what is known of the
// sheets stands in the memory of the one that polls. Another may take over after it ended.
// When the outbox's file was damaged and set aside, all open sheets are handed out again:
// the Desk should know a sheet by unit, DispatchID and Round.
//
// Source: DB36/T 1180 clauses 4.5.2 (the unit calls, nothing is delivered to it); polling
// after the former poll's end, halves of sheets, notices: public practice; times: assumption.
type Worker struct {
	box    *outbox.Outbox
	config WorkerConfig
	logger *slog.Logger
	units  map[string]*workUnit
	names  []string
}

// SignPolicy says who signs for sheets (签收).
type SignPolicy uint8

const (
	// SignOnStored signs for a sheet, in the name of WorkerConfig.Signer, once the Desk has
	// taken it.
	SignOnStored SignPolicy = iota + 1
	// SignManually signs for nothing by itself: a person does, by Worker.SignFor.
	SignManually
)

// WorkerConfig is what a Worker needs. Units, Desk and Sign are required, and Signer with
// SignOnStored.
type WorkerConfig struct {
	// Units are the clients by a name of the program's own: a-z 0-9 . _ - in at most 24
	// characters. A unit keeps its name: what is stored of it stands under it.
	Units  map[string]*Client
	Desk   Desk
	Sign   SignPolicy
	Signer zwfw.PersonName

	// Every is the pause between the end of one poll and the beginning of the next, which is
	// up to a fifth longer or shorter; default 60 s (practice: minutes).
	Every time.Duration
	// Schedule tells when a sheet is due soon; default NewSchedule(DefaultCalendar(nil)). The
	// deadline is the centre's.
	Schedule *Schedule

	// HandoutQueue and AnswerQueue are the outbox's queues; default HandoutQueueName and
	// AnswerQueueName. Workers on one outbox need queues of their own. The first is
	// part of the names of the outbox's marks: at most 24 characters.
	HandoutQueue string
	AnswerQueue  string

	// OnEvent is told what happens; it may be called from many goroutines at once and
	// should return soon.
	OnEvent func(WorkEvent)
	// Logger writes a line for each event. Neither holds a personal datum.
	Logger *slog.Logger
	// Clock waits between polls; default the machine's. What time it is at the centre is
	// the clients' to know.
	Clock zwfw.Clock
}

// The queues that a Worker uses unless its WorkerConfig says otherwise.
const (
	HandoutQueueName = "hotline.handout"
	AnswerQueueName  = "hotline.answers"
)

// WorkQueues gives the settings of those queues, to be altered or used as they are in
// [outbox.Config]. They have no limit of age or attempts: people answer days later, and an
// outage may take as long. When the outbox is full, new answers are refused and sheets
// stay at the centre.
func WorkQueues() []outbox.Queue {
	return []outbox.Queue{
		{Name: HandoutQueueName, WhenFull: outbox.Refuse, Workers: 4, Backoff: outbox.Backoff{Base: 2 * time.Second, Max: time.Minute}},
		{Name: AnswerQueueName, WhenFull: outbox.Refuse, Workers: 4, Backoff: outbox.Backoff{Base: 2 * time.Second, Max: 5 * time.Minute}},
	}
}

// defaultEvery is between the five minutes of one city's integrator and the half minute in
// which an urgent sheet has to be signed for.
const defaultEvery = 60 * time.Second

// NewWorker makes a worker. Clients and outbox remain the caller's to close; nothing is
// started. The error names what is wrong.
func NewWorker(box *outbox.Outbox, c WorkerConfig) (*Worker, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	if box == nil {
		return nil, errors.New("hotline: NewWorker: the outbox is nil")
	}
	c.defaults()
	w := &Worker{box: box, config: c, logger: c.Logger, units: make(map[string]*workUnit), names: slices.Sorted(maps.Keys(c.Units))}
	for _, name := range w.names {
		ops := c.Units[name].Dialect().Ops
		for _, op := range []string{"PendingSheets", "SheetDetail"} {
			if _, ok := ops[op]; !ok {
				return nil, fmt.Errorf("hotline: WorkerConfig.Units[%s]: the client's dialect has no %s", name, op)
			}
		}
		w.units[name] = newWorkUnit(w, name, c.Units[name], func(op string) bool { _, ok := ops[op]; return ok })
	}
	return w, nil
}

func (c *WorkerConfig) defaults() {
	if c.Every == 0 {
		c.Every = defaultEvery
	}
	if c.Schedule == nil {
		s := NewSchedule(DefaultCalendar(nil))
		c.Schedule = &s
	}
	if c.OnEvent == nil {
		c.OnEvent = func(WorkEvent) {}
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Clock == nil {
		c.Clock = zwfw.SystemClock()
	}
	if c.HandoutQueue == "" {
		c.HandoutQueue = HandoutQueueName
	}
	if c.AnswerQueue == "" {
		c.AnswerQueue = AnswerQueueName
	}
}

// Run polls all units and delivers both queues until ctx ends or the outbox is closed. A
// program with other queues calls [outbox.Outbox.Run] with Handlers and its own, and
// RunPolls beside it.
func (w *Worker) Run(ctx context.Context) error {
	polling, stop := context.WithCancel(ctx)
	defer stop()
	var polls sync.WaitGroup
	polls.Go(func() { w.RunPolls(polling) })
	err := w.box.Run(ctx, w.Handlers())
	stop()
	polls.Wait()
	for _, name := range w.names {
		w.units[name].flushLast()
	}
	return err
}

// Handlers deliver the worker's two queues, for [outbox.Outbox.Run].
func (w *Worker) Handlers() map[string]outbox.Handler {
	return map[string]outbox.Handler{w.config.HandoutQueue: {Deliver: w.handOut}, w.config.AnswerQueue: {Deliver: w.deliver}}
}

// RunPolls polls all units until ctx ends: each for itself, the next time when the
// former poll has ended and the pause is over. Failures are events.
func (w *Worker) RunPolls(ctx context.Context) {
	var all sync.WaitGroup
	for i, name := range w.names {
		u := w.units[name]
		all.Go(func() {
			// A hundred units that start together do not call together.
			pause := min(time.Duration(i)*stagger, w.config.Every)
			for w.config.Clock.Sleep(ctx, pause) == nil {
				_ = u.poll(ctx)
				pause = around(w.config.Every)
			}
			u.flushLast()
		})
	}
	all.Wait()
}

// stagger is the distance between the first polls of two units.
const stagger = 200 * time.Millisecond

// around gives d, up to a fifth longer or shorter.
func around(d time.Duration) time.Duration { return d - d/5 + rand.N(2*d/5+1) }

// Poll polls every unit once, eight at a time: notices, the list from where the last poll
// ended, and what is due soon. It returns when all is stored; handing out is Run's. A poll
// of a unit waits for another one's end.
func (w *Worker) Poll(ctx context.Context) error {
	var (
		all   sync.WaitGroup
		mu    sync.Mutex
		errs  []error
		slots = make(chan struct{}, 8)
	)
	for _, name := range w.names {
		slots <- struct{}{}
		all.Go(func() {
			defer func() { <-slots }()
			if err := w.units[name].poll(ctx); err != nil {
				mu.Lock()
				defer mu.Unlock()
				errs = append(errs, fmt.Errorf("hotline: poll of unit %s: %w", name, err))
			}
		})
	}
	all.Wait()
	return errors.Join(errs...)
}

// unit finds a unit by its name.
func (w *Worker) unit(op, name string) (*workUnit, error) {
	if u := w.units[name]; u != nil {
		return u, nil
	}
	e := zwfw.Problem("hotline", op, "unit", "is none of WorkerConfig.Units")
	return nil, e
}
