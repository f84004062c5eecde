package portalwire

import (
	"encoding/json"
	"time"

	"github.com/zwfw-go/zwfw"
)

// NormsQuery asks for the labels of a level, 0 for all.
type NormsQuery struct {
	Level int `zw:"level,omitempty"`
}

// Norms is the dictionary of labels.
type Norms struct {
	List []Norm `zw:"list"`
}

// Norm is one label (评价标签).
type Norm struct {
	Code  string `zw:"code"`
	Name  string `zw:"name"`
	Level int    `zw:"level"`
}

// EvaluationPoint registers a step of a case that may be rated (办件服务, public
// practice). ProjectNo and ServiceNumber are its key; a repetition succeeds. One of
// CertKey (online) and HallCertKey (hall) is needed, never both.
type EvaluationPoint struct {
	ProjectNo      string          `zw:"projectNo"`
	ServiceNumber  int             `zw:"serviceNumber"` // 1 submit, 2 accept, 3 complete
	ServiceName    string          `zw:"serviceName"`
	ServiceTime    time.Time       `zw:"serviceTime"`
	ProStatus      string          `zw:"proStatus"`
	TaskCode       string          `zw:"taskCode"`
	TaskHandleItem string          `zw:"taskHandleItem,omitempty"`
	TaskName       string          `zw:"taskName"`
	SubMatter      string          `zw:"subMatter,omitempty"`
	TaskType       string          `zw:"taskType,omitempty"`
	OrgCode        string          `zw:"orgCode"`
	OrgName        string          `zw:"orgName"`
	DeptCode       string          `zw:"deptCode,omitempty"`
	AreaCode       string          `zw:"areaCode"`
	UserProp       string          `zw:"userProp"` // 1 person, 2 enterprise …
	UserName       zwfw.PersonName `zw:"userName"`
	UserPageType   string          `zw:"userPageType"` // 111 identity card
	CertKey        zwfw.Secret     `zw:"certKey,omitempty"`
	HallCertKey    zwfw.Secret     `zw:"hallCertKey,omitempty"`
	Mobile         zwfw.Phone      `zw:"mobile"`
	CreditType     string          `zw:"creditType,omitempty"`
	CreditNum      zwfw.IDNumber   `zw:"creditNum,omitempty"`
	HandleUserName zwfw.PersonName `zw:"handleUserName,omitempty"`
	AcceptDate     time.Time       `zw:"acceptDate,omitempty"`
	PromiseDay     *int            `zw:"promiseDay"`
	PromiseType    string          `zw:"promiseType,omitempty"`
	AnticipateDay  *int            `zw:"anticipateDay"`
	AnticipateType string          `zw:"anticipateType,omitempty"`
	Channel        string          `zw:"channel,omitempty"` // 1 online, 2 hall
	ProjectType    string          `zw:"projectType"`
	ResultDate     time.Time       `zw:"resultDate,omitempty"`
	ProManager     zwfw.PersonName `zw:"proManager,omitempty"`
	ProjectName    string          `zw:"projectName,omitempty"`
	DataSource     string          `zw:"dataSource,omitempty"`
}

// PointReceipt answers it.
type PointReceipt struct {
	Repeated bool `zw:"repeated,omitempty"`
}

// PointsQuery asks which points are still to be rated, of a user or of a case.
type PointsQuery struct {
	Token     zwfw.Secret `zw:"token,omitempty"`
	ProjectNo string      `zw:"projectNo,omitempty"`
}

// Points is the answer.
type Points struct {
	List []OpenPoint `zw:"list"`
}

// OpenPoint is a point to be rated.
type OpenPoint struct {
	ProjectNo     string    `zw:"projectNo"`
	ServiceNumber int       `zw:"serviceNumber"`
	ServiceName   string    `zw:"serviceName"`
	ServiceTime   time.Time `zw:"serviceTime"`
	TaskCode      string    `zw:"taskCode"`
	TaskName      string    `zw:"taskName"`
	ProStatus     string    `zw:"proStatus"`
}

// Evaluation is 好差评 of one point: 5 very satisfied … 1 very dissatisfied. Below 3 it
// needs a label or words (public practice). One of Token and CertKey tells who rates.
type Evaluation struct {
	ProjectNo     string          `zw:"projectNo"`
	ServiceNumber int             `zw:"serviceNumber"`
	Satisfaction  int             `zw:"satisfaction"`
	Channel       string          `zw:"channel"` // 1 PC, 2 mobile, 3 code, 4 tablet, 5 other, 6 phone, 7 SMS
	Labels        []string        `zw:"labels"`
	Writing       string          `zw:"writing"`
	AssessTime    time.Time       `zw:"assessTime"`
	Anonymous     bool            `zw:"anonymous"`
	Name          zwfw.PersonName `zw:"name,omitempty"`
	CertKey       zwfw.Secret     `zw:"certKey,omitempty"`
	Token         zwfw.Secret     `zw:"token,omitempty"`
	TaskCode      string          `zw:"taskCode,omitempty"`
	TaskType      string          `zw:"taskType,omitempty"`
}

// EvaluationReceipt answers an evaluation and its appendix. Repeated tells that the
// platform had it before, with the same content.
type EvaluationReceipt struct {
	EvalNo        string `zw:"evalNo,key"`
	AuditState    string `zw:"auditState,omitempty"`
	RectifyNeeded *bool  `zw:"rectifyNeeded"`
	Repeated      bool   `zw:"repeated"`
}

// Appendix is 追评, once.
type Appendix struct {
	EvalNo  string `zw:"evalNo"`
	Writing string `zw:"writing"`
}

// EvaluationsQuery asks for ratings to show.
type EvaluationsQuery struct {
	TaskCode  string    `zw:"taskCode,omitempty"`
	DeptCode  string    `zw:"deptCode,omitempty"`
	AreaCode  string    `zw:"areaCode,omitempty"`
	Level     int       `zw:"level,omitempty"`
	BeginTime time.Time `zw:"beginTime,omitempty"`
	EndTime   time.Time `zw:"endTime,omitempty"`
	PageNo    int       `zw:"pageNo,omitempty"`
	PageSize  int       `zw:"pageSize,omitempty"`
}

// EvaluationsPage is one page of them.
type EvaluationsPage struct {
	PageNo   int               `zw:"pageNo"`
	PageSize int               `zw:"pageSize"`
	Total    int               `zw:"total"`
	List     []EvaluationShown `zw:"list"`
}

// EvaluationShown is a rating as published. IsDefault marks one that nobody gave.
type EvaluationShown struct {
	EvalNo       string          `zw:"evalNo"`
	Satisfaction int             `zw:"satisfaction"`
	Labels       []string        `zw:"labels"`
	Writing      string          `zw:"writing,alias=writingEvaluation"`
	AssessTime   time.Time       `zw:"assessTime"`
	TaskName     string          `zw:"taskName"`
	Name         zwfw.PersonName `zw:"name"`
	IsDefault    bool            `zw:"isDefault"`
}

// StatisticsQuery bounds a count.
type StatisticsQuery struct {
	TaskCode  string    `zw:"taskCode,omitempty"`
	DeptCode  string    `zw:"deptCode,omitempty"`
	AreaCode  string    `zw:"areaCode,omitempty"`
	BeginTime time.Time `zw:"beginTime,omitempty"`
	EndTime   time.Time `zw:"endTime,omitempty"`
}

// Statistics counts ratings. Channels and areas are open sets: objects of code and
// count, as they came.
type Statistics struct {
	Total     int64           `zw:"total"`
	ByLevel   LevelCounts     `zw:"byLevel"`
	ByChannel json.RawMessage `zw:"byChannel,omitempty"`
	ByArea    json.RawMessage `zw:"byArea,omitempty"`
}

// LevelCounts counts the five levels.
type LevelCounts struct {
	VeryDissatisfied int64 `zw:"1"`
	Dissatisfied     int64 `zw:"2"`
	Basic            int64 `zw:"3"`
	Satisfied        int64 `zw:"4"`
	VerySatisfied    int64 `zw:"5"`
}

// RectificationsQuery asks for bad ratings to put right.
type RectificationsQuery struct {
	PageNo   int `zw:"pageNo,omitempty"`
	PageSize int `zw:"pageSize,omitempty"`
}

// RectificationsPage is one page of them.
type RectificationsPage struct {
	PageNo   int             `zw:"pageNo"`
	PageSize int             `zw:"pageSize"`
	Total    int             `zw:"total"`
	List     []Rectification `zw:"list"`
}

// Rectification is one (差评整改).
type Rectification struct {
	EvalNo        string    `zw:"evalNo"`
	ProjectNo     string    `zw:"projectNo"`
	ServiceNumber int       `zw:"serviceNumber"`
	Satisfaction  int       `zw:"satisfaction"`
	State         string    `zw:"state"`
	Deadline      time.Time `zw:"deadline,omitempty"`
	Feedback      string    `zw:"feedback,omitempty"`
}

// RectificationReply tells what was done.
type RectificationReply struct {
	EvalNo   string `zw:"evalNo"`
	Feedback string `zw:"feedback"`
}

// RectificationReceipt answers it.
type RectificationReceipt struct {
	EvalNo string `zw:"evalNo"`
	State  string `zw:"state"`
}
