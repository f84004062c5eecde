package portal

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/zwfw-go/zwfw"
)

// IngestConfig says what a website takes in and how often. Zero members have defaults.
type IngestConfig struct {
	// AreaCode narrows both kinds to an area, 12 digits. Default: all.
	AreaCode string

	// Kinds are what is taken in. Default: items and cases.
	Kinds []IngestKind

	// Rules are what may differ in the rules for rows.
	Rules RowRules

	// CaseEvery is how often cases are read, 1 s to 5 min (assumption: process information
	// is seen within 5 min); default 1 min. ItemEvery is how often items are, 1 s to 24 h
	// (a daily increment at least); default 1 h.
	CaseEvery, ItemEvery time.Duration

	// CheckEvery is how often Run compares the stores as a whole and reads everything anew
	// where they differ; default 7 days.
	CheckEvery time.Duration

	// PageSize is 1 to 100 rows; default 100.
	PageSize int

	// CursorLife is for how long the platform is sure to know a cursor. After a longer
	// silence everything is read anew. Default 7 days (public practice: front-end
	// databases keep no more).
	CursorLife time.Duration

	// MostWithdrawn is the greatest share of the items in force, of AreaCode if it is set,
	// that a full pull may withdraw because the platform has them no more; default 0.2.
	// Beyond that, if they are more than 100 or all, it fails and withdraws none: an empty
	// answer is no library.
	MostWithdrawn float64

	// Logger gets a line for each failure and each rejection, with numbers and codes and
	// no content. Default: none.
	Logger *slog.Logger
}

// Ingest (数据入库) keeps a website's own store in step with the platform by reading its
// changes.
//
//	sink, err := portal.NewSQLSink(db, zwfw.PostgreSQL)
//	ingest, err := portal.NewIngest(client, sink, portal.IngestConfig{})
//	go ingest.Run(ctx)
//
// What holds, also for rows that a [Receiver] takes:
//
//   - A page and its cursor are stored together: nothing is lost, and after a crash at
//     most one page comes twice, which changes nothing.
//   - Items: a higher version replaces; so does the same version with another content,
//     unless its update time is older; a lower version is dropped and counted. A withdrawn
//     item stays as a row.
//   - Cases are kept in parts: acceptance, stages, procedures, result. A part whose
//     acceptance is unknown, and an acceptance whose item version is unknown, is parked,
//     released when the other comes, and after 7 days kept as rejected. The state of a
//     case falls only with a newer version. Nothing of a case is deleted.
//   - Rows that break a rule of the contract are counted and named by key, code and field.
//     Codes that no table knows are kept.
//
// Memory does not grow with the number of rows. One writer for each kind is at work in an
// Ingest; several processes with one database do each other no harm.
//
// Source: STD 3 (static and process information); clause 6 by its heading. The rules are
// practice of the national exchange tables and assumptions, see docs/standing.md.
type Ingest struct {
	client *Client
	config IngestConfig
	ledger *ledger
}

// NewIngest checks the configuration. It sends nothing and starts nothing.
func NewIngest(client *Client, sink Sink, c IngestConfig) (*Ingest, error) {
	switch {
	case client == nil:
		return nil, fmt.Errorf("portal: NewIngest: the client is nil")
	case sink == nil:
		return nil, fmt.Errorf("portal: NewIngest: the sink is nil")
	case c.PageSize < 0 || c.PageSize > maxPage:
		return nil, fmt.Errorf("portal: IngestConfig.PageSize must be 1 to %d, is %d", maxPage, c.PageSize)
	case c.MostWithdrawn < 0 || c.MostWithdrawn > 1:
		return nil, fmt.Errorf("portal: IngestConfig.MostWithdrawn must be 0 to 1, is %v", c.MostWithdrawn)
	case c.AreaCode != "" && !areaCode(c.AreaCode):
		return nil, fmt.Errorf("portal: IngestConfig.AreaCode must be digits, 12 of them mostly")
	}
	for _, kind := range c.Kinds {
		if kind != ItemRows && kind != CaseRows {
			return nil, fmt.Errorf("portal: IngestConfig.Kinds: %q: ItemRows or CaseRows is needed", string(kind))
		}
	}
	const week = 7 * 24 * time.Hour
	for _, d := range []struct {
		into *time.Duration
		or   time.Duration
		most time.Duration
		name string
	}{
		{&c.CaseEvery, time.Minute, 5 * time.Minute, "CaseEvery"}, {&c.ItemEvery, time.Hour, 24 * time.Hour, "ItemEvery"},
		{&c.CheckEvery, week, 5 * week, "CheckEvery"}, {&c.CursorLife, week, 53 * week, "CursorLife"},
	} {
		if *d.into == 0 {
			*d.into = d.or
		}
		if *d.into < time.Second || *d.into > d.most {
			return nil, fmt.Errorf("portal: IngestConfig.%s must be 1 s to %v, is %v", d.name, d.most, *d.into)
		}
	}
	if len(c.Kinds) == 0 {
		c.Kinds = []IngestKind{ItemRows, CaseRows}
	}
	c.Kinds = slices.Clone(c.Kinds)
	slices.SortFunc(c.Kinds, func(a, b IngestKind) int { return slices.Index(kindOrder, a) - slices.Index(kindOrder, b) })
	c.Kinds = slices.Compact(c.Kinds)
	if !slices.Contains(c.Kinds, ItemRows) {
		c.Rules.WithoutItems = true
	}
	c.Rules.TaskTypes = slices.Clone(c.Rules.TaskTypes)
	if c.PageSize == 0 {
		c.PageSize = maxPage
	}
	if c.MostWithdrawn == 0 {
		c.MostWithdrawn = 0.2
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return &Ingest{client: client, config: c, ledger: newLedger(sink, c.Rules, client.Now)}, nil
}

// kindOrder: cases refer to items.
var kindOrder = []IngestKind{ItemRows, CaseRows}

// Progress is what a pull has done: rows as they were read, each counted once.
type Progress struct {
	Kind      IngestKind
	Pages     int64
	Rows      int64
	Accepted  int64 // new or changed
	Unchanged int64
	Parked    int64 // came early
	Older     int64 // dropped: what is stored is newer
	Rejected  int64 // against a rule; see IngestConfig.Logger
	Withdrawn int64 // by a full pull, because the platform has them no more
	Full      bool  // everything was read anew
}

func (p *Progress) add(rows int, t taken) {
	p.Pages++
	p.Rows += int64(rows)
	p.Accepted += t.accepted
	p.Unchanged += t.unchanged
	p.Parked += t.parked
	p.Older += t.older
	p.Rejected += t.rejected
}

// Freshness says how fresh the rows of a kind are (时效).
type Freshness struct {
	Kind     IngestKind
	Success  time.Time     // when a pull last came to the end, in this process; zero for never
	Lag      time.Duration // since then
	Newest   time.Time     // greatest update time that this process has stored
	Rows     int64         // items or cases in force
	Parked   int64
	Older    int64 // dropped in this process
	Rejected int64 // in this process
	Failure  error // of the last pull; nil when it came to the end
}

// Freshness gives the numbers of every kind. It asks nobody: numbers of the store are those
// of the last pull and what this process has changed since.
func (i *Ingest) Freshness() []Freshness {
	var all []Freshness
	now := i.client.Now()
	for _, kind := range i.config.Kinds {
		b := i.ledger.kinds[kind]
		b.mu.Lock()
		f := b.fresh
		b.mu.Unlock()
		if !f.Success.IsZero() {
			f.Lag = now.Sub(f.Success)
		}
		all = append(all, f)
	}
	return all
}

// ended notes how a pull came to its end.
func (i *Ingest) ended(ctx context.Context, kind IngestKind, failure error) {
	for _, kind := range i.config.Kinds {
		i.ledger.counted(ctx, kind) // of the others too: what arrives releases what is parked
	}
	b := i.ledger.kinds[kind]
	b.mu.Lock()
	if b.fresh.Failure = failure; failure == nil {
		b.fresh.Success = i.client.Now()
	}
	b.mu.Unlock()
	if failure != nil && ctx.Err() == nil {
		i.config.Logger.WarnContext(ctx, "zwfw ingest", "event", "pull failed", "kind", string(kind),
			"class", string(zwfw.KindOf(failure)), "error", failure.Error())
	}
}

// known refuses a kind that is not taken in.
func (i *Ingest) known(kind IngestKind) error {
	if !slices.Contains(i.config.Kinds, kind) {
		return fmt.Errorf("portal: ingest: kind %q is not in IngestConfig.Kinds", string(kind))
	}
	return nil
}
