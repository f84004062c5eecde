package certificate

import (
	"context"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/dock"
	"github.com/zwfw-go/zwfw/internal/wire/certificatewire"
)

// EncryptedIDsRequest asks under which encrypted identifiers a holder's certificates can
// be shown. The standard's table has no cause here.
type EncryptedIDsRequest struct {
	Holder  Holder // required
	Context CallContext
}

// EncryptedIDs is the answer of EncryptedIDs.
type EncryptedIDs struct {
	Total int // as in Found
	List  []EncryptedID

	Answer
}

// EncryptedID is one certificate under an identifier that only the platform can read.
type EncryptedID struct {
	TypeName    string
	Name        string
	EncryptedID zwfw.Secret // how long it is good is stated nowhere
}

// EncryptedIDs (加密电子证照标识信息获取) gives the encrypted identifiers of a holder's
// certificates, to be shown in place of the clear ones.
//
// Errors: NotFound (10), PermissionDenied (100), and those of every call.
//
// Source: DB51/T 2942—2022 6.4 for the interface and its request; the answer's form and the
// path are assumptions.
func (c *Client) EncryptedIDs(ctx context.Context, r EncryptedIDsRequest) (*EncryptedIDs, error) {
	const op = "EncryptedIDs"
	k := checker{c: c, op: op}
	k.holder(r.Holder)
	in := certificatewire.Holder{Code: r.Holder.Code, CodeType: string(r.Holder.CodeType), Context: k.context(r.Context)}
	if k.err != nil {
		return nil, k.err
	}
	var out certificatewire.EncryptedIDs
	meta, err := c.engine.Call(ctx, op, &in, &out)
	if err != nil {
		return nil, err
	}
	list := out.Identifiers()
	ids := &EncryptedIDs{Total: total(out.Total, len(list)), List: make([]EncryptedID, len(list)), Answer: answerOf(meta)}
	for i, e := range list {
		ids.List[i] = EncryptedID{TypeName: e.Type, Name: e.Name, EncryptedID: e.EncryptedID}
	}
	return ids, nil
}

// QRCodeRequest asks for the code of a certificate to be shown. The standard's table has no
// cause here.
type QRCodeRequest struct {
	EncryptedID zwfw.Secret // 加密电子证照标识; required
	WorkID      string      // 办事授权码; optional (public practice of one vendor)
	Context     CallContext
}

// QRCode is the code of a certificate (加密电子证照的二维码). What the code says is for the
// platform alone.
type QRCode struct {
	Image     []byte
	ImageType string // "image/png", "image/jpeg" or "image/gif", told by its first bytes

	EncryptedID zwfw.Secret // as the platform repeats it
	Expires     time.Time   // on the platform's clock; zero when the platform does not say

	Answer
}

// QRCode (获取加密电子证照二维码) gives the picture of a code that shows a certificate for a
// while. It comes in Base64 or as a bare picture; both are read. A lost answer is asked for
// again: a second code does no harm.
//
// Errors: NotFound (10, also an expired identifier), ProtocolMismatch with OutcomeDone when
// the picture cannot be read, and those of every call.
//
// Source: DB51/T 2942—2022 6.4 for the request and for 二进制流 as the answer; its encoding
// and lifetime are assumptions.
func (c *Client) QRCode(ctx context.Context, r QRCodeRequest) (*QRCode, error) {
	const op = "QRCode"
	k := checker{c: c, op: op}
	k.secret("EncryptedID", r.EncryptedID)
	k.text("WorkID", r.WorkID, maxNumber)
	in := certificatewire.ByEncryptedID{EncryptedID: r.EncryptedID, WorkID: r.WorkID, Context: k.context(r.Context)}
	if k.err != nil {
		return nil, k.err
	}
	var out certificatewire.QRCode
	meta, err := c.engine.Call(ctx, op, &in, &out)
	if err != nil {
		return nil, err
	}
	q := &QRCode{EncryptedID: out.EncryptedID, Answer: answerOf(meta)}
	q.Image, q.ImageType, _ = dock.Picture(out.Image.Reveal()) // checked when the answer was read
	if out.Seconds > 0 {
		q.Expires = meta.Received.Round(0).Add(time.Duration(out.Seconds) * time.Second)
	}
	return q, nil
}
