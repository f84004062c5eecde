package hotline

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/zwfw-go/zwfw/outbox"
)

// workUnit is one unit of a Worker: what is known of its sheets, in memory and in marks
// of the outbox.
type workUnit struct {
	w      *Worker
	name   string
	client *Client
	has    func(op string) bool // the dialect has it
	turn   chan struct{}        // held by the poll under way

	// What only polls use.
	full   time.Time          // when the list was last read from its beginning
	unsaid map[DispatchID]row // shown by the list, told by no notice yet
	held   map[string]int     // polls that a notice of an unknown dispatch has waited

	refusals refusals

	mu      sync.Mutex // held while the outbox stores: what is known is what is stored
	loaded  bool
	tick    uint64 // counts what answers changed
	sheets  [shards]map[DispatchID]*memo
	dirty   [shards]bool // changed and not stored: what the list would show again
	read    int64        // readMemo.Cursor
	listed  time.Time    // when the last reading of the list that came to its end began
	noticed map[string]bool
	unread  bool // the readMemo is dirty
}

// row is a sheet as a list showed it.
type row struct {
	Sheet
	tick uint64 // when the reading began
}

func newWorkUnit(w *Worker, name string, client *Client, has func(string) bool) *workUnit {
	return &workUnit{
		w: w, name: name, client: client, has: has, turn: make(chan struct{}, 1),
		unsaid: make(map[DispatchID]row), held: make(map[string]int), noticed: make(map[string]bool),
	}
}

// markOf names a mark of the unit.
func (u *workUnit) markOf(part string) string {
	return u.w.config.HandoutQueue + "." + u.name + "." + part
}

const readMark = "read"

// load reads what is stored; mu is held.
func (u *workUnit) load(ctx context.Context) error {
	if u.loaded {
		return nil
	}
	for i := range shards {
		var list []*memo
		if err := u.loadMark(ctx, strconv.Itoa(i), &list); err != nil {
			return err
		}
		u.sheets[i] = make(map[DispatchID]*memo, len(list))
		for _, m := range list {
			u.sheets[i][m.ID] = m
		}
	}
	var r readMemo
	if err := u.loadMark(ctx, readMark, &r); err != nil {
		return err
	}
	u.read = r.Cursor
	for _, n := range r.Noticed {
		u.noticed[n] = true
	}
	u.loaded = true
	return nil
}

func (u *workUnit) loadMark(ctx context.Context, part string, into any) error {
	value, ok, err := u.w.box.Mark(ctx, u.markOf(part))
	if err == nil && ok {
		err = decodeMemo(value, into)
	}
	if err != nil {
		return fmt.Errorf("hotline: read what is stored of unit %s: %w", u.name, err)
	}
	return nil
}

// edit is a change of what is known, with the messages that go with it. Nothing of it
// holds until it is stored.
type edit struct {
	u        *workUnit
	now      time.Time
	sheets   map[DispatchID]*memo // nil: forgotten
	messages []outbox.Message
	read     int64
	noticed  []string

	found, changed int
}

// begin starts an edit; mu is held until it is stored.
func (u *workUnit) begin(ctx context.Context) (*edit, error) {
	if err := u.load(ctx); err != nil {
		return nil, err
	}
	return &edit{u: u, now: u.client.Now(), sheets: make(map[DispatchID]*memo), read: u.read}, nil
}

// known gives what is known of a dispatch, nil for nothing.
func (u *workUnit) known(id DispatchID) *memo { return u.sheets[shardOf(id)][id] }

// look gives a dispatch as the edit has it, not to be changed.
func (e *edit) look(id DispatchID) *memo {
	if m, ok := e.sheets[id]; ok {
		return m
	}
	return e.u.known(id)
}

// open gives a dispatch to change, a new one when there is none.
func (e *edit) open(id DispatchID) *memo {
	m := e.look(id)
	switch {
	case m == nil:
		m = &memo{ID: id, Noted: e.now.Unix()}
	case m == e.u.known(id):
		m = m.clone()
	}
	e.sheets[id] = m
	return m
}

// store makes the edit durable, in one transaction with its messages and with what else
// has changed in its shards.
func (e *edit) store(ctx context.Context) ([]outbox.Receipt, error) {
	u := e.u
	touched := make(map[int]bool)
	for id := range e.sheets {
		touched[shardOf(id)] = true
	}
	marks := make(map[string][]byte)
	for i := range touched {
		marks[u.markOf(strconv.Itoa(i))] = encodeMemo(e.shard(i))
	}
	progress := u.unread || e.read != u.read || len(e.noticed) > 0
	if progress {
		noticed := slices.AppendSeq(slices.Clone(e.noticed), maps.Keys(u.noticed))
		slices.Sort(noticed)
		marks[u.markOf(readMark)] = encodeMemo(readMemo{e.read, slices.Compact(noticed)})
	}
	if len(marks) == 0 && len(e.messages) == 0 {
		return nil, nil
	}
	receipts, err := u.w.box.Apply(ctx, e.messages, marks)
	if err != nil {
		return nil, err
	}
	for id, m := range e.sheets {
		if m == nil {
			delete(u.sheets[shardOf(id)], id)
		} else {
			u.sheets[shardOf(id)][id] = m
		}
	}
	for i := range touched {
		u.dirty[i] = false
	}
	if u.read = e.read; progress {
		u.unread = false
	}
	for _, n := range e.noticed {
		u.noticed[n] = true
	}
	return receipts, nil
}

// shard lists a shard as it will be.
func (e *edit) shard(i int) []*memo {
	var list []*memo
	for id, m := range e.u.sheets[i] {
		if _, changed := e.sheets[id]; !changed {
			list = append(list, m)
		}
	}
	for id, m := range e.sheets {
		if m != nil && shardOf(id) == i {
			list = append(list, m)
		}
	}
	return list
}

// change runs one edit.
func (u *workUnit) change(ctx context.Context, do func(e *edit) error) (receipts []outbox.Receipt, e *edit, err error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if e, err = u.begin(ctx); err != nil {
		return nil, nil, err
	}
	if err = do(e); err != nil {
		return nil, nil, err
	}
	receipts, err = e.store(ctx)
	return receipts, e, err
}

// note changes what is known of a dispatch without storing it at once.
func (u *workUnit) note(ctx context.Context, id DispatchID, do func(m *memo)) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.load(ctx) != nil {
		return
	}
	if m := u.known(id); m != nil {
		do(m)
		u.tick++
		m.tick = u.tick
		u.dirty[shardOf(id)] = true
	}
}

// keep stores what was noted of a dispatch: no list shows which answers the centre has. If
// that fails it is stored with what comes next.
func (u *workUnit) keep(ctx context.Context, id DispatchID) {
	_, _, _ = u.change(ctx, func(e *edit) error {
		if e.look(id) != nil {
			e.open(id)
		}
		return nil
	})
}

// flush stores what was noted.
func (u *workUnit) flush(ctx context.Context) error {
	_, _, err := u.change(ctx, func(e *edit) error {
		for i, dirty := range u.dirty {
			if dirty {
				for id := range u.sheets[i] {
					e.open(id)
					break // one is enough to have its shard written
				}
			}
		}
		return nil
	})
	return err
}

// flushLast stores what was noted when the worker ends. What it cannot store the list
// shows again.
func (u *workUnit) flushLast() {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	_ = u.flush(ctx)
}

// lane orders everything of one dispatch.
func (u *workUnit) lane(id DispatchID) string { return u.name + "/" + string(id) }
