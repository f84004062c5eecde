package lutong

import (
	"context"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/dock"
	"github.com/zwfw-go/zwfw/internal/wire/lutongwire"
)

// Scene (场景) says what the code is shown for. The platform's list is not public;
// these two are assumptions. Any other value is sent as it is.
type Scene string

const (
	// SceneTakeNumber (扫码取号) spends the code: it is good for one number.
	SceneTakeNumber Scene = "TAKE_NO"
	// SceneHandle (亮码办事) does not: the same organisation may verify the code again
	// while it lives (assumption).
	SceneHandle Scene = "HANDLE"
)

// VerifyRequest is a code to verify (A.1 验码接口).
type VerifyRequest struct {
	// Code is the scanned text. It is normalised (scanner prefix, line ends and
	// outer spaces go) and sent unread. Required; at most 4,096 bytes.
	Code zwfw.CodeText

	// Optional fields, assumptions all three; sent only when set.
	Scene     Scene  // absent means take a number
	Device    string // number of queue machine or scanner
	RequestNo string // the caller's own number, for tracing
}

// User is a citizen as the platform knows them: the answer of VerifyCode and UserInfo.
// The personal values are clear, in memory only, and print masked. At least one of Name
// and IDNumber is there; a Warning tells when the other is not.
type User struct {
	Name     zwfw.PersonName
	IDType   string // one character (public practice); its values are not public
	IDNumber zwfw.IDNumber
	Phone    zwfw.Phone

	// MessageToken addresses later messages to this citizen; its meaning is an
	// assumption. MessageTokenExpires is zero when the platform gave no lifetime.
	MessageToken        zwfw.Secret
	MessageTokenExpires time.Time

	// What only some platforms send.
	UserID      zwfw.Secret // the platform's own number for the citizen
	CodeType    string
	CodeExpires time.Time
	LoginName   zwfw.Secret  // identity variant; often a telephone number
	AuthLevel   string       // identity variant: 1 registered, 2 real name, 3 strong (practice)
	Corporation *Corporation // identity variant, legal persons
	Extension   zwfw.Raw     // genExtinfo as it arrived, JSON

	RequestID string   // the platform's, for support
	Raw       zwfw.Raw // the data as it arrived
	Warnings  []zwfw.Warning
}

// Corporation is a legal person (法人); the User beside it is the agent.
type Corporation struct {
	Name       string
	CreditCode string        // 统一社会信用代码
	CertNo     zwfw.IDNumber // the corporation's certificate number
	AgentRole  string        // the platform's own code
}

// VerifyCode (验码) asks the platform who shows this code. It is one-shot: whatever
// happens to the answer, the request is not sent a second time; there is no query that
// settles an unknown outcome, so the citizen refreshes the code and scans again.
//
// Errors: CodeMalformed (refused here or there), CodeExpired, CodeUsed, CodeNotFound,
// CodeTypeUnsupported, CodeNotYetValid, ConsentRequired, NotRealName, SceneDenied, DeviceDenied, CallerDenied,
// Signature, ClockSkew, Busy, RateLimited, Upstream, Timeout, DecryptFailed (with
// OutcomeDone when the platform said yes), ProtocolMismatch, Unclassified.
//
// Source: SZSD 0056.1—2024 5.1.2, 5.2.2 and the title of A.1; fields and path are
// public practice of the region's code gateway.
func (c *Client) VerifyCode(ctx context.Context, r VerifyRequest) (*User, error) {
	const op = "VerifyCode"
	code, err := c.engine.CodeText(op, r.Code)
	if err != nil {
		return nil, err
	}
	for _, f := range []struct{ name, value string }{{"Scene", string(r.Scene)}, {"Device", r.Device}, {"RequestNo", r.RequestNo}} {
		if err := c.engine.CheckText(op, f.name, f.value, 64); err != nil {
			return nil, err
		}
	}
	in := lutongwire.Verify{Code: code, Scene: string(r.Scene), Device: r.Device, RequestNo: r.RequestNo}
	var out lutongwire.Person
	meta, err := c.engine.Call(ctx, op, &in, &out)
	if err != nil {
		return nil, err
	}
	return c.user(out, meta), nil
}

// maxIDNumber is twice the longest document number in use.
const maxIDNumber = 64

func (c *Client) user(p lutongwire.Person, meta dock.Meta) *User {
	var tokenExpires time.Time
	if !p.MessageToken.IsZero() {
		tokenExpires = meta.Lifetime("messageTokenSeconds", p.MessageTokenSeconds)
	}
	u := &User{
		Name: p.Name, IDType: p.IDType, IDNumber: p.IDNumber, Phone: p.Phone,
		MessageToken: p.MessageToken, MessageTokenExpires: tokenExpires, UserID: p.UserID, CodeType: p.CodeType,
		Extension: zwfw.NewRaw(p.Extension), RequestID: meta.RequestID, Raw: meta.Raw, Warnings: meta.Warnings,
	}
	// A value that is far too long was most likely not opened: the dialect lacks a seal.
	if len(u.IDNumber.Reveal()) > maxIDNumber {
		u.Warnings = append(u.Warnings, zwfw.Warning{Field: "idNumber", Problem: "is longer than any document number; is it sealed?"})
	}
	if p.CodeExpires != nil {
		u.CodeExpires = *p.CodeExpires
	}
	return u
}
