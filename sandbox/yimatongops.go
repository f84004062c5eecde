package sandbox

import (
	"encoding/base64"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/dock"
	"github.com/zwfw-go/zwfw/internal/wire/yimatongwire"
	"github.com/zwfw-go/zwfw/qr"
	"github.com/zwfw-go/zwfw/yimatong"
)

func (y *yimatongSide) do(x *exchange, d *yimatongDesk, q *dock.Received, op string) (any, *no) {
	switch op {
	case "DecodeQRCode":
		var in yimatongwire.Decode
		if f := q.Decode(&in); f != nil {
			return nil, y.faulty(x, f)
		}
		if refusal := y.literally(x); refusal != nil {
			return nil, refusal
		}
		// The nonce is a field of the call, which only a dialect with {nonce} has read before.
		if in.Nonce != "" && q.Nonce == "" && !y.fresh(d.id+" "+in.Nonce, x.now) {
			return nil, &no{kind: zwfw.Replay}
		}
		return y.decode(x, d, in)
	case "Authorize":
		var in yimatongwire.Authorize
		if f := q.Decode(&in); f != nil {
			return nil, y.faulty(x, f)
		}
		return y.authorize(x, in)
	case "UserTags":
		var in yimatongwire.TagsOf
		if f := q.Decode(&in); f != nil {
			return nil, y.faulty(x, f)
		}
		c, refusal := y.holder(x, in.Token)
		if refusal != nil {
			return nil, refusal
		}
		return y.tagsOf(c), nil
	}
	var in yimatongwire.Position
	if f := q.Decode(&in); f != nil {
		return nil, y.faulty(x, f)
	}
	for _, f := range []struct{ name, value string }{{"accessToken", in.Token.Reveal()}, {"latitude", in.Latitude}, {"longitude", in.Longitude}} {
		if f.value == "" {
			return nil, missing(f.name)
		}
	}
	c, refusal := y.holder(x, in.Token)
	if refusal != nil {
		return nil, refusal
	}
	return y.code(x, op, c)
}

func missing(field string) *no { return &no{kind: zwfw.BadRequest, text: "参数缺失:" + field} }

// holder is the citizen of a channel token.
func (y *yimatongSide) holder(x *exchange, token zwfw.Secret) (Citizen, *no) {
	if token.IsZero() {
		return Citizen{}, missing("accessToken")
	}
	y.p.mu.Lock()
	t, known := y.tokens[token.Reveal()]
	y.p.mu.Unlock()
	switch {
	case !known:
		return Citizen{}, &no{kind: zwfw.TokenInvalid}
	case x.now.After(t.until):
		return Citizen{}, &no{kind: zwfw.TokenInvalid, text: "accessToken已过期"}
	}
	c := y.p.citizen(t.citizen)
	switch {
	case !c.RealName:
		return c, &no{kind: zwfw.NotRealName}
	case !c.Consent:
		return c, &no{kind: zwfw.ConsentRequired}
	}
	return c, nil
}

// code is B.1 and B.3.
func (y *yimatongSide) code(x *exchange, op string, c Citizen) (any, *no) {
	text := yimatongScheme + "d=" + y.p.hex(8) + "+/" + y.p.hex(8) + "==&s=ab c&t=3"
	picture, err := qr.Encode(text)
	if err != nil {
		return nil, &no{kind: zwfw.Upstream}
	}
	y.p.mu.Lock()
	y.codes[text] = &shownCode{citizen: c.UserID, from: x.now}
	y.p.mu.Unlock()
	x.entry.Effect = true
	image, now := zwfw.NewRaw([]byte(base64.StdEncoding.EncodeToString(picture))), x.now
	if op == "ChannelQRCode" {
		return &yimatongwire.ChannelQRCode{
			Type: "gj", Image: image, IDNumber: c.IDNumber, ServerTime: &now, Name: c.Name, ConcealedName: concealedName(c), ConcealedCard: concealedCard(c),
		}, nil
	}
	return &yimatongwire.QRCode{Type: "gj", Image: image, ServerTime: &now, ConcealedName: concealedName(c), ConcealedCard: concealedCard(c)}, nil
}

// concealedName hides the first character, the rule of the province.
func concealedName(c Citizen) zwfw.PersonName {
	name := []rune(c.Name.Reveal())
	return zwfw.NewPersonName("*" + string(name[1:]))
}

// concealedCard has fourteen stars, as the standard's example prints it.
func concealedCard(c Citizen) zwfw.IDNumber {
	number := c.IDNumber.Reveal()
	return zwfw.NewIDNumber(number[:1] + strings.Repeat("*", 14) + number[len(number)-1:])
}

// tagsOf gives every second citizen two tags and the others none.
func (y *yimatongSide) tagsOf(c Citizen) *yimatongwire.UserTags {
	i := slices.IndexFunc(y.p.citizens, func(other Citizen) bool { return other.UserID == c.UserID })
	if i%2 == 1 {
		return &yimatongwire.UserTags{Tags: []yimatongwire.Tag{}}
	}
	return &yimatongwire.UserTags{Tags: []yimatongwire.Tag{
		{Icon: "/icons/talent.png", No: 4, Text: zwfw.NewPlatformText("E类人才"), BackgroundColor: 2, FontColor: 1},
		{Icon: "/icons/veteran.png", No: 1, Text: zwfw.NewPlatformText("退役军人"), BackgroundColor: 1, FontColor: 3},
	}}
}

var yimatongForm = regexp.MustCompile(`^https://ymt\.example\.invalid/q\?d=[0-9a-f]{8}\+/[0-9a-f]{8}==&s=ab c&t=3$`)

// decode is B.4: who shows this code?
func (y *yimatongSide) decode(x *exchange, d *yimatongDesk, in yimatongwire.Decode) (any, *no) {
	text := in.Code.Reveal()
	switch {
	case text == "":
		return nil, missing("qrcod")
	case in.Device == "":
		return nil, missing("macId")
	case d.merchant.NoDecode:
		return nil, &no{kind: zwfw.PermissionDenied}
	case slices.Contains(d.merchant.Disabled, in.Device):
		return nil, &no{kind: zwfw.DeviceDenied, text: "设备已停用"}
	case len(d.merchant.Devices) > 0 && !slices.Contains(d.merchant.Devices, in.Device):
		return nil, &no{kind: zwfw.DeviceDenied, text: "设备未注册"}
	case in.Scene != "" && len(d.merchant.Scenes) > 0 && !slices.Contains(d.merchant.Scenes, in.Scene):
		return nil, &no{kind: zwfw.SceneDenied}
	}
	if yimatong.IsEmergencyCode(in.Code) {
		c, refusal := y.emergencyHolder(x, text)
		if refusal != nil {
			return nil, refusal
		}
		return y.decoded(x, c, true), nil
	}
	y.p.mu.Lock()
	code, known := y.codes[text]
	y.p.mu.Unlock()
	switch {
	case known:
	case !strings.HasPrefix(text, yimatongScheme):
		return nil, &no{kind: zwfw.CodeTypeUnsupported}
	case !yimatongForm.MatchString(text):
		x.entry.Explanation = lostPlus(text)
		return nil, &no{kind: zwfw.CodeMalformed}
	default:
		return nil, &no{kind: zwfw.CodeNotFound}
	}
	c := y.p.citizen(code.citizen)
	if x.fault.inside == "" {
		if refusal := y.use(x, code, c, d.id); refusal != nil {
			return nil, refusal
		}
	}
	return y.decoded(x, c, false), nil
}

func (y *yimatongSide) decoded(x *exchange, c Citizen, emergency bool) *yimatongwire.Decoded {
	now := x.now
	d := &yimatongwire.Decoded{
		UserID: zwfw.NewSecret(c.UserID), Name: c.Name, IDNumber: c.IDNumber, IDType: "1", Phone: c.Phone,
		ConcealedName: concealedName(c), ConcealedCard: concealedCard(c), Type: "gj", Tags: y.tagsOf(c).Tags, ServerTime: &now,
		CodeStatus: "VALID", DecodeID: fmt.Sprintf("d-%d", y.count()), Emergency: emergency,
	}
	if x.fault.inside != "" {
		d.CodeStatus = x.fault.inside
	}
	return d
}

// lostPlus names the commonest damage of a code on its way.
func lostPlus(text string) string {
	if strings.Contains(text, " /") {
		return `the code's "+" arrived as a space: it was not form encoded`
	}
	return ""
}

func (y *yimatongSide) count() int {
	y.p.mu.Lock()
	defer y.p.mu.Unlock()
	y.decodes++
	return y.decodes
}

// use spends a code: one decoding for each.
func (y *yimatongSide) use(x *exchange, code *shownCode, c Citizen, merchant string) *no {
	y.p.mu.Lock()
	defer y.p.mu.Unlock()
	age := x.now.Sub(code.from)
	switch {
	case code.revoked:
		return &no{kind: zwfw.CodeNotFound}
	case code.usedBy != "":
		return &no{kind: zwfw.CodeUsed}
	case age > y.setup.CodeLife:
		return &no{kind: zwfw.CodeExpired}
	case age < -y.setup.CodeLife:
		return &no{kind: zwfw.CodeNotYetValid}
	case !c.RealName:
		return &no{kind: zwfw.NotRealName}
	case !c.Consent:
		return &no{kind: zwfw.ConsentRequired}
	}
	code.usedBy = merchant
	x.entry.Effect = true
	return nil
}

// authorize is B.5: a citizen's authorisation becomes a channel token.
func (y *yimatongSide) authorize(x *exchange, in yimatongwire.Authorize) (any, *no) {
	switch {
	case in.Code.IsZero():
		return nil, missing("code")
	case in.AppID == "":
		return nil, missing("appId")
	case !slices.Contains(y.setup.Apps, in.AppID):
		return nil, &no{kind: zwfw.CallerDenied}
	}
	token := "ymt-" + y.p.hex(32)
	y.p.mu.Lock()
	defer y.p.mu.Unlock()
	auth, known := y.auths[in.Code.Reveal()]
	switch {
	case !known:
		return nil, y.ofAuthorize(zwfw.CodeNotFound, "PY3006", "授权码无效")
	case auth.app != in.AppID:
		return nil, y.ofAuthorize(zwfw.CodeNotFound, "PY3008", "授权码与appId不匹配")
	case auth.used || x.now.After(auth.until):
		return nil, y.ofAuthorize(zwfw.CodeExpired, "PY3007", "授权码过期或已使用")
	}
	auth.used = true
	y.tokens[token] = &oneTime{citizen: auth.citizen, until: x.now.Add(y.setup.TokenLife)}
	x.entry.Effect = true
	return &yimatongwire.Grant{
		Token: zwfw.NewSecret(token), Seconds: int64(y.setup.TokenLife / time.Second), OpenID: zwfw.NewSecret("o-" + auth.citizen), Scope: "base",
	}, nil
}

// ofAuthorize prefers the interface's own code where the dialect reads it so.
func (y *yimatongSide) ofAuthorize(kind zwfw.Kind, code, text string) *no {
	if y.desks[0].desk.Reads("Authorize", code, kind) {
		return &no{kind: kind, code: code, text: text}
	}
	return &no{kind: kind, text: text}
}
