package hotline

import (
	_ "embed"
	"encoding/json"
	"fmt"
)

// DispatchID names one dispatch of a sheet to one unit (派单). Every action names it. A
// sheet that is dispatched again has a new one and a higher round (public practice; some
// centres use the old one again).
type DispatchID string

// SheetNo is the number of a sheet (工单编号), for people.
type SheetNo string

// The codes below are open: a value that is not listed survives as it came. Their values
// are assumptions but for the words; a city's own values are mapped by the tables of its
// dialect.
type (
	SheetType    string // what the citizen wants (诉求类型, clause 3.1)
	Channel      string // how it came in (clause 4.1)
	Urgency      string
	State        string // of a dispatch
	ReportState  string // of a reported appeal
	DelayState   string // of the application for time, beside the state
	Solved       string // what became of the matter
	RejectReason string
	DelayUnit    string
	NoticeType   string
	SeatState    string
	CallState    string
	Direction    string
	Satisfaction string
	IDType       string
)

// Sheet types.
const (
	Consult    SheetType = "01" // 咨询
	Help       SheetType = "02" // 求助
	Complaint  SheetType = "03" // 投诉
	Violation  SheetType = "04" // 举报
	Suggestion SheetType = "05" // 建议
	Praise     SheetType = "06" // 表扬
	OtherType  SheetType = "99"
)

// Channels; DefaultCodes lists all.
const (
	ByPhone  Channel = "01"
	ByApp    Channel = "02" // 赣服通
	ByPortal Channel = "03" // 政务服务网
	ByWeChat Channel = "04"
	ByVisit  Channel = "12" // 来访、窗口
)

// Urgencies.
const (
	UrgentMost Urgency = "1" // 特急
	Urgent     Urgency = "2" // 加急
	Raised     Urgency = "3" // 平急
	Ordinary   Urgency = "4" // 常规
)

// States of a dispatch.
const (
	Pending       State = "10" // 待签收
	Signed        State = "20" // 已签收
	Processing    State = "30" // 办理中
	FinishApplied State = "40" // 办结待审
	Finished      State = "50" // 已办结
	Archived      State = "60" // 已归档
	RejectApplied State = "70" // 驳回待审
	Returned      State = "80" // 已驳回
	Recalled      State = "90" // 已收回、改派
)

// Open reports whether the unit has something to do.
func (s State) Open() bool { return s == Pending || s == Signed || s == Processing }

// Waiting reports whether the centre has something to decide.
func (s State) Waiting() bool { return s == FinishApplied || s == RejectApplied }

// Over reports whether this dispatch has ended; a finished one may still be archived or
// dispatched again after the callback.
func (s State) Over() bool { return s == Finished || s == Archived || s == Returned || s == Recalled }

// States of a reported appeal.
const (
	Submitted        ReportState = "R10"
	Accepted         ReportState = "R20"
	InHand           ReportState = "R30"
	ReportFinished   ReportState = "R40"
	NotAccepted      ReportState = "R50"
	ReturnedToReport ReportState = "R60" // to be completed and submitted again under the same number
	NoDelay          DelayState  = "0"
	DelayApplied     DelayState  = "1"
	DelayApproved    DelayState  = "2"
	DelayDenied      DelayState  = "3"
)

// What became of a matter. Solved and satisfied are two questions.
const (
	IsSolved     Solved = "0"
	IsUnsolved   Solved = "1"
	PartlySolved Solved = "2"
	NotHandled   Solved = "3"
)

// Reasons of a rejection.
const (
	NotOurDuty    RejectReason = "1" // 非本单位职责
	WrongArea     RejectReason = "2"
	DuplicateOf   RejectReason = "3"
	Unclear       RejectReason = "4"
	NotAcceptable RejectReason = "5" // 依法不予受理
	OtherReason   RejectReason = "9"
)

// Units of time.
const (
	Hours       DelayUnit = "H"
	Days        DelayUnit = "D"
	WorkingDays DelayUnit = "WD"
)

// Notices (practice of Beijing, names assumed).
const (
	FinishAgreed  NoticeType = "FINISH_AGREED"
	FinishRefused NoticeType = "FINISH_REFUSED"
	RejectAgreed  NoticeType = "REJECT_AGREED"
	RejectRefused NoticeType = "REJECT_REFUSED"
	DelayAgreed   NoticeType = "DELAY_AGREED"
	DelayRefused  NoticeType = "DELAY_REFUSED"
	Urge          NoticeType = "URGE"
	Supervise     NoticeType = "SUPERVISE"
	RecalledNote  NoticeType = "RECALLED"
	Redispatched  NoticeType = "REDISPATCHED"
	CallbackDone  NoticeType = "CALLBACK_DONE"
)

// States of a seat (坐席).
const (
	SeatLoggedOut SeatState = "0"
	SeatIdle      SeatState = "1" // 示闲
	SeatBusy      SeatState = "2" // 示忙
	SeatRinging   SeatState = "3"
	SeatTalking   SeatState = "4"
	SeatAfterCall SeatState = "5" // 事后处理
	SeatOther     SeatState = "9"
)

// States and directions of a call.
const (
	CallIVR       CallState = "1"
	CallQueueing  CallState = "2"
	CallRinging   CallState = "3"
	CallTalking   CallState = "4"
	CallHeld      CallState = "5"
	CallEnded     CallState = "6"
	CallAbandoned CallState = "7"
	Inbound       Direction = "1"
	Outbound      Direction = "2"
)

//go:embed data/codes.json
var codesJSON []byte

// Codes are the labels of codes, by table: "sheetType", "channel", "urgency", "state",
// "delayState", "solved", "rejectReason", "satisfaction", "seatState", "callState",
// "idType". They are data: a city's differ by a word or a character.
type Codes map[string]map[string]string

// DefaultCodes gives a copy of the tables of the proposed contract (assumption), to show
// or to alter.
func DefaultCodes() Codes {
	c, err := ParseCodes(codesJSON)
	if err != nil {
		panic(err) // part of the binary, kept by a test
	}
	return c
}

// ParseCodes reads tables such as {"sheetType": {"01": "咨询"}}.
func ParseCodes(document []byte) (Codes, error) {
	var c Codes
	if err := json.Unmarshal(document, &c); err != nil {
		return nil, fmt.Errorf("hotline: code tables: %w", err)
	}
	for name, table := range c {
		seen := make(map[string]string)
		for code, label := range table {
			if label == "" {
				return nil, fmt.Errorf("hotline: code tables: %s.%s has no label", name, code)
			}
			if other, twice := seen[label]; twice {
				return nil, fmt.Errorf("hotline: code tables: %s: %s and %s have one label", name, min(code, other), max(code, other))
			}
			seen[label] = code
		}
	}
	return c, nil
}

// Label gives the label of a code, the code itself when no table knows it.
func (c Codes) Label(table, code string) string {
	if label, ok := c[table][code]; ok {
		return label
	}
	return code
}

// Find gives the code of a label.
func (c Codes) Find(table, label string) (code string, ok bool) {
	for code, known := range c[table] {
		if known == label {
			return code, true
		}
	}
	return "", false
}
