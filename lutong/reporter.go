package lutong

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/outbox"
)

// TicketReporter (取号结果上报) reports tickets through an outbox: Report stores and
// returns, and the platform learns of the ticket when the line is there. A ticket is
// printed whether or not the platform knows of it yet. It is safe for concurrent use.
//
//	box, err := outbox.Open(ctx, "kiosk.outbox", outbox.Config{
//	        Queues: []outbox.Queue{lutong.TicketQueue()}, Keys: outbox.KeyFile("kiosk.key"),
//	})
//	reporter, err := lutong.NewTicketReporter(client, box, lutong.ReporterConfig{})
//	go reporter.Run(ctx)
//	err = reporter.Report(ctx, ticket)
//
// What is promised:
//
//   - After Report has returned nil the ticket is on the disk, sealed. It arrives with
//     its own QueueTime, or it is counted by Pending or listed by Failed.
//   - The same ticket in the same Status is one message, however often it is reported;
//     another Status is another message, and so is other content: a corrected holder, or
//     another day's ticket under a Number that came back. Waiting, ExpectWaitMinutes and
//     the message token may differ. A missing Status counts as [TicketWaiting]. For one
//     Number messages arrive in the order in which they were reported.
//   - Delivered is what the platform's answer says, read and understood. The same
//     report may arrive more than once under its Number (see [Client.ReportTicket]),
//     after a lost answer or a power cut.
//   - A message token that has expired, or that the platform no longer takes, is left
//     out; the report goes without it.
//   - A report that only the caller's own settings hinder (signature, admission, keys,
//     address) or that a gateway refuses before the platform has read it stays pending:
//     it goes out when they are right. While none gets through the queue rests, and
//     one report at a time is tried. One that the platform refuses for the ticket's
//     sake becomes a failed one at once; one that it refuses for a reason no table knows
//     when it has done so for ten minutes and has taken another report meanwhile.
//   - Reports of a business day that has ended become failed ones, with an alarm: see
//     [ReporterConfig]. A clock that was set does not end a day by itself.
type TicketReporter struct {
	client *Client
	box    *outbox.Outbox
	config ReporterConfig
	logger *slog.Logger

	refusals refusals
}

// ReporterConfig changes a TicketReporter. The zero value works.
type ReporterConfig struct {
	// Queue is the outbox's queue; default TicketQueueName. Reporters of several
	// organisations on one outbox need a queue each.
	Queue string

	// DayEnds is the time of day, in UTC+8, at which a business day ends: a ticket is
	// reported until it is this late for the first time after its QueueTime. From a
	// minute to 24 h; default 22 h (assumption).
	DayEnds time.Duration

	// LateStatus is how long after the end of the day a last status (done, missed,
	// cancelled) is still reported, so that the platform does not show the ticket as
	// open for ever. Not when an earlier report of the ticket has failed: the platform
	// may not know it, and the citizen would be told of a number long past. Default
	// 72 h (assumption); negative: not at all.
	LateStatus time.Duration

	// OnEvent is told what becomes of each report; it may be called from many
	// goroutines at once and should return soon.
	OnEvent func(TicketEvent)
	// Logger writes a line for each event. Neither holds a personal datum.
	Logger *slog.Logger
}

// TicketQueueName is the queue that a TicketReporter uses unless its ReporterConfig
// says otherwise.
const TicketQueueName = "lutong.tickets"

// TicketQueue gives the settings of that queue, to be altered or used as they are in
// [outbox.Config]. It has no limit of age or attempts: the end of the business day is
// one. When the outbox is full, new reports are refused.
func TicketQueue() outbox.Queue {
	return outbox.Queue{
		Name: TicketQueueName, WhenFull: outbox.Refuse, Workers: 4,
		// A hall's line mostly comes back within a minute, and citizens wait for the message.
		Backoff: outbox.Backoff{Base: 2 * time.Second, Max: time.Minute},
	}
}

// Defaults of ReporterConfig.
const (
	defaultDayEnds    = 22 * time.Hour // after the longest opening hours of a hall
	defaultLateStatus = 72 * time.Hour // from Friday's end to Monday's
)

// NewTicketReporter makes a reporter. Client and outbox remain the caller's to close;
// nothing is started. The error names what is wrong.
func NewTicketReporter(client *Client, box *outbox.Outbox, c ReporterConfig) (*TicketReporter, error) {
	switch {
	case client == nil:
		return nil, errors.New("lutong: NewTicketReporter: the client is nil")
	case box == nil:
		return nil, errors.New("lutong: NewTicketReporter: the outbox is nil")
	case c.DayEnds != 0 && (c.DayEnds < time.Minute || c.DayEnds > 24*time.Hour):
		return nil, fmt.Errorf("lutong: ReporterConfig.DayEnds: from 1m to 24h, is %v", c.DayEnds)
	}
	if _, ok := client.Dialect().Ops[reportOp]; !ok {
		return nil, fmt.Errorf("lutong: NewTicketReporter: the client's dialect %s has no %s", client.Dialect().Name, reportOp)
	}
	if c.Queue == "" {
		c.Queue = TicketQueueName
	}
	if c.DayEnds == 0 {
		c.DayEnds = defaultDayEnds
	}
	if c.LateStatus == 0 {
		c.LateStatus = defaultLateStatus
	}
	if c.OnEvent == nil {
		c.OnEvent = func(TicketEvent) {}
	}
	r := &TicketReporter{client: client, box: box, config: c, logger: c.Logger}
	if r.logger == nil {
		r.logger = slog.New(slog.DiscardHandler)
	}
	return r, nil
}

const reportOp = "ReportTicket"

// Report stores the report of a ticket and returns; it does not wait for the platform.
// Without an error it will be delivered, or has been. The same ticket and Status again is
// no error and changes nothing.
//
// Errors: those of [Client.ReportTicket] for a field (BadRequest, the field is named);
// Conflict of Number when the same report was given up before: see Failed and Retry;
// [outbox.ErrFull]; [outbox.ErrUncertain], after which Report is to be called again with
// the same ticket; others of a disk that does not take it. The ticket is valid in any case.
func (r *TicketReporter) Report(ctx context.Context, t Ticket) error {
	m, err := r.Message(t)
	if err != nil {
		return err
	}
	receipt, err := r.box.Enqueue(ctx, m)
	if err != nil {
		return fmt.Errorf("lutong: store the report of a ticket: %w", err)
	}
	if receipt.State != outbox.StatePending && receipt.State != outbox.StateDelivered {
		given := r.client.engine.Refuse(reportOp, "Number", "the same report was given up before ("+receipt.State.String()+"); see Failed and Retry")
		given.Kind = zwfw.Conflict
		return given
	}
	return nil
}

// Message checks a ticket and makes the message that Report stores, for a program that
// stores it together with something of its own: [outbox.Outbox.Apply] takes it with
// marks, such as the counter its Number came from, in one transaction.
//
// A status that comes back (on hold and serving again, a recall) is a new report only
// if the program says so: append to Key what tells the two apart.
//
// Key tells reports apart: Number, Status, and a hash of the content. A program that
// stores the message itself looks at [outbox.Receipt]: a duplicate whose State is dead is
// not delivered. Subject is the holder's number in capitals, for [outbox.Outbox.Purge].
func (r *TicketReporter) Message(t Ticket) (outbox.Message, error) {
	if err := r.client.checkTicket(reportOp, t); err != nil {
		return outbox.Message{}, err
	}
	if err := r.client.engine.CheckText(reportOp, "MessageToken", t.MessageToken.Reveal(), maxToken); err != nil {
		return outbox.Message{}, err
	}
	return outbox.Message{
		Queue: r.config.Queue, Key: t.Number + "/" + strconv.Itoa(int(t.status())) + "/" + contentHash(t), Order: t.Number,
		Subject: strings.ToUpper(t.Holder.Reveal()), Body: sealable(t),
	}, nil
}

// maxToken is far above the 32 characters in use.
const maxToken = 4096

// Run delivers until ctx ends or the outbox is closed: [outbox.Outbox.Run] with this
// reporter's handler alone. A program with other queues calls that with all handlers.
func (r *TicketReporter) Run(ctx context.Context) error {
	return r.box.Run(ctx, map[string]outbox.Handler{r.config.Queue: r.Handler()})
}

// Handler delivers the reporter's queue, for [outbox.Outbox.Run].
func (r *TicketReporter) Handler() outbox.Handler { return outbox.Handler{Deliver: r.deliver} }

// status of a ticket that names none is that of one just taken.
func (t Ticket) status() TicketStatus {
	if t.Status == nil {
		return TicketWaiting
	}
	return *t.Status
}

// last reports a status after which nothing follows.
func (s TicketStatus) last() bool {
	return s == TicketDone || s == TicketMissed || s == TicketCancelled
}
