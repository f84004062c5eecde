package outbox

// One look gives at most so many new messages their place, in so many steps.
const (
	lineUpStep  = 500
	lineUpSteps = 10
)

// lineUp gives new messages their place in their lanes: the first of a lane that has none
// becomes the one to claim, the others wait behind it. A replayed message may be older
// than the first, and takes its place unless that is being delivered.
func (w *sqlWork) lineUp(f *flow) error {
	for range lineUpSteps {
		fresh, err := w.messages(`queue = ? AND `+byTurn+` LIMIT `+decimal(lineUpStep), append([]any{f.queue}, ofTurn(turnNew)...)...)
		if err != nil || len(fresh) == 0 {
			return err
		}
		firsts, err := w.firsts(f, fresh)
		if err != nil {
			return err
		}
		turns := make(map[int64][]int64) // what is to be written: turn to sequences
		for _, m := range fresh {
			first := firsts[m.lane]
			switch {
			case first == nil:
				firsts[m.lane] = m
				turns[turnNow] = append(turns[turnNow], m.seq)
			case m.seq < first.seq && first.state == int64(StatePending) && !first.held(f):
				firsts[m.lane] = m
				m.turn = first.turn
				turns[m.turn] = append(turns[m.turn], m.seq)
				turns[turnBehind] = append(turns[turnBehind], first.seq)
			default:
				turns[turnBehind] = append(turns[turnBehind], m.seq)
			}
		}
		for turn, seqs := range turns {
			if err := w.setTurn(f, turn, seqs...); err != nil {
				return err
			}
		}
		if len(fresh) < lineUpStep || len(turns[turnNow]) > 0 {
			return nil
		}
	}
	return nil // what is left waits for the next look
}

// firsts finds the first messages of the lanes that have one.
func (w *sqlWork) firsts(f *flow, fresh []*sqlMessage) (map[Hash]*sqlMessage, error) {
	seen := make(map[Hash]bool)
	args := []any{f.queue, turnNow}
	for _, m := range fresh {
		if !seen[m.lane] {
			seen[m.lane] = true
			args = append(args, m.lane[:])
		}
	}
	found, err := w.messages(`queue = ? AND turn_ms >= ? AND lane IN (`+places(len(seen))+`)`, args...)
	firsts := make(map[Hash]*sqlMessage)
	for _, m := range found {
		firsts[m.lane] = m
	}
	return firsts, err
}
