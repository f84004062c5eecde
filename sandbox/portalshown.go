package sandbox

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/wire/portalwire"
)

// shownRatings is what the public sees: ratings that were not struck out and, with
// DefaultStars, five stars for every point whose time is over.
func (c *portalCall) shownRatings() []*portalRating {
	var shown []*portalRating
	for _, r := range c.ratings {
		if r.state != "INVALID" {
			shown = append(shown, r)
		}
	}
	if !c.setup.DefaultStars {
		return shown
	}
	for _, p := range c.sortedPoints() {
		if over := p.ServiceTime.Add(ratingWindow); p.rating == nil && c.x.now.After(over) {
			shown = append(shown, &portalRating{point: p, number: fmt.Sprintf("D-%s-%d", p.ProjectNo, p.ServiceNumber), state: "DEFAULT", Evaluation: portalwire.Evaluation{
				ProjectNo: p.ProjectNo, ServiceNumber: p.ServiceNumber, Satisfaction: 5, Channel: "1", AssessTime: over, Anonymous: true,
			}})
		}
	}
	return shown
}

// ratingsOf lists the shown ratings that a query names.
func (c *portalCall) ratingsOf(q *portalwire.EvaluationsQuery) ([]*portalRating, *no) {
	switch {
	case q.Level < 0 || q.Level > 5:
		return nil, c.wrong("level")
	case !q.BeginTime.IsZero() && !q.EndTime.IsZero() && q.EndTime.Before(q.BeginTime):
		return nil, c.wrongTime("beginTime")
	}
	rows := slices.DeleteFunc(c.shownRatings(), func(r *portalRating) bool {
		return q.TaskCode != "" && q.TaskCode != r.point.TaskCode || q.DeptCode != "" && q.DeptCode != r.point.OrgCode ||
			q.AreaCode != "" && q.AreaCode != r.point.AreaCode || q.Level != 0 && q.Level != r.Satisfaction ||
			r.AssessTime.Before(q.BeginTime) || !q.EndTime.IsZero() && r.AssessTime.After(q.EndTime)
	})
	return rows, nil
}

func (c *portalCall) evaluations(in *portalwire.EvaluationsQuery) (any, *no) {
	rows, refusal := c.ratingsOf(in)
	if refusal != nil {
		return nil, refusal
	}
	page, number, size, refusal := leaf(c, rows, in.PageNo, in.PageSize)
	if refusal != nil {
		return nil, refusal
	}
	out := &portalwire.EvaluationsPage{PageNo: number, PageSize: size, Total: len(rows), List: []portalwire.EvaluationShown{}}
	for _, r := range page {
		name := zwfw.NewPersonName("匿名")
		if !r.Anonymous {
			name = concealedApplicant(Citizen{Name: r.point.UserName})
		}
		out.List = append(out.List, portalwire.EvaluationShown{
			EvalNo: r.number, Satisfaction: r.Satisfaction, Labels: append([]string{}, r.Labels...), Writing: r.Writing, AssessTime: r.AssessTime,
			TaskName: r.point.TaskName, Name: name, IsDefault: r.state == "DEFAULT",
		})
	}
	return out, nil
}

func (c *portalCall) statistics(in *portalwire.StatisticsQuery) (any, *no) {
	rows, refusal := c.ratingsOf(&portalwire.EvaluationsQuery{
		TaskCode: in.TaskCode, DeptCode: in.DeptCode, AreaCode: in.AreaCode, BeginTime: in.BeginTime, EndTime: in.EndTime,
	})
	if refusal != nil {
		return nil, refusal
	}
	var levels [6]int64
	channels, areas := map[string]int64{}, map[string]int64{}
	for _, r := range rows {
		levels[r.Satisfaction]++
		channels[r.Channel]++
		areas[r.point.AreaCode]++
	}
	byChannel, _ := json.Marshal(channels) // maps of numbers cannot fail
	byArea, _ := json.Marshal(areas)
	return &portalwire.Statistics{
		Total: int64(len(rows)), ByChannel: byChannel, ByArea: byArea,
		ByLevel: portalwire.LevelCounts{VeryDissatisfied: levels[1], Dissatisfied: levels[2], Basic: levels[3], Satisfied: levels[4], VerySatisfied: levels[5]},
	}, nil
}

func (c *portalCall) rectifications(in *portalwire.RectificationsQuery) (any, *no) {
	var rows []portalwire.Rectification
	for _, r := range c.ratings {
		if r.state != "" {
			rows = append(rows, portalwire.Rectification{
				EvalNo: r.number, ProjectNo: r.ProjectNo, ServiceNumber: r.ServiceNumber, Satisfaction: r.Satisfaction,
				State: r.state, Deadline: r.deadline, Feedback: r.feedback,
			})
		}
	}
	page, number, size, refusal := leaf(c, rows, in.PageNo, in.PageSize)
	return &portalwire.RectificationsPage{PageNo: number, PageSize: size, Total: len(rows), List: page}, refusal
}

func (c *portalCall) replyRectification(in *portalwire.RectificationReply) (any, *no) {
	r, refusal := c.rating(in.EvalNo)
	switch {
	case refusal != nil:
		return nil, refusal
	case in.Feedback == "":
		return nil, c.missing("feedback")
	case utf8.RuneCountInString(in.Feedback) > 500:
		return nil, c.tooLong("feedback")
	case !slices.Contains([]string{"VERIFYING", "VALID", "RECTIFYING"}, r.state):
		return nil, &no{kind: zwfw.WrongState}
	}
	r.state, r.feedback = "FED_BACK", in.Feedback
	c.changed()
	return &portalwire.RectificationReceipt{EvalNo: r.number, State: r.state}, nil
}

// JudgeRating verifies a bad rating: valid goes on to be put right, invalid (mistaken or
// malicious) is struck out. It reports whether there was one to judge.
func (p *Platform) JudgeRating(evalNo string, valid bool) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, r := range p.portal.ratings {
		if r.number == evalNo && r.state == "VERIFYING" {
			r.state = map[bool]string{true: "VALID", false: "INVALID"}[valid]
			return true
		}
	}
	return false
}

// PutEvaluationPoint registers a step of a case by the hall that handled it, and gives
// when it was done: now.
func (p *Platform) PutEvaluationPoint(projectNo string, number int) time.Time {
	now := p.clock.Now().Truncate(time.Second)
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.portal
	k := s.cases[projectNo]
	if k == nil {
		return time.Time{}
	}
	c := p.citizen(k.citizen)
	s.points[pointKey{projectNo, number}] = &portalPoint{EvaluationPoint: portalwire.EvaluationPoint{
		ProjectNo: projectNo, ServiceNumber: number, ServiceName: []string{"提交", "受理", "办结"}[(number+2)%3], ServiceTime: now,
		ProStatus: k.Accept.ProStatus, TaskCode: k.Accept.TaskCode, TaskName: k.Accept.TaskName, OrgCode: portalOrgan, OrgName: k.Accept.OrgName,
		AreaCode: k.AreaCode, UserProp: "1", UserName: c.Name, UserPageType: "111", HallCertKey: zwfw.NewSecret("hall-" + c.UserID), Mobile: c.Phone, ProjectType: "2",
	}}
	return now
}
