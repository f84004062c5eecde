package portalwire

import (
	"encoding/json"
	"time"

	"github.com/zwfw-go/zwfw"
)

// ItemQuery asks for rows of the item library (事项库, clause 4.1). A nil Cursor is not
// sent; an empty one begins a reading.
type ItemQuery struct {
	AreaCode     string    `zw:"areaCode,omitempty"`
	DeptCode     string    `zw:"deptCode,omitempty"`
	TaskType     string    `zw:"taskType,omitempty"`
	ServerType   string    `zw:"serverType,omitempty"`
	Topic        string    `zw:"topic,omitempty"`
	Keyword      string    `zw:"keyword,omitempty"`
	TaskState    string    `zw:"taskState,omitempty"`
	UpdatedAfter time.Time `zw:"updatedAfter,omitempty"`
	Cursor       *string   `zw:"cursor"`
	PageSize     int       `zw:"pageSize,omitempty"`
}

// ChangesQuery reads what changed, from the cursor of the last answer; "" is the
// beginning.
type ChangesQuery struct {
	AreaCode string `zw:"areaCode,omitempty"`
	Cursor   string `zw:"cursor"`
	PageSize int    `zw:"pageSize,omitempty"`
}

// DirectoryPage is one page of 基本目录.
type DirectoryPage struct {
	List       []DirectoryItem `zw:"list"`
	NextCursor string          `zw:"nextCursor"`
	HasMore    bool            `zw:"hasMore"`
}

// DirectoryItem is one row of it.
type DirectoryItem struct {
	RowGUID          string    `zw:"rowGuid"`
	CatalogCode      string    `zw:"catalogCode"`
	LocalCatalogCode string    `zw:"localCatalogCode,omitempty"`
	TaskName         string    `zw:"taskName"`
	TaskType         string    `zw:"taskType"`
	TaskState        string    `zw:"taskState"`
	TaskVersion      int64     `zw:"taskVersion"`
	UseLevel         string    `zw:"useLevel"`
	EffectiveDate    time.Time `zw:"effectiveDate,omitempty,time=yyyy-MM-dd,alias=planEffectiveDate"`
	CancelDate       time.Time `zw:"cancelDate,omitempty,time=yyyy-MM-dd,alias=planCancelDate"`
	Operation        string    `zw:"operation,alias=cdOperation"` // I, U or D
	UpdateTime       time.Time `zw:"updateTime,alias=cdTime"`
	Batch            string    `zw:"batch,omitempty,alias=cdBatch"`
}

// ItemPage is one page of items or of their changes. A withdrawn item is a row with
// operation D.
type ItemPage struct {
	List       []Item `zw:"list"`
	NextCursor string `zw:"nextCursor"`
	HasMore    bool   `zw:"hasMore"`
}

// Item is one row of the implementation list (实施清单): fields of the national tables
// (public practice). Codes stay as they come; local tables differ.
type Item struct {
	RowGUID          string    `zw:"rowGuid"`
	CatalogCode      string    `zw:"catalogCode"`
	LocalCatalogCode string    `zw:"localCatalogCode,omitempty"`
	TaskCode         string    `zw:"taskCode"`                 // 31 characters
	TaskHandleItem   string    `zw:"taskHandleItem,omitempty"` // 33: TaskCode and a serial
	TaskName         string    `zw:"taskName"`
	TaskVersion      int64     `zw:"taskVersion"`
	TaskType         string    `zw:"taskType"`
	TaskState        string    `zw:"taskState"`
	ProjectType      string    `zw:"projectType"`
	ServerType       string    `zw:"serverType"` // comma-joined
	UseLevel         string    `zw:"useLevel"`
	DeptCode         string    `zw:"deptCode,alias=orgCode"`
	DeptName         string    `zw:"deptName,alias=orgName"`
	AreaCode         string    `zw:"areaCode"`
	PromiseDay       int       `zw:"promiseDay"`
	PromiseType      string    `zw:"promiseType"`
	AnticipateDay    int       `zw:"anticipateDay"`
	AnticipateType   string    `zw:"anticipateType"`
	IsOnline         string    `zw:"isOnline,omitempty"`
	OnlineURL        string    `zw:"onlineUrl,omitempty"`
	MobileURL        string    `zw:"mobileUrl,omitempty,alias=mobileTerminalUrl"`
	IsSingleLogin    string    `zw:"isSingleLogin,omitempty"`
	EffectiveDate    time.Time `zw:"effectiveDate,omitempty,time=yyyy-MM-dd,alias=planEffectiveDate"`
	CancelDate       time.Time `zw:"cancelDate,omitempty,time=yyyy-MM-dd,alias=planCancelDate"`
	Operation        string    `zw:"operation,alias=cdOperation"` // I, U or D
	UpdateTime       time.Time `zw:"updateTime,alias=cdTime"`
	Batch            string    `zw:"batch,omitempty,alias=cdBatch"`
}

// ItemKey names one item, by one of three codes.
type ItemKey struct {
	RowGUID        string `zw:"rowGuid,omitempty"`
	TaskHandleItem string `zw:"taskHandleItem,omitempty"`
	TaskCode       string `zw:"taskCode,omitempty"`
}

// ItemDetail is an item with its guide (办事指南).
type ItemDetail struct {
	RowGUID          string    `zw:"rowGuid,key"`
	CatalogCode      string    `zw:"catalogCode"`
	LocalCatalogCode string    `zw:"localCatalogCode,omitempty"`
	TaskCode         string    `zw:"taskCode,key"`
	TaskHandleItem   string    `zw:"taskHandleItem,omitempty"`
	TaskName         string    `zw:"taskName"`
	TaskVersion      int64     `zw:"taskVersion"`
	TaskType         string    `zw:"taskType"`
	TaskState        string    `zw:"taskState"`
	ProjectType      string    `zw:"projectType"`
	ServerType       string    `zw:"serverType"`
	UseLevel         string    `zw:"useLevel"`
	DeptCode         string    `zw:"deptCode,alias=orgCode"`
	DeptName         string    `zw:"deptName,alias=orgName"`
	AreaCode         string    `zw:"areaCode"`
	PromiseDay       int       `zw:"promiseDay"`
	PromiseType      string    `zw:"promiseType"`
	AnticipateDay    int       `zw:"anticipateDay"`
	AnticipateType   string    `zw:"anticipateType"`
	IsOnline         string    `zw:"isOnline,omitempty"`
	OnlineURL        string    `zw:"onlineUrl,omitempty"`
	MobileURL        string    `zw:"mobileUrl,omitempty,alias=mobileTerminalUrl"`
	IsSingleLogin    string    `zw:"isSingleLogin,omitempty"`
	EffectiveDate    time.Time `zw:"effectiveDate,omitempty,time=yyyy-MM-dd,alias=planEffectiveDate"`
	CancelDate       time.Time `zw:"cancelDate,omitempty,time=yyyy-MM-dd,alias=planCancelDate"`
	Operation        string    `zw:"operation,alias=cdOperation"`
	UpdateTime       time.Time `zw:"updateTime,alias=cdTime"`
	Batch            string    `zw:"batch,omitempty,alias=cdBatch"`

	AcceptCondition string            `zw:"acceptCondition,omitempty"`
	HandleFlow      string            `zw:"handleFlow,omitempty"`
	LegalBasis      string            `zw:"legalBasis,omitempty"`
	Fees            []json.RawMessage `zw:"fees,omitempty"`      // as the province's tables have them
	Results         []json.RawMessage `zw:"results,omitempty"`   // likewise
	Questions       []json.RawMessage `zw:"questions,omitempty"` // likewise
	Materials       []Material        `zw:"materials,omitempty"`
	Windows         []Window          `zw:"windows,omitempty"`
	LinkWay         string            `zw:"linkWay,omitempty"`
	SuperviseWay    string            `zw:"superviseWay,omitempty"`
	HandleArea      string            `zw:"handleArea,omitempty"`
	LimitSceneNum   *int              `zw:"limitSceneNum"`
	Topics          []string          `zw:"topics,omitempty"`
	Extend          json.RawMessage   `zw:"extend,omitempty"`
}

// Material is one paper that an applicant brings.
type Material struct {
	MaterialName   string `zw:"materialName"`
	MaterialType   string `zw:"materialType,omitempty"`
	MaterialFormat string `zw:"materialFormat,omitempty"`
	IsNeed         string `zw:"isNeed,omitempty"`
	PageNum        *int   `zw:"pageNum"`
	SourceType     string `zw:"sourceType,omitempty"`
	FormGUID       string `zw:"formGuid,omitempty"`
	ExampleGUID    string `zw:"exampleGuid,omitempty"`
	FillExplain    string `zw:"fillExplain,omitempty"`
	OrderNum       *int   `zw:"orderNum"`
}

// Window is where the item is handled.
type Window struct {
	Address string     `zw:"address"`
	Time    string     `zw:"time,omitempty"` // opening hours, in words
	Phone   zwfw.Phone `zw:"phone,omitempty"`
}
