package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/hotline"
)

// event is one line: a call's or a seat's.
type event struct {
	Type string `json:"type"` // call, seat, removed

	ID        string    `json:"id"`
	State     string    `json:"state"`
	At        time.Time `json:"at"`
	Direction string    `json:"direction"` // in, out, or nothing
	Callback  bool      `json:"callback"`
	Caller    string    `json:"caller"` // masked; zwfw.Phone reads no mask from JSON
	Seat      string    `json:"seat"`
	SheetNo   string    `json:"sheet"`

	No    string    `json:"no"`
	Agent string    `json:"agent"`
	Since time.Time `json:"since"`
	Call  string    `json:"call"`

	Area  string `json:"area"`
	Skill string `json:"skill"`
}

var callWords = map[string]hotline.CallState{
	"ivr": hotline.CallIVR, "queue": hotline.CallQueueing, "ring": hotline.CallRinging, "talk": hotline.CallTalking, "hold": hotline.CallHeld,
	"end": hotline.CallEnded, "abandon": hotline.CallAbandoned,
}

var directionWords = map[string]hotline.Direction{"in": hotline.Inbound, "out": hotline.Outbound}

var seatWords = map[string]hotline.SeatState{
	"out": hotline.SeatLoggedOut, "idle": hotline.SeatIdle, "busy": hotline.SeatBusy, "ring": hotline.SeatRinging, "talk": hotline.SeatTalking,
	"after": hotline.SeatAfterCall, "other": hotline.SeatOther,
}

// maxLine is far above any event.
const maxLine = 64 << 10

// read counts lines until they end. One that cannot be counted is told by its number and
// left out.
func (c *center) read(ctx context.Context, in io.Reader) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, maxLine)
	for n := 1; lines.Scan() && ctx.Err() == nil; n++ {
		if len(lines.Bytes()) == 0 {
			continue
		}
		if err := c.take(lines.Bytes()); err != nil {
			c.tell("第 %d 行未计入：%v", "line %d is not counted: %v", n, err)
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("read events: %w", err)
	}
	return nil
}

func (c *center) take(line []byte) error {
	var e event
	if json.Unmarshal(line, &e) != nil {
		return errors.New("no event in JSON") // the cause could quote it
	}
	switch e.Type {
	case "call":
		return c.Aggregator.Call(hotline.CallEvent{
			ID: e.ID, Area: e.Area, State: word(callWords, e.State), At: e.At, Direction: word(directionWords, e.Direction), Callback: e.Callback, Skill: e.Skill,
			SeatNo: e.Seat, Caller: zwfw.NewPhone(e.Caller), SheetNo: hotline.SheetNo(e.SheetNo),
		})
	case "seat":
		return c.Aggregator.Seat(hotline.Seat{No: e.No, AgentNo: e.Agent, Area: e.Area, Skill: e.Skill, State: word(seatWords, e.State), Since: e.Since, CallID: e.Call})
	case "removed":
		c.RemoveSeat(e.Area, e.No)
		return nil
	}
	return errors.New("type must be call, seat or removed")
}

// word gives the code of a word, or the code that stands there already.
func word[C ~string](words map[string]C, text string) C {
	if code, ok := words[text]; ok {
		return code
	}
	return C(text)
}
