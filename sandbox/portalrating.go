package sandbox

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/wire/portalwire"
)

type pointKey struct {
	project string
	number  int
}

// portalPoint is a registered step and its rating.
type portalPoint struct {
	portalwire.EvaluationPoint
	rating *portalRating
}

// portalRating is a rating as the platform keeps it.
type portalRating struct {
	portalwire.Evaluation
	number   string
	point    *portalPoint
	appendix string
	state    string // of its rectification; "" when none is needed
	deadline time.Time
	feedback string
}

// ratingWindow is how long a step may be rated (assumption).
const ratingWindow = 30 * 24 * time.Hour

// portalNorms is the dictionary of labels with their levels.
var portalNorms = map[string]int{"510": 5, "517": 5, "410": 4, "310": 3, "210": 2, "211": 2, "110": 1, "111": 1}

func (c *portalCall) norms(in *portalwire.NormsQuery) (any, *no) {
	if in.Level < 0 || in.Level > 5 {
		return nil, c.wrong("level")
	}
	out := &portalwire.Norms{List: []portalwire.Norm{}}
	for _, code := range slices.Sorted(maps.Keys(portalNorms)) {
		if level := portalNorms[code]; in.Level == 0 || in.Level == level {
			out.List = append(out.List, portalwire.Norm{Code: code, Name: "测试标签" + code, Level: level})
		}
	}
	return out, nil
}

func (c *portalCall) addPoint(in *portalwire.EvaluationPoint) (any, *no) {
	for _, f := range []struct{ name, value string }{
		{"mobile", in.Mobile.Reveal()}, {"areaCode", in.AreaCode}, {"taskCode", in.TaskCode}, {"taskName", in.TaskName}, {"projectNo", in.ProjectNo},
		{"proStatus", in.ProStatus}, {"orgcode", in.OrgCode}, {"orgName", in.OrgName}, {"userProp", in.UserProp}, {"userName", in.UserName.Reveal()},
		{"userPageType", in.UserPageType}, {"serviceName", in.ServiceName}, {"projectType", in.ProjectType},
	} {
		if f.value == "" {
			return nil, c.missing(f.name)
		}
	}
	switch {
	case in.ServiceTime.IsZero():
		return nil, c.missing("serviceTime")
	case in.CertKey.IsZero() && in.HallCertKey.IsZero():
		return nil, c.missing("certKey")
	case !in.CertKey.IsZero() && !in.HallCertKey.IsZero():
		return nil, c.wrong("certKeyGOV")
	case in.ServiceNumber < 1 || in.ServiceNumber > 3:
		return nil, c.wrong("serviceNumber")
	case len(in.AreaCode) != 12:
		return nil, c.wrong("areaCode")
	case c.cases[in.ProjectNo] == nil:
		return nil, &no{kind: zwfw.NotFound}
	}
	key := pointKey{in.ProjectNo, in.ServiceNumber}
	if old := c.points[key]; old != nil {
		if !samePoint(&old.EvaluationPoint, in) {
			return nil, &no{kind: zwfw.Conflict}
		}
		return c.repeated(&portalwire.PointReceipt{Repeated: true})
	}
	c.points[key] = &portalPoint{EvaluationPoint: *in}
	c.changed()
	return &portalwire.PointReceipt{}, nil
}

func samePoint(a, b *portalwire.EvaluationPoint) bool {
	return a.ServiceTime.Equal(b.ServiceTime) && a.ServiceName == b.ServiceName && a.TaskCode == b.TaskCode && a.OrgCode == b.OrgCode &&
		a.UserName.Equal(b.UserName) && a.CertKey.Equal(b.CertKey) && a.HallCertKey.Equal(b.HallCertKey) && a.ProStatus == b.ProStatus
}

// sortedPoints lists the points by case and step.
func (s *portalSide) sortedPoints() []*portalPoint {
	var all []*portalPoint
	for _, p := range s.points {
		all = append(all, p)
	}
	slices.SortFunc(all, func(a, b *portalPoint) int {
		if d := strings.Compare(a.ProjectNo, b.ProjectNo); d != 0 {
			return d
		}
		return a.ServiceNumber - b.ServiceNumber
	})
	return all
}

func (c *portalCall) openPoints(in *portalwire.PointsQuery) (any, *no) {
	if in.Token.IsZero() && in.ProjectNo == "" {
		return nil, c.missing("projectNo")
	}
	citizen := ""
	if !in.Token.IsZero() {
		t, refusal := c.holder(in.Token)
		if refusal != nil {
			return nil, refusal
		}
		citizen = t.citizen
	}
	out := &portalwire.Points{List: []portalwire.OpenPoint{}}
	for _, p := range c.sortedPoints() {
		if p.rating == nil && (in.ProjectNo == "" || in.ProjectNo == p.ProjectNo) && (citizen == "" || c.cases[p.ProjectNo].citizen == citizen) {
			out.List = append(out.List, portalwire.OpenPoint{
				ProjectNo: p.ProjectNo, ServiceNumber: p.ServiceNumber, ServiceName: p.ServiceName, ServiceTime: p.ServiceTime,
				TaskCode: p.TaskCode, TaskName: p.TaskName, ProStatus: p.ProStatus,
			})
		}
	}
	return out, nil
}

// evaluate takes a rating: one for each point.
func (c *portalCall) evaluate(in *portalwire.Evaluation) (any, *no) {
	if refusal := c.checkRating(in); refusal != nil {
		return nil, refusal
	}
	point := c.points[pointKey{in.ProjectNo, in.ServiceNumber}]
	if point == nil {
		return nil, &no{kind: zwfw.NotFound}
	}
	if !in.Token.IsZero() {
		if t, refusal := c.holder(in.Token); refusal != nil {
			return nil, refusal
		} else if t.citizen != c.cases[in.ProjectNo].citizen {
			return nil, &no{kind: zwfw.PermissionDenied}
		}
	}
	if old := point.rating; old != nil {
		if !sameRating(&old.Evaluation, in) {
			return nil, &no{kind: zwfw.Conflict}
		}
		out := old.receipt()
		out.Repeated = true
		return c.repeated(out)
	}
	switch {
	case !in.AssessTime.After(point.ServiceTime):
		return nil, c.wrongTime("assessTime")
	case in.AssessTime.After(point.ServiceTime.Add(ratingWindow)):
		return nil, &no{kind: zwfw.WrongState}
	}
	r := &portalRating{Evaluation: *in, point: point, number: fmt.Sprintf("E%s%06d", c.x.now.In(china).Format("20060102"), len(c.ratings)+1)}
	if in.Satisfaction < 3 {
		r.state, r.deadline = "VERIFYING", deadline(c.x.now, 15)
	}
	point.rating = r
	c.ratings = append(c.ratings, r)
	c.changed()
	return r.receipt(), nil
}

func (r *portalRating) receipt() *portalwire.EvaluationReceipt {
	needed := r.state != ""
	return &portalwire.EvaluationReceipt{EvalNo: r.number, AuditState: "1", RectifyNeeded: &needed}
}

func (c *portalCall) checkRating(in *portalwire.Evaluation) *no {
	switch {
	case in.ProjectNo == "":
		return c.missing("projectNo")
	case in.ServiceNumber == 0:
		return c.missing("serviceNumber")
	case in.AssessTime.IsZero():
		return c.missing("assessTime")
	case in.Satisfaction < 1 || in.Satisfaction > 5:
		return c.wrong("satisfaction")
	case len(in.Channel) != 1 || in.Channel < "1" || in.Channel > "7":
		return c.wrong("pf")
	case in.Satisfaction < 3 && len(in.Labels) == 0 && strings.TrimSpace(in.Writing) == "":
		return c.missing("evalDetail")
	case utf8.RuneCountInString(in.Writing) > 500:
		return c.tooLong("writing")
	}
	for _, label := range in.Labels {
		if portalNorms[label] != in.Satisfaction {
			return c.wrong("evalDetail")
		}
	}
	return nil
}

// sameRating leaves the time out: who presses twice says the same thing later.
func sameRating(a, b *portalwire.Evaluation) bool {
	return a.Satisfaction == b.Satisfaction && a.Writing == b.Writing && a.Anonymous == b.Anonymous && slices.Equal(a.Labels, b.Labels)
}

// rating finds one by number.
func (c *portalCall) rating(number string) (*portalRating, *no) {
	if number == "" {
		return nil, c.missing("evalNo")
	}
	if i := slices.IndexFunc(c.ratings, func(r *portalRating) bool { return r.number == number }); i >= 0 {
		return c.ratings[i], nil
	}
	return nil, &no{kind: zwfw.NotFound}
}

func (c *portalCall) appendEvaluation(in *portalwire.Appendix) (any, *no) {
	r, refusal := c.rating(in.EvalNo)
	switch {
	case refusal != nil:
		return nil, refusal
	case in.Writing == "":
		return nil, c.missing("writing")
	case utf8.RuneCountInString(in.Writing) > 500:
		return nil, c.tooLong("writing")
	case r.appendix != "" && r.appendix != in.Writing:
		return nil, &no{kind: zwfw.Conflict}
	}
	out := &portalwire.EvaluationReceipt{EvalNo: r.number, AuditState: "1"}
	if r.appendix != "" {
		out.Repeated = true
		return c.repeated(out)
	}
	r.appendix = in.Writing
	if r.state == "FED_BACK" {
		r.state = "APPENDED"
	}
	c.changed()
	return out, nil
}
