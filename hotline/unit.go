package hotline

import (
	"context"
	"slices"
	"time"

	"github.com/zwfw-go/zwfw"
	wire "github.com/zwfw-go/zwfw/internal/wire/hotlinewire"
)

// UnitType tells departments from cities (clause 4.4.1).
type UnitType string

// The unit types. Others survive as they came.
const (
	Department UnitType = "DEPT" // reports, and is dispatched to
	City       UnitType = "CITY" // is dispatched to, and aggregates
)

// Unit is what the platform said of the caller when it authenticated.
type Unit struct {
	Code   string
	Name   string
	Type   UnitType
	Scopes []string // "report", "dispatch", "aggregate": what the unit has a right to
	Until  time.Time
}

// Unit gives what the platform said at this client's last authentication. It is false
// before the first, and where another process authenticated for this one through a
// token store.
func (c *Client) Unit() (Unit, bool) {
	u := c.unit.Load()
	if u == nil {
		return Unit{}, false
	}
	copied := *u
	copied.Scopes = slices.Clone(u.Scopes)
	return copied, true
}

// authenticate obtains authentication information (身份认证信息获取, clause 4.4.2).
func (c *Client) authenticate(ctx context.Context) (zwfw.Secret, time.Duration, error) {
	var out wire.Credential
	meta, err := c.door.Call(ctx, "Authenticate", &wire.Authentication{}, &out)
	if err != nil {
		return zwfw.Secret{}, 0, err
	}
	life := time.Duration(out.ExpiresIn) * time.Second
	unit := &Unit{Code: out.UnitCode, Name: out.UnitName, Type: UnitType(out.UnitType), Scopes: out.Scopes}
	if life > 0 {
		unit.Until = meta.Received.Round(0).Add(life)
	}
	c.unit.Store(unit)
	return out.AccessToken, life, nil
}
