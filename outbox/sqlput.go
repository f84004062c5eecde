package outbox

import (
	"context"
	"database/sql"
	"fmt"
	"hash/crc32"
	"slices"
	"strings"
)

// sqlChunk is how many rows go into one statement.
const sqlChunk = 50

// sqlPut is one call of Put, which may take several tries.
type sqlPut struct {
	Put
	placed  []Placed
	sent    []Placed // what the last try placed that came as far as its commit
	refused error
	intakes map[string]*intake
	marked  map[string][]byte // what the marks were before
}

// intake is the row of a queue that storing locks.
type intake struct {
	next  int64
	now   int64
	Stats // of it Enqueued, Refused, Bytes
}

// Put stores rows and marks.
func (e *sqlEngine) Put(ctx context.Context, p Put) ([]Placed, error) {
	put := &sqlPut{Put: p}
	if err := e.do(ctx, put.run); err != nil {
		return nil, err
	}
	return put.placed, put.refused
}

// PutTx stores rows in a caller's transaction.
func (e *sqlEngine) PutTx(ctx context.Context, tx *sql.Tx, p Put) ([]Placed, error) {
	if e.closed.Load() {
		return nil, ErrClosed
	}
	put := &sqlPut{Put: p}
	if err := put.run(&sqlWork{sqlEngine: e, ctx: ctx, tx: tx, callers: true}); err != nil {
		return nil, err
	}
	return put.placed, put.refused
}

func (p *sqlPut) run(w *sqlWork) error {
	if w.again && p.refused != nil {
		return nil // nothing was stored, whether the count of it is in or not
	}
	p.placed, p.refused = make([]Placed, len(p.Rows)), nil
	if err := p.lock(w); err != nil {
		return err
	}
	fresh, err := p.known(w)
	if err != nil {
		return err
	}
	if w.again && p.stored(p.sent) {
		p.placed = p.sent
		return nil
	}
	if err := p.makeRoom(w, fresh); err != nil {
		return err
	}
	if p.refused == nil {
		if err := p.insert(w, fresh); err != nil {
			return err
		}
		if err := p.mark(w); err != nil {
			return err
		}
	}
	if err := p.save(w); err != nil {
		return err
	}
	p.sent = p.placed
	return nil
}

// queues lists the queues of the rows in the order in which all lock them.
func (p *sqlPut) queues() []string {
	var names []string
	for _, r := range p.Rows {
		names = append(names, r.Queue)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// lock waits for the queues. Who holds a queue alone gives sequences, until the end of
// the transaction, so that they ascend in the order of commits.
func (p *sqlPut) lock(w *sqlWork) error {
	p.intakes = make(map[string]*intake)
	for _, queue := range p.queues() {
		in := &intake{}
		read := func() (bool, error) {
			return w.one(`SELECT next_seq, enqueued, refused, bytes FROM zwfw_outbox_intake WHERE queue = ? FOR UPDATE`,
				[]any{queue}, &in.next, &in.Enqueued, &in.Refused, &in.Bytes)
		}
		found, err := read()
		if err == nil && !found {
			if err = w.makeQueue(queue); err == nil {
				_, err = read()
			}
		}
		if err == nil {
			in.now, err = w.look(queue)
		}
		if err != nil {
			return err
		}
		p.intakes[queue] = in
	}
	return nil
}

// known finds the rows whose IDs are known; fresh are the others, each ID once.
func (p *sqlPut) known(w *sqlWork) (fresh []int, err error) {
	type key struct {
		queue string
		id    Hash
	}
	found := make(map[key]Placed)
	for _, queue := range p.queues() {
		var ids []Hash
		for _, r := range p.Rows {
			if r.Queue == queue {
				ids = append(ids, r.ID)
			}
		}
		for chunk := range slices.Chunk(ids, sqlChunk) {
			err := w.find(chunk, func(queue string, id Hash, at Placed) { found[key{queue, id}] = at })
			if err != nil {
				return nil, err
			}
		}
	}
	next := make(map[string]int64)
	for i, r := range p.Rows {
		k := key{r.Queue, r.ID}
		if at, ok := found[k]; ok {
			p.placed[i] = at
			continue
		}
		p.placed[i].Sequence = uint64(p.intakes[r.Queue].next + next[r.Queue])
		next[r.Queue]++
		found[k] = Placed{Sequence: p.placed[i].Sequence, Duplicate: true}
		fresh = append(fresh, i)
	}
	return fresh, nil
}

// find looks up what became of earlier messages of any queue.
func (w *sqlWork) find(ids []Hash, found func(string, Hash, Placed)) error {
	var args []any
	for i := range ids {
		args = append(args, ids[i][:])
	}
	return w.each(`SELECT queue, id, seq, state FROM zwfw_outbox_messages WHERE id IN (`+places(len(ids))+`)`+w.current(), args,
		func(rows *sql.Rows) error {
			var queue string
			var id []byte
			var seq, state int64
			if err := rows.Scan(&queue, &id, &seq, &state); err != nil {
				return err
			}
			found(queue, hashOf(id), Placed{Sequence: uint64(seq), Duplicate: true, State: shownState(state)})
			return nil
		})
}

// stored reports that an earlier try, whose commit got no answer, was committed: the
// messages have the sequences it gave them. It is all or nothing.
func (p *sqlPut) stored(earlier []Placed) bool {
	for i, before := range earlier {
		if !before.Duplicate {
			return p.placed[i].Duplicate && p.placed[i].Sequence == before.Sequence
		}
	}
	return false
}

// insert stores the rows in statements of a moderate size: servers limit it.
func (p *sqlPut) insert(w *sqlWork, fresh []int) error {
	const most = 256 << 10
	var args []any
	rows, size := 0, 0
	flush := func() error {
		if rows == 0 {
			return nil
		}
		values := strings.TrimSuffix(strings.Repeat(`(?, ?, ?, ?, ?, 0, ?, 0, 0, ?, ?, ?, 0, 0, 0, ?, ?, ?), `, rows), ", ")
		_, err := w.exec(`INSERT INTO zwfw_outbox_messages (queue, seq, id, lane, subject, state, turn_ms, epoch, owner, born_ms, ttl_ms,
			ends_ms, attempts, charged, unsettled, size, checksum, sealed) VALUES `+values, args...)
		args, rows, size = nil, 0, 0
		return err
	}
	for _, i := range fresh {
		r, in := p.Rows[i], p.intakes[p.Rows[i].Queue]
		sealed, err := r.Seal(p.placed[i].Sequence)
		if err != nil {
			return err
		}
		ends := int64(0)
		if r.TTL > 0 {
			ends = in.now + millis(r.TTL)
		}
		args = append(args, r.Queue, int64(p.placed[i].Sequence), r.ID[:], r.Lane[:], r.Subject[:], turnNew,
			in.now, millis(r.TTL), ends, int64(len(sealed)), checksum(sealed), sealed)
		in.next++
		in.Enqueued++
		in.Bytes += int64(len(sealed))
		if rows, size = rows+1, size+len(sealed); rows == sqlChunk || size >= most {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return flush()
}

func (p *sqlPut) save(w *sqlWork) error {
	for _, queue := range p.queues() {
		in := p.intakes[queue]
		_, err := w.exec(`UPDATE zwfw_outbox_intake SET next_seq = ?, enqueued = ?, refused = ?, bytes = ? WHERE queue = ?`,
			in.next, in.Enqueued, in.Refused, in.Bytes, queue)
		if err != nil {
			return err
		}
	}
	return nil
}

// checksum tells a record that was changed from one whose key is not at hand.
func checksum(sealed []byte) int64 { return int64(crc32.Checksum(sealed, castagnoli)) }

func hashOf(b []byte) (h Hash) {
	copy(h[:], b)
	return h
}

// EnqueueTx stores a message in the caller's own transaction, which has to be one of the
// database that the outbox was opened with: message and the caller's other changes come
// about together, or with a rollback not at all. Outboxes of [OpenSQL] only.
//
// What a caller should know:
//
//   - Nothing is durable before the commit, and the Receipt holds only after it. If the
//     commit fails without an answer, enqueue the same message again.
//   - Until the transaction ends no other message is stored in the queue: call it last, and do
//     not wait for anything between it and the commit. Deliveries go on meanwhile, unless
//     the transaction finds the store full: then those of all queues may wait. No event
//     tells of what it drops.
//   - It may have an old view (REPEATABLE READ, the default of MySQL). What is full, known
//     or dropped is decided by the present all the same, or PostgreSQL ends it for a
//     serialization failure. But what other queues stored since such a view was taken may
//     pass MaxCount and MaxBytes.
//   - After an error roll back; deadlocks and serialization failures are the caller's to
//     repeat, as with its own statements. After [ErrFull], too, a commit is possible; it
//     counts the refusal.
//   - Run finds the message within Config.Poll after the commit.
func (o *Outbox) EnqueueTx(ctx context.Context, tx *sql.Tx, m Message) (Receipt, error) {
	engine, ok := o.engine.(interface {
		PutTx(context.Context, *sql.Tx, Put) ([]Placed, error)
	})
	if !ok || tx == nil {
		return Receipt{}, fmt.Errorf("outbox: EnqueueTx: a transaction and an outbox of OpenSQL are needed")
	}
	row, err := o.row(m)
	if err != nil {
		return Receipt{}, err
	}
	placed, err := engine.PutTx(ctx, tx, Put{Rows: []Row{row}, MaxCount: o.config.MaxCount, MaxBytes: o.config.MaxBytes})
	if err != nil {
		return Receipt{}, err
	}
	return Receipt(placed[0]), nil
}
