package hotlinewire

import (
	"encoding/json"
	"time"

	"github.com/zwfw-go/zwfw"
)

// Appeal is the request of 上报诉求提交 (clause 4.5.1). Who, when, what type and what
// facts are stated (3.1); the other fields are public practice. OutSheetNo is the
// caller's own number and the key of a repetition (assumption).
type Appeal struct {
	OutSheetNo    string          `zw:"outSheetNo"`
	Person        AppealPerson    `zw:"appealPerson"`
	AppealTime    time.Time       `zw:"appealTime"`
	SheetType     string          `zw:"sheetType"` // 01 consult … 99 other
	Title         string          `zw:"title"`
	Content       string          `zw:"content"`
	Channel       string          `zw:"channel"`
	AreaCode      string          `zw:"areaCode"` // 12 digits, or 6
	Address       string          `zw:"address,omitempty"`
	Lng           *float64        `zw:"lng"`
	Lat           *float64        `zw:"lat"`
	Target        *Target         `zw:"target"`
	CategoryCodes []string        `zw:"categoryCodes,omitempty"` // wide to narrow
	Urgency       string          `zw:"urgency,omitempty"`
	NeedReply     *bool           `zw:"needReply"`
	NeedCallback  *bool           `zw:"needCallback"`
	AcceptUnit    string          `zw:"acceptUnit,omitempty"`
	Acceptor      zwfw.PersonName `zw:"acceptor,omitempty"`
	AcceptTime    time.Time       `zw:"acceptTime,omitempty"`
	RelatedNos    []RelatedNo     `zw:"relatedNos,omitempty"`
	Attachments   []Attachment    `zw:"attachments,omitempty"`
	Extend        json.RawMessage `zw:"extend,omitempty"`
}

// AppealPerson is who appeals. Name and phone may be empty or masked when Anonymous or
// Secret (GB/T 33358).
type AppealPerson struct {
	Name      zwfw.PersonName `zw:"name,omitempty"`
	Phone     zwfw.Phone      `zw:"phone,omitempty,alias=callerNumber|contactPhone"`
	Gender    string          `zw:"gender,omitempty,alias=genderID"`
	IDType    string          `zw:"idType,omitempty"`
	IDNumber  zwfw.IDNumber   `zw:"idNo,omitempty"`
	Anonymous *bool           `zw:"anonymous"`
	Secret    *bool           `zw:"secret,alias=isSecret"`
}

// Target is whom the appeal is about.
type Target struct {
	Name  zwfw.PersonName `zw:"name,omitempty"`
	Phone zwfw.Phone      `zw:"phone,omitempty"`
}

// RelatedNo is the number of the same case elsewhere.
type RelatedNo struct {
	System string `zw:"system"`
	No     string `zw:"no"`
}

// Attachment is a file of a sheet: by number after an upload, or by address.
type Attachment struct {
	FileID   string `zw:"fileId,omitempty"`
	URL      string `zw:"url,omitempty"`
	FileName string `zw:"fileName,omitempty,alias=realName"`
	Size     int64  `zw:"size,omitempty"`
	SHA256   string `zw:"sha256,omitempty"`
}

// AppealReceipt answers an appeal. Repeated tells a number that was there before with
// the same content.
type AppealReceipt struct {
	SheetNo     string    `zw:"sheetNo,key"`
	OutSheetNo  string    `zw:"outSheetNo"`
	State       string    `zw:"state"`
	ReceiveTime time.Time `zw:"receiveTime"`
	Repeated    bool      `zw:"repeated"`
}

// ReportedQuery asks for the caller's own reports (上报工单列表, clause 4.5.1). A window
// of 31 days is an assumption.
type ReportedQuery struct {
	BeginTime    time.Time `zw:"beginTime,omitempty"`
	EndTime      time.Time `zw:"endTime,omitempty"`
	States       []string  `zw:"states,omitempty"`
	SheetType    string    `zw:"sheetType,omitempty"`
	OutSheetNo   string    `zw:"outSheetNo,omitempty"`
	SheetNo      string    `zw:"sheetNo,omitempty"`
	UpdatedAfter time.Time `zw:"updatedAfter,omitempty"`
	PageNo       int       `zw:"pageNo,omitempty"`
	PageSize     int       `zw:"pageSize,omitempty"`
}

// ReportedPage is one page of them.
type ReportedPage struct {
	PageNo    int             `zw:"pageNo"`
	PageSize  int             `zw:"pageSize"`
	Total     int             `zw:"total,alias=count"`
	TotalPage int             `zw:"totalPage"`
	List      []ReportedSheet `zw:"list"`
}

// ReportedSheet is a report and what became of it.
type ReportedSheet struct {
	SheetNo       string    `zw:"sheetNo,alias=orderID|caseID|caseguid|taskId|workordercode"`
	OutSheetNo    string    `zw:"outSheetNo"`
	Title         string    `zw:"title,alias=appealSubject"`
	SheetType     string    `zw:"sheetType,alias=orderType|appealType"`
	Channel       string    `zw:"channel"`
	State         string    `zw:"state,alias=orderState"`
	SubmitTime    time.Time `zw:"submitTime"`
	UpdateTime    time.Time `zw:"updateTime"`
	HandleUnit    string    `zw:"handleUnit,omitempty"`
	FinishTime    time.Time `zw:"finishTime,omitempty"`
	ResultSummary string    `zw:"resultSummary,omitempty"`
	ReturnReason  string    `zw:"returnReason,omitempty"`
}

// PendingQuery asks for dispatched sheets (下派待办列表, clause 4.5.2). UpdatedAfter is
// inclusive and the safe way to read all: pages shift while sheets leave the list.
type PendingQuery struct {
	States         []string  `zw:"states,omitempty"`
	SheetType      string    `zw:"sheetType,omitempty"`
	Urgency        string    `zw:"urgency,omitempty"`
	BeginTime      time.Time `zw:"beginTime,omitempty"`
	EndTime        time.Time `zw:"endTime,omitempty"`
	DeadlineBefore time.Time `zw:"deadlineBefore,omitempty"`
	UpdatedAfter   time.Time `zw:"updatedAfter,omitempty"`
	PageNo         int       `zw:"pageNo,omitempty"`
	PageSize       int       `zw:"pageSize,omitempty"`
}

// PendingPage is one page of them.
type PendingPage struct {
	PageNo    int       `zw:"pageNo"`
	PageSize  int       `zw:"pageSize"`
	Total     int       `zw:"total,alias=count"`
	TotalPage int       `zw:"totalPage"`
	Counters  *Counters `zw:"counters"`
	List      []Sheet   `zw:"list"`
}

// Counters counts the unit's sheets by what they wait for (public practice).
type Counters struct {
	Pending    int `zw:"pending"`
	Signed     int `zw:"signed"`
	Processing int `zw:"processing"`
	DueSoon    int `zw:"dueSoon"`
	Overdue    int `zw:"overdue"`
	Urged      int `zw:"urged"`
}

// Sheet is a dispatched sheet (工单) as lists show it. Every action names DispatchID;
// SheetNo is for people (public practice).
type Sheet struct {
	DispatchID   string    `zw:"dispatchId,alias=entryID|ticketID|processInfoID"`
	SheetNo      string    `zw:"sheetNo,alias=orderID|caseID|caseguid|taskId|workordercode"`
	Round        int       `zw:"round"`
	Title        string    `zw:"title,alias=appealSubject"`
	SheetType    string    `zw:"sheetType,alias=orderType|appealType"`
	Urgency      string    `zw:"urgency,alias=emergencyLevel|urgencyLevel|level"`
	Channel      string    `zw:"channel"`
	AreaCode     string    `zw:"areaCode"`
	DispatchTime time.Time `zw:"dispatchTime"`
	SignDeadline time.Time `zw:"signDeadline,omitempty"`
	Deadline     time.Time `zw:"deadline,omitempty,alias=dispachDeadLine|dispatchDeadLine|deadLineTime|processlimited|expectedDeadline"`
	State        string    `zw:"state,alias=orderState"`
	DelayState   string    `zw:"delayState"`
	UrgeCount    int       `zw:"urgeCount"`
	Supervised   bool      `zw:"supervised"`
	Repeat       bool      `zw:"repeat,alias=isReduplicate"`
	Version      int64     `zw:"version"`
	UpdateTime   time.Time `zw:"updateTime"`
}

// SheetQuery asks for one sheet (工单详情, clause 4.5.2).
type SheetQuery struct {
	DispatchID string `zw:"dispatchId"`
}

// SheetDetail is a sheet with everything known of it. Partial tells that the call
// information or the form has not arrived yet (public practice): such a sheet is not
// to be signed for.
type SheetDetail struct {
	DispatchID   string    `zw:"dispatchId,key,alias=entryID|ticketID|processInfoID"`
	SheetNo      string    `zw:"sheetNo,key,alias=orderID|caseID|caseguid|taskId|workordercode"`
	Round        int       `zw:"round"`
	Title        string    `zw:"title,alias=appealSubject"`
	SheetType    string    `zw:"sheetType,alias=orderType|appealType"`
	Urgency      string    `zw:"urgency,alias=emergencyLevel|urgencyLevel|level"`
	Channel      string    `zw:"channel"`
	AreaCode     string    `zw:"areaCode"`
	DispatchTime time.Time `zw:"dispatchTime"`
	SignDeadline time.Time `zw:"signDeadline,omitempty"`
	Deadline     time.Time `zw:"deadline,omitempty,alias=dispachDeadLine|dispatchDeadLine|deadLineTime|processlimited|expectedDeadline"`
	State        string    `zw:"state,alias=orderState"`
	DelayState   string    `zw:"delayState"`
	UrgeCount    int       `zw:"urgeCount"`
	Supervised   bool      `zw:"supervised"`
	Repeat       bool      `zw:"repeat,alias=isReduplicate"`
	Version      int64     `zw:"version"`
	UpdateTime   time.Time `zw:"updateTime"`

	OutSheetNo    string          `zw:"outSheetNo,omitempty"`
	Person        *AppealPerson   `zw:"appealPerson,alias=customer"`
	AppealTime    time.Time       `zw:"appealTime,omitempty,alias=callDate"`
	Content       string          `zw:"content"`
	Address       string          `zw:"address,omitempty,alias=requestAddress|incidentAddress"`
	Lng           *float64        `zw:"lng"`
	Lat           *float64        `zw:"lat"`
	Target        *Target         `zw:"target"`
	CategoryCodes []string        `zw:"categoryCodes,omitempty"`
	NeedReply     *bool           `zw:"needReply"`
	NeedCallback  *bool           `zw:"needCallback,alias=needVisit"`
	AcceptUnit    string          `zw:"acceptUnit,omitempty"`
	Acceptor      zwfw.PersonName `zw:"acceptor,omitempty"`
	AcceptTime    time.Time       `zw:"acceptTime,omitempty"`
	RelatedNos    []RelatedNo     `zw:"relatedNos,omitempty"`
	Attachments   []Attachment    `zw:"attachments,omitempty,alias=fileInfos"`
	Extend        json.RawMessage `zw:"extend,omitempty"`

	Dispatch *Dispatch         `zw:"dispatch"`
	Process  *Process          `zw:"process"`
	Delays   []DelayRecord     `zw:"delays,omitempty"`
	Urges    []json.RawMessage `zw:"urges,omitempty"` // nothing is known of their members
	Callback *Callback         `zw:"callback"`
	Partial  bool              `zw:"partial"`
}

// Dispatch is what the centre says to the unit.
type Dispatch struct {
	AdviceText string          `zw:"adviceText,alias=handleAdvice"`
	Dispatcher zwfw.PersonName `zw:"dispatcher"`
	LeadUnit   string          `zw:"leadUnit"`
	CoUnits    []string        `zw:"coUnits"`
}

// Process is what the unit did.
type Process struct {
	SignTime   time.Time       `zw:"signTime,omitempty"`
	Signer     zwfw.PersonName `zw:"signer,omitempty"`
	Result     string          `zw:"result,omitempty,alias=handleResult"`
	FinishTime time.Time       `zw:"finishTime,omitempty"`
	InTime     *bool           `zw:"inTime,alias=isInTime"`
	Solved     string          `zw:"solved,omitempty"`
	Handler    zwfw.PersonName `zw:"handler,omitempty"`
}

// DelayRecord is one application for a delay.
type DelayRecord struct {
	ApplyID   string          `zw:"applyId"`
	RequestNo string          `zw:"requestNo,omitempty"`
	Reason    string          `zw:"reason,omitempty"`
	Applicant zwfw.PersonName `zw:"applicant,omitempty"`
	Asked     time.Time       `zw:"asked,omitempty"` // deadline that was asked for
	State     string          `zw:"state,omitempty"`
}

// Callback is the citizen's answer afterwards. Solved and satisfied are two questions
// (public practice).
type Callback struct {
	Time         time.Time `zw:"time,omitempty"`
	Solved       string    `zw:"solved,omitempty"`
	Satisfaction string    `zw:"satisfaction,omitempty"`
	Remark       string    `zw:"remark,omitempty"`
}

// FlowQuery asks for the processing flow (处理流程, clause 4.5.2) of a dispatch or of a
// sheet with all its dispatches.
type FlowQuery struct {
	DispatchID string `zw:"dispatchId,omitempty"`
	SheetNo    string `zw:"sheetNo,omitempty"`
}

// FlowSteps is the flow, ascending and only ever longer.
type FlowSteps struct {
	List []FlowStep `zw:"list"`
}

// FlowStep is one step.
type FlowStep struct {
	Seq       int             `zw:"seq"`
	NodeCode  string          `zw:"nodeCode"`
	NodeName  string          `zw:"nodeName"`
	UnitCode  string          `zw:"unitCode"`
	UnitName  string          `zw:"unitName"`
	Operator  zwfw.PersonName `zw:"operator"`
	BeginTime time.Time       `zw:"beginTime"`
	EndTime   time.Time       `zw:"endTime,omitempty"`
	Opinion   string          `zw:"opinion"`
	Round     int             `zw:"round"`
}
