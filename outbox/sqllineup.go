package outbox

// One look gives at most so many new messages their place, in so many steps.
const (
	lineUpStep  = 100
	lineUpSteps = 50
)

// lineUp gives new messages their place in their lanes: the first of a lane that has none
// becomes the one to claim, the others wait behind it. It stops when it has found
// something to claim, and reports that.
func (w *sqlWork) lineUp(f *flow) (due bool, err error) {
	for range lineUpSteps {
		fresh, err := w.messages(`queue = ? AND `+byTurn+` LIMIT `+decimal(lineUpStep), append([]any{f.queue}, ofTurn(turnNew)...)...)
		if err != nil || len(fresh) == 0 {
			return false, err
		}
		due, err := w.place(f, fresh)
		if err != nil {
			return false, err
		}
		var none Hash
		last := fresh[len(fresh)-1].seq
		alone, err := w.exec(`UPDATE zwfw_outbox_messages SET turn_ms = ? WHERE queue = ? AND turn_ms = ? AND seq <= ? AND lane = ?`,
			turnNow, f.queue, turnNew, last, none[:])
		if err == nil {
			_, err = w.exec(`UPDATE zwfw_outbox_messages SET turn_ms = ? WHERE queue = ? AND turn_ms = ? AND seq <= ?`,
				turnBehind, f.queue, turnNew, last)
		}
		if err != nil || due || alone > 0 {
			return err == nil, err
		}
	}
	return false, nil // what is left waits for the next look
}

// place finds the new messages that become the first of their lanes, and reports whether
// one of them may be claimed. A replayed message may be older than the first, and takes
// its place unless that is being delivered. The others are left to the caller.
func (w *sqlWork) place(f *flow, fresh []*sqlMessage) (due bool, err error) {
	firsts := make(map[Hash]*sqlMessage)
	for _, m := range fresh {
		if m.lane == (Hash{}) {
			continue
		}
		first, known := firsts[m.lane]
		if !known {
			if first, err = w.first(f, m.lane); err != nil {
				return false, err
			}
		}
		turn := turnNow
		switch {
		case first == nil:
		case m.seq < first.seq && first.state == int64(StatePending) && !first.held(f):
			turn = first.turn
			err = w.setTurn(f, turnBehind, first.seq)
		default:
			firsts[m.lane] = first
			continue
		}
		if err == nil {
			err = w.setTurn(f, turn, m.seq)
		}
		if err != nil {
			return false, err
		}
		due = due || turn == turnNow
		m.turn, firsts[m.lane] = turn, m
	}
	return due, nil
}

// first gives the message of a lane that has its turn: no other has a greater one.
func (w *sqlWork) first(f *flow, lane Hash) (*sqlMessage, error) {
	found, err := w.messages(`queue = ? AND lane = ? ORDER BY turn_ms DESC, seq DESC LIMIT 1`, f.queue, lane[:])
	if err != nil || len(found) == 0 || found[0].turn < turnNow {
		return nil, err
	}
	return found[0], nil
}
