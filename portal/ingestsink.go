package portal

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"strconv"
	"time"

	"github.com/zwfw-go/zwfw/internal/wiretime"
)

// IngestKind is what kind of rows is taken in (数据入库).
type IngestKind string

// The kinds. Items are static information, cases process information (STD clause 3); the
// rules for the two differ.
const (
	ItemRows IngestKind = "ITEM"
	CaseRows IngestKind = "CASE"
)

// Row is one row of a website's store after the rules: an item, or one part of a case.
//
// A part of a case may hold an applicant's and a clerk's name. Keeping them in the site's
// own database is what the store is for; see that it is protected like any table with
// personal data.
type Row struct {
	Key       string // of an item its rowGuid, of a case's part PartKey
	Area      string // "" when the row did not say
	Version   int64
	Updated   time.Time
	Digest    string // tells contents apart; "" never equals
	Withdrawn bool   // logically: the row stays
	// Item is nil in a withdrawal that came without content: what is stored stays.
	Item *Item
	Case *CasePart
}

// CasePart is one part of a case: exactly one of its pointers is set.
type CasePart struct {
	ProjectNo  string
	Acceptance *Acceptance
	Stage      *Stage
	Procedure  *Procedure
	Result     *CaseResult
}

// RowState is what the rules need to know of a stored row.
type RowState struct {
	Version   int64
	Updated   time.Time
	Digest    string
	Withdrawn bool
	Status    CaseStatus // of an acceptance
}

// ParkedRow is a row that came early (早到): it waits for another one, or has waited too
// long and is kept as rejected.
type ParkedRow struct {
	Key      string
	Version  int64
	WaitsFor string // "case/" and a project number, or "item/" and a code
	Since    time.Time
	Rejected bool
	Data     []byte // the row, to be kept as it is; it may hold names
}

// ParkedQuery asks for rows that are parked and not rejected, by ascending Key.
type ParkedQuery struct {
	WaitsFor []string // those that wait for one of these; nil for all
	After    string   // those with a greater key
	Limit    int
}

// Mark is a named value that is changed together with rows. A nil Value removes it. An
// Expires that is not zero allows a Sink to forget it then.
type Mark struct {
	Name    string
	Value   []byte
	Expires time.Time
}

// SinkChange is what one page or batch changes: all of it or nothing. No key comes twice in
// a list. Applied again it changes nothing.
type SinkChange struct {
	Kind IngestKind
	// Rows are put in place of what is stored under their keys, unless that has a higher
	// version, or the same version and a newer update time.
	Rows []Row
	// Seen are keys of items that a full pull has read without putting them; rows that are
	// put count as seen too.
	Seen []string
	At   time.Time // when that was
	// Park keeps rows that came early, in place of one of the same key and a version not
	// higher. A row that is parked already keeps its Since, unless it was rejected.
	Park []ParkedRow
	// Unpark removes the parked row of a key up to that version.
	Unpark []RowVersion
	Marks  []Mark
}

// RowVersion names a row.
type RowVersion struct {
	Key     string
	Version int64
}

// SinkCounts are how many rows a store holds: items or cases in force, and parked and
// rejected rows.
type SinkCounts struct {
	Rows, Parked, Rejected int64
}

// Sink is a website's own store for items and cases. [SQLSink] and [MemorySink] are ready
// ones. Its methods are called by several goroutines at once; the store may be shared by
// several processes.
type Sink interface {
	// Known gives the state of those rows that are stored, withdrawn ones too.
	Known(ctx context.Context, kind IngestKind, keys []string) (map[string]RowState, error)
	// ItemVersions gives the highest stored version for codes of items, 31 or 33
	// characters, of those that are known. A code that an item had once stays known: it
	// changes when departments are merged, and old cases keep the old one.
	ItemVersions(ctx context.Context, codes []string) (map[string]int64, error)
	// Apply makes a change, whole or not at all.
	Apply(ctx context.Context, c SinkChange) error
	// Parked lists early rows of cases.
	Parked(ctx context.Context, q ParkedQuery) ([]ParkedRow, error)
	// Mark gives a mark, nil when there is none.
	Mark(ctx context.Context, name string) ([]byte, error)
	// Unseen counts the items in force of an area ("" for all) that were last seen before
	// that time and, with withdraw, withdraws them with an empty Digest.
	Unseen(ctx context.Context, area string, before time.Time, withdraw bool) (int64, error)
	// Counts gives the numbers of a kind.
	Counts(ctx context.Context, kind IngestKind) (SinkCounts, error)
	// Summary sums up the rows in force of an area ("" for all) that were updated on a day
	// in +08:00 (the zero time for all), with a [Tally].
	Summary(ctx context.Context, kind IngestKind, area string, day time.Time) (Summary, error)
}

// Summary is what two stores are compared by (对账).
type Summary struct {
	Count  int64
	Newest time.Time // greatest update time; zero when there is no row
	Digest string    // as Tally makes it
}

// Tally makes a Summary of rows one by one, in constant memory. The digest is the
// lower-case hex SHA-256 of the lines "key|version", in ascending order of their bytes and
// joined by one line feed: of an item its rowGuid, of a case its project number and
// greatest version. Withdrawn rows have no line.
//
// Source: assumption, in the form of an independent implementation. That a text changed
// without a new version shows in Newest only.
type Tally struct {
	sum    hash.Hash
	line   []byte
	count  int64
	newest time.Time
}

// NewTally begins a summary.
func NewTally() *Tally { return &Tally{sum: sha256.New()} }

// Add takes the next row, in the order of key + "|".
func (t *Tally) Add(key string, version int64, updated time.Time) {
	t.line = t.line[:0]
	if t.count > 0 {
		t.line = append(t.line, '\n')
	}
	t.line = append(append(t.line, key...), '|')
	t.line = strconv.AppendInt(t.line, version, 10)
	_, _ = t.sum.Write(t.line) // a hash never fails
	t.count++
	if updated.After(t.newest) {
		t.newest = updated
	}
}

// Summary gives the result so far.
func (t *Tally) Summary() Summary {
	return Summary{Count: t.count, Newest: t.newest, Digest: hex.EncodeToString(t.sum.Sum(nil))}
}

// dayOf gives the bounds of a day in +08:00; ok is false for the zero time.
func dayOf(day time.Time) (from, to time.Time, ok bool) {
	if day.IsZero() {
		return day, day, false
	}
	y, m, d := day.In(wiretime.China).Date()
	from = time.Date(y, m, d, 0, 0, 0, 0, wiretime.China)
	return from, from.AddDate(0, 0, 1), true
}
