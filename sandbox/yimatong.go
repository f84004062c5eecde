package sandbox

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/crypto"
	"github.com/zwfw-go/zwfw/internal/dock"
	"github.com/zwfw-go/zwfw/internal/wire/yimatongwire"
	"github.com/zwfw-go/zwfw/yimatong"
)

// YimatongSetup sets the 一码通 side up. Zero members have defaults: the default
// dialect, two merchants, two applications, the built-in keys.
type YimatongSetup struct {
	Dialect   *zwfw.Dialect
	Merchants []YimatongMerchant
	Apps      []string      // appIds of third-party applications; default APP-01 and APP-02
	Window    time.Duration // how far a time stamp may be off; default 5 min
	CodeLife  time.Duration // of a shown code; default 60 s
	AuthLife  time.Duration // of an authorisation code; default 5 min
	TokenLife time.Duration // of a channel token; default 2 h
	Flat      bool          // answers stand beside the code, as the standard's tables have them, not nested as in its examples
	Corrected bool          // userName, concealName, concealCard and message in place of the misprints

	// LiteralTime is for tests of conformance: the platform reads the time of a decoding to
	// the letter of the standard, yyyyMMssHHmmss. What stands at positions 7 and 8 must be
	// the seconds; the day is the platform's own, or the one beside it. Else it refuses with
	// the code for ClockSkew, as it does the usual form on all but one second of a minute.
	LiteralTime bool
}

// YimatongMerchant is one caller (商户) that the platform has admitted.
type YimatongMerchant struct {
	ID        string
	Key       *crypto.PrivateKey // the merchant's RSA key; the platform uses its public half
	PublicKey *crypto.PublicKey  // in place of Key when only that is known
	Verifier  crypto.Verifier    // in place of both: a ring of public keys while the merchant changes its own
	DataKey   zwfw.Secret
	Scenes    []string // when set, any other scene is refused
	Devices   []string // when set, any other device number is unregistered
	Disabled  []string // devices that are registered and disabled
	Blocked   bool     // not admitted any more
	NoDecode  bool     // has no right to the decoding interface
}

const (
	yimatongPrefix = "/hz"
	yimatongScheme = "https://ymt.example.invalid/q?" // what codes of the platform begin with
)

// yimatongTexts are the Chinese texts that stand beside the codes.
var yimatongTexts = map[zwfw.Kind]string{
	zwfw.BadRequest: "参数错误", zwfw.ClockSkew: "请求时间超出允许范围", zwfw.Signature: "验签失败", zwfw.CallerDenied: "商户不存在或已停用",
	zwfw.PermissionDenied: "未开通该接口", zwfw.DeviceDenied: "设备未注册或已停用", zwfw.Replay: "重复请求", zwfw.RateLimited: "请求过于频繁",
	zwfw.CodeMalformed: "二维码格式错误", zwfw.CodeExpired: "二维码已过期", zwfw.CodeUsed: "二维码已使用", zwfw.CodeNotFound: "二维码不存在或已作废",
	zwfw.CodeTypeUnsupported: "不支持的码类型", zwfw.SceneDenied: "场景未授权", zwfw.CodeNotYetValid: "二维码尚未生效",
	zwfw.EmergencyInvalid: "应急码无效", zwfw.EmergencyAllowed: "系统维护中，可使用应急码", zwfw.TokenInvalid: "accessToken无效",
	zwfw.ConsentRequired: "用户未授权", zwfw.NotRealName: "用户未实名", zwfw.UserNotFound: "用户不存在", zwfw.Busy: "同一二维码处理中",
	zwfw.Upstream: "系统异常", zwfw.Unclassified: "操作失败",
}

// yimatongSide is the state of the platform.
type yimatongSide struct {
	face
	setup YimatongSetup
	desks []*yimatongDesk

	codes   map[string]*shownCode
	auths   map[string]*grant // authorisation codes
	tokens  map[string]*oneTime
	decodes int
	literal string // wire name of the time that is read to the letter

	emergency *emergencyDesk
}

type yimatongDesk struct {
	counter
	merchant YimatongMerchant
}

// grant is a citizen's authorisation of one application.
type grant struct {
	oneTime
	app string
}

func newYimatongSide(p *Platform, s YimatongSetup) (*yimatongSide, error) {
	for _, d := range []struct {
		into *time.Duration
		or   time.Duration
	}{{&s.Window, 5 * time.Minute}, {&s.CodeLife, time.Minute}, {&s.AuthLife, 5 * time.Minute}, {&s.TokenLife, 2 * time.Hour}} {
		if *d.into == 0 {
			*d.into = d.or
		}
	}
	if s.Merchants == nil {
		s.Merchants = []YimatongMerchant{{ID: "M0001"}, {ID: "M0002"}}
	}
	if s.Apps == nil {
		s.Apps = []string{"APP-01", "APP-02"}
	}
	y := &yimatongSide{
		face:  face{p: p, platform: "yimatong", texts: yimatongTexts, window: s.Window, nonces: make(map[string]time.Time)},
		setup: s, codes: make(map[string]*shownCode), auths: make(map[string]*grant), tokens: make(map[string]*oneTime),
	}
	var err error
	if y.emergency, err = newEmergencyDesk(p.clock.Now()); err != nil {
		return nil, err
	}
	dialect, err := y.dialect()
	if err != nil {
		return nil, err
	}
	for i, m := range s.Merchants {
		d, err := y.open(i, m, dialect)
		if err != nil {
			return nil, fmt.Errorf("merchant %s: %w", m.ID, err)
		}
		y.desks = append(y.desks, d)
	}
	return y, nil
}

// open fills a merchant's defaults and compiles its desk.
func (y *yimatongSide) open(i int, m YimatongMerchant, dialect *zwfw.Dialect) (*yimatongDesk, error) {
	if m.Key == nil && m.PublicKey == nil {
		m.Key = mustLoad("merchant", merchantPEM)
	}
	if m.PublicKey == nil {
		m.PublicKey = m.Key.Public()
	}
	if m.DataKey.IsZero() {
		m.DataKey = zwfw.NewSecret(fmt.Sprintf("sandbox-key-%04d", i+1)) // 16 characters
	}
	party := dock.Party{
		Creds:     map[string]zwfw.Secret{"merchantId": zwfw.NewSecret(m.ID), "aesSecret": m.DataKey},
		Public:    map[string]*crypto.PublicKey{"merchant": m.PublicKey},
		Verifiers: map[string]crypto.Verifier{},
	}
	if m.Verifier != nil {
		party.Verifiers["merchant"] = m.Verifier
	}
	desk, err := dock.NewDesk(yimatongwire.Manifest(), dialect, party)
	return &yimatongDesk{counter{m.ID, m.Blocked, desk}, m}, err
}

// YimatongConfig is ready for yimatong.New: the first merchant.
func (p *Platform) YimatongConfig() yimatong.Config { return p.YimatongConfigOf(0) }

// YimatongConfigOf is the configuration of the i-th merchant.
func (p *Platform) YimatongConfigOf(i int) yimatong.Config {
	if i < 0 || i >= len(p.yimatong.desks) {
		panic(fmt.Sprintf("sandbox: there is no merchant %d; the sandbox has %d, counted from 0", i, len(p.yimatong.desks)))
	}
	m := p.yimatong.desks[i].merchant
	return yimatong.Config{BaseURL: p.URL + yimatongPrefix, MerchantID: m.ID, SigningKey: m.Key, DataKey: m.DataKey, IconBase: p.URL + yimatongPrefix}
}

// MintYimatongCode opens the city's app of a citizen and gives the text of the code on
// the screen. It lives 60 s and is good for one decoding.
func (p *Platform) MintYimatongCode(c Citizen) zwfw.CodeText {
	text := yimatongScheme + "d=" + p.hex(8) + "+/" + p.hex(8) + "==&s=ab c&t=3"
	p.PutYimatongCode(text, c)
	return zwfw.NewCodeText(text)
}

// PutYimatongCode makes a text of your own the code of a citizen, from now on.
func (p *Platform) PutYimatongCode(text string, c Citizen) {
	now := p.clock.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.yimatong.codes[text] = &shownCode{citizen: c.UserID, from: now}
}

// RevokeYimatongCode lets the citizen withdraw a code.
func (p *Platform) RevokeYimatongCode(code zwfw.CodeText) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if shown, ok := p.yimatong.codes[code.Reveal()]; ok {
		shown.revoked = true
	}
}

// MintAuthorization lets a citizen authorise an application: it gives the one-time code
// that the city's app hands to it.
func (p *Platform) MintAuthorization(c Citizen, appID string) zwfw.Secret {
	text := "AUTH-" + p.hex(16)
	p.PutAuthorization(text, c, appID)
	return zwfw.NewSecret(text)
}

// PutAuthorization makes a text of your own an authorisation code.
func (p *Platform) PutAuthorization(text string, c Citizen, appID string) {
	now := p.clock.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.yimatong.auths[text] = &grant{oneTime{citizen: c.UserID, until: now.Add(p.yimatong.setup.AuthLife)}, appID}
}

// PutChannelToken makes a text of your own a citizen's channel token.
func (p *Platform) PutChannelToken(text string, c Citizen) {
	now := p.clock.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.yimatong.tokens[text] = &oneTime{citizen: c.UserID, until: now.Add(p.yimatong.setup.TokenLife)}
}

// handle answers a request under the side's address.
func (y *yimatongSide) handle(x *exchange) bool {
	path, ok := strings.CutPrefix(x.r.URL.Path, yimatongPrefix)
	if !ok {
		return false
	}
	if y.ready(x, path) {
		return true
	}
	op, ok := y.desks[0].desk.Match("", path, x.body)
	if !ok {
		return false
	}
	y.begin(x, op)
	d := y.desks[0]
	if op == "DecodeQRCode" { // the only one that says who calls
		first, _ := d.desk.Read(op, x.r, x.body)
		claimed := first.Claims["merchantId"]
		i := slices.IndexFunc(y.desks, func(d *yimatongDesk) bool { return d.id == claimed })
		if claimed != "" && i < 0 {
			x.entry.Caller = zwfw.PrintableCode(claimed)
			x.entry.Explanation = "no merchant of the sandbox has this id"
			y.serve(x, d.desk, op, &no{kind: zwfw.CallerDenied}, nil)
			return true
		}
		d = y.desks[max(i, 0)]
	}
	var others []*counter
	for _, other := range y.desks {
		others = append(others, &other.counter)
	}
	q, refusal := y.admit(x, op, &d.counter, others)
	y.serve(x, d.desk, op, refusal, func() (any, *no) { return y.do(x, d, q, op) })
	return true
}
