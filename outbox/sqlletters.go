package outbox

import (
	"context"
	"database/sql"
	"slices"
)

// Dead gives dead letters of a queue.
func (e *sqlEngine) Dead(ctx context.Context, queue string, after uint64, n int) (letters []DeadRow, err error) {
	err = e.do(ctx, func(w *sqlWork) error {
		letters = nil
		return w.each(`SELECT `+messageColumns+`, sealed FROM zwfw_outbox_messages
			WHERE queue = ? AND state = ? AND ends_ms >= 0 AND ends_ms < 1 AND seq > ? ORDER BY ends_ms, seq LIMIT `+decimal(max(n, 0)),
			[]any{queue, int64(StateDead), int64(min(after, 1<<62))}, func(rows *sql.Rows) error {
				var m sqlMessage
				var sealed []byte
				if err := m.scan(rows.Scan, &sealed); err != nil {
					return err
				}
				row := DeadRow{Sequence: uint64(m.seq), ID: m.id, Sealed: sealed, Attempts: m.attempts, Class: m.class}
				if checksum(sealed) != m.checksum {
					row = DeadRow{Sequence: row.Sequence, Damaged: true, Attempts: m.attempts, Class: Class{Reason: reasonDamaged}}
				}
				letters = append(letters, row)
				return nil
			})
	})
	return letters, err
}

// Replay makes dead letters pending again. Damaged ones stay what they are.
func (e *sqlEngine) Replay(ctx context.Context, queue string, sequences []uint64) (int, error) {
	return e.letters(ctx, queue, sequences, func(w *sqlWork, f *flow, m *sqlMessage) (bool, error) {
		if _, ok, err := w.sealed(queue, m); !ok || err != nil {
			return false, err
		}
		turn, ends := turnBehind, int64(0)
		if m.lane == (Hash{}) {
			turn = turnNow
		}
		if m.ttl > 0 { // its life begins anew
			ends = f.now + m.ttl
		}
		f.Dead, f.Letters = f.Dead-1, f.Letters-1
		_, err := w.exec(`UPDATE zwfw_outbox_messages SET state = ?, turn_ms = ?, born_ms = ?, ends_ms = ?, charged = 0,
			reason = NULL, kind = NULL, code = NULL WHERE queue = ? AND seq = ?`, int64(StatePending), turn, f.now, ends, queue, m.seq)
		if err == nil {
			_, err = w.place(f, []*sqlMessage{m})
		}
		return true, err
	})
}

// Discard removes dead letters.
func (e *sqlEngine) Discard(ctx context.Context, queue string, sequences []uint64) (int, error) {
	return e.letters(ctx, queue, sequences, func(w *sqlWork, f *flow, m *sqlMessage) (bool, error) { return true, w.discard(f, m) })
}

func (w *sqlWork) discard(f *flow, m *sqlMessage) error {
	f.Letters, f.Discarded, f.Bytes = f.Letters-1, f.Discarded+1, f.Bytes-m.size
	return w.bury(f, m, stateGone, Class{})
}

// letters visits those of the sequences that are dead letters, and counts. After a commit
// without answer it finds all of them, or none and the first count holds.
func (e *sqlEngine) letters(ctx context.Context, queue string, sequences []uint64, visit func(*sqlWork, *flow, *sqlMessage) (bool, error)) (int, error) {
	total := 0
	for chunk := range slices.Chunk(slices.Compact(slices.Sorted(slices.Values(sequences))), sqlChunk) {
		done := 0
		err := e.do(ctx, func(w *sqlWork) error {
			return w.inTurns(queue, func(f *flow) error {
				found, err := w.deadAmong(f, chunk)
				if err != nil || w.again && len(found) == 0 {
					return err
				}
				done = 0
				for _, m := range found {
					changed, err := visit(w, f, m)
					if err != nil {
						return err
					}
					if changed {
						done++
					}
				}
				return nil
			})
		})
		if err != nil {
			return total, err
		}
		total += done
	}
	return total, nil
}

func (w *sqlWork) deadAmong(f *flow, sequences []uint64) (found []*sqlMessage, err error) {
	for _, seq := range sequences {
		m, err := w.message(f.queue, int64(min(seq, 1<<62)))
		if err != nil {
			return nil, err
		}
		if m != nil && m.state == int64(StateDead) {
			found = append(found, m)
		}
	}
	return found, nil
}

// Purge removes what is kept of a subject, in steps.
func (e *sqlEngine) Purge(ctx context.Context, subject Hash) (int, error) {
	all, err := e.Stats(ctx)
	if err != nil || subject == (Hash{}) {
		return 0, err
	}
	total := 0
	for queue := range all {
		for more := true; more; {
			done := 0
			err := e.do(ctx, func(w *sqlWork) error {
				return w.inTurns(queue, func(f *flow) error {
					found, err := w.sequences(`queue = ? AND subject = ? AND state IN (?, ?) LIMIT `+decimal(sqlSweepStep),
						queue, subject[:], int64(StatePending), int64(StateDead))
					if err != nil || w.again && len(found) == 0 {
						return err
					}
					done = len(found)
					return w.visit(f, found, w.purge)
				})
			})
			if err != nil {
				return total, err
			}
			total += done
			more = done == sqlSweepStep
		}
	}
	return total, nil
}

func (w *sqlWork) purge(f *flow, m *sqlMessage) error {
	if m.state == int64(StateDead) {
		return w.discard(f, m)
	}
	return w.remove(f, m, stateGone)
}
