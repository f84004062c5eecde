package outbox

import (
	"bytes"
	"slices"
)

// Entries of the index have random keys: each touches a page of its own. Those of the
// newest rows of a queue are therefore kept in memory only, as recent, and written
// some thousand at a time; counts.indexed says up to where the index goes. A message that is delivered
// soon, as most are, never gets most of them. After a restart recent is read from the
// rows behind counts.indexed.
type recent struct {
	rows  map[uint64]recentRow
	ids   map[Hash]uint64
	lanes map[Hash][]uint64 // ascending
}

type recentRow struct {
	id, lane, subject Hash
	expires           int64
}

// recentMax bounds what is read at the start and what one transaction writes.
const recentMax = 8192

func newRecent() *recent {
	return &recent{rows: make(map[uint64]recentRow), ids: make(map[Hash]uint64), lanes: make(map[Hash][]uint64)}
}

func (r *recent) add(seq uint64, row recentRow) {
	r.rows[seq] = row
	r.ids[row.id] = seq
	if row.lane != (Hash{}) {
		lane := r.lanes[row.lane]
		i, _ := slices.BinarySearch(lane, seq)
		r.lanes[row.lane] = slices.Insert(lane, i, seq)
	}
}

func (r *recent) remove(seq uint64) {
	row, ok := r.rows[seq]
	if !ok {
		return
	}
	delete(r.rows, seq)
	delete(r.ids, row.id)
	if lane := slices.DeleteFunc(r.lanes[row.lane], func(s uint64) bool { return s == seq }); len(lane) > 0 {
		r.lanes[row.lane] = lane
	} else {
		delete(r.lanes, row.lane)
	}
}

func (s storedRow) recent() recentRow { return recentRow{s.id, s.lane, s.subject, s.expires} }

// recent gives the rows of a queue that the index does not have.
func (w *write) recent(q queueNumber) (*recent, error) {
	l := w.f.lineup(q)
	if l.recent != nil {
		return l.recent, nil
	}
	c, err := w.state(q)
	if err != nil {
		return nil, err
	}
	all := newRecent()
	for seq := c.indexed + 1; ; seq++ {
		found, ok, err := w.rowFrom(q, seq)
		if err != nil {
			return nil, err
		}
		if seq = found; !ok {
			break
		}
		if r, _, err := w.row(q, seq); err == nil { // a damaged one is set aside when it is claimed
			all.add(seq, r.recent())
		}
	}
	l.recent = all
	return all, nil
}

// writeIndex writes the entries of all recent rows of a queue.
func (w *write) writeIndex(q queueNumber) error {
	all, err := w.recent(q)
	if err != nil || len(all.rows) == 0 {
		return err
	}
	c, err := w.state(q)
	if err != nil {
		return err
	}
	type entry struct{ key, value []byte }
	var entries []entry
	for seq, row := range all.rows {
		entries = append(entries, entry{idKey(q, row.id), idValue(seq, StatePending)})
		for _, key := range row.pointers(q, seq) {
			entries = append(entries, entry{key, nil})
		}
	}
	slices.SortFunc(entries, func(a, b entry) int { return bytes.Compare(a.key, b.key) })
	for _, e := range entries {
		if err := w.put(w.inner, e.key, e.value); err != nil {
			return err
		}
	}
	c.indexed = c.next - 1
	w.f.lineup(q).recent = newRecent()
	return nil
}

// pointers are the keys that lead to a pending row.
func (r recentRow) pointers(q queueNumber, seq uint64) (keys [][]byte) {
	if r.lane != (Hash{}) {
		keys = append(keys, laneKey(q, r.lane, seq))
	}
	if r.expires != 0 {
		keys = append(keys, timeKey('e', r.expires, q, seq))
	}
	if r.subject != (Hash{}) {
		keys = append(keys, subjectKey(r.subject, q, seq))
	}
	return keys
}

// writeIndexes does so for every queue.
func (w *write) writeIndexes() error {
	names, err := w.names()
	if err != nil {
		return err
	}
	for q := range names {
		if err := w.writeIndex(q); err != nil {
			return err
		}
	}
	return nil
}
