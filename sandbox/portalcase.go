package sandbox

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/wire/portalwire"
	"github.com/zwfw-go/zwfw/portal"
)

// portalCase is a case as the platform keeps it.
type portalCase struct {
	portalwire.Case
	citizen  string
	password string
	number   int
	key      string // its place in the feed
}

// CaseEvent is something that happens to a case.
type CaseEvent string

// The events of a case's machine.
const (
	CaseAccept        CaseEvent = "accept"
	CaseReview        CaseEvent = "review"
	CaseSupplement    CaseEvent = "supplement asked"
	CaseSupplemented  CaseEvent = "supplement came"
	CaseNoSupplement  CaseEvent = "supplement never came"
	CaseNotAccepted   CaseEvent = "not accepted"
	CaseStopClock     CaseEvent = "special procedure starts"
	CaseStartClock    CaseEvent = "special procedure ends"
	CaseGrant         CaseEvent = "granted"
	CaseRefuse        CaseEvent = "refused"
	CaseReturn        CaseEvent = "returned"
	CaseVoid          CaseEvent = "void"
	CasePassUpward    CaseEvent = "passed upward"
	CaseDeliverResult CaseEvent = "certificate delivered"
)

// from says in which state an event may happen.
var from = map[CaseEvent]string{
	CaseAccept: "1", CaseSupplement: "1", CaseSupplemented: "1", CaseNoSupplement: "1", CaseNotAccepted: "1",
	CaseReview: "2", CaseStopClock: "2", CaseStartClock: "2", CaseGrant: "2", CaseRefuse: "2", CaseReturn: "2", CaseVoid: "2", CasePassUpward: "2",
	CaseDeliverResult: "3",
}

// endings are the result codes in the two versions of the table; "" is one that the
// version does not have.
var endings = map[CaseEvent]map[portal.ResultVersion]string{
	CaseNotAccepted:  {portal.ResultsNew: "6", portal.ResultsOld: "1"},
	CaseNoSupplement: {portal.ResultsNew: "5", portal.ResultsOld: "5"},
	CaseGrant:        {portal.ResultsNew: "0", portal.ResultsOld: "0"},
	CaseRefuse:       {portal.ResultsNew: "1", portal.ResultsOld: "6"},
	CaseReturn:       {portal.ResultsNew: "5", portal.ResultsOld: "1"},
	CaseVoid:         {portal.ResultsNew: "5", portal.ResultsOld: "2"},
	CasePassUpward:   {portal.ResultsNew: "5", portal.ResultsOld: "4"},
}

// explained says how cases end, in words.
var explained = map[CaseEvent]string{
	CaseNotAccepted: "不予受理", CaseNoSupplement: "补正未到", CaseGrant: "准予", CaseRefuse: "不予", CaseReturn: "退回", CaseVoid: "作废", CasePassUpward: "转报",
}

// seedCases makes five cases: one under way, three finished (one long ago), one new.
func (s *portalSide) seedCases(now time.Time) {
	for _, seed := range []struct {
		citizen, item, days int
		events              []CaseEvent
	}{
		{0, 1, 2, []CaseEvent{CaseAccept, CaseReview}},
		{0, 2, 5, []CaseEvent{CaseAccept, CaseReview, CaseReview, CaseGrant}},
		{0, 3, 60, []CaseEvent{CaseAccept, CaseReview, CaseReview, CaseGrant}},
		{1, 4, 4, []CaseEvent{CaseAccept, CaseReview, CaseReview, CaseGrant}},
		{1, 5, 1, nil},
	} {
		at := now.AddDate(0, 0, -seed.days)
		k := s.apply(s.p.citizens[seed.citizen], seed.item, at)
		for _, event := range seed.events {
			at = at.Add(time.Hour)
			_ = s.move(k, event, at) // in the machine's order
		}
	}
}

// apply makes a case in state 1.
func (s *portalSide) apply(c Citizen, item int, at time.Time) *portalCase {
	s.made++
	d := seedItem(item)
	if now := s.itemOf[d.RowGUID]; now != nil {
		d = now.ItemDetail
	}
	number := s.setup.ProjectPrefix + fmt.Sprintf("HLJ2024%06d", s.made)
	k := &portalCase{citizen: c.UserID, password: fmt.Sprintf("pw-%04d", s.made), number: s.made, Case: portalwire.Case{
		ProjectNo: number, AreaCode: portalArea, Version: 1, UpdateTime: at, Process: []portalwire.Stage{}, Special: []portalwire.Procedure{},
		Accept: &portalwire.Acceptance{
			ProjectNo: number, ProjectName: fmt.Sprintf("测试办件%d", s.made), TaskCode: d.TaskCode, TaskVersion: d.TaskVersion, TaskName: d.TaskName,
			ApplicantName: concealedApplicant(c), ApplicantType: "1", ApplyDate: at, ApplyType: "1", OrgName: d.DeptName, ProStatus: "1",
		},
	}}
	s.cases[number] = k
	s.happened(k, portalCase{})
	return k
}

// concealedApplicant keeps the first character, as public lists do.
func concealedApplicant(c Citizen) zwfw.PersonName {
	return zwfw.NewPersonName(string([]rune(c.Name.Reveal())[:1]) + "*")
}

// move lets something happen to a case.
func (s *portalSide) move(k *portalCase, event CaseEvent, at time.Time) error {
	state, known := from[event]
	open := len(k.Special) > 0 && k.Special[len(k.Special)-1].EndTime.IsZero()
	switch {
	case !known:
		return fmt.Errorf("sandbox: no event %q", string(event))
	case k.Accept.ProStatus != state:
		return fmt.Errorf("sandbox: %s: not in state %s", event, k.Accept.ProStatus)
	case open != (event == CaseStartClock || event == CaseSupplemented || event == CaseNoSupplement):
		return fmt.Errorf("sandbox: %s: the clock's state does not allow it", event)
	}
	before := *k
	accept := *k.Accept // answers that were given keep theirs
	k.Accept = &accept
	switch event {
	case CaseAccept:
		accept.ProStatus, accept.AcceptDate, accept.PromiseDate = "2", at, deadline(at, 5)
		s.stage(k, "01", "受理", at)
	case CaseReview:
		s.stage(k, fmt.Sprintf("%02d", min(len(k.Process)+1, 3)), []string{"审查", "决定"}[min(len(k.Process), 2)/2], at)
	case CaseSupplement:
		k.Special = append(slices.Clone(k.Special), portalwire.Procedure{SpecialType: "5", Name: "补正", Time: at})
	case CaseStopClock:
		k.Special = append(slices.Clone(k.Special), portalwire.Procedure{SpecialType: "2", Name: "鉴定", Time: at})
	case CaseSupplemented, CaseStartClock, CaseNoSupplement:
		k.Special = slices.Clone(k.Special)
		last := &k.Special[len(k.Special)-1]
		last.EndTime = at
		if event == CaseStartClock {
			accept.PromiseDate = accept.PromiseDate.Add(at.Sub(last.Time).Truncate(24 * time.Hour))
		}
	case CaseDeliverResult:
		k.Result = &portalwire.CaseOutcome{ResultDate: k.Result.ResultDate, ResultType: k.Result.ResultType, ResultExplain: "证照已送达"}
	}
	if code := endings[event][s.setup.ResultCodes]; code != "" {
		accept.ProStatus = "3"
		k.Result = &portalwire.CaseOutcome{ResultDate: at, ResultType: code, ResultExplain: explained[event]}
		s.stage(k, "04", "办结", at)
	}
	k.Version++
	k.UpdateTime = at
	s.happened(k, before)
	return nil
}

func (s *portalSide) stage(k *portalCase, event, name string, at time.Time) {
	k.Process = append(slices.Clone(k.Process), portalwire.Stage{
		Seq: len(k.Process) + 1, EventName: event, ProcessName: name, HandleUserName: zwfw.NewPersonName("测试经办"), StartTime: at, EndTime: at,
	})
}

// deadline is six in the evening after so many days from Monday to Friday. Public
// holidays are not in it.
func deadline(from time.Time, days int) time.Time {
	day := from.In(china)
	for days > 0 {
		day = day.AddDate(0, 0, 1)
		if d := day.Weekday(); d != time.Saturday && d != time.Sunday {
			days--
		}
	}
	return time.Date(day.Year(), day.Month(), day.Day(), 18, 0, 0, 0, china)
}

// ApplyForItem lets a citizen apply for the i-th item and gives the project number and the
// query password.
func (p *Platform) ApplyForItem(c Citizen, item int) (projectNo, password string) {
	now := p.clock.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	k := p.portal.apply(c, item, now)
	return k.ProjectNo, k.password
}

// MoveCase lets something happen to a case; an event that its state does not allow is an
// error.
func (p *Platform) MoveCase(projectNo string, event CaseEvent) error {
	now := p.clock.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	k := p.portal.cases[projectNo]
	if k == nil {
		return fmt.Errorf("sandbox: no case %q", projectNo)
	}
	return p.portal.move(k, event, now)
}

// sorted lists the cases as they were made.
func (s *portalSide) sorted() []*portalCase {
	var all []*portalCase
	for _, k := range s.cases {
		all = append(all, k)
	}
	slices.SortFunc(all, func(a, b *portalCase) int { return a.number - b.number })
	return all
}

func (c *portalCall) myCases(in *portalwire.MyCasesQuery) (any, *no) {
	t, refusal := c.holder(in.Token)
	if refusal != nil {
		return nil, refusal
	}
	if !in.BeginTime.IsZero() && !in.EndTime.IsZero() && in.EndTime.Before(in.BeginTime) {
		return nil, c.wrongTime("beginTime")
	}
	var mine []portalwire.Acceptance
	for _, k := range c.sorted() {
		at := k.Accept.ApplyDate
		if k.citizen == t.citizen && (in.ProStatus == "" || in.ProStatus == k.Accept.ProStatus) && !at.Before(in.BeginTime) && (in.EndTime.IsZero() || !at.After(in.EndTime)) {
			mine = append(mine, *k.Accept)
		}
	}
	page, number, size, refusal := leaf(c, mine, in.PageNo, in.PageSize)
	return &portalwire.MyCasesPage{PageNo: number, PageSize: size, Total: len(mine), List: page}, refusal
}

// leaf cuts a numbered page out of rows.
func leaf[Row any](c *portalCall, rows []Row, number, size int) ([]Row, int, int, *no) {
	switch {
	case number < 0:
		return nil, 0, 0, c.wrong("pageNo")
	case size < 0 || size > 100:
		return nil, 0, 0, c.wrong("pageSize")
	}
	number = max(number, 1)
	if size == 0 {
		size = 20
	}
	begin := min((number-1)*size, len(rows))
	return append([]Row{}, rows[begin:min(begin+size, len(rows))]...), number, size, nil
}

func (c *portalCall) progress(in *portalwire.ProgressQuery) (any, *no) {
	code := in.CheckCode.Reveal()
	switch {
	case in.ProjectNo == "":
		return nil, c.missing("projectNo")
	case code == "":
		return nil, c.missing("checkCode")
	}
	k := c.cases[in.ProjectNo]
	if k == nil {
		return nil, &no{kind: zwfw.NotFound}
	}
	citizen := c.p.citizen(k.citizen)
	phone, number := citizen.Phone.Reveal(), citizen.IDNumber.Reveal()
	if code != k.password && code != phone[len(phone)-4:] && !strings.EqualFold(code, number[len(number)-6:]) {
		return nil, c.coded(zwfw.BadRequest, "4030", "查询密码错误", "")
	}
	return &portalwire.Case{ProjectNo: k.ProjectNo, Accept: k.Accept, Process: k.Process, Result: k.Result, UpdateTime: k.UpdateTime}, nil
}

func (c *portalCall) caseDetail(in *portalwire.CaseQuery) (any, *no) {
	if in.ProjectNo == "" {
		return nil, c.missing("projectNo")
	}
	k := c.cases[in.ProjectNo]
	if k == nil {
		return nil, &no{kind: zwfw.NotFound}
	}
	if !in.Token.IsZero() {
		if t, refusal := c.holder(in.Token); refusal != nil {
			return nil, refusal
		} else if t.citizen != k.citizen {
			return nil, &no{kind: zwfw.PermissionDenied}
		}
	}
	found := k.Case
	return &found, nil
}

func (c *portalCall) publicCases(in *portalwire.PublicCasesQuery) (any, *no) {
	if !in.BeginTime.IsZero() && !in.EndTime.IsZero() && in.EndTime.Before(in.BeginTime) {
		return nil, c.wrongTime("beginTime")
	}
	var rows []portalwire.PublicCase
	for _, k := range c.sorted() {
		if k.Result == nil || in.AreaCode != "" && in.AreaCode != k.AreaCode {
			continue
		}
		if at := k.Result.ResultDate; !at.Before(in.BeginTime) && (in.EndTime.IsZero() || !at.After(in.EndTime)) {
			rows = append(rows, portalwire.PublicCase{
				ProjectNo: k.ProjectNo, TaskName: k.Accept.TaskName, OrgName: k.Accept.OrgName, ResultDate: at, ResultType: k.Result.ResultType,
			})
		}
	}
	page, number, size, refusal := leaf(c, rows, in.PageNo, in.PageSize)
	return &portalwire.PublicCasesPage{PageNo: number, PageSize: size, Total: len(rows), List: page}, refusal
}
