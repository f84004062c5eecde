package sandbox

import (
	"cmp"
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/wire/portalwire"
)

const (
	portalOrgan = "11999999000000000Q"
	portalArea  = "999999000000"
	withdrawn   = 24 // this item is no more
)

// china is the zone of all wire times.
var china = time.FixedZone("+08:00", 8*60*60)

// portalItem is an item and its place in the feed.
type portalItem struct {
	portalwire.ItemDetail
	key string
}

// seedItems makes items of a summer's night in 2024, four a second.
func (s *portalSide) seedItems(n int) {
	s.items, s.itemOf = make([]*portalItem, n), make(map[string]*portalItem, n)
	for i := range s.items {
		s.items[i] = &portalItem{ItemDetail: seedItem(i)}
		s.itemOf[s.items[i].RowGUID] = s.items[i]
	}
	slices.SortFunc(s.items, func(a, b *portalItem) int {
		return cmp.Or(a.UpdateTime.Compare(b.UpdateTime), strings.Compare(a.RowGUID, b.RowGUID))
	})
	for _, d := range s.items {
		d.key = s.place(d.UpdateTime, d.RowGUID)
	}
}

func seedItem(i int) portalwire.ItemDetail {
	sum := md5.Sum([]byte(strconv.Itoa(i))) // a row's name, nothing more
	catalog := fmt.Sprintf("000101%06d", i)
	none, one := 0, 1
	d := portalwire.ItemDetail{
		RowGUID: hex.EncodeToString(sum[:]), CatalogCode: catalog, TaskCode: portalOrgan + "2" + catalog, TaskHandleItem: portalOrgan + "2" + catalog + "01",
		TaskName: "测试事项" + strconv.Itoa(i), TaskVersion: int64(i%3 + 1), TaskType: []string{"01", "07", "20"}[i%3], TaskState: "1", ProjectType: "2",
		ServerType: []string{"1", "2", "1,2"}[i%3], UseLevel: "2", DeptCode: portalOrgan, DeptName: "测试机构", AreaCode: portalArea,
		PromiseDay: i % 5, PromiseType: "1", AnticipateDay: 20, AnticipateType: "1", IsOnline: "1",
		OnlineURL: "https://zwfw.example.invalid/item/" + strconv.Itoa(i), EffectiveDate: time.Date(2024, 1, 1, 0, 0, 0, 0, china),
		Operation: "U", UpdateTime: time.Date(2024, 5, 20, 2, 0, i/4, 0, china), Batch: "20240520",
		AcceptCondition: "符合条件", HandleFlow: "申请、受理、审查、决定", LegalBasis: "测试依据", HandleArea: "02", LimitSceneNum: &none,
		Materials: []portalwire.Material{{MaterialName: "测试申请表", MaterialType: "1", IsNeed: "1", PageNum: &one, OrderNum: &one}},
		Windows:   []portalwire.Window{{Address: "测试大厅1号窗口", Time: "9:00-17:00", Phone: zwfw.NewPhone("10000000008")}},
		LinkWay:   "10000000008", SuperviseWay: "12345", Extend: json.RawMessage("{}"),
	}
	if i%5 == 0 {
		d.ProjectType = "1"
	}
	if i == withdrawn {
		d.Operation, d.TaskState = "D", "3"
	}
	return d
}

// PortalItem is what ChangeItem may change.
type PortalItem struct {
	Name      string
	State     string
	Condition string
}

// ChangeItem publishes an item anew under the next version, or withdraws it. It reports
// whether there is such an item.
func (p *Platform) ChangeItem(rowGUID string, change func(*PortalItem), withdraw bool) bool {
	now := p.clock.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.portal
	d := s.itemOf[rowGUID]
	if d == nil {
		return false
	}
	if change != nil {
		v := PortalItem{d.TaskName, d.TaskState, d.AcceptCondition}
		change(&v)
		d.TaskName, d.TaskState, d.AcceptCondition = v.Name, v.State, v.Condition
	}
	d.TaskVersion++
	d.Operation, d.UpdateTime, d.Batch = "U", now, now.In(china).Format("20060102")
	if withdraw {
		d.Operation = "D"
	}
	s.last(d)
	return true
}

func rowOf(d *portalwire.ItemDetail) portalwire.Item {
	return portalwire.Item{
		RowGUID: d.RowGUID, CatalogCode: d.CatalogCode, TaskCode: d.TaskCode, TaskHandleItem: d.TaskHandleItem, TaskName: d.TaskName,
		TaskVersion: d.TaskVersion, TaskType: d.TaskType, TaskState: d.TaskState, ProjectType: d.ProjectType, ServerType: d.ServerType, UseLevel: d.UseLevel,
		DeptCode: d.DeptCode, DeptName: d.DeptName, AreaCode: d.AreaCode, PromiseDay: d.PromiseDay, PromiseType: d.PromiseType,
		AnticipateDay: d.AnticipateDay, AnticipateType: d.AnticipateType, IsOnline: d.IsOnline, OnlineURL: d.OnlineURL,
		EffectiveDate: d.EffectiveDate, Operation: d.Operation, UpdateTime: d.UpdateTime, Batch: d.Batch,
	}
}

// chosen lists the items that a query names. Withdrawn ones are in feeds only.
func (c *portalCall) chosen(q *portalwire.ItemQuery) []*portalItem {
	var rows []*portalItem
	for _, d := range c.items {
		fits := d.Operation != "D" && (q.AreaCode == "" || q.AreaCode == d.AreaCode) && (q.DeptCode == "" || q.DeptCode == d.DeptCode) &&
			(q.TaskType == "" || q.TaskType == d.TaskType) && (q.TaskState == "" || q.TaskState == d.TaskState) &&
			(q.ServerType == "" || slices.Contains(strings.Split(d.ServerType, ","), q.ServerType)) &&
			strings.Contains(d.TaskName, q.Keyword) && (q.Topic == "" || slices.Contains(d.Topics, q.Topic)) &&
			!d.UpdateTime.Before(q.UpdatedAfter)
		if fits {
			rows = append(rows, d)
		}
	}
	return rows
}

func cursorOf(q *portalwire.ItemQuery) string {
	if q.Cursor == nil {
		return ""
	}
	return *q.Cursor
}

func (c *portalCall) directory(in *portalwire.ItemQuery) (any, *no) {
	page, next, more, refusal := span(c, c.chosen(in), itemPlace, cursorOf(in), in.PageSize)
	if refusal != nil {
		return nil, refusal
	}
	out := &portalwire.DirectoryPage{List: []portalwire.DirectoryItem{}, NextCursor: next, HasMore: more}
	for _, d := range page {
		out.List = append(out.List, portalwire.DirectoryItem{
			RowGUID: d.RowGUID, CatalogCode: d.CatalogCode, TaskName: d.TaskName, TaskType: d.TaskType, TaskState: d.TaskState,
			TaskVersion: d.TaskVersion, UseLevel: d.UseLevel, Operation: d.Operation, UpdateTime: d.UpdateTime,
		})
	}
	return out, nil
}

func (c *portalCall) list(in *portalwire.ItemQuery) (any, *no) {
	return c.rows(c.chosen(in), cursorOf(in), in.PageSize)
}

func (c *portalCall) itemChanges(in *portalwire.ChangesQuery) (any, *no) {
	if c.cleaned(in.Cursor) {
		return nil, c.wrong("cursor")
	}
	rows := c.items
	if in.AreaCode != "" {
		rows = slices.DeleteFunc(slices.Clone(rows), func(d *portalItem) bool { return d.AreaCode != in.AreaCode })
	}
	return c.rows(rows, in.Cursor, in.PageSize)
}

func (c *portalCall) rows(rows []*portalItem, cursor string, size int) (any, *no) {
	page, next, more, refusal := span(c, rows, itemPlace, cursor, size)
	if refusal != nil {
		return nil, refusal
	}
	out := &portalwire.ItemPage{List: []portalwire.Item{}, NextCursor: next, HasMore: more}
	for i := range page {
		out.List = append(out.List, rowOf(&page[i].ItemDetail))
	}
	return out, nil
}

func (c *portalCall) item(in *portalwire.ItemKey) (any, *no) {
	if in.RowGUID == "" && in.TaskHandleItem == "" && in.TaskCode == "" {
		return nil, c.missing("rowGuid")
	}
	for _, d := range c.items {
		if in.RowGUID == d.RowGUID || in.TaskHandleItem == d.TaskHandleItem || in.TaskCode == d.TaskCode {
			found := d.ItemDetail
			return &found, nil
		}
	}
	return nil, &no{kind: zwfw.NotFound}
}
