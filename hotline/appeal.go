package hotline

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/zwfw-go/zwfw"
	wire "github.com/zwfw-go/zwfw/internal/wire/hotlinewire"
)

// Appeal is what a citizen wants (诉求). The standard demands four parts: who (Person),
// when (At), what type (Type) and the facts (Content); clause 3.1. Title, Channel, Area
// and Number are required as well (public practice); the rest is optional and sent only
// when set.
type Appeal struct {
	// Number is the caller's own (outSheetNo), at most 50 characters: the key of a
	// repetition. The same appeal under the same number has one effect (assumption).
	Number  string
	Person  Person
	At      time.Time // when the citizen appealed
	Type    SheetType
	Title   string // at most 200 characters
	Content string // at most 4000 characters
	Channel Channel
	Area    string // administrative division, 12 digits or 6

	Address     string // at most 400 characters
	Lng, Lat    *float64
	Target      *Target  // whom it is about
	Categories  []string // at most 6, wide to narrow
	Urgency     Urgency  // ordinary when empty
	WantsReply  *bool
	WantsCall   *bool // a callback (回访)
	AcceptUnit  string
	Acceptor    zwfw.PersonName
	AcceptTime  time.Time
	Related     []RelatedNo // numbers of the same case elsewhere
	Attachments []Attachment
	Extend      json.RawMessage // a JSON object of the city's own
}

// Person is who appeals. Name and Phone are required unless Anonymous; both may be
// masked when Secret (GB/T 33358 wants confidentiality on request).
type Person struct {
	Name      zwfw.PersonName
	Phone     zwfw.Phone // 3 to 20 digits
	Gender    string
	IDType    IDType
	IDNumber  zwfw.IDNumber
	Anonymous bool
	Secret    bool // keep who this is out of logs and exports
}

// Target is whom an appeal is about.
type Target struct {
	Name  zwfw.PersonName
	Phone zwfw.Phone
}

// RelatedNo is the number of the same case in another system.
type RelatedNo struct{ System, No string }

// Attachment is a file of a sheet: FileID after [Client.Upload], or URL. Names and
// digests are optional.
type Attachment struct {
	FileID string
	URL    string
	Name   string
	Size   int64
	SHA256 string // lower hex
}

// AppealReceipt is the answer to an appeal.
type AppealReceipt struct {
	SheetNo  SheetNo
	Number   string
	State    ReportState
	Received time.Time
	Repeated bool // the platform had this appeal already
	Receipt
}

// SubmitAppeal reports an appeal (上报诉求提交). It may be repeated with the same number
// and content. A report that came back for completion (R60) is submitted again under its
// number with other content.
//
// Errors: BadRequest, Conflict (the number is taken by other content), InvalidRows (what
// contradicts itself; see [RowErrors]), PermissionDenied (a city without the right to
// report), and those of every call.
//
// Source: DB36/T 1180 clause 4.5.1; names and lengths are assumptions.
func (c *Client) SubmitAppeal(ctx context.Context, a Appeal) (*AppealReceipt, error) {
	const op = "SubmitAppeal"
	if err := c.checkAppeal(op, a); err != nil {
		return nil, err
	}
	var out wire.AppealReceipt
	meta, repeated, err := c.act(ctx, op, a.wire(), &out)
	if err != nil {
		return nil, err
	}
	r := &AppealReceipt{
		SheetNo: SheetNo(out.SheetNo), Number: a.Number, State: ReportState(out.State), Received: out.ReceiveTime,
		Repeated: repeated || out.Repeated, Receipt: receipt(meta),
	}
	if repeated && r.SheetNo == "" {
		c.findReported(ctx, r)
	}
	return r, nil
}

// findReported looks for the number of a report that the centre calls a duplicate, on one
// page: a centre that does not know the filter would give all there are. What is not
// found stays empty and is said so.
func (c *Client) findReported(ctx context.Context, r *AppealReceipt) {
	rows := 0
	for s, err := range c.ReportedSheets(ctx, ReportedQuery{Number: r.Number}) {
		if err == nil && s.Number == r.Number {
			r.SheetNo, r.State, r.Received = s.SheetNo, s.State, s.Submitted
			return
		}
		if rows++; rows == pageSize {
			break
		}
	}
	r.Warnings = append(r.Warnings, zwfw.Warning{Field: "sheetNo", Problem: "the platform calls the appeal a duplicate and does not list it"})
}

func (c *Client) checkAppeal(op string, a Appeal) error {
	k := c.check(op)
	k.need("Number", a.Number, maxNumber)
	p := a.Person
	if !p.Anonymous {
		k.need("Person.Name", p.Name.Reveal(), maxName)
		k.is(!p.Phone.IsZero(), "Person.Phone", "is required")
	}
	if !p.Anonymous && !p.Secret {
		k.is(!p.Name.IsMasked(), "Person.Name", "must be in clear, is masked; set Secret if it has to be")
		k.phone("Person.Phone", p.Phone)
	}
	k.line("Person.Phone", p.Phone.Reveal(), 20)
	k.line("Person.IDNumber", p.IDNumber.Reveal(), 32)
	k.moment("At", a.At)
	k.need("Type", string(a.Type), maxNumber)
	k.need("Title", a.Title, maxTitle)
	k.written("Content", a.Content, maxContent)
	k.need("Channel", string(a.Channel), maxNumber)
	k.area("Area", a.Area)
	k.line("Address", a.Address, maxAddress)
	if a.Target != nil {
		k.line("Target.Name", a.Target.Name.Reveal(), 200)
		k.line("Target.Phone", a.Target.Phone.Reveal(), 20)
	}
	k.is(len(a.Categories) <= 6, "Categories", fmt.Sprintf("at most 6, has %d", len(a.Categories)))
	k.attachments("Attachments", a.Attachments)
	k.is(len(a.Extend) == 0 || json.Valid(a.Extend) && a.Extend[0] == '{', "Extend", "must be a JSON object")
	return k.err
}

func (a Appeal) wire() *wire.Appeal {
	out := &wire.Appeal{
		OutSheetNo: a.Number, AppealTime: a.At, SheetType: string(a.Type), Title: a.Title, Content: a.Content, Channel: string(a.Channel),
		AreaCode: a.Area, Address: a.Address, Lng: a.Lng, Lat: a.Lat, CategoryCodes: a.Categories, Urgency: string(a.Urgency),
		NeedReply: a.WantsReply, NeedCallback: a.WantsCall, AcceptUnit: a.AcceptUnit, Acceptor: a.Acceptor, AcceptTime: a.AcceptTime,
		Attachments: wireAttachments(a.Attachments), Extend: a.Extend,
		Person: wire.AppealPerson{
			Name: a.Person.Name, Phone: a.Person.Phone, Gender: a.Person.Gender, IDType: string(a.Person.IDType), IDNumber: a.Person.IDNumber,
			Anonymous: &a.Person.Anonymous,
		},
	}
	if a.Person.Secret {
		out.Person.Secret = &a.Person.Secret
	}
	if a.Target != nil {
		out.Target = &wire.Target{Name: a.Target.Name, Phone: a.Target.Phone}
	}
	for _, r := range a.Related {
		out.RelatedNos = append(out.RelatedNos, wire.RelatedNo(r))
	}
	return out
}

func wireAttachments(list []Attachment) []wire.Attachment {
	var out []wire.Attachment
	for _, a := range list {
		out = append(out, wire.Attachment{FileID: a.FileID, URL: a.URL, FileName: a.Name, Size: a.Size, SHA256: a.SHA256})
	}
	return out
}

func attachmentsOf(list []wire.Attachment) []Attachment {
	var out []Attachment
	for _, a := range list {
		out = append(out, Attachment{FileID: a.FileID, URL: a.URL, Name: a.FileName, Size: a.Size, SHA256: a.SHA256})
	}
	return out
}
