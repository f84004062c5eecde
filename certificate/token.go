package certificate

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/dock"
	"github.com/zwfw-go/zwfw/internal/wire/certificatewire"
)

// loginOp is the operation that a dialect with a login has; no preset has it.
const loginOp = "Login"

// logIn gives the party a token that is fetched: by Config.Login, or by the login that the
// dialect describes.
func (c *Client) logIn(config Config, party *dock.Party, s *zwfw.Settings) error {
	fetch := dock.Fetch(config.Login)
	described := false
	if s.Dialect != nil {
		_, described = s.Dialect.Ops[loginOp]
	}
	switch {
	case party.Token != nil:
		party.Off = map[string]string{loginOp: "Config.AccessToken is set"}
		return nil
	case fetch != nil:
		party.Off = map[string]string{loginOp: "Config.Login is set"}
	case described:
		fetch = c.login
	default:
		return nil
	}
	party.Token = dock.NewTokens("certificate|"+config.BaseURL+"|"+config.AccountID, fetch, s)
	return nil
}

// login calls the dialect's login.
func (c *Client) login(ctx context.Context) (zwfw.Secret, time.Duration, error) {
	var out certificatewire.Login
	if _, err := c.engine.Call(ctx, loginOp, nil, &out); err != nil {
		return zwfw.Secret{}, 0, err
	}
	life := time.Duration(out.Seconds) * time.Second
	if life <= 0 {
		life = lifeOfJWT(out.Token.Reveal(), c.engine.Now())
	}
	return out.Token, life, nil
}

// lifeOfJWT reads the end of a JSON web token, 0 when it is none or has no end. The
// signature is the platform's own affair.
func lifeOfJWT(token string, now time.Time) time.Duration {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return 0
	}
	claims, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
	if err != nil {
		return 0
	}
	var c struct {
		Exp float64 `json:"exp"`
	}
	if json.Unmarshal(claims, &c) != nil || c.Exp < 1 || c.Exp > 1<<40 {
		return 0
	}
	return max(0, time.Unix(int64(c.Exp), 0).Sub(now))
}

// loginNamesNoToken refuses a login that would wait for its own token.
func loginNamesNoToken(d *zwfw.Dialect) error {
	op, ok := d.Ops[loginOp]
	if !ok {
		return nil
	}
	p := d.Protocol.With(d.Bases[op.Base]).With(op.Protocol)
	texts := []string{string(p.Body)}
	for _, named := range []map[string]string{p.Headers, p.Query} {
		for _, text := range named {
			texts = append(texts, text)
		}
	}
	if strings.Contains(strings.Join(texts, "\n"), "{token") {
		return errors.New("certificate: dialect " + d.Name + ": ops.Login: {token} is used, but the login is what gets it; give the operation a body and headers of its own")
	}
	return nil
}
