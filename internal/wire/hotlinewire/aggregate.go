package hotlinewire

import (
	"time"

	"github.com/zwfw-go/zwfw"
)

// CallReport is 实时话务汇聚 (clauses 4.4.4 and 4.5.3). Seq rises by city; the same
// sequence again is not counted twice.
type CallReport struct {
	CityCode  string       `zw:"cityCode"`
	StatTime  time.Time    `zw:"statTime"`
	Seq       int64        `zw:"seq"`
	PeriodSec int          `zw:"periodSec"`
	DayBegin  time.Time    `zw:"dayBegin,omitempty"`
	Total     CallCounters `zw:"total"` // of the city with its counties
	Counties  []County     `zw:"counties,omitempty"`
	Calls     []CallRow    `zw:"calls,omitempty"`
}

// CallCounters holds live values and, from Offered on, sums since the day began. A zero
// is a value; the last three are optional.
type CallCounters struct {
	Queueing     int    `zw:"queueing"`
	Ringing      int    `zw:"ringing"`
	Talking      int    `zw:"talking"`
	IVR          int    `zw:"ivr"`
	Offered      int64  `zw:"offered"`
	Answered     int64  `zw:"answered"`
	Abandoned    int64  `zw:"abandoned"`
	Answered15s  int64  `zw:"answered15s"`
	Outbound     int64  `zw:"outbound"`
	Callback     int64  `zw:"callback"`
	WaitSecTotal *int64 `zw:"waitSecTotal"`
	WaitSecMax   *int64 `zw:"waitSecMax"`
	TalkSecTotal *int64 `zw:"talkSecTotal"`
}

// County is one county's share. Total is sent; Flat takes counters that arrive beside
// the area code instead of in an object.
type County struct {
	AreaCode string            `zw:"areaCode"`
	Total    *CallCounters     `zw:"total"`
	Flat     map[string]string `zw:"..."`
}

// CallRow is one call in detail mode.
type CallRow struct {
	CallID       string     `zw:"callId"`
	CallerMasked zwfw.Phone `zw:"callerMasked,omitempty"`
	CalledNumber string     `zw:"calledNumber,omitempty"`
	Direction    string     `zw:"direction"` // 1 in, 2 out
	State        string     `zw:"state"`
	Skill        string     `zw:"skill,omitempty"`
	SeatNo       string     `zw:"seatNo,omitempty"`
	BeginTime    time.Time  `zw:"beginTime,omitempty"`
	QueueTime    time.Time  `zw:"queueTime,omitempty"`
	RingTime     time.Time  `zw:"ringTime,omitempty"`
	AnswerTime   time.Time  `zw:"answerTime,omitempty"`
	EndTime      time.Time  `zw:"endTime,omitempty"`
	EndReason    string     `zw:"endReason,omitempty"`
	SheetNo      string     `zw:"sheetNo,omitempty"`
	Satisfaction string     `zw:"satisfaction,omitempty"`
}

// SeatReport is 实时坐席汇聚 (clauses 4.4.4 and 4.5.4). Without Full only the seats that
// changed stand in it.
type SeatReport struct {
	CityCode  string       `zw:"cityCode"`
	StatTime  time.Time    `zw:"statTime"`
	Seq       int64        `zw:"seq"`
	PeriodSec int          `zw:"periodSec"`
	Full      bool         `zw:"full"`
	Total     SeatCounters `zw:"total"`
	Seats     []Seat       `zw:"seats"`
}

// SeatCounters add up: the states to LoggedIn, which is at most Configured.
type SeatCounters struct {
	Configured int `zw:"configured"`
	LoggedIn   int `zw:"loggedIn"`
	Idle       int `zw:"idle"`
	Busy       int `zw:"busy"`
	Ringing    int `zw:"ringing"`
	Talking    int `zw:"talking"`
	ACW        int `zw:"acw"`
	Other      int `zw:"other"`
}

// Seat is one seat (坐席).
type Seat struct {
	SeatNo        string          `zw:"seatNo"`
	AgentNo       string          `zw:"agentNo"`
	AgentName     zwfw.PersonName `zw:"agentName,omitempty"`
	AreaCode      string          `zw:"areaCode"`
	Skill         string          `zw:"skill"`
	State         string          `zw:"state"`
	StateSince    time.Time       `zw:"stateSince"`
	CallID        string          `zw:"callId,omitempty"`
	TodayAnswered *int64          `zw:"todayAnswered"`
	TodayTalkSec  *int64          `zw:"todayTalkSec"`
}

// ReportResult answers both reports. The province may change the period (assumption).
type ReportResult struct {
	Accepted      bool     `zw:"accepted"`
	LastSeq       int64    `zw:"lastSeq"`
	NextPeriodSec int      `zw:"nextPeriodSec"`
	Warnings      []string `zw:"warnings"`
}
