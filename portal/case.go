package portal

import (
	"context"
	"strings"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/wire/portalwire"
)

// Case is a case (办件) with its stages: process information (过程信息, STD clause 3).
type Case struct {
	ProjectNo  string
	AreaCode   string
	Acceptance *Acceptance // nil when the platform did not send it
	Stages     []Stage
	Procedures []Procedure // special procedures, which stop the clock
	Result     *CaseResult // nil while the case is open
	Version    int64
	Updated    time.Time

	Answer // empty in a page of changes
}

// Status is that of the acceptance, "" without one.
func (c *Case) Status() CaseStatus {
	if c.Acceptance == nil {
		return ""
	}
	return c.Acceptance.Status
}

// Acceptance is the record of application and acceptance. Times that have not come are
// zero.
type Acceptance struct {
	ProjectNo     string
	ProjectName   string
	CatalogCode   string
	TaskCode      string
	HandleItem    string
	TaskVersion   int64 // the case keeps the version that it was accepted under
	TaskName      string
	ApplicantName zwfw.PersonName
	ApplicantType UserType
	Applied       time.Time
	ApplyType     string
	OrgCode       string
	OrgName       string
	Accepted      time.Time
	Promised      time.Time // until when it is promised
	Status        CaseStatus
	ProjectType   ProjectType
}

// Stage is one step: 01 受理, 02 审查, 03 决定, 04 办结 (assumption; Name has the words).
type Stage struct {
	Seq         int
	Event       string
	Name        string
	Handler     zwfw.PersonName
	Start, End  time.Time
	Explanation string // may hold <br/>: escape it before it is shown
}

// Procedure is 特别程序: a hearing, an appraisal, a supplement.
type Procedure struct {
	Type, Name, Reason, Result string
	Start, End                 time.Time
}

// CaseResult is how a case ended. Code stays as it came; Meaning reads it by
// Config.ResultCodes and is "" for a code that the version does not have.
type CaseResult struct {
	Time        time.Time
	Code        ResultCode
	Meaning     Meaning
	Explanation string
}

func (c *Client) caseOf(w *portalwire.Case) Case {
	k := Case{ProjectNo: w.ProjectNo, AreaCode: w.AreaCode, Version: w.Version, Updated: w.UpdateTime}
	if w.Accept != nil {
		a := acceptanceOf(w.Accept)
		k.Acceptance = &a
		if k.ProjectNo == "" {
			k.ProjectNo = a.ProjectNo
		}
	}
	for _, s := range w.Process {
		k.Stages = append(k.Stages, Stage{
			Seq: s.Seq, Event: s.EventName, Name: s.ProcessName, Handler: s.HandleUserName, Start: s.StartTime, End: s.EndTime, Explanation: s.Explain,
		})
	}
	for _, p := range w.Special {
		k.Procedures = append(k.Procedures, Procedure{Type: p.SpecialType, Name: p.Name, Reason: p.Reason, Result: p.Result, Start: p.Time, End: p.EndTime})
	}
	if w.Result != nil {
		code := ResultCode(w.Result.ResultType)
		k.Result = &CaseResult{Time: w.Result.ResultDate, Code: code, Meaning: code.In(c.config.ResultCodes), Explanation: w.Result.ResultExplain}
	}
	return k
}

func acceptanceOf(w *portalwire.Acceptance) Acceptance {
	task, handle := splitCode(w.TaskCode, w.TaskHandleItem)
	return Acceptance{
		ProjectNo: w.ProjectNo, ProjectName: w.ProjectName, CatalogCode: w.CatalogCode, TaskCode: task, HandleItem: handle,
		TaskVersion: w.TaskVersion, TaskName: w.TaskName, ApplicantName: w.ApplicantName, ApplicantType: UserType(w.ApplicantType),
		Applied: w.ApplyDate, ApplyType: w.ApplyType, OrgCode: w.OrgCode, OrgName: w.OrgName, Accepted: w.AcceptDate, Promised: w.PromiseDate,
		Status: CaseStatus(w.ProStatus), ProjectType: ProjectType(w.ProjectType),
	}
}

// CaseQuery names a case; with Token it is asked for as its applicant.
type CaseQuery struct {
	ProjectNo string      // required
	Token     zwfw.Secret // of the applicant or the agent; optional where the website may read every case
}

// Case (办件详情) gives one case with its stages.
//
// Errors: NotFound, PermissionDenied (somebody else's case), TokenInvalid, and those of
// every call.
//
// Source: practice of the national exchange tables.
func (c *Client) Case(ctx context.Context, q CaseQuery) (*Case, error) {
	const op = "Case"
	if !q.Token.IsZero() {
		if err := c.engine.CheckSecret(op, "Token", q.Token, maxToken); err != nil {
			return nil, err
		}
	}
	return c.findCase(ctx, op, q.ProjectNo, func(number string) any { return &portalwire.CaseQuery{ProjectNo: number, Token: q.Token} })
}

// CaseProgress (办件进度查询) is the public query: number and check code, which is the query
// password or the last characters of telephone or certificate. Both are required.
//
// Errors: BadRequest for a wrong check code (the advice says 查询密码错误), NotFound, and those
// of every call.
//
// Source: practice.
func (c *Client) CaseProgress(ctx context.Context, projectNo string, checkCode zwfw.Secret) (*Case, error) {
	const op = "CaseProgress"
	if err := c.engine.CheckSecret(op, "checkCode", checkCode, 50); err != nil {
		return nil, err
	}
	return c.findCase(ctx, op, projectNo, func(number string) any { return &portalwire.ProgressQuery{ProjectNo: number, CheckCode: checkCode} })
}

// findCase asks for a number, and when the platform does not know it, for its other form.
func (c *Client) findCase(ctx context.Context, op, number string, query func(number string) any) (*Case, error) {
	if err := c.check(op, field{"ProjectNo", number, 50, true}); err != nil {
		return nil, err
	}
	var first error
	for _, form := range c.forms(number) {
		out, answer, _, err := call[portalwire.Case](ctx, c, op, query(form))
		if err == nil {
			k := c.caseOf(out)
			k.Answer = answer
			return &k, nil
		}
		if first == nil {
			first = err
		}
		if zwfw.KindOf(err) != zwfw.NotFound {
			return nil, err
		}
	}
	return nil, first
}

// forms gives a number as it is and, with a province prefix configured, the other way.
func (c *Client) forms(number string) []string {
	prefix := c.config.ProjectPrefix
	if prefix == "" {
		return []string{number}
	}
	if local, ok := strings.CutPrefix(number, prefix); ok && local != "" {
		return []string{number, local}
	}
	return []string{number, prefix + number}
}

// MyCasesQuery narrows the cases of a user.
type MyCasesQuery struct {
	Token      zwfw.Secret // required
	Status     CaseStatus  // optional
	Begin, End time.Time   // of application; optional
	PageNo     int         // from 1; 0 is the platform's default
	PageSize   int         // 1 to 100; 0 is the platform's default
}

// MyCases is one page of a user's cases.
type MyCases struct {
	Cases    []Acceptance
	PageNo   int
	PageSize int
	Total    int

	Answer
}

// MyCases (我的办件) lists the cases of the user behind a token.
//
// Errors: TokenInvalid, and those of every call.
//
// Source: STD clause 3 (slips to the user); the call is practice.
func (c *Client) MyCases(ctx context.Context, q MyCasesQuery) (*MyCases, error) {
	const op = "MyCases"
	if err := c.engine.CheckSecret(op, "Token", q.Token, maxToken); err != nil {
		return nil, err
	}
	if err := c.checkPage(op, q.PageNo, q.PageSize); err != nil {
		return nil, err
	}
	if err := c.checkTimes(op, q.Begin, q.End); err != nil {
		return nil, err
	}
	if err := c.check(op, field{"Status", string(q.Status), 10, false}); err != nil {
		return nil, err
	}
	out, answer, _, err := call[portalwire.MyCasesPage](ctx, c, op, &portalwire.MyCasesQuery{
		Token: q.Token, ProStatus: string(q.Status), BeginTime: q.Begin, EndTime: q.End, PageNo: q.PageNo, PageSize: q.PageSize,
	})
	if err != nil {
		return nil, err
	}
	p := &MyCases{PageNo: out.PageNo, PageSize: out.PageSize, Total: out.Total, Answer: answer}
	for i := range out.List {
		p.Cases = append(p.Cases, acceptanceOf(&out.List[i]))
	}
	return p, nil
}

// PublicQuery narrows the published results.
type PublicQuery struct {
	AreaCode   string
	Begin, End time.Time // of the result
	PageNo     int
	PageSize   int
}

// PublicCases is one page of published results, which hold no personal data.
type PublicCases struct {
	Cases    []PublicCase
	PageNo   int
	PageSize int
	Total    int

	Answer
}

// PublicCase is one of them.
type PublicCase struct {
	ProjectNo string
	TaskName  string
	OrgName   string
	Time      time.Time
	Code      ResultCode
	Meaning   Meaning
}

// PublicCases (结果公示) lists published results.
//
// Source: assumption.
func (c *Client) PublicCases(ctx context.Context, q PublicQuery) (*PublicCases, error) {
	const op = "PublicCases"
	if err := c.checkPage(op, q.PageNo, q.PageSize); err != nil {
		return nil, err
	}
	if err := c.checkTimes(op, q.Begin, q.End); err != nil {
		return nil, err
	}
	if err := c.check(op, field{"AreaCode", q.AreaCode, 12, false}); err != nil {
		return nil, err
	}
	out, answer, _, err := call[portalwire.PublicCasesPage](ctx, c, op, &portalwire.PublicCasesQuery{
		AreaCode: q.AreaCode, BeginTime: q.Begin, EndTime: q.End, PageNo: q.PageNo, PageSize: q.PageSize,
	})
	if err != nil {
		return nil, err
	}
	p := &PublicCases{PageNo: out.PageNo, PageSize: out.PageSize, Total: out.Total, Answer: answer}
	for _, w := range out.List {
		code := ResultCode(w.ResultType)
		p.Cases = append(p.Cases, PublicCase{
			ProjectNo: w.ProjectNo, TaskName: w.TaskName, OrgName: w.OrgName, Time: w.ResultDate, Code: code, Meaning: code.In(c.config.ResultCodes),
		})
	}
	return p, nil
}
