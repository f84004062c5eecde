package portal

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/dock"
	"github.com/zwfw-go/zwfw/internal/wire/portalwire"
)

// EvaluationsQuery narrows ratings and their counts; every member is optional.
type EvaluationsQuery struct {
	TaskCode   string
	DeptCode   string
	AreaCode   string
	Level      int // 1 to 5; 0 is all. Not for EvaluationStatistics
	Begin, End time.Time
	PageNo     int // not for EvaluationStatistics
	PageSize   int // likewise
}

// Evaluations is one page of published ratings.
type Evaluations struct {
	Ratings  []Rating
	PageNo   int
	PageSize int
	Total    int

	Answer
}

// Rating is a rating as published.
type Rating struct {
	EvalNo       string
	Satisfaction int
	Labels       []string
	Text         zwfw.PlatformText // a citizen's own words: escape them before they are shown
	Time         time.Time
	TaskName     string
	Name         zwfw.PersonName // masked, or 匿名

	// Default marks a rating that nobody gave: some platforms make five stars of silence.
	// Leave it out of every count that is called satisfaction.
	Default bool
}

func (c *Client) checkEvaluations(op string, q EvaluationsQuery) error {
	if q.Level < 0 || q.Level > 5 {
		return c.engine.Refuse(op, "Level", "is 1 to 5; 0 is all")
	}
	if err := c.checkPage(op, q.PageNo, q.PageSize); err != nil {
		return err
	}
	if err := c.checkTimes(op, q.Begin, q.End); err != nil {
		return err
	}
	return c.check(op, field{"TaskCode", q.TaskCode, 36, false}, field{"DeptCode", q.DeptCode, 50, false}, field{"AreaCode", q.AreaCode, 12, false})
}

// Evaluations (评价公开) lists published ratings.
//
// Source: the policy asks for publication; the call is an assumption.
func (c *Client) Evaluations(ctx context.Context, q EvaluationsQuery) (*Evaluations, error) {
	const op = "Evaluations"
	if err := c.checkEvaluations(op, q); err != nil {
		return nil, err
	}
	out, answer, _, err := call[portalwire.EvaluationsPage](ctx, c, op, &portalwire.EvaluationsQuery{
		TaskCode: q.TaskCode, DeptCode: q.DeptCode, AreaCode: q.AreaCode, Level: q.Level, BeginTime: q.Begin, EndTime: q.End,
		PageNo: q.PageNo, PageSize: q.PageSize,
	})
	if err != nil {
		return nil, err
	}
	p := &Evaluations{PageNo: out.PageNo, PageSize: out.PageSize, Total: out.Total, Answer: answer}
	for _, w := range out.List {
		p.Ratings = append(p.Ratings, Rating{
			EvalNo: w.EvalNo, Satisfaction: w.Satisfaction, Labels: labels(w.Labels), Text: zwfw.NewPlatformText(w.Writing), Time: w.AssessTime,
			TaskName: w.TaskName, Name: w.Name, Default: w.IsDefault,
		})
	}
	return p, nil
}

// labels takes codes apart that came joined by commas.
func labels(codes []string) []string {
	return strings.FieldsFunc(strings.Join(codes, ","), func(r rune) bool { return r == ',' || r == '，' || r == ' ' })
}

// Statistics counts ratings. The platform's totals may hold more than its rows (earlier
// periods, ratings by default): they cannot be recomputed from Evaluations.
type Statistics struct {
	Total     int64
	ByLevel   [6]int64 // by level 1 to 5; the first is unused
	ByChannel map[EvaluationChannel]int64
	ByArea    map[string]int64

	Answer
}

// EvaluationStatistics (评价统计) counts ratings.
//
// Source: the policy; the call is an assumption.
func (c *Client) EvaluationStatistics(ctx context.Context, q EvaluationsQuery) (*Statistics, error) {
	const op = "EvaluationStatistics"
	switch {
	case q.Level != 0:
		return nil, c.engine.Refuse(op, "Level", "is not for statistics, which tell the levels apart")
	case q.PageNo != 0 || q.PageSize != 0:
		return nil, c.engine.Refuse(op, "PageNo", "is not for statistics")
	}
	if err := c.checkEvaluations(op, q); err != nil {
		return nil, err
	}
	out, answer, meta, err := call[portalwire.Statistics](ctx, c, op, &portalwire.StatisticsQuery{
		TaskCode: q.TaskCode, DeptCode: q.DeptCode, AreaCode: q.AreaCode, BeginTime: q.Begin, EndTime: q.End,
	})
	if err != nil {
		return nil, err
	}
	l := out.ByLevel
	s := &Statistics{
		Total: out.Total, ByLevel: [6]int64{1: l.VeryDissatisfied, 2: l.Dissatisfied, 3: l.Basic, 4: l.Satisfied, 5: l.VerySatisfied}, Answer: answer,
	}
	if s.ByChannel, err = counts[EvaluationChannel](c, op, meta, "byChannel", out.ByChannel); err != nil {
		return nil, err
	}
	s.ByArea, err = counts[string](c, op, meta, "byArea", out.ByArea)
	return s, err
}

// counts reads an object of numbers; platforms write them as text too.
func counts[Code ~string](c *Client, op string, meta dock.Meta, name string, raw json.RawMessage) (map[Code]int64, error) {
	if len(raw) == 0 || string(raw) == "null" {
		return nil, nil
	}
	var numbers map[Code]json.Number
	if err := json.Unmarshal(raw, &numbers); err != nil {
		return nil, c.engine.Useless(op, meta, name, "is no object of counts")
	}
	n := make(map[Code]int64, len(numbers))
	for code, number := range numbers {
		count, err := number.Int64()
		if err != nil {
			return nil, c.engine.Useless(op, meta, name, "holds something that is no whole number")
		}
		n[code] = count
	}
	return n, nil
}
