package sandbox

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/hotline"
	"github.com/zwfw-go/zwfw/internal/dock"
	wire "github.com/zwfw-go/zwfw/internal/wire/hotlinewire"
)

// hotlineToken is authentication information that was given out.
type hotlineToken struct {
	unit  string
	until time.Time
}

// mostBody is the contract's limit (assumption).
const mostBody = 4 << 20

// pass lets a request through: who, when, signed, again, with a token, not too often,
// with a right to the interface.
func (h *hotlineSide) pass(x *exchange, op string, d *hotlineDesk) (*dock.Received, *no) {
	var others []*counter
	for _, other := range h.desks {
		others = append(others, &other.counter)
	}
	q, refusal := h.admit(x, op, &d.counter, others)
	switch {
	case refusal != nil && strings.HasPrefix(x.entry.Explanation, h.bearer+": is missing"):
		return nil, &no{kind: zwfw.TokenInvalid, code: "40101", text: "未携带认证信息"}
	case refusal != nil && strings.HasPrefix(x.entry.Explanation, "body: "):
		return nil, &no{kind: zwfw.BadRequest, code: "40001", text: "报文不是合法的JSON"}
	case refusal != nil && refusal.kind == zwfw.ClockSkew:
		refusal.detail = detailOf(map[string]any{"serverTime": onWire(x.now)})
	}
	if refusal != nil || op == "Authenticate" {
		return q, refusal
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if refusal := h.bears(x, d, q.Token); refusal != nil {
		return nil, refusal
	}
	if refusal := h.throttle(x, d, op); refusal != nil {
		return nil, refusal
	}
	if len(x.body) > mostBody {
		return nil, &no{kind: zwfw.TooLarge}
	}
	if group := groupOf(op); group != "" && !slices.Contains(h.scopes(d.unit), group) {
		return nil, &no{kind: zwfw.PermissionDenied, code: "40301"}
	}
	return q, nil
}

// bears checks the token.
func (h *hotlineSide) bears(x *exchange, d *hotlineDesk, token string) *no {
	t, known := h.tokens[token]
	switch {
	case h.bearer == "":
		return nil // the dialect has none
	case !known || t.unit != d.id:
		return &no{kind: zwfw.TokenInvalid, code: "40102"}
	case !x.now.Before(t.until):
		return &no{kind: zwfw.TokenInvalid, code: "40103", text: "认证信息已过期"}
	}
	return nil
}

// throttle counts the calls of the last second.
func (h *hotlineSide) throttle(x *exchange, d *hotlineDesk, op string) *no {
	key, most := d.id, h.setup.Rate
	if groupOf(op) == "aggregate" {
		key, most = d.id+" "+op, h.setup.AggregateRate
	}
	if most < 0 {
		return nil
	}
	recent := slices.DeleteFunc(h.calls[key], func(at time.Time) bool { return x.now.Sub(at).Abs() >= time.Second })
	if len(recent) >= most {
		h.calls[key] = recent
		wait := time.Second - x.now.Sub(recent[0])
		return &no{kind: zwfw.RateLimited, detail: detailOf(map[string]any{"retryAfterMs": wait.Milliseconds()})}
	}
	h.calls[key] = append(recent, x.now)
	return nil
}

// scopes are a unit's rights (clause 4.4.1).
func (h *hotlineSide) scopes(u HotlineUnit) []string {
	switch {
	case u.Type != hotline.City:
		return []string{"report", "dispatch"}
	case h.setup.CityReports:
		return []string{"report", "dispatch", "aggregate"}
	}
	return []string{"dispatch", "aggregate"}
}

// groupOf is the right that an operation needs, "" for none.
func groupOf(op string) string {
	switch op {
	case "SubmitAppeal", "ReportedSheets":
		return "report"
	case "ReportCalls", "ReportSeats":
		return "aggregate"
	case "FileInit", "FileChunk", "FileGet":
		return ""
	}
	return "dispatch"
}

// authenticate is H1.
func (h *hotlineSide) authenticate(x *exchange, d *hotlineDesk) (any, *no) {
	if h.setup.SingleToken {
		for token, t := range h.tokens {
			if t.unit == d.id {
				delete(h.tokens, token)
			}
		}
	}
	token := h.p.hex(40)
	h.tokens[token] = hotlineToken{d.id, x.now.Add(h.setup.TokenLife)}
	x.entry.Effect = true
	return &wire.Credential{
		AccessToken: zwfw.NewSecret(token), ExpiresIn: int64(h.setup.TokenLife / time.Second),
		UnitCode: d.unit.Code, UnitName: d.unit.Name, UnitType: string(d.unit.Type), Scopes: h.scopes(d.unit),
	}, nil
}

func detailOf(members map[string]any) string {
	text, _ := json.Marshal(members) // texts and numbers
	return string(text)
}

func lacks(field string) *no {
	return &no{kind: zwfw.BadRequest, code: "40002", text: "缺少必填项:" + field, detail: detailOf(map[string]any{"field": field})}
}

func illegal(field string) *no {
	return &no{kind: zwfw.BadRequest, code: "40003", text: "取值不合法:" + field, detail: detailOf(map[string]any{"field": field})}
}

func tooLong(field string) *no {
	return &no{kind: zwfw.BadRequest, code: "40004", text: "超过长度:" + field, detail: detailOf(map[string]any{"field": field})}
}

// finding is one row of a data-quality rejection.
type finding struct {
	Field string `json:"field"`
	Rule  string `json:"rule"`
}

// rejected is a data-quality rejection, nil without findings.
func rejected(findings []finding) *no {
	if len(findings) == 0 {
		return nil
	}
	return &no{kind: zwfw.InvalidRows, detail: detailOf(map[string]any{"errors": findings})}
}

var chinaTime = time.FixedZone("+08:00", 8*60*60)

func onWire(t time.Time) string { return t.In(chinaTime).Format(time.DateTime) }
