package outbox

import (
	"bytes"
	"maps"
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

// recentMax is how many one queue has before the index is written: it bounds what is read
// at the start. A file with a limit may have more while there is no room for the index.
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

// indexSome writes what the index lacks of a queue when that is much.
func (w *write) indexSome(q queueNumber) error {
	all, err := w.recent(q)
	if err != nil {
		return err
	}
	return w.writeIndex(q, w.indexNow(len(all.rows)))
}

// writeIndex writes the entries of the n oldest recent rows of a queue.
func (w *write) writeIndex(q queueNumber, n int) error {
	all, err := w.recent(q)
	if err != nil {
		return err
	}
	if n = min(n, len(all.rows)); n == 0 {
		return nil
	}
	c, err := w.state(q)
	if err != nil {
		return err
	}
	type entry struct{ key, value []byte }
	var entries []entry
	oldest := slices.Sorted(maps.Keys(all.rows))[:n]
	for _, seq := range oldest {
		row := all.rows[seq]
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
	if n == len(all.rows) {
		c.indexed = c.next - 1
		w.f.lineup(q).recent = newRecent()
		return nil
	}
	c.indexed = oldest[n-1]
	for _, seq := range oldest {
		all.remove(seq)
	}
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

// recentSeqs lists at most n of a queue's recent rows that match, oldest first.
func (w *write) recentSeqs(q queueNumber, n int, match func(recentRow) bool) (found []uint64, err error) {
	all, err := w.recent(q)
	if err != nil {
		return nil, err
	}
	for seq, row := range all.rows {
		if match(row) {
			found = append(found, seq)
		}
	}
	slices.Sort(found)
	return found[:min(n, len(found))], nil
}
