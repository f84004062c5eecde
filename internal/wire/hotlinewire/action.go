package hotlinewire

import (
	"time"

	"github.com/zwfw-go/zwfw"
)

// Signing is 签收 (clause 4.5.2). It precedes handling (public practice); a repetition
// succeeds and keeps the first time.
type Signing struct {
	DispatchID  string          `zw:"dispatchId"`
	Signer      zwfw.PersonName `zw:"signer"`
	SignerPhone zwfw.Phone      `zw:"signerPhone,omitempty"`
	SignTime    time.Time       `zw:"signTime,omitempty"`
}

// SigningResult answers it. The deadline may start anew here.
type SigningResult struct {
	State    string    `zw:"state"`
	SignTime time.Time `zw:"signTime,omitempty"`
	Deadline time.Time `zw:"deadline,omitempty"`
	Repeated bool      `zw:"repeated"`
}

// SigningQuery asks which of at most 100 dispatches are signed for (签收状态).
type SigningQuery struct {
	DispatchIDs []string `zw:"dispatchIds"`
}

// SigningStates answers it.
type SigningStates struct {
	List []SigningState `zw:"list"`
}

// SigningState is one dispatch's.
type SigningState struct {
	DispatchID string          `zw:"dispatchId"`
	Signed     bool            `zw:"signed"`
	SignTime   time.Time       `zw:"signTime,omitempty"`
	Signer     zwfw.PersonName `zw:"signer,omitempty"`
}

// Finishing is 办结 (clause 4.5.2): in most places an application that the centre
// answers later (public practice). RequestNo is the key of a repetition (assumption).
type Finishing struct {
	DispatchID   string          `zw:"dispatchId"`
	HandleTime   time.Time       `zw:"handleTime"`
	Handler      zwfw.PersonName `zw:"handler"`
	HandlerPhone zwfw.Phone      `zw:"handlerPhone,omitempty"`
	Result       string          `zw:"result"`
	Solved       string          `zw:"solved"` // 0 solved, 1 unsolved, 2 partly, 3 not handled
	Contacted    *bool           `zw:"contacted"`
	ContactTime  time.Time       `zw:"contactTime,omitempty"`
	ContactWay   string          `zw:"contactWay,omitempty"`
	Public       *bool           `zw:"public"`
	PublicText   string          `zw:"publicText,omitempty"`
	Attachments  []Attachment    `zw:"attachments,omitempty"`
	RequestNo    string          `zw:"requestNo"`
}

// Rejection is 驳回 (clause 4.5.2), legal before and after signing (assumption).
type Rejection struct {
	DispatchID   string          `zw:"dispatchId"`
	HandleTime   time.Time       `zw:"handleTime"`
	Handler      zwfw.PersonName `zw:"handler"`
	HandlerPhone zwfw.Phone      `zw:"handlerPhone,omitempty"`
	ReasonCode   string          `zw:"reasonCode"` // 1 not our duty, 2 wrong area, 3 duplicate, 4 unclear, 5 not acceptable by law, 9 other
	Reason       string          `zw:"reason"`
	SuggestUnit  string          `zw:"suggestUnit,omitempty"`
	Attachments  []Attachment    `zw:"attachments,omitempty"`
	RequestNo    string          `zw:"requestNo"`
}

// HandlingResult answers both. With ApprovalNeeded the state is that of an application.
type HandlingResult struct {
	State          string `zw:"state"`
	ApprovalNeeded bool   `zw:"approvalNeeded"`
	ApplyID        string `zw:"applyId,omitempty"`
}

// Delay is 申请延时 (clause 4.5.2), by an amount or to a deadline.
type Delay struct {
	DispatchID  string          `zw:"dispatchId"`
	RequestNo   string          `zw:"requestNo"`
	DelayValue  int             `zw:"delayValue,omitempty"`
	DelayUnit   string          `zw:"delayUnit,omitempty"` // H hours, D days, WD working days
	NewDeadline time.Time       `zw:"newDeadline,omitempty"`
	Reason      string          `zw:"reason"`
	Applicant   zwfw.PersonName `zw:"applicant"`
	Attachments []Attachment    `zw:"attachments,omitempty"`
}

// DelayResult answers it. NewDeadline is zero until the centre agrees.
type DelayResult struct {
	ApplyID        string    `zw:"applyId"`
	DelayState     string    `zw:"delayState"`
	ApprovalNeeded bool      `zw:"approvalNeeded"`
	NewDeadline    time.Time `zw:"newDeadline,omitempty"`
}

// NoticeQuery asks for what the centre decided (an extension; public practice of
// Beijing). Cursor is a place in one reading, "" its beginning.
type NoticeQuery struct {
	MaxCount int    `zw:"maxCount,omitempty"`
	Cursor   string `zw:"cursor"`
}

// NoticePage is one page of notices; Cursor is "" at the end.
type NoticePage struct {
	List   []Notice `zw:"list"`
	Cursor string   `zw:"cursor"`
}

// Notice comes at least once, until it is acknowledged.
type Notice struct {
	NoticeID    string    `zw:"noticeId"`
	Type        string    `zw:"type"`
	DispatchID  string    `zw:"dispatchId"`
	ApplyID     string    `zw:"applyId,omitempty"`
	Opinion     string    `zw:"opinion"`
	NewDeadline time.Time `zw:"newDeadline,omitempty"`
	Time        time.Time `zw:"time"`
}

// NoticeAck acknowledges notices.
type NoticeAck struct {
	NoticeIDs []string `zw:"noticeIds"`
}
