package sandbox

import (
	"encoding/json"
	"errors"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/yimatong"
)

// dialect is the platform's, with the shape and spelling of the set-up.
func (y *yimatongSide) dialect() (*zwfw.Dialect, error) {
	d := y.setup.Dialect
	if d == nil {
		var err error
		if d, err = yimatong.Dialect(yimatong.DialectHangzhou); err != nil {
			return nil, err
		}
	}
	d = d.Clone()
	if y.setup.Flat {
		flatten(d)
	}
	if y.setup.Corrected {
		correct(d)
	}
	if y.setup.LiteralTime {
		var err error
		if y.literal, err = takeTime(d); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// flatten puts the members of an answer beside the code.
func flatten(d *zwfw.Dialect) {
	for _, name := range []string{"CreateQRCode", "ChannelQRCode", "Authorize"} {
		if op, ok := d.Ops[name]; ok && d.Reply != nil {
			reply := *d.Reply
			reply.Data = []string{""}
			op.Reply = &reply
			d.Ops[name] = op
		}
	}
}

// correct spells as the standard means it, in all answers.
func correct(d *zwfw.Dialect) {
	if d.Reply != nil {
		d.Reply.Text = []string{"message"}
	}
	for name, op := range d.Ops {
		if op.Reply != nil {
			op.Reply.Text = []string{"message"}
		}
		op.Out = correctedNames(op.Out)
		d.Ops[name] = op
	}
}

func correctedNames(out map[string]string) map[string]string {
	right := map[string]string{"userNmae": "userName", "concelName": "concealName", "concelCard": "concealCard"}
	names := make(map[string]string, len(out))
	for field, wire := range out {
		if better, misprinted := right[wire]; misprinted {
			wire = better
		}
		names[field] = wire
	}
	return names
}

// takeTime takes the time out of the shape of a decoding and gives its name. The desk then
// leaves it unread, but it is signed like any other member.
func takeTime(d *zwfw.Dialect) (name string, err error) {
	op := d.Ops["DecodeQRCode"]
	var body map[string]json.RawMessage
	if kind := d.Protocol.With(op.Protocol).Type; kind == "" || kind == "json" {
		_ = json.Unmarshal(op.Body, &body) // one without members has no time
	}
	for member, template := range body {
		if string(template) == `"{ts|yyyyMMddHHmmss}"` {
			name = member
		}
	}
	if name == "" {
		return "", errors.New("YimatongSetup.LiteralTime: DecodeQRCode has no member {ts|yyyyMMddHHmmss} in its JSON body")
	}
	delete(body, name)
	op.Body, err = json.Marshal(body)
	d.Ops["DecodeQRCode"] = op
	return name, err
}
