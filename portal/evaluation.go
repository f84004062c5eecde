package portal

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/wire/portalwire"
)

// Norm is one label (评价标签) of a level.
type Norm struct {
	Code  string
	Name  string
	Level int // 1 to 5
}

// Norms is the dictionary of labels.
type Norms struct {
	Labels []Norm

	Answer
}

// Has reports whether a label belongs to a level.
func (n *Norms) Has(level int, code string) bool {
	return slices.ContainsFunc(n.Labels, func(l Norm) bool { return l.Level == level && l.Code == code })
}

// EvaluationNorms (评价指标) gives the labels of a level, 0 for all. They change seldom: keep
// them for a day.
//
// Source: practice of another province.
func (c *Client) EvaluationNorms(ctx context.Context, level int) (*Norms, error) {
	const op = "EvaluationNorms"
	if level < 0 || level > 5 {
		return nil, c.engine.Refuse(op, "level", "is 1 to 5; 0 asks for all")
	}
	out, answer, _, err := call[portalwire.Norms](ctx, c, op, &portalwire.NormsQuery{Level: level})
	if err != nil {
		return nil, err
	}
	n := &Norms{Answer: answer}
	for _, w := range out.List {
		n.Labels = append(n.Labels, Norm{Code: w.Code, Name: w.Name, Level: w.Level})
	}
	return n, nil
}

// Evaluation (好差评) is a citizen's rating of one point. Nobody else may give it: a program
// that rates by itself breaks the policy.
type Evaluation struct {
	ProjectNo     string // required
	ServiceNumber int    // required: that of the point
	Satisfaction  int    // required: 5 very satisfied … 1 very dissatisfied; below 3 needs a label or words
	Channel       EvaluationChannel
	Labels        []string  // codes of Norms
	Text          string    // at most 500 characters (assumption)
	Time          time.Time // when it was given; zero is now
	Anonymous     bool
	Name          zwfw.PersonName
	Token         zwfw.Secret // who rates: the session's token, or
	CertKey       zwfw.Secret // the user's key; not both
	TaskCode      string
	TaskType      TaskType

	// Not sent. When they are set, labels and time are checked here first.
	Norms       *Norms
	ServiceTime time.Time // of the point
}

// EvaluationReceipt answers a rating and its appendix.
type EvaluationReceipt struct {
	EvalNo        string // for AppendEvaluation; may be empty when Repeated
	AuditState    string
	RectifyNeeded bool // a bad rating: the department must put it right
	Repeated      bool // the platform had it before, with the same content

	Answer
}

// Evaluate (提交评价) sends a rating. There is one for each point. The same rating again is
// success, with Repeated where the platform says so: a lost answer is repeated here, and a
// citizen who presses twice is told that it worked.
//
// Errors: BadRequest (Error.Field names what is wrong; levels, labels, words and times are
// checked before sending), NotFound (no such point), Conflict (rated before, otherwise),
// WrongState (too late), PermissionDenied (not the applicant's or the agent's), TokenInvalid,
// and those of every call.
//
// Source: practice of another province; the limit of the words is an assumption.
func (c *Client) Evaluate(ctx context.Context, e Evaluation) (*EvaluationReceipt, error) {
	const op = "Evaluate"
	if e.Time.IsZero() {
		e.Time = c.engine.Now()
	}
	if e.Channel == "" {
		e.Channel = ByComputer
	}
	if err := c.checkEvaluation(op, e); err != nil {
		return nil, err
	}
	out, answer, _, err := call[portalwire.EvaluationReceipt](ctx, c, op, &portalwire.Evaluation{
		ProjectNo: e.ProjectNo, ServiceNumber: e.ServiceNumber, Satisfaction: e.Satisfaction, Channel: string(e.Channel),
		Labels: append([]string{}, e.Labels...), Writing: e.Text, AssessTime: e.Time, Anonymous: e.Anonymous, Name: e.Name,
		CertKey: e.CertKey, Token: e.Token, TaskCode: e.TaskCode, TaskType: string(e.TaskType),
	})
	if err != nil {
		return nil, err
	}
	return receiptOf(out, answer), nil
}

func receiptOf(w *portalwire.EvaluationReceipt, answer Answer) *EvaluationReceipt {
	return &EvaluationReceipt{
		EvalNo: w.EvalNo, AuditState: w.AuditState, RectifyNeeded: w.RectifyNeeded != nil && *w.RectifyNeeded, Repeated: w.Repeated, Answer: answer,
	}
}

const (
	maxWords = 500
	// clockRoom forgives a form that was filled in under a clock that runs ahead.
	clockRoom = 5 * time.Minute
)

func (c *Client) checkEvaluation(op string, e Evaluation) error {
	if err := c.check(op,
		field{"ProjectNo", e.ProjectNo, 50, true}, field{"Channel", string(e.Channel), 10, true}, field{"Name", e.Name.Reveal(), 100, false},
		field{"Token", e.Token.Reveal(), maxToken, false}, field{"CertKey", e.CertKey.Reveal(), maxToken, false},
		field{"TaskCode", e.TaskCode, 36, false}, field{"TaskType", string(e.TaskType), 10, false},
	); err != nil {
		return err
	}
	if err := c.checkWords(op, e.Text); err != nil {
		return err
	}
	switch {
	case e.ServiceNumber < 1 || e.ServiceNumber > 99:
		return c.engine.Refuse(op, "ServiceNumber", "is 1 submit, 2 accept or 3 complete")
	case e.Satisfaction < 1 || e.Satisfaction > 5:
		return c.engine.Refuse(op, "Satisfaction", "is a whole number from 1 to 5")
	case e.Satisfaction < 3 && len(e.Labels) == 0 && strings.TrimSpace(e.Text) == "":
		return c.engine.Refuse(op, "Labels", "a rating below 3 needs a label or words")
	case !e.Token.IsZero() && !e.CertKey.IsZero():
		return c.engine.Refuse(op, "CertKey", "and Token are both set; who rates must be plain")
	case e.Time.After(c.engine.Now().Add(clockRoom)):
		return c.engine.Refuse(op, "Time", "lies in the future")
	case !e.ServiceTime.IsZero() && e.Time.Unix() <= e.ServiceTime.Unix(): // whole seconds are sent
		return c.engine.Refuse(op, "Time", "is not after ServiceTime")
	}
	return c.checkLabels(op, e)
}

func (c *Client) checkLabels(op string, e Evaluation) error {
	for i, label := range e.Labels {
		name := fmt.Sprintf("Labels[%d]", i)
		switch {
		case strings.TrimSpace(label) == "" || len(label) > 20 || strings.ContainsAny(label, ",，"):
			return c.engine.Refuse(op, name, "is one code of EvaluationNorms")
		case slices.Contains(e.Labels[:i], label):
			return c.engine.Refuse(op, name, "stands there twice")
		case e.Norms != nil && !e.Norms.Has(e.Satisfaction, label):
			return c.engine.Refuse(op, name, "is no label of this level")
		}
		if err := c.engine.CheckText(op, name, label, 20); err != nil {
			return err
		}
	}
	return nil
}

// checkWords lets line ends pass: people write them.
func (c *Client) checkWords(op, text string) error {
	return c.engine.CheckText(op, "Text", strings.NewReplacer("\r\n", " ", "\n", " ", "\t", " ").Replace(text), maxWords)
}

// AppendEvaluation (追评) adds words to a rating, once. The same words again are success.
// Both arguments are required, at most 500 characters.
//
// Errors: NotFound, Conflict (other words were added before), BadRequest, and those of
// every call.
//
// Source: practice of other provinces.
func (c *Client) AppendEvaluation(ctx context.Context, evalNo, text string) (*EvaluationReceipt, error) {
	const op = "AppendEvaluation"
	if err := c.check(op, field{"evalNo", evalNo, 50, true}); err != nil {
		return nil, err
	}
	if strings.TrimSpace(text) == "" {
		return nil, c.engine.Refuse(op, "Text", "is required")
	}
	if err := c.checkWords(op, text); err != nil {
		return nil, err
	}
	out, answer, _, err := call[portalwire.EvaluationReceipt](ctx, c, op, &portalwire.Appendix{EvalNo: evalNo, Writing: text})
	if err != nil {
		return nil, err
	}
	r := receiptOf(out, answer)
	if r.EvalNo == "" {
		r.EvalNo = evalNo
	}
	return r, nil
}
