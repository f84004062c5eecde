package sandbox

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/wire/portalwire"
)

// portalFeed is what the feeds of changes are read from.
type portalFeed struct {
	live   bool          // the sandbox has begun
	count  int           // of changes since
	cases  []*portalCase // in the order of change once sorted
	events []portalEvent // likewise
	sorted bool
	extra  []portalEvent // rows of cases that were put into the feed as they are
}

// portalEvent is what one event changed: a case with the parts that are new.
type portalEvent struct {
	portalwire.Case
	key string
}

// place gives a change its place: by time, and within a second what the sandbox began with
// by its name and the rest, later, in the order of the changes: a reader who has come to
// some change misses none after it.
func (s *portalSide) place(at time.Time, name string) string {
	if s.feed.live || name == "" {
		s.feed.count++
		name = fmt.Sprintf("~%09d", s.feed.count)
	}
	return at.In(china).Format(time.DateTime) + "|" + name
}

// last moves an item to the end of the feed.
func (s *portalSide) last(d *portalItem) {
	i := sort.Search(len(s.items), func(i int) bool { return s.items[i].key >= d.key })
	if i < len(s.items) && s.items[i] == d {
		s.items = slices.Delete(s.items, i, i+1)
	}
	d.key = s.place(d.UpdateTime, d.RowGUID)
	i = sort.Search(len(s.items), func(i int) bool { return s.items[i].key >= d.key })
	s.items = slices.Insert(s.items, i, d) // at the end, unless the clock was set back
}

// happened notes what has changed of a case since before.
func (s *portalSide) happened(k *portalCase, before portalCase) {
	if before.ProjectNo == "" {
		s.feed.cases = append(s.feed.cases, k)
	}
	k.key = s.place(k.UpdateTime, k.ProjectNo)
	s.feed.sorted = false
	for _, part := range changedParts(&k.Case, &before.Case) {
		s.feed.events = append(s.feed.events, portalEvent{part, s.place(k.UpdateTime, "")})
	}
}

// changedParts takes apart what is new in a case: its acceptance, each stage and procedure,
// its result.
func changedParts(k, before *portalwire.Case) (parts []portalwire.Case) {
	add := func(fill func(*portalwire.Case)) {
		part := portalwire.Case{ProjectNo: k.ProjectNo, AreaCode: k.AreaCode, Version: k.Version, UpdateTime: k.UpdateTime}
		fill(&part)
		parts = append(parts, part)
	}
	if k.Accept != nil && (before.Accept == nil || *k.Accept != *before.Accept) {
		add(func(p *portalwire.Case) { p.Accept = k.Accept })
	}
	for i := range k.Process {
		if i >= len(before.Process) || k.Process[i] != before.Process[i] {
			add(func(p *portalwire.Case) { p.Process = k.Process[i : i+1] })
		}
	}
	for i := range k.Special {
		if i >= len(before.Special) || k.Special[i] != before.Special[i] {
			add(func(p *portalwire.Case) { p.Special = k.Special[i : i+1] })
		}
	}
	if k.Result != nil && (before.Result == nil || *k.Result != *before.Result) {
		add(func(p *portalwire.Case) { p.Result = k.Result })
	}
	return parts
}

// inOrder sorts the feeds of cases.
func (s *portalSide) inOrder() *portalFeed {
	if !s.feed.sorted {
		slices.SortFunc(s.feed.cases, func(a, b *portalCase) int { return strings.Compare(a.key, b.key) })
		slices.SortFunc(s.feed.events, func(a, b portalEvent) int { return strings.Compare(a.key, b.key) })
		s.feed.sorted = true
	}
	return &s.feed
}

// span cuts a page out of rows in the order of their places: what follows the cursor.
func span[Row any](c *portalCall, rows []Row, place func(Row) string, cursor string, size int) (page []Row, next string, more bool, refusal *no) {
	if size < 0 || size > 100 {
		return nil, "", false, c.wrong("pageSize")
	}
	if size == 0 {
		size = 20
	}
	after, err := base64.StdEncoding.DecodeString(cursor)
	if err != nil {
		return nil, "", false, c.wrong("cursor")
	}
	begin := sort.Search(len(rows), func(i int) bool { return place(rows[i]) > string(after) })
	page, next = rows[begin:min(begin+size, len(rows))], cursor
	if len(page) > 0 {
		next = base64.StdEncoding.EncodeToString([]byte(place(page[len(page)-1])))
	}
	return page, next, begin+size < len(rows), nil
}

func itemPlace(d *portalItem) string { return d.key }

func (c *portalCall) caseChanges(in *portalwire.ChangesQuery) (any, *no) {
	if c.cleaned(in.Cursor) {
		return nil, c.wrong("cursor")
	}
	f := c.inOrder()
	rows := make([]portalEvent, 0, len(f.cases))
	switch {
	case c.setup.CaseEvents:
		rows = f.events
	case len(f.extra) == 0 && in.AreaCode == "":
		page, next, more, refusal := span(c, f.cases, func(k *portalCase) string { return k.key }, in.Cursor, in.PageSize)
		out := &portalwire.CasePage{List: []portalwire.Case{}, NextCursor: next, HasMore: more}
		for _, k := range page {
			out.List = append(out.List, k.Case)
		}
		return out, refusal
	default:
		for _, k := range f.cases {
			rows = append(rows, portalEvent{k.Case, k.key})
		}
	}
	if len(f.extra) > 0 || in.AreaCode != "" {
		rows = slices.Concat(rows, f.extra)
		rows = slices.DeleteFunc(rows, func(e portalEvent) bool { return in.AreaCode != "" && e.AreaCode != in.AreaCode })
		slices.SortFunc(rows, func(a, b portalEvent) int { return strings.Compare(a.key, b.key) })
	}
	page, next, more, refusal := span(c, rows, func(e portalEvent) string { return e.key }, in.Cursor, in.PageSize)
	out := &portalwire.CasePage{List: []portalwire.Case{}, NextCursor: next, HasMore: more}
	for _, e := range page {
		out.List = append(out.List, e.Case)
	}
	return out, refusal
}

// cleaned reports that a cursor is older than what the platform keeps.
func (c *portalCall) cleaned(cursor string) bool {
	if c.setup.KeepChanges == 0 || cursor == "" {
		return false
	}
	place, err := base64.StdEncoding.DecodeString(cursor)
	if err != nil {
		return false // span says so
	}
	text, _, _ := strings.Cut(string(place), "|")
	at, err := time.ParseInLocation(time.DateTime, text, china)
	return err == nil && c.x.now.Sub(at) > c.setup.KeepChanges
}

// reconcile sums up the rows in force.
func (c *portalCall) reconcile(in *portalwire.ReconcileQuery) (any, *no) {
	var lines []string
	var newest time.Time
	count := func(area, name string, version int64, at time.Time) {
		day := in.Day.In(china).Format(time.DateOnly)
		if in.AreaCode != "" && in.AreaCode != area || !in.Day.IsZero() && at.In(china).Format(time.DateOnly) != day {
			return
		}
		lines = append(lines, fmt.Sprintf("%s|%d", name, version))
		if at.After(newest) {
			newest = at
		}
	}
	switch in.Kind {
	case "ITEM":
		for _, d := range c.items {
			if d.Operation != "D" {
				count(d.AreaCode, d.RowGUID, d.TaskVersion, d.UpdateTime)
			}
		}
	case "CASE":
		for _, k := range c.cases {
			count(k.AreaCode, k.ProjectNo, k.Version, k.UpdateTime)
		}
	default:
		return nil, c.wrong("kind")
	}
	slices.Sort(lines)
	sum := sha256.Sum256([]byte(strings.Join(lines, "\n")))
	return &portalwire.Reconciliation{Count: int64(len(lines)), MaxUpdateTime: newest, Digest: hex.EncodeToString(sum[:])}, nil
}

// ingestStatus tells what a website has answered to a batch.
func (c *portalCall) ingestStatus(in *portalwire.BatchQuery) (any, *no) {
	if in.BatchNo == "" {
		return nil, c.missing("batchNo")
	}
	result, ok := c.pushed[in.BatchNo]
	if !ok {
		return nil, &no{kind: zwfw.NotFound}
	}
	result.State = "DONE"
	return &result, nil
}
