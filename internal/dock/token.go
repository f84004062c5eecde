package dock

import (
	"context"

	"github.com/zwfw-go/zwfw"
)

// TokenSource gives the token of the calling unit. It is asked for each attempt; used
// is a token that the platform has just refused, zero for none: the source renews it if
// it still holds that one. Its errors are finished *zwfw.Error values or anything else.
type TokenSource interface {
	Token(ctx context.Context, used zwfw.Secret) (zwfw.Secret, error)
}

// StaticToken is a token that never changes: what some platforms issue to an account.
type StaticToken struct{ zwfw.Secret }

// Token gives the token itself, whatever was refused.
func (s StaticToken) Token(context.Context, zwfw.Secret) (zwfw.Secret, error) { return s.Secret, nil }
