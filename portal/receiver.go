package portal

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/dock"
	"github.com/zwfw-go/zwfw/internal/jsonx"
	"github.com/zwfw-go/zwfw/internal/wire/portalwire"
)

// ReceiverConfig says what a website takes from its platform.
type ReceiverConfig struct {
	// Path stands before the paths of the calls, "/push" for example. Default: nothing.
	Path string

	// Ingest, if the website has one, shares its rules, its writer and its Freshness; it
	// must have the same sink.
	Ingest *Ingest

	// Rules are what may differ in the rules for rows. Those of Ingest hold where there is
	// one.
	Rules RowRules

	// SignOn takes logout notices at Path + /sso/logout-notice. Optional.
	SignOn *SignOn

	// CheckDigest refuses a batch whose digest is not that of [BatchDigest]. Default: the
	// digest is a name for the content, which tells a repetition from another batch.
	CheckDigest bool

	// MaxRows and MaxBytes bound a batch; defaults 500 and 4 MiB (assumption).
	MaxRows, MaxBytes int

	// Logger gets a line for each refused call, with codes and no content. Default: none.
	Logger *slog.Logger
}

// Receiver takes what the platform pushes (推送接收), an http.Handler to be mounted so that
// it sees these paths behind ReceiverConfig.Path:
//
//	POST /v1/ingest/batch    up to 500 rows
//	POST /v1/ingest/status   what became of a batch
//	POST /v1/case/notice     one case, or a part of it
//	POST /sso/logout-notice  for SignOn
//
// A call is signed as the website signs its own, with the same word; time stamps may be
// five minutes off, and a nonce is good once in a process. Rows go by the rules of [Ingest],
// and end in the same store as when they are read. Answers are in the dialect's envelope:
// 4220 names the rows that were not taken by rowGuid, code and field, while the others were
// stored; older rows are among them with 4092. A repeated batchNo with the same digest gets
// the first answer again, for 30 days, one with another digest 4091. A batch is stored in one
// transaction with its number.
//
// The data of a row is what the feed of changes has: an item, or a case, whole or any of its
// parts. A batch that says full is taken like others: it withdraws nothing.
//
// Source: clause 6 by its heading; the form is an assumption.
type Receiver struct {
	client *Client
	config ReceiverConfig
	ledger *ledger
	desk   *dock.Desk
	rows   map[IngestKind]*jsonx.Plan

	batches sync.Mutex // one batch at a time: its number is looked up first

	mu     sync.Mutex // of what follows
	nonces map[string]time.Time
	looked time.Time // when parked rows were last looked at
}

// NewReceiver checks the configuration. A dialect that signs nothing is refused: anybody
// could push rows.
func NewReceiver(client *Client, sink Sink, c ReceiverConfig) (*Receiver, error) {
	switch {
	case client == nil:
		return nil, fmt.Errorf("portal: NewReceiver: the client is nil")
	case sink == nil:
		return nil, fmt.Errorf("portal: NewReceiver: the sink is nil")
	case c.Path != "" && (!strings.HasPrefix(c.Path, "/") || strings.HasSuffix(c.Path, "/")):
		return nil, fmt.Errorf("portal: ReceiverConfig.Path must begin with a slash and end without one")
	case c.Ingest != nil && c.Ingest.ledger.sink != sink:
		return nil, fmt.Errorf("portal: ReceiverConfig.Ingest has another sink")
	case c.MaxRows < 0 || c.MaxBytes < 0:
		return nil, fmt.Errorf("portal: ReceiverConfig.MaxRows and MaxBytes must not be negative")
	}
	if c.MaxRows == 0 {
		c.MaxRows = 500
	}
	if c.MaxBytes == 0 {
		c.MaxBytes = 4 << 20
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	d := client.Dialect()
	manifest, way, ok := portalwire.Pushes(d, c.Path)
	if !ok {
		return nil, fmt.Errorf("portal: NewReceiver: dialect %s signs nothing, or knows no ingestion", d.Name)
	}
	desk, err := dock.NewDesk(manifest, way, client.party)
	if err != nil {
		return nil, err
	}
	r := &Receiver{client: client, config: c, desk: desk, nonces: make(map[string]time.Time), rows: map[IngestKind]*jsonx.Plan{
		ItemRows: rowPlan(d, ItemRows), CaseRows: rowPlan(d, CaseRows),
	}}
	if r.ledger = newLedger(sink, c.Rules, client.Now); c.Ingest != nil {
		r.ledger = c.Ingest.ledger
	}
	return r, nil
}

// rowPlan reads the data of rows as the dialect names them.
func rowPlan(d *zwfw.Dialect, kind IngestKind) *jsonx.Plan {
	row, names := portalwire.RowOf(d, string(kind))
	return jsonx.Compile(row, func(path string) jsonx.Rule { return jsonx.Rule{Name: names[path]} })
}

// refusal is why a call is not done.
type refusal struct {
	kind  zwfw.Kind
	code  string // of the contract, where it has a finer one than for the kind
	field string
}

// ServeHTTP answers the platform.
func (r *Receiver) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	private(w)
	path := q.URL.Path
	if r.config.SignOn != nil && path == r.config.Path+"/sso/logout-notice" {
		r.config.SignOn.serveNotice(w, q)
		return
	}
	op, ok := r.desk.Match("", path, nil)
	switch {
	case !ok:
		http.NotFound(w, q)
		return
	case q.Method != http.MethodPost:
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, q.Body, int64(r.config.MaxBytes)))
	if err != nil {
		r.answer(q.Context(), w, op, nil, &refusal{kind: zwfw.TooLarge})
		return
	}
	out, no := r.take(q, op, body)
	r.answer(q.Context(), w, op, out, no)
}

// take checks who calls and does what is asked. With rows that were not taken both results
// are there.
func (r *Receiver) take(q *http.Request, op string, body []byte) (any, *refusal) {
	in, fault := r.desk.Read(op, q, body)
	switch {
	case fault != nil:
		return nil, &refusal{kind: fault.Kind, field: fault.Field}
	case in.Verify() != nil:
		return nil, &refusal{kind: zwfw.Signature}
	case !in.At.IsZero() && in.At.Sub(r.client.Now()).Abs() > noticeWindow:
		return nil, &refusal{kind: zwfw.ClockSkew}
	case in.Nonce != "" && !r.unheard(in.Nonce):
		return nil, &refusal{kind: zwfw.Replay}
	}
	switch op {
	case "IngestBatch":
		return decoded(in, func(b *portalwire.Batch) (any, *refusal) { return r.batch(q.Context(), b) })
	case "IngestStatus":
		return decoded(in, func(b *portalwire.BatchQuery) (any, *refusal) { return r.status(q.Context(), b) })
	}
	return decoded(in, func(k *portalwire.Case) (any, *refusal) { return r.notice(q.Context(), k) })
}

func decoded[In any](q *dock.Received, do func(*In) (any, *refusal)) (any, *refusal) {
	in := new(In)
	if fault := q.Decode(in); fault != nil {
		return nil, &refusal{fault.Kind, codeOfField(fault.Field), fault.Field}
	}
	return do(in)
}

// codeOfField tells a wrong time from another wrong value.
func codeOfField(field string) string {
	lower := strings.ToLower(field)
	if strings.HasSuffix(lower, "time") || strings.HasSuffix(lower, "date") {
		return rejectTime
	}
	return rejectValue
}

// maxNonces bounds what a process remembers; pushes are far fewer.
const maxNonces = 100_000

// unheard remembers a nonce for as long as its time stamp may be good.
func (r *Receiver) unheard(nonce string) bool {
	now := r.client.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.nonces)%1024 == 0 || len(r.nonces) >= maxNonces {
		for old, at := range r.nonces {
			if now.Sub(at).Abs() > 2*noticeWindow {
				delete(r.nonces, old)
			}
		}
	}
	if _, seen := r.nonces[nonce]; seen || len(r.nonces) >= maxNonces {
		return false
	}
	r.nonces[nonce] = now
	return true
}

var receiverTexts = map[zwfw.Kind]string{
	zwfw.BadRequest: "报文错误", zwfw.CallerDenied: "应用不存在或停用", zwfw.Signature: "签名错误", zwfw.ClockSkew: "时间戳超出允许范围",
	zwfw.Replay: "请求重放", zwfw.NotFound: "批次不存在", zwfw.Conflict: "批次号重复且内容不一致", zwfw.Stale: "版本过旧", zwfw.WrongState: "当前状态不允许",
	zwfw.TooLarge: "批次过大", zwfw.InvalidRows: "部分数据被拒绝", zwfw.Busy: "系统繁忙",
}

// answer writes the dialect's envelope.
func (r *Receiver) answer(ctx context.Context, w http.ResponseWriter, op string, out any, no *refusal) {
	a := dock.Answer{At: r.client.Now(), Out: out}
	if no != nil {
		a.Failed, a.Partly, a.Code, a.Text = true, out != nil, r.desk.CodeOf(op, no.kind), receiverTexts[no.kind]
		if no.code != "" && r.desk.Reads(op, no.code, no.kind) {
			a.Code = no.code
		}
		if a.Code == "" {
			a.Code = string(no.kind)
		}
		if no.field != "" && out == nil {
			a.Detail = string(jsonx.AppendObject(nil, []jsonx.Member{{Name: "field", Text: no.field}}))
		}
		r.config.Logger.LogAttrs(ctx, slog.LevelWarn, "zwfw receiver", slog.String("op", op), slog.String("kind", string(no.kind)),
			slog.String("code", a.Code), slog.String("field", no.field))
	}
	reply, contentType, err := r.desk.Write(op, a)
	if err != nil {
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", contentType)
	_, _ = w.Write(reply)
}
