package portal

import (
	"context"
	"strings"
	"time"

	"github.com/zwfw-go/zwfw/internal/wire/portalwire"
)

// RectificationState is where putting a bad rating right stands.
type RectificationState string

// The states (assumption). That a deadline has passed is no state: compare Deadline.
const (
	Verifying  RectificationState = "VERIFYING"
	Valid      RectificationState = "VALID"
	Invalid    RectificationState = "INVALID" // mistaken or malicious: not counted
	Rectifying RectificationState = "RECTIFYING"
	FedBack    RectificationState = "FED_BACK"
	Appended   RectificationState = "APPENDED"
	ClosedCase RectificationState = "CLOSED"
)

// Rectification (差评整改) is a bad rating to put right.
type Rectification struct {
	EvalNo        string
	ProjectNo     string
	ServiceNumber int
	Satisfaction  int
	State         RectificationState
	Deadline      time.Time
	Feedback      string
}

// Rectifications is one page of them.
type Rectifications struct {
	List     []Rectification
	PageNo   int
	PageSize int
	Total    int

	Answer
}

// Rectifications (整改列表) lists the bad ratings, page from 1; 0 is the platform's default.
//
// Source: the policy asks to verify, rectify and reply; the call is an assumption.
func (c *Client) Rectifications(ctx context.Context, pageNo, pageSize int) (*Rectifications, error) {
	const op = "Rectifications"
	if err := c.checkPage(op, pageNo, pageSize); err != nil {
		return nil, err
	}
	out, answer, _, err := call[portalwire.RectificationsPage](ctx, c, op, &portalwire.RectificationsQuery{PageNo: pageNo, PageSize: pageSize})
	if err != nil {
		return nil, err
	}
	p := &Rectifications{PageNo: out.PageNo, PageSize: out.PageSize, Total: out.Total, Answer: answer}
	for _, w := range out.List {
		p.List = append(p.List, Rectification{
			EvalNo: w.EvalNo, ProjectNo: w.ProjectNo, ServiceNumber: w.ServiceNumber, Satisfaction: w.Satisfaction,
			State: RectificationState(w.State), Deadline: w.Deadline, Feedback: w.Feedback,
		})
	}
	return p, nil
}

// RectificationReceipt answers a reply.
type RectificationReceipt struct {
	EvalNo string
	State  RectificationState

	Answer
}

// ReplyRectification (整改反馈) tells what was done about a bad rating. A second reply is
// refused as WrongState, so it is sent once: after a lost answer look in Rectifications.
// Both arguments are required, feedback at most 500 characters (assumption).
//
// Errors: NotFound, WrongState, and those of every call.
//
// Source: the policy; the call is an assumption.
func (c *Client) ReplyRectification(ctx context.Context, evalNo, feedback string) (*RectificationReceipt, error) {
	const op = "ReplyRectification"
	if err := c.check(op, field{"evalNo", evalNo, 50, true}); err != nil {
		return nil, err
	}
	if strings.TrimSpace(feedback) == "" {
		return nil, c.engine.Refuse(op, "Text", "is required")
	}
	if err := c.checkWords(op, feedback); err != nil {
		return nil, err
	}
	out, answer, _, err := call[portalwire.RectificationReceipt](ctx, c, op, &portalwire.RectificationReply{EvalNo: evalNo, Feedback: feedback})
	if err != nil {
		return nil, err
	}
	return &RectificationReceipt{EvalNo: out.EvalNo, State: RectificationState(out.State), Answer: answer}, nil
}
