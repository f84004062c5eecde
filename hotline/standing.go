package hotline

import (
	"context"
	"errors"
	"strings"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/dock"
)

// Standing says what an answer to an action means: in many places a finish, a rejection
// and a delay are applications that the centre answers later.
type Standing uint8

const (
	// Applied: the platform took the action and did not say whether the centre has to
	// agree. A notice may follow.
	Applied Standing = iota
	// WaitingForApproval: the centre decides; a notice brings its answer.
	WaitingForApproval
	// Final: in force, nobody has to agree any more.
	Final
)

// String gives the words of the constants.
func (s Standing) String() string {
	switch s {
	case WaitingForApproval:
		return "waiting for approval"
	case Final:
		return "final"
	}
	return "applied"
}

// act runs a write and turns the refusals of Config.Repeats into success. An earlier
// attempt of the same call may have had its effect: that is what they say.
func (c *Client) act(ctx context.Context, op string, in, out any) (meta dock.Meta, repeated bool, err error) {
	meta, err = c.call(ctx, op, in, out)
	var e *zwfw.Error
	if !errors.As(err, &e) || !e.Sent {
		return meta, false, err
	}
	for _, r := range c.config.Repeats[repeatedAs(op)] {
		if (r.Code == "" || strings.EqualFold(r.Code, e.Code)) && (r.Text == "" || strings.Contains(e.Text.Reveal(), r.Text)) {
			return dock.Meta{RequestID: e.RequestID, Raw: e.Data}, true, nil
		}
	}
	return meta, false, err
}

// repeatedAs is the name under which Config.Repeats has an operation.
func repeatedAs(op string) string {
	if op == "RejectSigned" {
		return "Reject"
	}
	return op
}
