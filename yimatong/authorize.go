package yimatong

import (
	"context"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/wire/yimatongwire"
)

// ChannelToken (渠道令牌, accessToken) stands for one citizen's authorisation. It prints
// masked. Keep it with that citizen's session and nowhere else: whoever holds it gets
// the citizen's code and, by ChannelQRCode, name and number in clear.
type ChannelToken struct{ secret zwfw.Secret }

// NewChannelToken wraps a token that came by another way than Authorize.
func NewChannelToken(token string) ChannelToken { return ChannelToken{zwfw.NewSecret(token)} }

// Reveal gives the token itself, for the session store.
func (t ChannelToken) Reveal() string { return t.secret.Reveal() }

// IsZero reports whether there is none.
func (t ChannelToken) IsZero() bool { return t.secret.IsZero() }

// String gives a mask.
func (t ChannelToken) String() string { return t.secret.String() }

// Authorization is what a citizen's authorisation brought.
type Authorization struct {
	Token   ChannelToken
	Expires time.Time // on the platform's clock; zero when the platform gave no lifetime

	// What only some platforms send.
	RefreshToken zwfw.Secret
	OpenID       zwfw.Secret
	UserID       zwfw.Secret
	Scope        string

	RequestID string
	Raw       zwfw.Raw
	Warnings  []zwfw.Warning
}

// Authorize (第三方授权) turns the code that a citizen's authorisation left into the
// citizen's channel token. The code is good once: a lost answer is not asked for again,
// the citizen authorises anew. Both arguments are required.
//
// Errors: BadRequest, CodeNotFound (unknown, or of another appId), CodeExpired (expired
// or used), and those of every call.
//
// Source: DB3301/T part 3 B.5, whose table is cut off after these two inputs; the answer
// is an assumption by analogy with 浙里办.
func (c *Client) Authorize(ctx context.Context, code zwfw.Secret, appID string) (*Authorization, error) {
	const op = "Authorize"
	if err := c.engine.CheckSecret(op, "code", code, maxToken); err != nil {
		return nil, err
	}
	if appID == "" {
		return nil, c.engine.Refuse(op, "appID", "is required")
	}
	if err := c.engine.CheckText(op, "appID", appID, 128); err != nil {
		return nil, err
	}
	var out yimatongwire.Grant
	meta, err := c.engine.Call(ctx, op, &yimatongwire.Authorize{Code: code, AppID: appID}, &out)
	if err != nil {
		return nil, err
	}
	expires := meta.Lifetime("seconds", out.Seconds)
	return &Authorization{
		Token: ChannelToken{out.Token}, Expires: expires, RefreshToken: out.RefreshToken, OpenID: out.OpenID, UserID: out.UserID, Scope: out.Scope,
		RequestID: meta.RequestID, Raw: meta.Raw, Warnings: meta.Warnings,
	}, nil
}
