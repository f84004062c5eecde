package hotline

import (
	"context"
	"encoding/json"
	"time"

	"github.com/zwfw-go/zwfw"
	wire "github.com/zwfw-go/zwfw/internal/wire/hotlinewire"
)

// SheetDetail is a sheet with everything known of it. What people wrote prints its
// length only; Reveal gives it to a screen.
type SheetDetail struct {
	Sheet
	// Partial tells that the call information or the form has not arrived yet; such a
	// sheet is not to be signed for (public practice: both halves arrive apart).
	Partial bool

	Person      Person // zero where the centre names nobody
	At          time.Time
	Content     zwfw.PlatformText
	Address     zwfw.PlatformText
	Lng, Lat    *float64
	Target      *Target
	Categories  []string
	WantsReply  *bool
	WantsCall   *bool
	AcceptUnit  string
	Acceptor    zwfw.PersonName
	AcceptTime  time.Time
	Number      string // of whoever reported it
	Related     []RelatedNo
	Attachments []Attachment
	Extend      zwfw.Raw

	Dispatch *Dispatch
	Process  *Process
	Delays   []DelayRecord
	UrgeLog  []zwfw.Raw // nothing is known of their members
	Callback *Callback

	Receipt
}

// Dispatch is what the centre says to the unit.
type Dispatch struct {
	Advice     zwfw.PlatformText
	Dispatcher zwfw.PersonName
	Lead       string // the unit that leads
	Joint      []string
}

// Process is what the unit did.
type Process struct {
	Signed   time.Time
	Signer   zwfw.PersonName
	Result   zwfw.PlatformText
	Finished time.Time
	InTime   *bool
	Solved   Solved
	Handler  zwfw.PersonName
}

// DelayRecord is one application for time.
type DelayRecord struct {
	ApplyID   string
	RequestNo string
	Reason    zwfw.PlatformText
	Applicant zwfw.PersonName
	Asked     time.Time // the deadline that was asked for
	State     string    // in the centre's words
}

// Callback is the citizen's answer afterwards.
type Callback struct {
	Time         time.Time
	Solved       Solved
	Satisfaction Satisfaction
	Remark       zwfw.PlatformText
}

// SheetDetail reads one sheet (工单详情).
//
// Errors: NotFound, PermissionDenied (another unit's), and those of every call.
//
// Source: DB36/T 1180 clause 4.5.2; fields: public practice.
func (c *Client) SheetDetail(ctx context.Context, id DispatchID) (*SheetDetail, error) {
	const op = "SheetDetail"
	k := c.check(op)
	k.need("id", string(id), maxID)
	if k.err != nil {
		return nil, k.err
	}
	var out wire.SheetDetail
	meta, err := c.call(ctx, op, &wire.SheetQuery{DispatchID: string(id)}, &out)
	if err != nil {
		return nil, err
	}
	d := detail(&out)
	d.Receipt = receipt(meta)
	return d, nil
}

// maxID is above every number that centres give.
const maxID = 128

func detail(w *wire.SheetDetail) *SheetDetail {
	d := &SheetDetail{
		Sheet: sheet(&wire.Sheet{
			DispatchID: w.DispatchID, SheetNo: w.SheetNo, Round: w.Round, Title: w.Title, SheetType: w.SheetType, Urgency: w.Urgency,
			Channel: w.Channel, AreaCode: w.AreaCode, DispatchTime: w.DispatchTime, SignDeadline: w.SignDeadline, Deadline: w.Deadline,
			State: w.State, DelayState: w.DelayState, UrgeCount: w.UrgeCount, Supervised: w.Supervised, Repeat: w.Repeat, Version: w.Version,
			UpdateTime: w.UpdateTime,
		}),
		Partial: w.Partial, At: w.AppealTime, Content: zwfw.NewPlatformText(w.Content), Address: zwfw.NewPlatformText(w.Address),
		Lng: w.Lng, Lat: w.Lat, Target: (*Target)(w.Target), Categories: w.CategoryCodes, WantsReply: w.NeedReply, WantsCall: w.NeedCallback,
		AcceptUnit: w.AcceptUnit, Acceptor: w.Acceptor, AcceptTime: w.AcceptTime, Number: w.OutSheetNo,
		Attachments: attachmentsOf(w.Attachments), Extend: zwfw.NewRaw(w.Extend),
	}
	if p := w.Person; p != nil {
		d.Person = Person{
			Name: p.Name, Phone: p.Phone, Gender: p.Gender, IDType: IDType(p.IDType), IDNumber: p.IDNumber,
			Anonymous: p.Anonymous != nil && *p.Anonymous, Secret: p.Secret != nil && *p.Secret,
		}
	}
	for _, r := range w.RelatedNos {
		d.Related = append(d.Related, RelatedNo(r))
	}
	d.history(w)
	return d
}

// history is what happened to the sheet since it was dispatched.
func (d *SheetDetail) history(w *wire.SheetDetail) {
	if p := w.Dispatch; p != nil {
		d.Dispatch = &Dispatch{Advice: zwfw.NewPlatformText(p.AdviceText), Dispatcher: p.Dispatcher, Lead: p.LeadUnit, Joint: p.CoUnits}
	}
	if p := w.Process; p != nil {
		d.Process = &Process{
			Signed: p.SignTime, Signer: p.Signer, Result: zwfw.NewPlatformText(p.Result), Finished: p.FinishTime, InTime: p.InTime,
			Solved: Solved(p.Solved), Handler: p.Handler,
		}
	}
	for _, r := range w.Delays {
		d.Delays = append(d.Delays, DelayRecord{
			ApplyID: r.ApplyID, RequestNo: r.RequestNo, Reason: zwfw.NewPlatformText(r.Reason), Applicant: r.Applicant, Asked: r.Asked, State: r.State,
		})
	}
	for _, u := range w.Urges {
		d.UrgeLog = append(d.UrgeLog, zwfw.NewRaw([]byte(json.RawMessage(u))))
	}
	if c := w.Callback; c != nil {
		d.Callback = &Callback{Time: c.Time, Solved: Solved(c.Solved), Satisfaction: Satisfaction(c.Satisfaction), Remark: zwfw.NewPlatformText(c.Remark)}
	}
}
