package portal

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/jsonx"
	"github.com/zwfw-go/zwfw/internal/wire/portalwire"
)

// batchLife is how long the answer to a batch is kept.
const batchLife = 30 * 24 * time.Hour

// batchRecord is what is kept of a batch.
type batchRecord struct {
	Digest   string
	Accepted int64
	Same     int64
	Parked   int64
	Rejects  []Reject `json:",omitempty"`
}

// PushedRow is a row as a batch has it, for [BatchDigest].
type PushedRow struct {
	RowGUID   string
	Operation string
	Version   int64
	Data      []byte // as it is on the wire
}

// BatchDigest is the digest of a batch for ReceiverConfig.CheckDigest: the lower-case hex
// SHA-256 over kind, a line feed, and for each row in order rowGuid, operation, version and
// data, each followed by a line feed (assumption).
func BatchDigest(kind IngestKind, rows []PushedRow) string {
	sum := sha256.New()
	line := func(text []byte) { _, _ = sum.Write(append(text, '\n')) } // a hash never fails
	line([]byte(kind))
	for _, r := range rows {
		line([]byte(r.RowGUID))
		line([]byte(r.Operation))
		line(strconv.AppendInt(nil, r.Version, 10))
		_, _ = sum.Write(r.Data)
		line(nil)
	}
	return hex.EncodeToString(sum.Sum(nil))
}

func batchMark(number string) string { return markName("batch", number) }

// batch takes rows.
func (r *Receiver) batch(ctx context.Context, b *portalwire.Batch) (any, *refusal) {
	if no := r.checkBatch(b); no != nil {
		return nil, no
	}
	rows := make([]PushedRow, len(b.Rows))
	for i, row := range b.Rows {
		rows[i] = PushedRow{row.RowGUID, row.Operation, row.Version, row.Data}
	}
	digest := BatchDigest(IngestKind(b.Kind), rows)
	if r.config.CheckDigest && !strings.EqualFold(digest, b.Digest) {
		return nil, &refusal{zwfw.BadRequest, rejectValue, "digest"}
	}
	if b.Digest != "" {
		digest = b.Kind + " " + b.Digest
	}
	done, repeated, arrived, no := r.once(ctx, b, digest)
	if no != nil {
		return nil, no
	}
	r.release(ctx, arrived)
	return done.answer(b.BatchNo, repeated)
}

// once stores a batch unless it is known.
func (r *Receiver) once(ctx context.Context, b *portalwire.Batch, digest string) (done batchRecord, repeated bool, arrived []string, no *refusal) {
	r.batches.Lock()
	defer r.batches.Unlock()
	known, found, no := r.record(ctx, b.BatchNo)
	switch {
	case no != nil:
		return known, false, nil, no
	case found && known.Digest != digest:
		return known, false, nil, &refusal{zwfw.Conflict, "4091", "batchNo"}
	case found:
		return known, true, nil, nil
	}
	done, arrived, err := r.store(ctx, b, digest)
	if err != nil {
		return done, false, nil, r.failed(ctx, err)
	}
	return done, false, arrived, nil
}

// releaseLife bounds how long one call releases rows.
const releaseLife = 10 * time.Minute

// release lets rows go that waited for what has come, also when the platform does not wait
// for the answer: it will repeat the call and be told that it is done. What fails here is
// made up for by the next look at parked rows; without an Ingest that reads cases that is
// here, too, once a minute.
func (r *Receiver) release(ctx context.Context, arrived []string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), releaseLife)
	defer cancel()
	err := r.ledger.release(ctx, arrived)
	if err == nil && (r.config.Ingest == nil || r.config.Ingest.known(CaseRows) != nil) && r.due() {
		err = r.ledger.recheck(ctx)
	}
	if err != nil {
		r.config.Logger.LogAttrs(ctx, slog.LevelError, "zwfw receiver", slog.String("event", "release"), slog.String("error", err.Error()))
	}
}

// due reports that parked rows are to be looked at.
func (r *Receiver) due() bool {
	now := r.client.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	if now.Sub(r.looked).Abs() < time.Minute {
		return false
	}
	r.looked = now
	return true
}

func (r *Receiver) checkBatch(b *portalwire.Batch) *refusal {
	class := map[string]string{string(ItemRows): "STATIC", string(CaseRows): "PROCESS"}[b.Kind]
	switch {
	case strings.TrimSpace(b.BatchNo) == "":
		return &refusal{zwfw.BadRequest, rejectMissing, "batchNo"}
	case len(b.BatchNo) > 100:
		return &refusal{zwfw.BadRequest, rejectLong, "batchNo"}
	case strings.ContainsRune(b.BatchNo, 0):
		return &refusal{zwfw.BadRequest, rejectValue, "batchNo"}
	case len(b.Rows) > r.config.MaxRows:
		return &refusal{kind: zwfw.TooLarge, field: "rows"}
	case class == "":
		return &refusal{zwfw.BadRequest, rejectValue, "kind"}
	case b.InfoClass != "" && b.InfoClass != class:
		return &refusal{zwfw.BadRequest, rejectValue, "infoClass"}
	case b.Count != len(b.Rows):
		return &refusal{zwfw.BadRequest, rejectValue, "count"}
	}
	return nil
}

// store brings the rows of a batch into the store, together with its record.
func (r *Receiver) store(ctx context.Context, b *portalwire.Batch, digest string) (done batchRecord, arrived []string, err error) {
	kind := IngestKind(b.Kind)
	var unread []Reject
	var rows []incoming
	for n := range b.Rows {
		in, no := r.read(kind, &b.Rows[n])
		if no != nil {
			if no.RowGUID == "" {
				no.RowGUID = "#" + strconv.Itoa(n+1) // it has no name
			}
			unread = append(unread, *no)
			continue
		}
		rows = append(rows, in)
	}
	_, arrived, err = r.ledger.write(ctx, kind, rows, extra{marks: func(t taken) []Mark {
		done = batchRecord{Digest: digest, Accepted: t.accepted, Same: t.unchanged, Parked: t.parked, Rejects: append(unread, t.rejects...)}
		value, _ := json.Marshal(done) // texts and numbers cannot fail
		return []Mark{{Name: batchMark(b.BatchNo), Value: value, Expires: r.client.Now().Add(batchLife)}}
	}})
	r.ledger.note(kind, rowCounts{rejected: int64(len(unread))})
	return done, arrived, err
}

// read decodes a row.
func (r *Receiver) read(kind IngestKind, row *portalwire.Row) (incoming, *Reject) {
	if strings.TrimSpace(row.RowGUID) == "" {
		return incoming{}, &Reject{"", rejectMissing, "rowGuid"}
	}
	name := row.RowGUID
	if no := checkTexts("", text{"rowGuid", name, 50, true}); no != nil {
		return incoming{}, no
	}
	deleted := Operation(row.Operation) == Deleted
	if kind == CaseRows && deleted {
		return incoming{name: name, deleted: true}, nil
	}
	doc, err := jsonx.Parse(row.Data)
	bare := deleted && (err != nil || doc.Root().Empty())
	if err != nil && !bare || err == nil && !bare && doc.Root().Enter().Kind() != jsonx.Object {
		return incoming{}, &Reject{name, rejectMissing, "data"}
	}
	if kind == CaseRows {
		var w portalwire.Case
		if problems := r.rows[kind].Read(doc.Root(), &w); len(problems) > 0 {
			return incoming{}, &Reject{name, codeOfField(problems[0].Field), problems[0].Field}
		}
		k := r.client.caseOf(&w)
		if row.Version != 0 {
			k.Version = row.Version
		}
		return incoming{name: name, kase: &k}, nil
	}
	var w portalwire.Item
	if !bare {
		if problems := r.rows[kind].Read(doc.Root(), &w); len(problems) > 0 {
			return incoming{}, &Reject{name, codeOfField(problems[0].Field), problems[0].Field}
		}
	}
	if w.RowGUID != "" && w.RowGUID != name {
		return incoming{}, &Reject{name, rejectValue, "rowGuid"}
	}
	w.RowGUID = name
	if row.Version != 0 {
		w.TaskVersion = row.Version
	}
	if row.Operation != "" {
		w.Operation = row.Operation
	}
	item := itemOf(&w)
	return incoming{name: name, item: &item, bare: deleted && w.TaskCode == "" && w.TaskName == ""}, nil
}

// answer is what the platform is told of a batch.
func (b batchRecord) answer(number string, repeated bool) (any, *refusal) {
	out := &portalwire.BatchResult{
		BatchNo: number, Accepted: int(b.Accepted), Unchanged: int(b.Same), Parked: int(b.Parked), Rejects: []portalwire.Reject{}, Repeated: repeated,
	}
	for _, no := range b.Rejects {
		out.Rejects = append(out.Rejects, portalwire.Reject{RowGUID: no.RowGUID, Code: no.Code, Field: no.Field, Message: no.message()})
	}
	if len(b.Rejects) > 0 {
		return out, &refusal{kind: zwfw.InvalidRows}
	}
	return out, nil
}

// record looks a batch up.
func (r *Receiver) record(ctx context.Context, number string) (b batchRecord, found bool, no *refusal) {
	value, err := r.ledger.sink.Mark(ctx, batchMark(number))
	if err != nil {
		return b, false, r.failed(ctx, err)
	}
	return b, value != nil && json.Unmarshal(value, &b) == nil, nil
}

// status tells what became of a batch.
func (r *Receiver) status(ctx context.Context, q *portalwire.BatchQuery) (any, *refusal) {
	if strings.TrimSpace(q.BatchNo) == "" {
		return nil, &refusal{zwfw.BadRequest, rejectMissing, "batchNo"}
	}
	if len(q.BatchNo) > 100 || strings.ContainsRune(q.BatchNo, 0) {
		return nil, &refusal{kind: zwfw.NotFound}
	}
	b, found, no := r.record(ctx, q.BatchNo)
	switch {
	case no != nil:
		return nil, no
	case !found:
		return nil, &refusal{kind: zwfw.NotFound}
	}
	out, _ := b.answer(q.BatchNo, false)
	out.(*portalwire.BatchResult).State = "DONE"
	return out, nil
}

// notice takes one case, or a part of it.
func (r *Receiver) notice(ctx context.Context, w *portalwire.Case) (any, *refusal) {
	k := r.client.caseOf(w)
	t, arrived, err := r.ledger.write(ctx, CaseRows, []incoming{{name: k.ProjectNo, kase: &k}}, extra{})
	if err != nil {
		return nil, r.failed(ctx, err)
	}
	r.release(ctx, arrived)
	if len(t.rejects) > 0 {
		no := t.rejects[0]
		kind := map[string]zwfw.Kind{rejectOlder: zwfw.Stale, rejectState: zwfw.WrongState}[no.Code]
		if kind == "" {
			kind = zwfw.BadRequest
		}
		return nil, &refusal{kind, no.Code, no.Field}
	}
	return &portalwire.CasePushed{ProjectNo: k.ProjectNo, Parked: t.parked > 0, Unchanged: t.unchanged > 0}, nil
}

// failed says that the store did not take it. The platform may send it again.
func (r *Receiver) failed(ctx context.Context, err error) *refusal {
	r.config.Logger.LogAttrs(ctx, slog.LevelError, "zwfw receiver", slog.String("event", "store"), slog.String("error", err.Error()))
	return &refusal{kind: zwfw.Busy}
}
