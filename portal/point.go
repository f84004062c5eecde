package portal

import (
	"context"
	"strings"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/wire/portalwire"
)

// EvaluationPoint (办件服务) is a step of a case that may be rated; ProjectNo and
// ServiceNumber are its key. Optional members are sent only when set.
type EvaluationPoint struct {
	ProjectNo     string // required, like all members without a remark
	ServiceNumber int    // 1 submit, 2 accept, 3 complete
	ServiceName   string
	ServiceTime   time.Time // when the step was done: never move it to pass a check
	Status        CaseStatus
	TaskCode      string // 31 or 33 characters; of 33, the first 31 are sent here and the whole in HandleItem
	TaskName      string
	OrgCode       string
	OrgName       string
	AreaCode      string // 12 digits; 6 are filled up with zeros
	UserProp      string // 1 natural person, 2 enterprise, 3 institution, 4 social organisation, 5, 6, 9
	UserName      zwfw.PersonName
	UserPageType  string // 111 resident ID card
	Mobile        zwfw.Phone
	ProjectType   ProjectType

	// Who may rate: the key of the online user or that of the hall. One of them, never
	// both.
	CertKey     zwfw.Secret
	HallCertKey zwfw.Secret

	// Optional.
	HandleItem     string
	SubMatter      string
	TaskType       TaskType
	DeptCode       string
	CreditType     string
	CreditNum      zwfw.IDNumber
	HandleUserName zwfw.PersonName
	AcceptDate     time.Time
	PromiseDays    *int
	PromiseUnit    TimeUnit
	AnticipateDays *int
	AnticipateUnit TimeUnit
	Channel        string // 1 online, 2 hall
	ResultDate     time.Time
	Manager        zwfw.PersonName
	ProjectName    string
	DataSource     string
}

// PointReceipt answers a registration.
type PointReceipt struct {
	Repeated bool // the platform had it before, with the same content

	Answer
}

// AddEvaluationPoint (办件服务登记) registers a step of a case, so that it can be rated. The
// caller is whoever handled the step. A repetition with the same content succeeds; a lost
// answer is repeated under the same key.
//
// Errors: BadRequest, NotFound (no such case), Conflict (the point is there with other
// content), and those of every call.
//
// Source: practice of another province.
func (c *Client) AddEvaluationPoint(ctx context.Context, p EvaluationPoint) (*PointReceipt, error) {
	const op = "AddEvaluationPoint"
	if err := c.checkPoint(op, p); err != nil {
		return nil, err
	}
	out, answer, _, err := call[portalwire.PointReceipt](ctx, c, op, pointWire(p))
	if err != nil {
		return nil, err
	}
	return &PointReceipt{Repeated: out.Repeated, Answer: answer}, nil
}

func (c *Client) checkPoint(op string, p EvaluationPoint) error {
	if err := c.check(op,
		field{"ProjectNo", p.ProjectNo, 50, true}, field{"ServiceName", p.ServiceName, 100, true}, field{"Status", string(p.Status), 10, true},
		field{"TaskCode", p.TaskCode, 36, true}, field{"TaskName", p.TaskName, maxText, true}, field{"OrgCode", p.OrgCode, 50, true},
		field{"OrgName", p.OrgName, 200, true}, field{"AreaCode", p.AreaCode, 12, true}, field{"UserProp", p.UserProp, 10, true},
		field{"UserName", p.UserName.Reveal(), 100, true}, field{"UserPageType", p.UserPageType, 10, true}, field{"Mobile", p.Mobile.Reveal(), 20, true},
		field{"ProjectType", string(p.ProjectType), 10, true}, field{"HandleItem", p.HandleItem, 50, false},
	); err != nil {
		return err
	}
	switch {
	case p.ServiceNumber < 1 || p.ServiceNumber > 99:
		return c.engine.Refuse(op, "ServiceNumber", "is 1 submit, 2 accept or 3 complete")
	case p.ServiceTime.IsZero():
		return c.engine.Refuse(op, "ServiceTime", "is required")
	case len(p.AreaCode) != 6 && len(p.AreaCode) != 12 || strings.Trim(p.AreaCode, "0123456789") != "":
		return c.engine.Refuse(op, "AreaCode", "has 12 digits, or 6 that are filled up with zeros")
	case p.CertKey.IsZero() == p.HallCertKey.IsZero():
		return c.engine.Refuse(op, "CertKey", "or HallCertKey is required, and never both")
	case p.HandleItem != "" && !strings.HasPrefix(p.HandleItem, p.TaskCode[:min(len(p.TaskCode), taskLength)]):
		return c.engine.Refuse(op, "HandleItem", "begins with TaskCode")
	}
	return nil
}

func pointWire(p EvaluationPoint) *portalwire.EvaluationPoint {
	p.TaskCode, p.HandleItem = splitCode(p.TaskCode, p.HandleItem)
	if len(p.AreaCode) == 6 {
		p.AreaCode += "000000"
	}
	return &portalwire.EvaluationPoint{
		ProjectNo: p.ProjectNo, ServiceNumber: p.ServiceNumber, ServiceName: p.ServiceName, ServiceTime: p.ServiceTime, ProStatus: string(p.Status),
		TaskCode: p.TaskCode, TaskHandleItem: p.HandleItem, TaskName: p.TaskName, SubMatter: p.SubMatter, TaskType: string(p.TaskType),
		OrgCode: p.OrgCode, OrgName: p.OrgName, DeptCode: p.DeptCode, AreaCode: p.AreaCode, UserProp: p.UserProp, UserName: p.UserName,
		UserPageType: p.UserPageType, CertKey: p.CertKey, HallCertKey: p.HallCertKey, Mobile: p.Mobile, CreditType: p.CreditType,
		CreditNum: p.CreditNum, HandleUserName: p.HandleUserName, AcceptDate: p.AcceptDate, PromiseDay: p.PromiseDays, PromiseType: string(p.PromiseUnit),
		AnticipateDay: p.AnticipateDays, AnticipateType: string(p.AnticipateUnit), Channel: p.Channel, ProjectType: string(p.ProjectType),
		ResultDate: p.ResultDate, ProManager: p.Manager, ProjectName: p.ProjectName, DataSource: p.DataSource,
	}
}

// OpenPoint is a point that is still to be rated.
type OpenPoint struct {
	ProjectNo     string
	ServiceNumber int
	ServiceName   string
	ServiceTime   time.Time
	TaskCode      string
	TaskName      string
	Status        CaseStatus
}

// OpenPoints answers EvaluationPoints.
type OpenPoints struct {
	Points []OpenPoint

	Answer
}

// PointsQuery asks by user, by case, or by both; one of them is required.
type PointsQuery struct {
	Token     zwfw.Secret
	ProjectNo string
}

// EvaluationPoints (待评价) lists what is still to be rated.
//
// Source: practice of another province.
func (c *Client) EvaluationPoints(ctx context.Context, q PointsQuery) (*OpenPoints, error) {
	const op = "EvaluationPoints"
	if q.Token.IsZero() && q.ProjectNo == "" {
		return nil, c.engine.Refuse(op, "Token", "or ProjectNo is required")
	}
	if err := c.check(op, field{"Token", q.Token.Reveal(), maxToken, false}, field{"ProjectNo", q.ProjectNo, 50, false}); err != nil {
		return nil, err
	}
	out, answer, _, err := call[portalwire.Points](ctx, c, op, &portalwire.PointsQuery{Token: q.Token, ProjectNo: q.ProjectNo})
	if err != nil {
		return nil, err
	}
	p := &OpenPoints{Answer: answer}
	for _, w := range out.List {
		p.Points = append(p.Points, OpenPoint{
			ProjectNo: w.ProjectNo, ServiceNumber: w.ServiceNumber, ServiceName: w.ServiceName, ServiceTime: w.ServiceTime,
			TaskCode: w.TaskCode, TaskName: w.TaskName, Status: CaseStatus(w.ProStatus),
		})
	}
	return p, nil
}
