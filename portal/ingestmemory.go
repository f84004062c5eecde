package portal

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// MemorySink is a Sink in the memory of one process, for small sites that read everything
// anew when they start, and for tests.
type MemorySink struct {
	mu     sync.RWMutex
	items  map[string]*memoryItem
	codes  map[string]map[string]bool // code: keys of items
	cases  map[string]*memoryCase
	parked map[string]ParkedRow
	marks  map[string]Mark
	ending int // marks with an end that were written
}

type memoryItem struct {
	Row
	seen time.Time
}

type memoryCase struct {
	area    string
	version int64
	updated time.Time
	parts   map[string]Row
}

var _ Sink = (*MemorySink)(nil)

// NewMemorySink makes an empty store.
func NewMemorySink() *MemorySink {
	return &MemorySink{
		items: make(map[string]*memoryItem), codes: make(map[string]map[string]bool), cases: make(map[string]*memoryCase),
		parked: make(map[string]ParkedRow), marks: make(map[string]Mark),
	}
}

// Item gives a stored item, withdrawn ones too.
func (m *MemorySink) Item(_ context.Context, rowGUID string) (*Item, bool, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	row, ok := m.items[rowGUID]
	if !ok {
		return nil, false, nil
	}
	item := *row.Item
	return withdrawn(&item, row.Withdrawn), true, nil
}

// withdrawn shows a withdrawal that came without content.
func withdrawn(i *Item, yes bool) *Item {
	if yes {
		i.Operation = Deleted
	}
	return i
}

// Case gives a stored case of the parts that have come.
func (m *MemorySink) Case(_ context.Context, projectNo string) (*Case, bool, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	k, ok := m.cases[projectNo]
	if !ok {
		return nil, false, nil
	}
	c := &Case{ProjectNo: projectNo, AreaCode: k.area, Version: k.version, Updated: k.updated}
	for _, key := range sortedKeys(k.parts) {
		c.join(k.parts[key].Case)
	}
	return c, true, nil
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// Known gives the state of stored rows.
func (m *MemorySink) Known(_ context.Context, kind IngestKind, keys []string) (map[string]RowState, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	known := make(map[string]RowState)
	for _, key := range keys {
		if kind == ItemRows {
			if row, ok := m.items[key]; ok {
				known[key] = stateOf(&row.Row)
			}
			continue
		}
		if k, ok := m.cases[caseOfKey(key)]; ok {
			if row, ok := k.parts[key]; ok {
				known[key] = stateOf(&row)
			}
		}
	}
	return known, nil
}

// caseOfKey gives the project number in a part's key. Numbers may hold slashes themselves:
// a part's own begins at a known word.
func caseOfKey(key string) string {
	for _, word := range []string{"/accept", "/result", "/stage/", "/procedure/", "/~"} {
		if i := strings.LastIndex(key, word); i > 0 {
			return key[:i]
		}
	}
	return key
}

func stateOf(r *Row) RowState {
	s := RowState{Version: r.Version, Updated: r.Updated, Digest: r.Digest, Withdrawn: r.Withdrawn}
	if r.Case != nil && r.Case.Acceptance != nil {
		s.Status = r.Case.Acceptance.Status
	}
	return s
}

// ItemVersions gives the highest version of codes.
func (m *MemorySink) ItemVersions(_ context.Context, codes []string) (map[string]int64, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	versions := make(map[string]int64)
	for _, code := range codes {
		for key := range m.codes[code] {
			versions[code] = max(versions[code], m.items[key].Version)
		}
	}
	return versions, nil
}

// Apply makes a change.
func (m *MemorySink) Apply(_ context.Context, c SinkChange) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, row := range c.Rows {
		if c.Kind == ItemRows {
			m.putItem(row, c.At)
		} else {
			m.putPart(row)
		}
	}
	for _, key := range c.Seen {
		if row, ok := m.items[key]; ok && row.seen.Before(c.At) {
			row.seen = c.At
		}
	}
	for _, p := range c.Park {
		old, there := m.parked[p.Key]
		if there && old.Version > p.Version {
			continue
		}
		if there && !old.Rejected {
			p.Since = old.Since
		}
		m.parked[p.Key] = p
	}
	for _, u := range c.Unpark {
		if p, ok := m.parked[u.Key]; ok && p.Version <= u.Version {
			delete(m.parked, u.Key)
		}
	}
	for _, mark := range c.Marks {
		if mark.Value == nil {
			delete(m.marks, mark.Name)
		} else {
			m.marks[mark.Name] = mark
		}
		if !mark.Expires.IsZero() {
			m.ending++
			if m.ending%purgeMarks == 0 {
				maps.DeleteFunc(m.marks, func(_ string, old Mark) bool { return !old.Expires.IsZero() && old.Expires.Before(c.At) })
			}
		}
	}
	return nil
}

// older reports that a row gives way to what is stored.
func older(r *Row, version int64, updated time.Time) bool {
	return r.Version < version || r.Version == version && r.Updated.Before(updated)
}

func (m *MemorySink) putItem(row Row, at time.Time) {
	old := m.items[row.Key]
	switch {
	case old == nil && row.Item == nil:
		return
	case old == nil:
		m.items[row.Key] = &memoryItem{row, at}
	default:
		if at.After(old.seen) {
			old.seen = at
		}
		if older(&row, old.Version, old.Updated) {
			return
		}
		if row.Item == nil {
			row.Item, row.Area = old.Item, old.Area
		}
		old.Row = row
	}
	for _, code := range codesOf(row.Item) {
		if m.codes[code] == nil {
			m.codes[code] = make(map[string]bool)
		}
		m.codes[code][row.Key] = true
	}
}

func (m *MemorySink) putPart(row Row) {
	number := row.Case.ProjectNo
	k := m.cases[number]
	if k == nil {
		k = &memoryCase{parts: make(map[string]Row)}
		m.cases[number] = k
	}
	if old, ok := k.parts[row.Key]; ok && older(&row, old.Version, old.Updated) {
		return
	}
	k.parts[row.Key] = row
	k.version = max(k.version, row.Version)
	if row.Updated.After(k.updated) {
		k.updated = row.Updated
	}
	if row.Area != "" {
		k.area = row.Area
	}
}

// Parked lists early rows.
func (m *MemorySink) Parked(_ context.Context, q ParkedQuery) ([]ParkedRow, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	var rows []ParkedRow
	for _, key := range sortedKeys(m.parked) {
		p := m.parked[key]
		if key <= q.After || p.Rejected || q.WaitsFor != nil && !slices.Contains(q.WaitsFor, p.WaitsFor) {
			continue
		}
		if rows = append(rows, p); q.Limit > 0 && len(rows) == q.Limit {
			break
		}
	}
	return rows, nil
}

// Mark gives a mark.
func (m *MemorySink) Mark(_ context.Context, name string) ([]byte, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return slices.Clone(m.marks[name].Value), nil
}

// Unseen counts or withdraws items that were not seen.
func (m *MemorySink) Unseen(_ context.Context, area string, before time.Time, withdraw bool) (n int64, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, row := range m.items {
		if row.Withdrawn || area != "" && row.Area != area || !row.seen.Before(before) {
			continue
		}
		n++
		if withdraw {
			row.Withdrawn, row.Digest = true, ""
		}
	}
	return n, nil
}

// Counts counts.
func (m *MemorySink) Counts(_ context.Context, kind IngestKind) (SinkCounts, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	var c SinkCounts
	if kind == ItemRows {
		for _, row := range m.items {
			if !row.Withdrawn {
				c.Rows++
			}
		}
		return c, nil
	}
	c.Rows = int64(len(m.cases))
	for _, p := range m.parked {
		if p.Rejected {
			c.Rejected++
		} else {
			c.Parked++
		}
	}
	return c, nil
}

// Summary sums up.
func (m *MemorySink) Summary(_ context.Context, kind IngestKind, area string, day time.Time) (Summary, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	type line struct {
		key     string
		version int64
		updated time.Time
	}
	var lines []line
	from, to, bounded := dayOf(day)
	add := func(key, in string, version int64, updated time.Time) {
		if (area == "" || in == area) && (!bounded || !updated.Before(from) && updated.Before(to)) {
			lines = append(lines, line{key, version, updated})
		}
	}
	if kind == ItemRows {
		for key, row := range m.items {
			if !row.Withdrawn {
				add(key, row.Area, row.Version, row.Updated)
			}
		}
	} else {
		for key, k := range m.cases {
			add(key, k.area, k.version, k.updated)
		}
	}
	slices.SortFunc(lines, func(a, b line) int { return strings.Compare(a.key+"|", b.key+"|") })
	t := NewTally()
	for _, l := range lines {
		t.Add(l.key, l.version, l.updated)
	}
	return t.Summary(), nil
}
