package portalwire

import (
	"time"

	"github.com/zwfw-go/zwfw"
)

// MyCasesQuery asks for the cases of the user behind a token (办件信息库, clause 4.1).
type MyCasesQuery struct {
	Token     zwfw.Secret `zw:"token"`
	ProStatus string      `zw:"proStatus,omitempty"` // 1 待受理, 2 已受理, 3 已办结
	BeginTime time.Time   `zw:"beginTime,omitempty"`
	EndTime   time.Time   `zw:"endTime,omitempty"`
	PageNo    int         `zw:"pageNo,omitempty"`
	PageSize  int         `zw:"pageSize,omitempty"`
}

// MyCasesPage is one page of them.
type MyCasesPage struct {
	PageNo   int          `zw:"pageNo"`
	PageSize int          `zw:"pageSize"`
	Total    int          `zw:"total"`
	List     []Acceptance `zw:"list"`
}

// Acceptance is the record of application and acceptance (national table, public
// practice).
type Acceptance struct {
	ProjectNo      string          `zw:"projectNo"`
	ProjectName    string          `zw:"projectName"`
	CatalogCode    string          `zw:"catalogCode,omitempty"`
	TaskCode       string          `zw:"taskCode"`
	TaskHandleItem string          `zw:"taskHandleItem,omitempty"`
	TaskVersion    int64           `zw:"taskVersion"`
	TaskName       string          `zw:"taskName"`
	ApplicantName  zwfw.PersonName `zw:"applicantName"`
	ApplicantType  string          `zw:"applicantType"`
	ApplyDate      time.Time       `zw:"applyDate"`
	ApplyType      string          `zw:"applyType"`
	OrgCode        string          `zw:"orgCode,omitempty"`
	OrgName        string          `zw:"orgName"`
	AcceptDate     time.Time       `zw:"acceptDate,omitempty"`
	PromiseDate    time.Time       `zw:"promiseDate,omitempty"`
	ProStatus      string          `zw:"proStatus"`
	ProjectType    string          `zw:"projectType,omitempty"`
}

// ProgressQuery is the public query: CheckCode is the query password or the last
// characters of phone or certificate.
type ProgressQuery struct {
	ProjectNo string      `zw:"projectNo"`
	CheckCode zwfw.Secret `zw:"checkCode"`
}

// CaseQuery asks for one case; with Token as its applicant.
type CaseQuery struct {
	ProjectNo string      `zw:"projectNo"`
	Token     zwfw.Secret `zw:"token,omitempty"`
}

// Case is a case (办件) with its stages: process information (过程信息, clause 3).
type Case struct {
	ProjectNo  string       `zw:"projectNo,key,omitempty"`
	AreaCode   string       `zw:"areaCode,omitempty"`
	Accept     *Acceptance  `zw:"accept,key"`
	Process    []Stage      `zw:"process"`
	Special    []Procedure  `zw:"special,omitempty"`
	Result     *CaseOutcome `zw:"result"`
	Version    int64        `zw:"version,omitempty"`
	UpdateTime time.Time    `zw:"updateTime,omitempty"`
}

// Stage is one step: 01 受理, 02 审查, 03 决定, 04 办结 (numbers are assumptions).
type Stage struct {
	Seq            int             `zw:"seq"`
	EventName      string          `zw:"eventName"`
	ProcessName    string          `zw:"processName"`
	HandleUserName zwfw.PersonName `zw:"handleUserName"`
	StartTime      time.Time       `zw:"startTime,alias=eventStartTime"`
	EndTime        time.Time       `zw:"endTime,omitempty,alias=eventEndTime"`
	Explain        string          `zw:"explain,alias=handleExplain"`
}

// Procedure is a special procedure, which stops the clock.
type Procedure struct {
	SpecialType string    `zw:"specialType"`
	Name        string    `zw:"name,omitempty,alias=specialName"`
	Time        time.Time `zw:"time,omitempty,alias=startTime"`
	Reason      string    `zw:"reason,omitempty"`
	EndTime     time.Time `zw:"endTime,omitempty"`
	Result      string    `zw:"result,omitempty"`
}

// CaseOutcome is how a case ended. ResultType has two versions of meanings (public
// practice): it stays as it came.
type CaseOutcome struct {
	ResultDate    time.Time `zw:"resultDate"`
	ResultType    string    `zw:"resultType"`
	ResultExplain string    `zw:"resultExplain,omitempty"`
}

// CasePage is one page of changed cases.
type CasePage struct {
	List       []Case `zw:"list"`
	NextCursor string `zw:"nextCursor"`
	HasMore    bool   `zw:"hasMore"`
}

// PublicCasesQuery asks for published results (结果公示, assumption).
type PublicCasesQuery struct {
	AreaCode  string    `zw:"areaCode,omitempty"`
	BeginTime time.Time `zw:"beginTime,omitempty"`
	EndTime   time.Time `zw:"endTime,omitempty"`
	PageNo    int       `zw:"pageNo,omitempty"`
	PageSize  int       `zw:"pageSize,omitempty"`
}

// PublicCasesPage is one page of them.
type PublicCasesPage struct {
	PageNo   int          `zw:"pageNo"`
	PageSize int          `zw:"pageSize"`
	Total    int          `zw:"total"`
	List     []PublicCase `zw:"list"`
}

// PublicCase is a published result, without personal data.
type PublicCase struct {
	ProjectNo  string    `zw:"projectNo"`
	TaskName   string    `zw:"taskName"`
	OrgName    string    `zw:"orgName"`
	ResultDate time.Time `zw:"resultDate"`
	ResultType string    `zw:"resultType"`
}
