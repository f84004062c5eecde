package lutong_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/wire/lutongwire"
	"github.com/zwfw-go/zwfw/internal/wire/wireproof"
	"github.com/zwfw-go/zwfw/lutong"
	"github.com/zwfw-go/zwfw/sandbox"
)

// What the quirks of the contract's S-6 make of an answer, through the client.
func TestAnswersAreReadAsTheQuirksHaveThem(t *testing.T) {
	t.Parallel()
	config := sandbox.New().LutongConfig()
	config.BaseURL = "http://platform.example"
	wireproof.Platform{
		Manifest: lutongwire.Manifest(),
		Seal: func(t *testing.T, text string) string {
			return sealTo(t, config.PrivateKey.Public(), text)
		},
		Ask: func(t *testing.T, op string, options ...zwfw.Option) (any, []zwfw.Warning, error) {
			client := newClient(t, config, append(options, zwfw.WithRetry(zwfw.Retry{MaxAttempts: 1}))...)
			user, err := callOf(t, client, op)
			if err != nil {
				return nil, nil, err
			}
			return user, user.Warnings, nil
		},
	}.Variations(t)
}

func callOf(t *testing.T, client *lutong.Client, op string) (*lutong.User, error) {
	t.Helper()
	if op == "UserInfo" {
		return client.UserInfo(t.Context(), lutong.UserInfoRequest{AuthCode: zwfw.NewSecret("AUTH")})
	}
	require.Equal(t, "VerifyCode", op)
	return verify(t, client, zwfw.NewCodeText("LTM:x"))
}
