package portal

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/wiretime"
)

// maxPartKey bounds the keys of parts, which platforms' own codes are in.
const maxPartKey = 150

// PartKey is the key of a part: project number, kind and, of stages and procedures, what
// tells it from others of the case (P5: project number, stage and event).
func (p *CasePart) PartKey() string {
	key := p.ProjectNo + "/"
	switch {
	case p.Acceptance != nil:
		return key + "accept"
	case p.Result != nil:
		return key + "result"
	case p.Stage != nil:
		key += "stage/" + fmt.Sprintf("%06d", p.Stage.Seq) + "/" + p.Stage.Event
		if p.Stage.Seq == 0 { // a platform that does not count them
			key += "/" + stamp(p.Stage.Start)
		}
	case p.Procedure != nil:
		key += "procedure/" + stamp(p.Procedure.Start) + "/" + p.Procedure.Type
	}
	if len(key) > maxPartKey {
		sum := sha256.Sum256([]byte(key))
		key = p.ProjectNo + "/~" + hex.EncodeToString(sum[:])
	}
	return key
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(wiretime.China).Format("20060102150405")
}

// partsOf takes a case apart, its acceptance first and its result last.
func partsOf(k *Case) []CasePart {
	var parts []CasePart
	if k.Acceptance != nil {
		parts = append(parts, CasePart{ProjectNo: k.ProjectNo, Acceptance: k.Acceptance})
	}
	for i := range k.Stages {
		parts = append(parts, CasePart{ProjectNo: k.ProjectNo, Stage: &k.Stages[i]})
	}
	for i := range k.Procedures {
		parts = append(parts, CasePart{ProjectNo: k.ProjectNo, Procedure: &k.Procedures[i]})
	}
	if k.Result != nil {
		parts = append(parts, CasePart{ProjectNo: k.ProjectNo, Result: k.Result})
	}
	return parts
}

// join puts a part back into a case. Parts come in the order of their keys.
func (k *Case) join(p *CasePart) {
	switch {
	case p.Acceptance != nil:
		k.Acceptance = p.Acceptance
	case p.Stage != nil:
		k.Stages = append(k.Stages, *p.Stage)
	case p.Procedure != nil:
		k.Procedures = append(k.Procedures, *p.Procedure)
	case p.Result != nil:
		k.Result = p.Result
	}
}

// storedPart is a part as a store keeps it: names are written out, which their own types
// never do.
type storedPart struct {
	ProjectNo  string
	Acceptance *storedAcceptance `json:",omitempty"`
	Stage      *storedStage      `json:",omitempty"`
	Procedure  *Procedure        `json:",omitempty"`
	Result     *CaseResult       `json:",omitempty"`
}

type storedAcceptance struct {
	Acceptance
	ApplicantName string // hides the masked one
}

type storedStage struct {
	Stage
	Handler string
}

func encodePart(p *CasePart) ([]byte, error) {
	s := storedPart{ProjectNo: p.ProjectNo, Procedure: p.Procedure, Result: p.Result}
	if p.Acceptance != nil {
		s.Acceptance = &storedAcceptance{*p.Acceptance, p.Acceptance.ApplicantName.Reveal()}
	}
	if p.Stage != nil {
		s.Stage = &storedStage{*p.Stage, p.Stage.Handler.Reveal()}
	}
	return json.Marshal(s)
}

func decodePart(data []byte) (*CasePart, error) {
	var s storedPart
	if err := json.Unmarshal(data, &s); err != nil {
		return nil, fmt.Errorf("portal: a stored part of a case cannot be read") // its bytes may hold names
	}
	p := &CasePart{ProjectNo: s.ProjectNo, Procedure: s.Procedure, Result: s.Result}
	if s.Acceptance != nil {
		p.Acceptance = &s.Acceptance.Acceptance
		p.Acceptance.ApplicantName = zwfw.NewPersonName(s.Acceptance.ApplicantName)
	}
	if s.Stage != nil {
		p.Stage = &s.Stage.Stage
		p.Stage.Handler = zwfw.NewPersonName(s.Stage.Handler)
	}
	p.settle()
	return p, nil
}

// storedRow is a parked row as a store keeps it.
type storedRow struct {
	Area    string
	Version int64
	Updated time.Time
	Digest  string
	Part    json.RawMessage
}

func encodeRow(r *Row) ([]byte, error) {
	part, err := encodePart(r.Case)
	if err != nil {
		return nil, err
	}
	return json.Marshal(storedRow{Area: r.Area, Version: r.Version, Updated: r.Updated, Digest: r.Digest, Part: part})
}

func decodeRow(key string, data []byte) (*Row, error) {
	var s storedRow
	if err := json.Unmarshal(data, &s); err != nil {
		return nil, fmt.Errorf("portal: a parked row cannot be read")
	}
	part, err := decodePart(s.Part)
	if err != nil {
		return nil, err
	}
	return &Row{Key: key, Area: s.Area, Version: s.Version, Updated: plainTime(s.Updated), Digest: s.Digest, Case: part}, nil
}

// itemRow makes the row of an item.
func itemRow(i *Item) (Row, error) {
	i.Effective, i.Cancelled, i.Updated = plainTime(i.Effective), plainTime(i.Cancelled), plainTime(i.Updated)
	body, err := json.Marshal(i)
	if err != nil {
		return Row{}, err
	}
	return Row{
		Key: i.RowGUID, Area: i.AreaCode, Version: i.Version, Updated: i.Updated, Digest: digestOf(body), Withdrawn: i.Withdrawn(), Item: i,
	}, nil
}

// caseRows makes the rows of a case, or of the part of it that came.
func caseRows(k *Case) ([]Row, error) {
	parts := partsOf(k)
	rows := make([]Row, len(parts))
	for n := range parts {
		p := &parts[n]
		p.settle()
		body, err := encodePart(p)
		if err != nil {
			return nil, err
		}
		rows[n] = Row{Key: p.PartKey(), Area: k.AreaCode, Version: k.Version, Updated: plainTime(k.Updated), Digest: digestOf(body), Case: p}
	}
	return rows, nil
}

// settle brings times into one form, so that equal contents have equal digests.
func (p *CasePart) settle() {
	var times []*time.Time
	switch {
	case p.Acceptance != nil:
		times = append(times, &p.Acceptance.Applied, &p.Acceptance.Accepted, &p.Acceptance.Promised)
	case p.Stage != nil:
		times = append(times, &p.Stage.Start, &p.Stage.End)
	case p.Procedure != nil:
		times = append(times, &p.Procedure.Start, &p.Procedure.End)
	case p.Result != nil:
		times = append(times, &p.Result.Time)
	}
	for _, t := range times {
		*t = plainTime(*t)
	}
}

// plainTime brings a time into the form that stores keep. One that JSON cannot say, as the
// end of the year 9999 in UTC, is none.
func plainTime(t time.Time) time.Time {
	t = t.In(wiretime.China).Round(0)
	if year := t.Year(); t.IsZero() || year < 0 || year > 9999 {
		return time.Time{}
	}
	return t
}

func digestOf(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}

// statusRank orders the states of a case; 0 for one that is unknown here.
func statusRank(s CaseStatus) int {
	n, err := strconv.Atoi(strings.TrimSpace(string(s)))
	if err != nil || n < 1 || n > 9 {
		return 0
	}
	return n
}
