package sandbox

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/dock"
	"github.com/zwfw-go/zwfw/internal/jsonx"
	"github.com/zwfw-go/zwfw/internal/wire/portalwire"
	"github.com/zwfw-go/zwfw/portal"
)

// PortalRow is a row of items or cases as the platform hands it out. Data has the names of
// the dialect; a test may alter it.
type PortalRow struct {
	RowGUID   string
	Operation string // I, U or D
	Version   int64
	Data      json.RawMessage
}

// PortalBatch is what PushBatch sends.
type PortalBatch struct {
	BatchNo string
	Kind    portal.IngestKind
	Rows    []PortalRow
	Count   int    // 0 is as many as there are
	Digest  string // "" is that of portal.BatchDigest
}

// PortalBatchResult is what the website said.
type PortalBatchResult struct {
	BatchNo   string
	Accepted  int
	Unchanged int
	Parked    int
	Rejects   []portal.Reject
	State     string
	Repeated  bool
}

// dialect of the platform, never nil.
func (s *portalSide) dialect() *zwfw.Dialect { return s.desks[0].desk.Dialect() }

// PortalItems lists the rows of all items, withdrawn ones too, in the order of change.
func (p *Platform) PortalItems() []PortalRow {
	p.mu.Lock()
	defer p.mu.Unlock()
	plan := rowPlan(p.portal.dialect(), "ITEM")
	rows := make([]PortalRow, len(p.portal.items))
	for i, d := range p.portal.items {
		row := rowOf(&d.ItemDetail)
		rows[i] = PortalRow{row.RowGUID, row.Operation, row.TaskVersion, written(plan, &row)}
	}
	return rows
}

// PortalCases lists the whole cases, in the order of change.
func (p *Platform) PortalCases() []PortalRow {
	p.mu.Lock()
	defer p.mu.Unlock()
	plan := rowPlan(p.portal.dialect(), "CASE")
	var rows []PortalRow
	for _, k := range p.portal.inOrder().cases {
		rows = append(rows, caseRow(plan, &k.Case, k.key))
	}
	return rows
}

// PortalCaseEvents lists what happened to cases, in that order: each row has the parts of a
// case that are new, one of them.
func (p *Platform) PortalCaseEvents() []PortalRow {
	p.mu.Lock()
	defer p.mu.Unlock()
	plan := rowPlan(p.portal.dialect(), "CASE")
	events := p.portal.inOrder().events
	rows := make([]PortalRow, len(events))
	for i := range events {
		rows[i] = caseRow(plan, &events[i].Case, events[i].key)
	}
	return rows
}

// rowPlan reads and writes the data of rows as the dialect names them.
func rowPlan(d *zwfw.Dialect, kind string) *jsonx.Plan {
	row, names := portalwire.RowOf(d, kind)
	return jsonx.Compile(row, func(path string) jsonx.Rule { return jsonx.Rule{Name: names[path]} })
}

// written makes the data of a row; structs of the wire cannot fail.
func written(plan *jsonx.Plan, row any) json.RawMessage {
	data, err := plan.Append(nil, row)
	if err != nil {
		panic("sandbox: " + err.Error())
	}
	return data
}

func caseRow(plan *jsonx.Plan, k *portalwire.Case, key string) PortalRow {
	sum := md5.Sum([]byte(key)) // a row's name, nothing more
	return PortalRow{hex.EncodeToString(sum[:]), "U", k.Version, written(plan, k)}
}

// FeedItem puts a row into the library as it is and at the end of the feed, whatever its
// version and time are. It panics on data that is no item.
func (p *Platform) FeedItem(row PortalRow) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.portal
	var w portalwire.Item
	read(rowPlan(s.dialect(), "ITEM"), row.Data, &w)
	d := &portalItem{ItemDetail: portalwire.ItemDetail{
		RowGUID: row.RowGUID, CatalogCode: w.CatalogCode, TaskCode: w.TaskCode, TaskHandleItem: w.TaskHandleItem, TaskName: w.TaskName,
		TaskVersion: row.Version, TaskType: w.TaskType, TaskState: w.TaskState, ProjectType: w.ProjectType, ServerType: w.ServerType,
		UseLevel: w.UseLevel, DeptCode: w.DeptCode, DeptName: w.DeptName, AreaCode: w.AreaCode, PromiseDay: w.PromiseDay,
		PromiseType: w.PromiseType, AnticipateDay: w.AnticipateDay, AnticipateType: w.AnticipateType, IsOnline: w.IsOnline,
		OnlineURL: w.OnlineURL, EffectiveDate: w.EffectiveDate, Operation: row.Operation, UpdateTime: w.UpdateTime, Batch: w.Batch,
	}}
	d.key = s.place(p.clock.Now(), "")
	s.itemOf[row.RowGUID] = d
	s.items = append(s.items, d)
}

// FeedCase puts a row at the end of the feed of cases as it is, whole or in part. It panics
// on data that is no case.
func (p *Platform) FeedCase(row PortalRow) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.portal
	var w portalwire.Case
	read(rowPlan(s.dialect(), "CASE"), row.Data, &w)
	w.Version = row.Version
	s.feed.extra = append(s.feed.extra, portalEvent{w, s.place(p.clock.Now(), "")})
}

func read(plan *jsonx.Plan, data []byte, into any) {
	doc, err := jsonx.Parse(data)
	if err != nil {
		panic("sandbox: the row's data: " + err.Error())
	}
	if problems := plan.Read(doc.Root(), into); len(problems) > 0 {
		panic("sandbox: the row's data: " + problems[0].Field + ": " + problems[0].Expected)
	}
}

// DropItem takes an item out of the library without a word, as a platform that lost it
// does. It reports whether there was one.
func (p *Platform) DropItem(rowGUID string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.portal
	d := s.itemOf[rowGUID]
	if d == nil {
		return false
	}
	delete(s.itemOf, rowGUID)
	for i := range s.items {
		if s.items[i] == d {
			s.items = append(s.items[:i:i], s.items[i+1:]...)
			break
		}
	}
	return true
}

// AddCases makes n cases at once, of the citizens and the first items in turn, each applied
// for, accepted, reviewed twice and granted within seconds before now, one after the other.
func (p *Platform) AddCases(n int) {
	at := p.clock.Now().Add(-time.Duration(n) * 5 * time.Second)
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.portal
	for i := range n {
		k := s.apply(p.citizens[i%len(p.citizens)], i%min(s.setup.Items, withdrawn), at)
		for _, event := range []CaseEvent{CaseAccept, CaseReview, CaseReview, CaseGrant} {
			at = at.Add(time.Second)
			_ = s.move(k, event, at) // in the machine's order
		}
		at = at.Add(time.Second)
	}
}

// PushBatch sends rows to a website's portal.Receiver, whose ReceiverConfig.Path the address
// ends with, signed for the first application. A batch of which rows were rejected is no
// error.
func (p *Platform) PushBatch(ctx context.Context, address string, b PortalBatch) (PortalBatchResult, error) {
	rows, named := make([]portalwire.Row, len(b.Rows)), make([]portal.PushedRow, len(b.Rows))
	for i, r := range b.Rows {
		rows[i] = portalwire.Row{RowGUID: r.RowGUID, Operation: r.Operation, Version: r.Version, Data: r.Data}
		named[i] = portal.PushedRow{RowGUID: r.RowGUID, Operation: r.Operation, Version: r.Version, Data: r.Data}
	}
	if b.Count == 0 {
		b.Count = len(rows)
	}
	if b.Digest == "" {
		b.Digest = portal.BatchDigest(b.Kind, named)
	}
	class := map[portal.IngestKind]string{portal.ItemRows: "STATIC", portal.CaseRows: "PROCESS"}[b.Kind]
	var out portalwire.BatchResult
	err := p.push(ctx, address, "IngestBatch", &portalwire.Batch{
		BatchNo: b.BatchNo, Kind: string(b.Kind), InfoClass: class, Rows: rows, Count: b.Count, Digest: b.Digest,
	}, &out)
	if err != nil {
		return PortalBatchResult{}, err
	}
	p.mu.Lock()
	p.portal.pushed[b.BatchNo] = out
	p.mu.Unlock()
	return resultOf(&out), nil
}

// AskBatch asks the website what became of a batch.
func (p *Platform) AskBatch(ctx context.Context, address, batchNo string) (PortalBatchResult, error) {
	var out portalwire.BatchResult
	err := p.push(ctx, address, "IngestStatus", &portalwire.BatchQuery{BatchNo: batchNo}, &out)
	return resultOf(&out), err
}

func resultOf(w *portalwire.BatchResult) PortalBatchResult {
	r := PortalBatchResult{BatchNo: w.BatchNo, Accepted: w.Accepted, Unchanged: w.Unchanged, Parked: w.Parked, State: w.State, Repeated: w.Repeated}
	for _, no := range w.Rejects {
		r.Rejects = append(r.Rejects, portal.Reject{RowGUID: no.RowGUID, Code: no.Code, Field: no.Field})
	}
	return r
}

// PushCaseNotice tells a website of a case, whole or in part. parked: it came early.
func (p *Platform) PushCaseNotice(ctx context.Context, address string, row PortalRow) (parked bool, err error) {
	var in portalwire.Case
	read(rowPlan(p.portal.dialect(), "CASE"), row.Data, &in)
	in.Version = row.Version
	var out portalwire.CasePushed
	err = p.push(ctx, address, "CaseNotice", &in, &out)
	return out.Parked, err
}

// push makes one call to a website.
func (p *Platform) push(ctx context.Context, address, op string, in, out any) error {
	u, err := url.Parse(address)
	if err != nil {
		return fmt.Errorf("sandbox: the address of the website: %w", err)
	}
	d := p.portal.dialect()
	m, way, ok := portalwire.Pushes(d, strings.TrimRight(u.Path, "/"))
	if !ok {
		return fmt.Errorf("sandbox: dialect %s signs nothing or knows no ingestion, and so pushes nothing", d.Name)
	}
	settings, err := zwfw.NewSettings(zwfw.WithClock(p.Clock()), zwfw.WithDialect(way), zwfw.WithTimeout(5*time.Minute), zwfw.WithAttemptTimeout(time.Minute))
	if err != nil {
		return err
	}
	party := p.portal.desks[0].desk.Party()
	party.Bases = map[string]string{"": u.Scheme + "://" + u.Host + "/"}
	engine, err := dock.New(m, party, settings)
	if err != nil {
		return err
	}
	defer func() { _ = engine.Close() }()
	_, err = engine.Call(ctx, op, in, out)
	return err
}

// BatchNumber is a number for a batch, 批次号, in the form of the contract.
func BatchNumber(at time.Time, n int) string {
	return at.In(china).Format("20060102150405") + "-" + strconv.Itoa(n)
}
