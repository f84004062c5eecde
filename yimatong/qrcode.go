package yimatong

import (
	"context"
	"regexp"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/dock"
	"github.com/zwfw-go/zwfw/internal/wire/yimatongwire"
)

// Position is where the code is asked for: decimal degrees as text. The standard names
// no coordinate system, so they go through as they are. A machine that never moves
// sends configured ones.
type Position struct {
	Latitude  string // "30.274100"; required
	Longitude string // "120.155100"; required
}

// QRCode is a citizen's code as a picture.
type QRCode struct {
	Image     []byte // as the platform drew it, PNG in nearly every case
	ImageType string // "image/png", "image/jpeg" or "image/gif", told by its first bytes
	Type      string // 码类型; "gj" is the code of the buses

	ServerTime time.Time // when the platform made it; the time of arrival when it did not say
	Expires    time.Time // ServerTime and Config.CodeLife (assumption)

	// Masked by the platform, fit for a screen: their Reveal shows stars.
	ConcealedName zwfw.PersonName
	ConcealedCard zwfw.IDNumber

	RequestID string
	Raw       zwfw.Raw
	Warnings  []zwfw.Warning
}

// ChannelQRCode is a citizen's code with name and number in clear. They came neither
// signed nor sealed; they are here in memory only and print masked.
type ChannelQRCode struct {
	QRCode
	Name     zwfw.PersonName
	IDNumber zwfw.IDNumber // may be empty
}

// CreateQRCode (产生二维码) makes a citizen's code. Prefer it to ChannelQRCode: it brings
// no clear name and number. Token and position are required. A lost answer is asked for
// again: a second code does no harm beside a first that nobody saw.
//
// Errors: TokenInvalid (the citizen authorises again), ConsentRequired, NotRealName,
// UserNotFound, ProtocolMismatch with OutcomeDone when the picture cannot be read, and
// those of every call.
//
// Source: DB3301/T part 3 B.1, flat as its table or nested as its example.
func (c *Client) CreateQRCode(ctx context.Context, token ChannelToken, at Position) (*QRCode, error) {
	const op = "CreateQRCode"
	in, err := c.position(op, token, at)
	if err != nil {
		return nil, err
	}
	var out yimatongwire.QRCode
	meta, err := c.engine.Call(ctx, op, in, &out)
	if err != nil {
		return nil, err
	}
	return c.code(meta, out), nil
}

// ChannelQRCode (渠道二维码) makes a citizen's code and gives name and number in clear.
// Token and position are required; errors are those of CreateQRCode.
//
// Source: DB3301/T part 3 B.3; the misprints userNmae, concelName and concelCard and
// their right spellings are both read.
func (c *Client) ChannelQRCode(ctx context.Context, token ChannelToken, at Position) (*ChannelQRCode, error) {
	const op = "ChannelQRCode"
	in, err := c.position(op, token, at)
	if err != nil {
		return nil, err
	}
	var out yimatongwire.ChannelQRCode
	meta, err := c.engine.Call(ctx, op, in, &out)
	if err != nil {
		return nil, err
	}
	code := c.code(meta, yimatongwire.QRCode{
		Type: out.Type, Image: out.Image, ServerTime: out.ServerTime, ConcealedName: out.ConcealedName, ConcealedCard: out.ConcealedCard,
	})
	return &ChannelQRCode{QRCode: *code, Name: out.Name, IDNumber: out.IDNumber}, nil
}

var degrees = regexp.MustCompile(`^-?[0-9]{1,3}(\.[0-9]{1,15})?$`)

func (c *Client) position(op string, token ChannelToken, at Position) (*yimatongwire.Position, error) {
	if err := c.engine.CheckSecret(op, "token", token.secret, maxToken); err != nil {
		return nil, err
	}
	for _, f := range []struct{ name, value string }{{"Latitude", at.Latitude}, {"Longitude", at.Longitude}} {
		if !degrees.MatchString(f.value) {
			return nil, c.engine.Refuse(op, f.name, `expected decimal degrees such as "30.274100"`)
		}
	}
	return &yimatongwire.Position{Token: token.secret, Latitude: at.Latitude, Longitude: at.Longitude}, nil
}

func (c *Client) code(meta dock.Meta, out yimatongwire.QRCode) *QRCode {
	q := &QRCode{
		Type: out.Type, ServerTime: meta.Received.Round(0), ConcealedName: out.ConcealedName, ConcealedCard: out.ConcealedCard,
		RequestID: meta.RequestID, Raw: meta.Raw, Warnings: meta.Warnings,
	}
	if out.ServerTime != nil {
		q.ServerTime = *out.ServerTime
	}
	q.Expires = q.ServerTime.Add(c.life)
	q.Image, q.ImageType, _ = yimatongwire.Picture(out.Image) // checked when the answer was read
	return q
}
