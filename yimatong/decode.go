package yimatong

import (
	"context"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/wire/yimatongwire"
)

// DecodeRequest is a code to decode (B.4 解码能力接口).
type DecodeRequest struct {
	// Code is the scanned text. It is normalised (scanner prefix, line ends and outer
	// spaces go) and otherwise signed and sent as it is. Required; at most 4,096 bytes.
	Code zwfw.CodeText

	// Device is the number that the platform registered for the machine (macId, 设备号).
	// It is no MAC address. Required.
	Device string

	// Optional fields, assumptions both; sent and signed only when set.
	Scene string
	Nonce string
}

// Person is who shows a code. The personal values are clear, in memory only, and print
// masked. At least one of UserID, Name and IDNumber is there; a Warning tells which one
// is not.
type Person struct {
	UserID   zwfw.Secret // the platform's own number for the citizen
	Name     zwfw.PersonName
	IDNumber zwfw.IDNumber
	IDType   string // the platform's own code
	Phone    zwfw.Phone
	Tags     []Tag

	ConcealedName zwfw.PersonName
	ConcealedCard zwfw.IDNumber

	CodeType   string    // 码类型; "gj" is the code of the buses
	DecodeID   string    // the platform's number of this decoding
	ServerTime time.Time // of the decoding; zero when the platform did not say
	Emergency  bool      // an emergency code was decoded on line

	RequestID string
	Raw       zwfw.Raw // the opened answer
	Warnings  []zwfw.Warning
}

// DecodeQRCode (解码) asks the platform who shows this code. It is one-shot: whatever
// happens to the answer, the request is not sent a second time; there is no query that
// settles an unknown outcome, so the citizen refreshes the code and scans again.
//
// Errors: CodeMalformed (refused here or there), CodeExpired (also when it stands inside
// a success), CodeUsed, CodeNotFound, CodeTypeUnsupported, CodeNotYetValid, SceneDenied,
// DeviceDenied, EmergencyInvalid, EmergencyAllowed (the platform is closed and emergency
// codes may be accepted), ConsentRequired, NotRealName, CallerDenied, PermissionDenied,
// Signature, ClockSkew, Replay, Busy, RateLimited, Upstream, Timeout, DecryptFailed (with
// OutcomeDone: the code is spent), ProtocolMismatch, Unclassified.
//
// Source: DB3301/T part 3 B.4 for the fields sent, the RSA signature and the AES-sealed
// answer; what the answer holds is an assumption.
func (c *Client) DecodeQRCode(ctx context.Context, r DecodeRequest) (*Person, error) {
	const op = "DecodeQRCode"
	code, err := c.engine.CodeText(op, r.Code)
	if err != nil {
		return nil, err
	}
	if r.Device == "" {
		return nil, c.engine.Refuse(op, "Device", "is required")
	}
	for _, f := range []struct{ name, value string }{{"Device", r.Device}, {"Scene", r.Scene}, {"Nonce", r.Nonce}} {
		if err := c.engine.CheckText(op, f.name, f.value, 64); err != nil {
			return nil, err
		}
	}
	in := yimatongwire.Decode{Code: code, Device: r.Device, Scene: r.Scene, Nonce: r.Nonce}
	var out yimatongwire.Decoded
	meta, err := c.engine.Call(ctx, op, &in, &out)
	if err != nil {
		return nil, err
	}
	p := &Person{
		UserID: out.UserID, Name: out.Name, IDNumber: out.IDNumber, IDType: out.IDType, Phone: out.Phone, Tags: c.tags(out.Tags),
		ConcealedName: out.ConcealedName, ConcealedCard: out.ConcealedCard, CodeType: out.Type, DecodeID: out.DecodeID, Emergency: out.Emergency,
		RequestID: meta.RequestID, Raw: meta.Raw, Warnings: meta.Warnings,
	}
	if out.ServerTime != nil {
		p.ServerTime = *out.ServerTime
	}
	return p, nil
}
