package hotline

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/zwfw-go/zwfw"
)

// storeTimeout bounds the reading of what was stored, and the last storing.
const storeTimeout = 10 * time.Second

// storedCity is what the outbox holds of a city, in one mark. Sequence numbers, counters and
// calls are stored together, so that they are of one moment.
type storedCity struct {
	Version   int          `json:"v"`
	Seq       [2]int64     `json:"seq"` // of calls and seats, the last ones given
	Today     int          `json:"today"`
	Areas     []string     `json:"areas"`
	Days      []storedDay  `json:"days"`
	Forgotten time.Time    `json:"forgotten"`
	Calls     []storedCall `json:"calls"`
}

const storedVersion = 1

type storedDay struct {
	Day  int     `json:"day"`
	Is   []tally `json:"is"` // by area
	Told []tally `json:"told"`
}

// storedCall is a callRecord. The mark is sealed, so the caller stands in clear, as it came.
type storedCall struct {
	ID        string    `json:"id"`
	Area      int       `json:"a,omitempty"`
	Direction Direction `json:"dir"`
	State     CallState `json:"st"`
	Callback  bool      `json:"cb,omitempty"`
	Fate      fate      `json:"f,omitempty"`
	Over      bool      `json:"o,omitempty"`
	Counted   bool      `json:"c,omitempty"`
	Day       int       `json:"d,omitempty"`
	Share     *tally    `json:"sh,omitempty"`
	Times     [7]int64  `json:"t"` // newest, seen, begin, queued, rang, answered, ended; ns since 1970, 0 for none
	Texts     []string  `json:"x,omitempty"`
}

// instants are what Times holds, texts what Texts holds.
func (r *callRecord) instants() [7]*time.Time {
	return [7]*time.Time{&r.newest, &r.seen, &r.row.Begin, &r.row.Queued, &r.row.Rang, &r.row.Answered, &r.row.Ended}
}

func (r *callRecord) stored() storedCall {
	s := storedCall{
		ID: r.row.ID, Area: r.area, Direction: r.row.Direction, State: r.row.State, Callback: r.callback, Fate: r.fate, Over: r.over,
		Counted: r.counted, Day: r.day,
	}
	if r.counted {
		share := r.share
		s.Share = &share
	}
	for i, at := range r.instants() {
		if !at.IsZero() {
			s.Times[i] = at.UnixNano()
		}
	}
	row := &r.row
	texts := []string{row.Caller.Reveal(), row.Called, row.Skill, row.SeatNo, row.EndReason, string(row.SheetNo), string(row.Satisfaction)}
	for len(texts) > 0 && texts[len(texts)-1] == "" {
		texts = texts[:len(texts)-1]
	}
	s.Texts = texts
	return s
}

func (s storedCall) record(areas []int) (*callRecord, error) {
	if s.ID == "" || s.Area < 0 || s.Area >= len(areas) || stage(s.State) == 0 {
		return nil, fmt.Errorf("a call is not as it was stored")
	}
	r := &callRecord{
		row: Call{ID: s.ID, Direction: s.Direction, State: s.State}, area: areas[s.Area], callback: s.Callback, fate: s.Fate, over: s.Over,
		counted: s.Counted, day: s.Day,
	}
	if s.Share != nil {
		r.share = *s.Share
	}
	for i, at := range r.instants() {
		if s.Times[i] != 0 {
			*at = time.Unix(0, s.Times[i])
		}
	}
	texts := append(s.Texts, make([]string, 7)...)
	row := &r.row
	if texts[0] != "" {
		row.Caller = zwfw.NewPhone(texts[0])
	}
	row.Called, row.Skill, row.SeatNo, row.EndReason = texts[1], texts[2], texts[3], texts[4]
	row.SheetNo, row.Satisfaction = SheetNo(texts[5]), Satisfaction(texts[6])
	return r, nil
}

// state copies what is to be stored.
func (a *Aggregator) state() storedCity {
	s := storedCity{Version: storedVersion, Today: a.today, Areas: a.areas, Forgotten: later(a.forgotten, a.unsaved)}
	for i := range a.streams {
		s.Seq[i] = a.streams[i].seq
	}
	for _, d := range a.days {
		own := storedDay{Day: d.day}
		for _, sums := range d.areas {
			own.Is, own.Told = append(own.Is, sums.is), append(own.Told, sums.told)
		}
		s.Days = append(s.Days, own)
	}
	s.Calls = make([]storedCall, 0, a.going.Len()+a.fresh.Len())
	for e := a.going.Front(); e != nil; e = e.Next() {
		s.Calls = append(s.Calls, e.Value.(*callRecord).stored())
	}
	for e := a.fresh.Front(); e != nil; e = e.Next() {
		s.Calls = append(s.Calls, e.Value.(*callRecord).stored())
	}
	return s
}

func (a *Aggregator) save(ctx context.Context, s storedCity) error {
	text, err := json.Marshal(s)
	if err == nil {
		_, err = a.box.Apply(ctx, nil, map[string][]byte{a.mark: text})
	}
	return err
}

// restore goes on from what was stored. An area that is no longer listed goes to the city's
// own share, so that the day's total does not fall.
func (a *Aggregator) restore(ctx context.Context) error {
	text, ok, err := a.box.Mark(ctx, a.mark)
	if err != nil || !ok {
		return err
	}
	var s storedCity
	if err := json.Unmarshal(text, &s); err != nil {
		return fmt.Errorf("it is not as it was stored") // the cause could quote it
	}
	if s.Version != storedVersion {
		return fmt.Errorf("another version of this module stored it (%d, not %d)", s.Version, storedVersion)
	}
	areas := make([]int, len(s.Areas))
	for i, area := range s.Areas {
		areas[i] = a.index[area] // 0 is the city's own
	}
	for i := range a.streams {
		a.streams[i].seq = s.Seq[i]
	}
	a.today, a.forgotten = s.Today, s.Forgotten
	for _, stored := range s.Days {
		d := a.day(stored.Day, true)
		for i := range min(len(areas), len(stored.Is), len(stored.Told)) {
			own := &d.areas[areas[i]]
			own.is.plus(stored.Is[i], 1)
			own.told.plus(stored.Told[i], 1)
		}
	}
	for _, stored := range s.Calls {
		r, err := stored.record(areas)
		if err != nil {
			return err
		}
		a.calls[r.row.ID] = r
		r.place = a.going.PushBack(r)
		if r.over {
			a.end(r)
			continue
		}
		a.live[r.area][stage(r.row.State)]++
		a.touch(r)
	}
	return nil
}
