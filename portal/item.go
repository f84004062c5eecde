package portal

import (
	"context"
	"encoding/json"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/wire/portalwire"
)

// ItemQuery narrows a listing of items; every member is optional.
type ItemQuery struct {
	AreaCode     string // 12 digits
	DeptCode     string
	TaskType     TaskType
	ServerType   ServerType
	Topic        string
	Keyword      string
	TaskState    string
	UpdatedAfter time.Time // inclusive (assumption)
	Cursor       string    // Next of the page before; "" begins
	PageSize     int       // 1 to 100; 0 is the platform's default
}

// Item is one row of 实施清单: static information (静态信息, STD clause 3). Fields are those
// of the national tables (public practice). Days are in the unit beside them.
type Item struct {
	RowGUID          string
	CatalogCode      string // 基本编码
	LocalCatalogCode string
	TaskCode         string // 实施编码, 31 characters; see ParseItemCode
	HandleItem       string // 业务办理项编码, 33 characters
	Name             string
	Version          int64
	Type             TaskType
	State            string
	ProjectType      ProjectType
	Serves           []ServerType
	UseLevel         string
	DeptCode         string
	DeptName         string
	AreaCode         string
	PromiseDays      int // 承诺时限
	PromiseUnit      TimeUnit
	AnticipateDays   int // 法定时限
	AnticipateUnit   TimeUnit
	Online           bool
	OnlineURL        string // for ServiceURL; check the host before linking to it
	MobileURL        string
	SingleLogin      bool      // the page takes a ticket
	Effective        time.Time // a day in +08:00
	Cancelled        time.Time // likewise; zero when it is in force
	Operation        Operation
	Updated          time.Time
	Batch            string
}

// Withdrawn reports whether the row says that the item is there no more.
func (i *Item) Withdrawn() bool { return i.Operation == Deleted }

// ItemPage is one page of items.
type ItemPage struct {
	Items []Item
	Next  string // the cursor of what follows
	More  bool

	Answer
}

// Items (事项列表) gives one page of items. To keep a copy of the library, read ItemChanges.
//
// Source: STD 4.1 names the item library; the call is practice and assumption.
func (c *Client) Items(ctx context.Context, q ItemQuery) (*ItemPage, error) {
	const op = "Items"
	in, err := c.itemQuery(op, q)
	if err != nil {
		return nil, err
	}
	out, answer, _, err := call[portalwire.ItemPage](ctx, c, op, in)
	if err != nil {
		return nil, err
	}
	return itemPage(out, answer), nil
}

func (c *Client) itemQuery(op string, q ItemQuery) (*portalwire.ItemQuery, error) {
	if err := c.checkPage(op, 0, q.PageSize); err != nil {
		return nil, err
	}
	if err := c.check(op,
		field{"AreaCode", q.AreaCode, 12, false}, field{"DeptCode", q.DeptCode, 50, false}, field{"TaskType", string(q.TaskType), 10, false},
		field{"ServerType", string(q.ServerType), 10, false}, field{"Topic", q.Topic, 100, false}, field{"Keyword", q.Keyword, 100, false},
		field{"TaskState", q.TaskState, 10, false}, field{"Cursor", q.Cursor, maxText, false},
	); err != nil {
		return nil, err
	}
	in := &portalwire.ItemQuery{
		AreaCode: q.AreaCode, DeptCode: q.DeptCode, TaskType: string(q.TaskType), ServerType: string(q.ServerType), Topic: q.Topic,
		Keyword: q.Keyword, TaskState: q.TaskState, UpdatedAfter: q.UpdatedAfter, PageSize: q.PageSize,
	}
	if q.Cursor != "" {
		in.Cursor = &q.Cursor
	}
	return in, nil
}

func itemPage(w *portalwire.ItemPage, answer Answer) *ItemPage {
	p := &ItemPage{Items: make([]Item, len(w.List)), Next: w.NextCursor, More: w.HasMore, Answer: answer}
	for i := range w.List {
		p.Items[i] = itemOf(&w.List[i])
	}
	return p
}

func itemOf(w *portalwire.Item) Item {
	task, handle := splitCode(w.TaskCode, w.TaskHandleItem)
	return Item{
		RowGUID: w.RowGUID, CatalogCode: w.CatalogCode, LocalCatalogCode: w.LocalCatalogCode, TaskCode: task, HandleItem: handle,
		Name: w.TaskName, Version: w.TaskVersion, Type: TaskType(w.TaskType), State: w.TaskState, ProjectType: ProjectType(w.ProjectType),
		Serves: serverTypes(w.ServerType), UseLevel: w.UseLevel, DeptCode: w.DeptCode, DeptName: w.DeptName, AreaCode: w.AreaCode,
		PromiseDays: w.PromiseDay, PromiseUnit: TimeUnit(w.PromiseType), AnticipateDays: w.AnticipateDay, AnticipateUnit: TimeUnit(w.AnticipateType),
		Online: yes(w.IsOnline), OnlineURL: w.OnlineURL, MobileURL: w.MobileURL, SingleLogin: yes(w.IsSingleLogin),
		Effective: w.EffectiveDate, Cancelled: w.CancelDate, Operation: Operation(w.Operation), Updated: w.UpdateTime, Batch: w.Batch,
	}
}

func yes(flag string) bool { return flag == "1" || flag == "Y" || flag == "true" }

// DirectoryItem is one row of 基本目录.
type DirectoryItem struct {
	RowGUID          string
	CatalogCode      string
	LocalCatalogCode string
	Name             string
	Type             TaskType
	State            string
	Version          int64
	UseLevel         string
	Effective        time.Time // a day in +08:00
	Cancelled        time.Time
	Operation        Operation
	Updated          time.Time
	Batch            string
}

// DirectoryPage is one page of the directory.
type DirectoryPage struct {
	Items []DirectoryItem
	Next  string
	More  bool

	Answer
}

// ItemDirectory (基本目录) gives one page of the basic directory.
//
// Source: practice.
func (c *Client) ItemDirectory(ctx context.Context, q ItemQuery) (*DirectoryPage, error) {
	const op = "ItemDirectory"
	in, err := c.itemQuery(op, q)
	if err != nil {
		return nil, err
	}
	out, answer, _, err := call[portalwire.DirectoryPage](ctx, c, op, in)
	if err != nil {
		return nil, err
	}
	p := &DirectoryPage{Items: make([]DirectoryItem, len(out.List)), Next: out.NextCursor, More: out.HasMore, Answer: answer}
	for i, w := range out.List {
		p.Items[i] = DirectoryItem{
			RowGUID: w.RowGUID, CatalogCode: w.CatalogCode, LocalCatalogCode: w.LocalCatalogCode, Name: w.TaskName, Type: TaskType(w.TaskType),
			State: w.TaskState, Version: w.TaskVersion, UseLevel: w.UseLevel, Effective: w.EffectiveDate, Cancelled: w.CancelDate,
			Operation: Operation(w.Operation), Updated: w.UpdateTime, Batch: w.Batch,
		}
	}
	return p, nil
}

// ItemKey names one item: by RowGUID, by HandleItem (33 characters) or by TaskCode (31).
// The first that is set holds.
type ItemKey struct {
	RowGUID    string
	HandleItem string
	TaskCode   string
}

// ItemDetail is an item with its guide (办事指南).
type ItemDetail struct {
	Item

	AcceptCondition string
	HandleFlow      string
	LegalBasis      string
	Fees            []json.RawMessage // as the province's tables have them
	Results         []json.RawMessage // likewise
	Questions       []json.RawMessage // likewise
	Materials       []Material
	Windows         []Window
	LinkWay         string // how to ask, mostly a telephone number
	SuperviseWay    string // how to complain
	HandleArea      string
	LimitSceneNum   *int // most visits that are needed; nil when not said
	Topics          []string
	Extend          json.RawMessage

	Answer
}

// Material is one paper that an applicant brings (材料).
type Material struct {
	Name, Type, Format    string
	Needed                bool
	Pages                 *int // nil when not said
	Source                string
	FormGUID, ExampleGUID string
	Explanation           string
	Order                 *int
}

// Window is where an item is handled.
type Window struct {
	Address string
	Hours   string // in words
	Phone   zwfw.Phone
}

// Item (事项详情) gives one item with its guide.
//
// Errors: NotFound, BadRequest when no key is set, and those of every call.
//
// Source: practice.
func (c *Client) Item(ctx context.Context, key ItemKey) (*ItemDetail, error) {
	const op = "Item"
	in := &portalwire.ItemKey{}
	switch {
	case key.RowGUID != "":
		in.RowGUID = key.RowGUID
	case key.HandleItem != "":
		in.TaskHandleItem = key.HandleItem
	case key.TaskCode != "":
		in.TaskCode, in.TaskHandleItem = splitCode(key.TaskCode, "")
		if in.TaskHandleItem != "" {
			in.TaskCode = "" // the longer code says more
		}
	default:
		return nil, c.engine.Refuse(op, "RowGUID", "or HandleItem or TaskCode is required")
	}
	if err := c.check(op, field{"RowGUID", in.RowGUID, 50, false}, field{"HandleItem", in.TaskHandleItem, 50, false}, field{"TaskCode", in.TaskCode, 36, false}); err != nil {
		return nil, err
	}
	out, answer, _, err := call[portalwire.ItemDetail](ctx, c, op, in)
	if err != nil {
		return nil, err
	}
	return detailOf(out, answer), nil
}

func detailOf(w *portalwire.ItemDetail, answer Answer) *ItemDetail {
	d := &ItemDetail{
		Item: itemOf(&portalwire.Item{
			RowGUID: w.RowGUID, CatalogCode: w.CatalogCode, LocalCatalogCode: w.LocalCatalogCode, TaskCode: w.TaskCode, TaskHandleItem: w.TaskHandleItem,
			TaskName: w.TaskName, TaskVersion: w.TaskVersion, TaskType: w.TaskType, TaskState: w.TaskState, ProjectType: w.ProjectType,
			ServerType: w.ServerType, UseLevel: w.UseLevel, DeptCode: w.DeptCode, DeptName: w.DeptName, AreaCode: w.AreaCode,
			PromiseDay: w.PromiseDay, PromiseType: w.PromiseType, AnticipateDay: w.AnticipateDay, AnticipateType: w.AnticipateType,
			IsOnline: w.IsOnline, OnlineURL: w.OnlineURL, MobileURL: w.MobileURL, IsSingleLogin: w.IsSingleLogin,
			EffectiveDate: w.EffectiveDate, CancelDate: w.CancelDate, Operation: w.Operation, UpdateTime: w.UpdateTime, Batch: w.Batch,
		}),
		AcceptCondition: w.AcceptCondition, HandleFlow: w.HandleFlow, LegalBasis: w.LegalBasis, Fees: w.Fees, Results: w.Results,
		Questions: w.Questions, LinkWay: w.LinkWay, SuperviseWay: w.SuperviseWay, HandleArea: w.HandleArea, LimitSceneNum: w.LimitSceneNum,
		Topics: w.Topics, Extend: w.Extend, Answer: answer,
	}
	for _, m := range w.Materials {
		d.Materials = append(d.Materials, Material{
			Name: m.MaterialName, Type: m.MaterialType, Format: m.MaterialFormat, Needed: yes(m.IsNeed), Pages: m.PageNum, Source: m.SourceType,
			FormGUID: m.FormGUID, ExampleGUID: m.ExampleGUID, Explanation: m.FillExplain, Order: m.OrderNum,
		})
	}
	for _, v := range w.Windows {
		d.Windows = append(d.Windows, Window{Address: v.Address, Hours: v.Time, Phone: v.Phone})
	}
	return d
}
