package sandbox

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/hotline"
	wire "github.com/zwfw-go/zwfw/internal/wire/hotlinewire"
)

// HotlineCentre stands for the people of the province's centre: what it does happens at
// the platforms' time. What a state does not allow is an error.
type HotlineCentre struct{ h *hotlineSide }

// Hotline gives the centre.
func (p *Platform) Hotline() *HotlineCentre { return &HotlineCentre{p.hotline} }

// HotlineSheet is a sheet that the centre dispatches. Zero members have defaults: the
// first unit, a complaint of a synthetic citizen, ordinary, by telephone.
type HotlineSheet struct {
	ID      hotline.DispatchID // of your own; one is made when it is empty
	Unit    string             // App_id
	SheetNo hotline.SheetNo
	Type    hotline.SheetType
	Urgency hotline.Urgency
	Title   string
	Content string
	Partial bool // half of it comes later, by Complete
	Secret  bool
	Nobody  bool // anonymous
	File    string
}

// HotlineLook is a dispatch as the centre sees it.
type HotlineLook struct {
	State        hotline.State
	Delay        hotline.DelayState
	Deadline     time.Time
	SignDeadline time.Time
	Round        int
	Signed       time.Time
	Result       string
	InTime       bool
	Urges        int
	Supervised   bool
	Unit         string
	Light        hotline.Light
}

// Dispatch gives a sheet to a unit.
func (c *HotlineCentre) Dispatch(s HotlineSheet) hotline.DispatchID {
	now := c.h.p.clock.Now()
	citizen := c.h.p.citizens[0]
	c.h.mu.Lock()
	defer c.h.mu.Unlock()
	return c.h.dispatch(s, 1, citizen, now)
}

func (h *hotlineSide) dispatch(in HotlineSheet, round int, citizen Citizen, now time.Time) hotline.DispatchID {
	n := h.number("dispatch")
	in.ID = hotline.DispatchID(cmp.Or(string(in.ID), fmt.Sprintf("D%s%05d", now.In(chinaTime).Format("20060102"), n)))
	in.SheetNo = hotline.SheetNo(cmp.Or(string(in.SheetNo), fmt.Sprintf("999999%s9%05d", now.In(chinaTime).Format("20060102"), n)))
	in.Unit = cmp.Or(in.Unit, h.desks[0].id)
	in.Type, in.Urgency = cmp.Or(in.Type, hotline.Complaint), cmp.Or(in.Urgency, hotline.Ordinary)
	yes, secret, nobody := true, in.Secret, in.Nobody
	s := &dispatch{
		unit: in.Unit, partial: in.Partial, handled: make(map[string]answered), asked: make(map[string]answered),
		row: wire.Sheet{
			DispatchID: string(in.ID), SheetNo: string(in.SheetNo), Round: round, Title: cmp.Or(in.Title, fmt.Sprintf("测试工单%d", n)),
			SheetType: string(in.Type), Urgency: string(in.Urgency), Channel: string(hotline.ByPhone), AreaCode: "999999000000",
			DispatchTime: now.Truncate(time.Second), SignDeadline: h.schedule.SignBy(in.Urgency, now).Truncate(time.Second),
			Deadline: h.schedule.FinishBy(in.Type, in.Urgency, now, time.Time{}).Truncate(time.Second), DelayState: string(hotline.NoDelay),
		},
		sheet: wire.SheetDetail{
			OutSheetNo: fmt.Sprintf("OUT%d", n), AppealTime: now.Add(-10 * time.Minute).Truncate(time.Second), Content: cmp.Or(in.Content, "测试内容"),
			Address: "测试路1号", CategoryCodes: []string{"05", "0503"}, NeedReply: &yes, NeedCallback: &yes,
			Person:      &wire.AppealPerson{Name: citizen.Name, Phone: citizen.Phone, Anonymous: &nobody, Secret: &secret},
			Attachments: []wire.Attachment{}, Urges: []json.RawMessage{},
			Dispatch: &wire.Dispatch{AdviceText: "请依法办理", Dispatcher: zwfw.NewPersonName("测试派单员"), LeadUnit: h.codeOf(in.Unit), CoUnits: []string{}},
		},
	}
	if in.Nobody {
		s.sheet.Person = &wire.AppealPerson{Anonymous: &nobody, Secret: &secret}
	}
	if f := h.files[in.File]; f != nil {
		s.sheet.Attachments = append(s.sheet.Attachments, wire.Attachment{FileID: in.File, FileName: f.start.FileName, Size: f.start.Size, SHA256: f.start.SHA256})
	}
	s.touch(now, hotline.Pending)
	s.step(now, "02", "派发", "999999000000", "测试派单员", "")
	if old := h.dispatches[string(in.ID)]; old != nil { // a number that is used again
		h.order = slices.DeleteFunc(h.order, func(d *dispatch) bool { return d == old })
	}
	h.dispatches[string(in.ID)] = s
	h.order = append(h.order, s)
	return in.ID
}

func (h *hotlineSide) codeOf(app string) string {
	for _, d := range h.desks {
		if d.id == app {
			return d.unit.Code
		}
	}
	return ""
}

// on runs one act of the centre on a dispatch.
func (c *HotlineCentre) on(id hotline.DispatchID, act func(s *dispatch, now time.Time) error) error {
	now := c.h.p.clock.Now()
	c.h.mu.Lock()
	defer c.h.mu.Unlock()
	c.h.advance(now)
	s := c.h.dispatches[string(id)]
	if s == nil {
		return fmt.Errorf("sandbox: no dispatch %s", id)
	}
	return act(s, now)
}

func (s *dispatch) refuses(what string) error {
	return fmt.Errorf("sandbox: dispatch %s is %s (delay %s): nothing to %s", s.row.DispatchID, s.row.State, s.row.DelayState, what)
}

// Look gives a dispatch as it stands; the zero value when there is none.
func (c *HotlineCentre) Look(id hotline.DispatchID) (look HotlineLook) {
	_ = c.on(id, func(s *dispatch, now time.Time) error {
		look = HotlineLook{
			State: s.state(), Delay: hotline.DelayState(s.row.DelayState), Deadline: s.row.Deadline, SignDeadline: s.row.SignDeadline, Round: s.row.Round,
			Signed: s.process.SignTime, Result: s.process.Result, InTime: s.process.InTime != nil && *s.process.InTime, Urges: s.row.UrgeCount,
			Supervised: s.row.Supervised, Unit: s.unit, Light: c.h.schedule.LightAt(now, s.row.Deadline),
		}
		return nil
	})
	return look
}

// Complete lets the missing half of a partial sheet arrive.
func (c *HotlineCentre) Complete(id hotline.DispatchID) error {
	return c.on(id, func(s *dispatch, now time.Time) error {
		s.partial = false
		s.touch(now, s.state())
		return nil
	})
}

// Progress notes the first feedback or an internal assignment: 办理中.
func (c *HotlineCentre) Progress(id hotline.DispatchID) error {
	return c.on(id, func(s *dispatch, now time.Time) error {
		if s.state() != hotline.Signed && s.state() != hotline.Processing {
			return s.refuses("progress")
		}
		s.step(now, "04", "办理", c.h.codeOf(s.unit), "测试经办", "")
		s.touch(now, hotline.Processing)
		return nil
	})
}

// Agree agrees to the open finish or rejection. A returned sheet goes to the unit that
// the rejection suggests, where there is one of that code.
func (c *HotlineCentre) Agree(id hotline.DispatchID, opinion string) error {
	return c.on(id, func(s *dispatch, now time.Time) error {
		switch s.state() {
		case hotline.FinishApplied:
			c.h.tell(s, now, hotline.FinishAgreed, s.applyID, opinion)
			s.finished = now
			s.touch(now, hotline.Finished)
		case hotline.RejectApplied:
			c.h.tell(s, now, hotline.RejectAgreed, s.applyID, opinion)
			s.touch(now, hotline.Returned)
			c.h.passOn(s, now)
		default:
			return s.refuses("agree to")
		}
		s.step(now, "08", "同意", "999999000000", "测试审核员", opinion)
		return nil
	})
}

// passOn gives a returned sheet to the unit that was suggested.
func (h *hotlineSide) passOn(s *dispatch, now time.Time) {
	for _, d := range h.desks {
		if s.suggest != "" && d.unit.Code == s.suggest {
			h.dispatch(h.again(s, d.id), s.row.Round+1, h.p.citizens[0], now)
		}
	}
}

// again is a sheet that is dispatched once more.
func (h *hotlineSide) again(s *dispatch, unit string) HotlineSheet {
	return HotlineSheet{
		Unit: unit, SheetNo: hotline.SheetNo(s.row.SheetNo), Type: hotline.SheetType(s.row.SheetType), Urgency: hotline.Urgency(s.row.Urgency),
		Title: s.row.Title, Content: s.sheet.Content,
	}
}

// Refuse refuses the open finish (the sheet is in hand again) or rejection (the sheet is
// as it was before).
func (c *HotlineCentre) Refuse(id hotline.DispatchID, opinion string) error {
	return c.on(id, func(s *dispatch, now time.Time) error {
		kind, state := hotline.FinishRefused, hotline.Processing
		switch s.state() {
		case hotline.FinishApplied:
		case hotline.RejectApplied:
			kind, state = hotline.RejectRefused, hotline.State(s.before)
		default:
			return s.refuses("refuse")
		}
		s.row.Deadline = c.h.schedule.Resume(s.row.Deadline, s.applied, now)
		c.h.tell(s, now, kind, s.applyID, opinion)
		s.step(now, "09", "不同意", "999999000000", "测试审核员", opinion)
		s.touch(now, state)
		return nil
	})
}

// AgreeDelay grants the open request for time as it was asked for.
func (c *HotlineCentre) AgreeDelay(id hotline.DispatchID) error {
	return c.answerDelay(id, hotline.DelayApproved, hotline.DelayAgreed, "AGREED", "")
}

// RefuseDelay refuses the open request for time; the old deadline stays.
func (c *HotlineCentre) RefuseDelay(id hotline.DispatchID, opinion string) error {
	return c.answerDelay(id, hotline.DelayDenied, hotline.DelayRefused, "REFUSED", opinion)
}

func (c *HotlineCentre) answerDelay(id hotline.DispatchID, state hotline.DelayState, kind hotline.NoticeType, word, opinion string) error {
	return c.on(id, func(s *dispatch, now time.Time) error {
		if s.row.DelayState != string(hotline.DelayApplied) || s.state().Over() {
			return s.refuses("answer")
		}
		record := &s.delays[len(s.delays)-1]
		record.State, s.row.DelayState = word, string(state)
		n := c.h.tell(s, now, kind, record.ApplyID, opinion)
		if state == hotline.DelayApproved {
			s.row.Deadline, n.NewDeadline = record.Asked, record.Asked
		}
		s.step(now, "10", "延时答复", "999999000000", "测试审核员", opinion)
		s.touch(now, s.state())
		return nil
	})
}

// Recall takes a sheet back; it may be given to another unit by Dispatch.
func (c *HotlineCentre) Recall(id hotline.DispatchID) error {
	return c.on(id, func(s *dispatch, now time.Time) error {
		if !s.state().Open() && s.state() != hotline.FinishApplied {
			return s.refuses("recall")
		}
		c.h.tell(s, now, hotline.RecalledNote, "", "")
		s.step(now, "11", "收回", "999999000000", "测试派单员", "")
		s.touch(now, hotline.Recalled)
		return nil
	})
}

// Urge urges the unit (催办).
func (c *HotlineCentre) Urge(id hotline.DispatchID) error {
	return c.mark(id, hotline.Urge, func(s *dispatch, now time.Time) {
		s.row.UrgeCount++
		text, _ := json.Marshal(map[string]string{"time": onWire(now)})
		s.urges = append(s.urges, text)
	})
}

// Supervise puts a sheet under supervision (督办).
func (c *HotlineCentre) Supervise(id hotline.DispatchID) error {
	return c.mark(id, hotline.Supervise, func(s *dispatch, _ time.Time) { s.row.Supervised = true })
}

func (c *HotlineCentre) mark(id hotline.DispatchID, kind hotline.NoticeType, set func(s *dispatch, now time.Time)) error {
	return c.on(id, func(s *dispatch, now time.Time) error {
		if !s.state().Open() && s.state() != hotline.FinishApplied {
			return s.refuses("mark")
		}
		set(s, now)
		c.h.tell(s, now, kind, "", "")
		s.touch(now, s.state())
		return nil
	})
}

// Callback asks the citizen about a finished sheet (回访): a content one ends it, another
// brings it back to the unit as a new round, whose dispatch is given.
func (c *HotlineCentre) Callback(id hotline.DispatchID, solved hotline.Solved, satisfaction hotline.Satisfaction) (again hotline.DispatchID, err error) {
	err = c.on(id, func(s *dispatch, now time.Time) error {
		if s.state() != hotline.Finished {
			return s.refuses("call back about")
		}
		s.back = &wire.Callback{Time: now.Truncate(time.Second), Solved: string(solved), Satisfaction: string(satisfaction)}
		s.step(now, "12", "回访", "999999000000", "测试回访员", "")
		c.h.tell(s, now, hotline.CallbackDone, "", "")
		if solved == hotline.IsSolved && satisfaction >= "3" {
			s.touch(now, hotline.Archived)
			return nil
		}
		s.touch(now, hotline.Recalled)
		c.h.tell(s, now, hotline.Redispatched, "", "")
		sheet := c.h.again(s, s.unit)
		if c.h.setup.SameDispatchID {
			sheet.ID = id
		}
		again = c.h.dispatch(sheet, s.row.Round+1, c.h.p.citizens[0], now)
		return nil
	})
	return again, err
}

// Report moves an appeal that the first unit reported; note is the reason for which it
// comes back or is not accepted, or the result.
func (c *HotlineCentre) Report(no hotline.SheetNo, state hotline.ReportState, note string) error {
	now := c.h.p.clock.Now().Truncate(time.Second)
	c.h.mu.Lock()
	defer c.h.mu.Unlock()
	for _, r := range c.h.reports {
		if r.row.SheetNo != string(no) {
			continue
		}
		r.row.State, r.row.UpdateTime, r.row.HandleUnit = string(state), now, c.h.codeOf(r.unit)
		switch state {
		case hotline.ReportFinished:
			r.row.FinishTime, r.row.ResultSummary = now, note
		case hotline.ReturnedToReport, hotline.NotAccepted:
			r.row.ReturnReason = note
		}
		return nil
	}
	return fmt.Errorf("sandbox: no report %s", no)
}

// EndTokens ends all authentication information at once, as a restart of the platform
// does.
func (c *HotlineCentre) EndTokens() {
	c.h.mu.Lock()
	defer c.h.mu.Unlock()
	clear(c.h.tokens)
}

// PutToken makes a text of your own the authentication information of a unit.
func (c *HotlineCentre) PutToken(app, token string) {
	now := c.h.p.clock.Now()
	c.h.mu.Lock()
	defer c.h.mu.Unlock()
	c.h.tokens[token] = hotlineToken{app, now.Add(c.h.setup.TokenLife)}
}

// Gaps lists the sequence numbers that a city's aggregation left out; kind is "calls" or
// "seats".
func (c *HotlineCentre) Gaps(app, kind string) []int64 {
	c.h.mu.Lock()
	defer c.h.mu.Unlock()
	if s := c.h.series[app+" "+kind]; s != nil {
		return slices.Clone(s.gaps)
	}
	return nil
}
