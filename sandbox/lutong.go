package sandbox

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/crypto"
	"github.com/zwfw-go/zwfw/internal/dock"
	"github.com/zwfw-go/zwfw/internal/wire/lutongwire"
	"github.com/zwfw-go/zwfw/lutong"
)

// LutongSetup sets the 鲁通码 side up. Zero members have defaults: the default dialect,
// two organisations, the built-in keys.
type LutongSetup struct {
	Dialect       *zwfw.Dialect
	Organisations []LutongOrganisation
	PlatformKey   *crypto.PrivateKey // SM2: opens what the callers seal
	Window        time.Duration      // how far a time stamp may be off; default 5 min
	CodeLife      time.Duration      // of a shown code; default 60 s
	AuthCodeLife  time.Duration      // of a one-time authCode; default 300 s
	TextOnly      bool               // refusals carry a text and no code
}

// LutongOrganisation is one caller that the platform has admitted.
type LutongOrganisation struct {
	Name        string
	AccessID    string
	AccessToken zwfw.Secret
	OrgID       string
	Key         *crypto.PrivateKey // the caller's own SM2 key; the platform uses its public half
	PublicKey   *crypto.PublicKey  // in place of Key when only that is known
	AppID       string             // sd-envelope
	AppSecret   zwfw.Secret
	DataKey     zwfw.Secret
	Scenes      []string // default TAKE_NO and HANDLE
	Devices     []string // when set, any other device number is refused
	Blocked     bool     // not admitted any more
}

const (
	lutongPrefix   = "/sd/seg001"
	identityPrefix = "/sd/identity"
	identityAppID  = "sandbox-app"
	identityMark   = "sandbox-mark"
	messageLife    = 7200 * time.Second
)

// lutongTexts are the Chinese texts that stand beside the codes.
var lutongTexts = map[zwfw.Kind]string{
	zwfw.CodeExpired: "二维码已失效", zwfw.CodeUsed: "二维码已扫描", zwfw.CodeNotFound: "二维码不存在", zwfw.CodeMalformed: "二维码格式错误",
	zwfw.CodeTypeUnsupported: "不支持的码类型", zwfw.CodeNotYetValid: "二维码尚未生效", zwfw.Signature: "签名验证失败",
	zwfw.ClockSkew: "时间戳超出允许范围", zwfw.Replay: "请求重放", zwfw.CallerDenied: "接入方未授权", zwfw.DeviceDenied: "设备未注册",
	zwfw.SceneDenied: "场景无权限", zwfw.TokenInvalid: "消息令牌不可用", zwfw.ConsentRequired: "用户未授权", zwfw.NotRealName: "用户未实名",
	zwfw.UserNotFound: "用户不存在", zwfw.DuplicateTicket: "重复取号", zwfw.Busy: "系统繁忙", zwfw.RateLimited: "请求过于频繁",
	zwfw.BadRequest: "参数错误", zwfw.DecryptFailed: "密文解密失败", zwfw.Upstream: "系统异常", zwfw.Unclassified: "操作失败",
}

// lutongSide is the state of the platform.
type lutongSide struct {
	face
	setup LutongSetup
	desks []*lutongDesk

	codes   map[string]*shownCode
	auths   map[string]*oneTime // authCodes and identity tickets
	tokens  map[string]*oneTime // message tokens and identity tokens
	tickets map[string]*LutongTicket
}

type lutongDesk struct {
	counter
	org LutongOrganisation
}

type shownCode struct {
	citizen string
	from    time.Time
	takenBy string // access id of the caller that took a number with it
	usedBy  string // access id of the first caller
	revoked bool
}

type oneTime struct {
	citizen string
	until   time.Time
	used    bool
	legal   bool
}

// LutongTicket is a reported ticket as the platform keeps it.
type LutongTicket struct {
	OrgID, Number, QueueNo    string
	Hall, Unit, Item, Windows string
	Holder                    zwfw.IDNumber
	QueueTime                 time.Time
	Reports                   int                   // how often it arrived
	Messages                  int                   // how many messages the citizen got
	Statuses                  []lutong.TicketStatus // in the order of arrival; waiting when none was sent
}

func newLutongSide(p *Platform, s LutongSetup) (*lutongSide, error) {
	if s.Window == 0 {
		s.Window = 5 * time.Minute
	}
	if s.CodeLife == 0 {
		s.CodeLife = time.Minute
	}
	if s.AuthCodeLife == 0 {
		s.AuthCodeLife = 5 * time.Minute
	}
	if s.PlatformKey == nil {
		s.PlatformKey = mustLoad("platform", platformPEM)
	}
	if s.Organisations == nil {
		s.Organisations = []LutongOrganisation{
			{Name: "测试市政务服务中心", AccessID: "PIN-A", AccessToken: zwfw.NewSecret("sandbox-token-01"), OrgID: "999999000000001", AppID: "APP-A"},
			{Name: "测试县便民服务中心", AccessID: "PIN-B", AccessToken: zwfw.NewSecret("sandbox-token-02"), OrgID: "999999000000002", AppID: "APP-B"},
		}
	}
	l := &lutongSide{
		face:  face{p: p, platform: "lutong", texts: lutongTexts, window: s.Window, textOnly: s.TextOnly, nonces: make(map[string]time.Time)},
		setup: s, codes: make(map[string]*shownCode), auths: make(map[string]*oneTime), tokens: make(map[string]*oneTime),
		tickets: make(map[string]*LutongTicket),
	}
	for i, org := range s.Organisations {
		d, err := l.open(i, org)
		if err != nil {
			return nil, fmt.Errorf("organisation %s: %w", org.AccessID, err)
		}
		l.desks = append(l.desks, d)
	}
	return l, nil
}

// open fills an organisation's defaults and compiles its desk.
func (l *lutongSide) open(i int, org LutongOrganisation) (*lutongDesk, error) {
	if org.Key == nil && org.PublicKey == nil {
		org.Key = mustLoad("client", clientPEM)
	}
	if org.PublicKey == nil {
		org.PublicKey = org.Key.Public()
	}
	if org.Scenes == nil {
		org.Scenes = []string{"TAKE_NO", "HANDLE"}
	}
	if org.AppSecret.IsZero() {
		org.AppSecret = zwfw.NewSecret(fmt.Sprintf("sandbox-secret-%02d", i+1))
	}
	if org.DataKey.IsZero() {
		org.DataKey = zwfw.NewSecret(fmt.Sprintf("sandbox-key-%04d", i+1)) // 16 characters
	}
	if org.AppID == "" {
		org.AppID = org.AccessID
	}
	identity := mustLoad("identity", identityPEM)
	desk, err := dock.NewDesk(lutongwire.Manifest(), l.setup.Dialect, dock.Party{
		Creds: map[string]zwfw.Secret{
			"pinId": zwfw.NewSecret(org.AccessID), "token": org.AccessToken, "orgId": zwfw.NewSecret(org.OrgID),
			"appId": zwfw.NewSecret(org.AppID), "appSecret": org.AppSecret, "dataKey": org.DataKey,
			"identityAppId": zwfw.NewSecret(identityAppID), "appMark": zwfw.NewSecret(identityMark),
		},
		Private: map[string]*crypto.PrivateKey{"platform": l.setup.PlatformKey},
		Public:  map[string]*crypto.PublicKey{"client": org.PublicKey, "identity": identity.Public()},
	})
	return &lutongDesk{counter{org.AccessID, org.Blocked, desk}, org}, err
}

// LutongConfig is ready for lutong.New: the first organisation. WithIdentity adds the
// identity variant.
func (p *Platform) LutongConfig() lutong.Config { return p.LutongConfigOf(0) }

// LutongConfigOf is the configuration of the i-th organisation.
func (p *Platform) LutongConfigOf(i int) lutong.Config {
	if i < 0 || i >= len(p.lutong.desks) {
		panic(fmt.Sprintf("sandbox: there is no organisation %d; the sandbox has %d, counted from 0", i, len(p.lutong.desks)))
	}
	org := p.lutong.desks[i].org
	return lutong.Config{
		BaseURL: p.URL + lutongPrefix, AccessID: org.AccessID, AccessToken: org.AccessToken, OrgID: org.OrgID,
		PrivateKey: org.Key, PlatformKey: p.lutong.setup.PlatformKey.Public(),
		AppID: org.AppID, AppSecret: org.AppSecret, DataKey: org.DataKey,
	}
}

// WithIdentity adds the identity variant to a configuration. Its signature is weak, so
// the client needs zwfw.WithWeakCrypto.
func (p *Platform) WithIdentity(c lutong.Config) lutong.Config {
	c.Identity = &lutong.Identity{URL: p.URL + identityPrefix, AppID: identityAppID, AppMark: identityMark, SigningKey: mustLoad("identity", identityPEM)}
	return c
}

// MintCode opens the app of a citizen and gives the text of the code on the screen. It
// lives 60 s.
func (p *Platform) MintCode(c Citizen) zwfw.CodeText {
	text := "LTM:" + p.hex(12) + "+/" + p.hex(12) + "=="
	p.PutCode(text, c)
	return zwfw.NewCodeText(text)
}

// PutCode makes a text of your own the code of a citizen, from now on.
func (p *Platform) PutCode(text string, c Citizen) {
	now := p.clock.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lutong.codes[text] = &shownCode{citizen: c.UserID, from: now}
}

// MintAuthCode lets a citizen scan the hall's own code and authorise: it gives the
// one-time authCode that the platform hands to the hall's page.
func (p *Platform) MintAuthCode(c Citizen) zwfw.Secret {
	text := "LTA" + p.hex(12) + "+/" + p.hex(12) + "=="
	p.PutAuthCode(text, c)
	return zwfw.NewSecret(text)
}

// PutAuthCode makes a text of your own an authCode.
func (p *Platform) PutAuthCode(text string, c Citizen) {
	now := p.clock.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lutong.auths[text] = &oneTime{citizen: c.UserID, until: now.Add(p.lutong.setup.AuthCodeLife)}
}

// PutMessageToken makes a text of your own a message token of a citizen.
func (p *Platform) PutMessageToken(text string, c Citizen) {
	now := p.clock.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lutong.tokens[text] = &oneTime{citizen: c.UserID, until: now.Add(messageLife)}
}

// MintIdentityTicket signs a citizen in at 省统一身份认证 and gives the ticket; legal
// signs in for the citizen's company.
func (p *Platform) MintIdentityTicket(c Citizen, legal bool) zwfw.Secret {
	text := "ST-" + p.hex(24)
	now := p.clock.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lutong.auths[text] = &oneTime{citizen: c.UserID, until: now.Add(p.lutong.setup.AuthCodeLife), legal: legal}
	return zwfw.NewSecret(text)
}

// LutongTickets lists the reported tickets, by organisation and number.
func (p *Platform) LutongTickets() []LutongTicket {
	p.mu.Lock()
	defer p.mu.Unlock()
	var tickets []LutongTicket
	for _, t := range p.lutong.tickets {
		c := *t
		c.Statuses = slices.Clone(t.Statuses)
		tickets = append(tickets, c)
	}
	slices.SortFunc(tickets, func(a, b LutongTicket) int { return strings.Compare(a.OrgID+a.Number, b.OrgID+b.Number) })
	return tickets
}

// handle answers a request under one of the side's addresses.
func (l *lutongSide) handle(x *exchange) bool {
	base, path, ok := "", "", false
	if path, ok = strings.CutPrefix(x.r.URL.Path, lutongPrefix); !ok {
		if path, ok = strings.CutPrefix(x.r.URL.Path, identityPrefix); !ok {
			return false
		}
		base = "identity"
	}
	if l.ready(x, path) {
		return true
	}
	op, ok := l.desks[0].desk.Match(base, path, x.body)
	if !ok {
		return false
	}
	l.begin(x, op)
	l.answer(x, op)
	return true
}
