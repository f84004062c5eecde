package sandbox

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/dock"
	wire "github.com/zwfw-go/zwfw/internal/wire/hotlinewire"
)

// do is called with the side locked.
func (h *hotlineSide) do(x *exchange, d *hotlineDesk, q *dock.Received, op string) (any, *no) {
	switch op {
	case "Authenticate":
		return h.authenticate(x, d)
	case "SubmitAppeal":
		return serveIn(h, x, d, q, h.submit)
	case "ReportedSheets":
		return serveIn(h, x, d, q, h.reported)
	case "PendingSheets":
		return serveIn(h, x, d, q, h.pending)
	case "SheetDetail":
		return serveIn(h, x, d, q, h.detail)
	case "Flow":
		return serveIn(h, x, d, q, h.flow)
	case "SignFor":
		return serveIn(h, x, d, q, h.sign)
	case "SignForStatus":
		return serveIn(h, x, d, q, h.signStatus)
	case "Finish":
		return serveIn(h, x, d, q, h.finish)
	case "Reject", "RejectSigned":
		return serveIn(h, x, d, q, h.reject)
	case "RequestDelay":
		return serveIn(h, x, d, q, h.delay)
	case "Notices":
		return serveIn(h, x, d, q, h.listNotices)
	case "AckNotices":
		return serveIn(h, x, d, q, h.ackNotices)
	case "FileInit":
		return serveIn(h, x, d, q, h.fileInit)
	case "FileChunk":
		return serveIn(h, x, d, q, h.fileChunk)
	case "FileGet":
		return serveIn(h, x, d, q, h.fileGet)
	case "ReportCalls":
		return serveIn(h, x, d, q, h.reportCalls)
	}
	return serveIn(h, x, d, q, h.reportSeats)
}

// serveIn reads a request's fields and serves it.
func serveIn[T any](h *hotlineSide, x *exchange, d *hotlineDesk, q *dock.Received, serve func(*exchange, *hotlineDesk, *T) (any, *no)) (any, *no) {
	in := new(T)
	if f := q.Decode(in); f != nil {
		refusal := h.faulty(x, f)
		if f.Kind == zwfw.BadRequest && strings.Contains(f.Detail, "time") {
			refusal.code, refusal.detail = "40005", detailOf(map[string]any{"field": f.Field})
		}
		return nil, refusal
	}
	return serve(x, d, in)
}

// lengths refuses a field that is missing or longer than the contract has it.
type lengths []struct {
	name, value string
	most        int
	needed      bool
}

func (l lengths) check() *no {
	for _, f := range l {
		switch {
		case f.needed && f.value == "":
			return lacks(f.name)
		case utf8.RuneCountInString(f.value) > f.most:
			return tooLong(f.name)
		}
	}
	return nil
}

// fingerprint is the identity of a body: its members without their order and without
// nulls.
func fingerprint(x *exchange) string {
	var members map[string]any
	body := x.body
	if json.Unmarshal(body, &members) == nil {
		dropNulls(members)
		body, _ = json.Marshal(members)
	}
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}

func dropNulls(members map[string]any) {
	for name, value := range members {
		switch value := value.(type) {
		case nil:
			delete(members, name)
		case map[string]any:
			dropNulls(value)
		}
	}
}

// number makes a running number of a kind.
func (h *hotlineSide) number(kind string) int {
	h.counts[kind]++
	return h.counts[kind]
}

// known tells a value of a code table.
func (h *hotlineSide) known(table, code string) bool {
	_, ok := h.codes[table][code]
	return ok
}

// paged cuts a list.
func (h *hotlineSide) paged(pageNo, pageSize, total int) (from, to, no, size int, refusal *no) {
	const most, usual = 100, 20
	switch {
	case pageNo < 0:
		return 0, 0, 0, 0, illegal("pageNo")
	case pageSize < 0 || pageSize > most && h.setup.CapRefuses:
		return 0, 0, 0, 0, illegal("pageSize")
	}
	if size = min(pageSize, most); size == 0 {
		size = usual
	}
	no = max(pageNo, 1)
	from = min((no-1)*size, total)
	return from, min(from+size, total), no, size, nil
}

func pagesOf(total, size int) int { return (total + size - 1) / size }

// signStatus is H7's question.
func (h *hotlineSide) signStatus(x *exchange, d *hotlineDesk, in *wire.SigningQuery) (any, *no) {
	switch {
	case len(in.DispatchIDs) == 0:
		return nil, lacks("dispatchIds")
	case len(in.DispatchIDs) > 100:
		return nil, &no{kind: zwfw.TooLarge}
	}
	out := &wire.SigningStates{List: []wire.SigningState{}}
	for _, id := range in.DispatchIDs {
		s, refusal := h.owned(d, id)
		if refusal != nil {
			return nil, refusal
		}
		out.List = append(out.List, wire.SigningState{
			DispatchID: id, Signed: !s.process.SignTime.IsZero(), SignTime: s.process.SignTime, Signer: s.process.Signer,
		})
	}
	return out, nil
}

// owned finds a dispatch of the caller's.
func (h *hotlineSide) owned(d *hotlineDesk, id string) (*dispatch, *no) {
	s := h.dispatches[id]
	switch {
	case id == "":
		return nil, lacks("dispatchId")
	case s == nil:
		return nil, &no{kind: zwfw.NotFound, code: "40401"}
	case s.unit != d.unit.AppID:
		return nil, &no{kind: zwfw.PermissionDenied, code: "40302", text: "工单不属于本单位"}
	}
	return s, nil
}

func (h *hotlineSide) sheetNo() string {
	return fmt.Sprintf("999999%s%06d", h.p.clock.Now().In(chinaTime).Format("20060102"), h.number("sheet"))
}
