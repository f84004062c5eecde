package portal

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// candidate is one row on its way through the rules.
type candidate struct {
	row  Row
	name string
	bare bool
	fate *fate
	// since is when a parked row began to wait; zero for one that has just come.
	since time.Time
}

// draft is a change in the making.
type draft struct {
	*ledger
	kind    IngestKind
	change  SinkChange
	seen    bool
	added   int64    // items or cases in force that were not
	arrived []string // what parked rows may have waited for

	known map[string]RowState
	items map[string]int64
	at    map[string]int // where a key stands in change.Rows
}

// judge applies the rules to candidates in their order.
func (d *draft) judge(ctx context.Context, pending []candidate) error {
	if err := d.look(ctx, pending); err != nil {
		return err
	}
	// Acceptances first: a page may have a case's result before them.
	slices.SortStableFunc(pending, func(a, b candidate) int { return rank(&a.row) - rank(&b.row) })
	for i := range pending {
		if err := d.one(&pending[i]); err != nil {
			return err
		}
	}
	return nil
}

func rank(r *Row) int {
	if r.Case == nil || r.Case.Acceptance != nil {
		return 0
	}
	return 1
}

// look reads what is stored of the candidates and of what they need.
func (d *draft) look(ctx context.Context, pending []candidate) (err error) {
	d.at = make(map[string]int)
	keys, codes := make(map[string]bool), make(map[string]bool)
	for i := range pending {
		row := &pending[i].row
		keys[row.Key] = true
		if row.Case == nil {
			continue
		}
		keys[acceptKey(row.Case.ProjectNo)] = true
		if a := row.Case.Acceptance; a != nil {
			for _, code := range d.rules.awaited(a) {
				codes[code] = true
			}
		}
	}
	if len(keys) > 0 {
		if d.known, err = d.sink.Known(ctx, d.kind, sortedKeys(keys)); err != nil {
			return fmt.Errorf("portal: ingest: store of %s: %w", d.kind, err)
		}
	}
	if len(codes) > 0 {
		if d.items, err = d.sink.ItemVersions(ctx, sortedKeys(codes)); err != nil {
			return fmt.Errorf("portal: ingest: store of %s: %w", d.kind, err)
		}
	}
	if d.known == nil {
		d.known = make(map[string]RowState)
	}
	return nil
}

func acceptKey(projectNo string) string { return projectNo + "/accept" }

func (d *draft) one(c *candidate) error {
	if c.fate.reject != nil {
		return nil // its acceptance was refused: nothing of the row is taken
	}
	row := &c.row
	stored, known := d.known[row.Key]
	if c.bare && known {
		row.Item, row.Area = nil, ""
		if row.Version == stored.Version && row.Updated.IsZero() {
			row.Updated = stored.Updated // it means what is there
		}
	}
	v := judge(row, stored, known)
	if v == put || v == raise {
		if wait := d.missing(row); wait != "" && v == put {
			return d.park(c, wait)
		}
	}
	switch v {
	case put, raise:
		d.accept(c, v, stored, known)
	case tooOld:
		c.fate.older = true
		d.met(row.Key)
	case falls:
		c.fate.reject = &Reject{c.name, rejectState, "accept.proStatus"}
	default:
		c.fate.same = true
		d.met(row.Key)
	}
	if d.kind == CaseRows && (v != put && v != raise) && !c.since.IsZero() {
		d.unpark(row) // it was parked, and is not needed any more
	}
	return nil
}

// met notes in a full pull that the platform has an item of which nothing is put.
func (d *draft) met(key string) {
	if d.seen && d.kind == ItemRows {
		d.change.Seen = append(d.change.Seen, key)
	}
}

// accept puts a row into the change.
func (d *draft) accept(c *candidate, v verdict, stored RowState, known bool) {
	row := &c.row
	if i, twice := d.at[row.Key]; twice {
		if row.Item == nil && row.Case == nil {
			row.Item, row.Area = d.change.Rows[i].Item, d.change.Rows[i].Area
		}
		d.change.Rows[i] = *row
	} else {
		d.at[row.Key] = len(d.change.Rows)
		d.change.Rows = append(d.change.Rows, *row)
	}
	if v == put {
		c.fate.put = true
	} else {
		c.fate.same = true
	}
	d.known[row.Key] = stateOf(row)
	switch {
	case d.kind == ItemRows:
		if row.Item != nil {
			for _, code := range codesOf(row.Item) {
				d.arrived = append(d.arrived, waitsForItem(code))
			}
		}
		switch was := known && !stored.Withdrawn; {
		case !was && !row.Withdrawn:
			d.added++
		case was && row.Withdrawn:
			d.added--
		}
	case row.Case.Acceptance != nil:
		if !known {
			d.added++
			d.arrived = append(d.arrived, waitsForCase(row.Case.ProjectNo))
		}
		d.unpark(row)
	default:
		d.unpark(row)
	}
}

func (d *draft) unpark(row *Row) {
	d.change.Unpark = append(d.change.Unpark, RowVersion{row.Key, row.Version})
}

// missing names what a part of a case has to wait for, "" for nothing: its item's version,
// or its acceptance. A result waits for no stage: a case may end without one, as that which
// is not accepted does.
func (d *draft) missing(row *Row) string {
	if row.Case == nil {
		return ""
	}
	a := row.Case.Acceptance
	if a == nil {
		if _, ok := d.known[acceptKey(row.Case.ProjectNo)]; ok {
			return ""
		}
		return waitsForCase(row.Case.ProjectNo)
	}
	codes := d.rules.awaited(a)
	for _, code := range codes {
		if version, ok := d.items[code]; ok && version >= a.TaskVersion {
			return ""
		}
	}
	if len(codes) == 0 {
		return ""
	}
	return waitsForItem(codes[0])
}

// park keeps a row that came early.
func (d *draft) park(c *candidate, wait string) error {
	c.fate.parked = true
	if !c.since.IsZero() {
		return nil // it is parked already
	}
	data, err := encodeRow(&c.row)
	if err != nil {
		return fmt.Errorf("portal: ingest: a row of %s cannot be written: %w", d.kind, err)
	}
	p := ParkedRow{Key: c.row.Key, Version: c.row.Version, WaitsFor: wait, Since: d.change.At, Data: data}
	if i := slices.IndexFunc(d.change.Park, func(o ParkedRow) bool { return o.Key == p.Key }); i >= 0 {
		if d.change.Park[i].Version <= p.Version {
			d.change.Park[i] = p
		}
		return nil
	}
	d.change.Park = append(d.change.Park, p)
	return nil
}
