package sandbox

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/certificate"
	"github.com/zwfw-go/zwfw/crypto"
	"github.com/zwfw-go/zwfw/internal/dock"
	"github.com/zwfw-go/zwfw/internal/wire/certificatewire"
)

// CertificateSetup sets the 电子证照 side up. Zero members have defaults: the default
// dialect, two accounts, every type of certificate open to both.
type CertificateSetup struct {
	Dialect  *zwfw.Dialect
	Accounts []CertificateAccount
	Window   time.Duration // how far a signed time stamp may be off; default 5 min

	AddressLife   time.Duration // of a download address; default 600 s
	EncryptedLife time.Duration // of an encrypted identifier; default 24 h
	QRCodeLife    time.Duration // of a certificate's code; default 300 s
	SessionLife   time.Duration // of a token that a login gave; default 30 min

	FreeCause      bool     // causes are free texts of at most 200 characters, not 01, 02, 03, 99
	FileHost       string   // addresses are absolute and begin with this, an intranet host perhaps; relative when empty
	FilesInside    bool     // an application is answered with the file itself in Base64
	AddressInside  bool     // the address stands in content, with contentType "http"
	Reusable       bool     // an address serves as often as it is asked while it lives, also from a place in the file (Range)
	JSONDownload   bool     // an address answers with JSON that holds the file in Base64
	BareQRCode     bool     // a code is answered with a bare image/png body
	SameIdentifier bool     // every file of an application carries one constant identifier
	NoVerifyFile   []string // type codes whose source does not verify files: status 2
}

// CertificateAccount is one caller that the platform has admitted.
type CertificateAccount struct {
	ID        string
	Token     zwfw.Secret // that stays; unused where the dialect logs in
	Password  zwfw.Secret
	AppKey    string
	AppSecret zwfw.Secret
	Key       *crypto.PrivateKey // opens what the platform seals; the built-in one when nil
	Types     []string           // when set, certificates of other type codes are refused (status 100)
	Blocked   bool
}

const (
	certificatePrefix = "/cert"
	downloadOp        = "Download"
)

// certificateTexts are the Chinese texts that stand beside the statuses.
var certificateTexts = map[zwfw.Kind]string{
	zwfw.NotSupported: "证照源未提供此服务接口", zwfw.NotFound: "未找到匹配的证照信息", zwfw.TokenInvalid: "身份验证失败", zwfw.BadRequest: "必填参数为空",
	zwfw.CertificateUnavailable: "申请下载的证照不可用", zwfw.Upstream: "其他异常", zwfw.PermissionDenied: "没有该类证照的访问权限", zwfw.Unclassified: "其他异常",
	zwfw.Signature: "验签失败", zwfw.ClockSkew: "请求时间超出允许范围", zwfw.CallerDenied: "账号不存在或已停用", zwfw.RateLimited: "接口访问数量已达到峰值",
}

// certificateSide is the state of the platform.
type certificateSide struct {
	face
	setup CertificateSetup
	desks []*certificateDesk

	all       []*Certificate
	downloads map[string]*download
	encrypted map[string]*lent
	codes     map[string]*lent // of certificates' QR codes and of consent
	consents  map[string]*consent
	habits    map[string]ConsentHabit // by user id
	sessions  map[string]*session
	genuine   map[[32]byte]bool // digests of the files that were given out
	alone     bool              // the national platform is down
}

type certificateDesk struct {
	counter
	account CertificateAccount
}

// session is a token that a login gave.
type session struct {
	account string
	until   time.Time
}

// lent is what stands for a certificate or a citizen for a while.
type lent struct {
	certificate *Certificate // nil for a citizen's own code
	citizen     string       // holder code
	until       time.Time
}

func newCertificateSide(p *Platform, s CertificateSetup) (*certificateSide, error) {
	for _, d := range []struct {
		into *time.Duration
		or   time.Duration
	}{
		{&s.Window, 5 * time.Minute}, {&s.AddressLife, 10 * time.Minute}, {&s.EncryptedLife, 24 * time.Hour}, {&s.QRCodeLife, 5 * time.Minute},
		{&s.SessionLife, 30 * time.Minute},
	} {
		if *d.into == 0 {
			*d.into = d.or
		}
	}
	if s.Accounts == nil {
		s.Accounts = []CertificateAccount{{ID: "cert-account-1"}, {ID: "cert-account-2"}}
	}
	c := &certificateSide{
		face:  face{p: p, platform: "certificate", texts: certificateTexts, window: s.Window, nonces: make(map[string]time.Time)},
		setup: s, downloads: make(map[string]*download), encrypted: make(map[string]*lent), codes: make(map[string]*lent),
		consents: make(map[string]*consent), habits: make(map[string]ConsentHabit), sessions: make(map[string]*session), genuine: make(map[[32]byte]bool),
	}
	for i, account := range s.Accounts {
		d, err := c.open(i, account)
		if err != nil {
			return nil, fmt.Errorf("account %s: %w", account.ID, err)
		}
		c.desks = append(c.desks, d)
	}
	c.seed()
	return c, nil
}

// open fills an account's defaults and compiles its desk.
func (c *certificateSide) open(i int, a CertificateAccount) (*certificateDesk, error) {
	for _, d := range []struct {
		into *zwfw.Secret
		or   string
	}{{&a.Token, "token"}, {&a.Password, "password"}, {&a.AppSecret, "app-secret"}} {
		if d.into.IsZero() {
			*d.into = zwfw.NewSecret(fmt.Sprintf("sandbox-cert-%s-%04d", d.or, i+1))
		}
	}
	if a.AppKey == "" {
		a.AppKey = fmt.Sprintf("sandbox-app-%04d", i+1)
	}
	if a.Key == nil {
		a.Key = mustLoad("client", clientPEM)
	}
	platform := mustLoad("platform", platformPEM)
	desk, err := dock.NewDesk(certificatewire.Manifest(), c.setup.Dialect, dock.Party{
		Creds: map[string]zwfw.Secret{
			"accountId": zwfw.NewSecret(a.ID), "password": a.Password, "appKey": zwfw.NewSecret(a.AppKey), "appSecret": a.AppSecret,
		},
		Private: map[string]*crypto.PrivateKey{"platform": platform},
		Public:  map[string]*crypto.PublicKey{"client": a.Key.Public()},
	})
	return &certificateDesk{counter{a.ID, a.Blocked, desk}, a}, err
}

// CertificateConfig is ready for certificate.New: the first account.
func (p *Platform) CertificateConfig() certificate.Config { return p.CertificateConfigOf(0) }

// CertificateConfigOf is the configuration of the i-th account.
func (p *Platform) CertificateConfigOf(i int) certificate.Config {
	if i < 0 || i >= len(p.cert.desks) {
		panic(fmt.Sprintf("sandbox: there is no account %d; the sandbox has %d, counted from 0", i, len(p.cert.desks)))
	}
	a := p.cert.desks[i].account
	config := certificate.Config{
		BaseURL: p.URL + certificatePrefix, AccountID: a.ID, AccessToken: a.Token, Password: a.Password, AppKey: a.AppKey, AppSecret: a.AppSecret,
		PrivateKey: a.Key, PlatformKey: mustLoad("platform", platformPEM).Public(),
	}
	if p.cert.logsIn() {
		config.AccessToken = zwfw.Secret{}
	}
	return config
}

// logsIn reports whether the dialect gives tokens for a time.
func (c *certificateSide) logsIn() bool {
	if c.setup.Dialect == nil {
		return false
	}
	_, ok := c.setup.Dialect.Ops["Login"]
	return ok
}

// EndCertificateSessions makes every token that a login gave invalid.
func (p *Platform) EndCertificateSessions() {
	p.mu.Lock()
	defer p.mu.Unlock()
	clear(p.cert.sessions)
}

// SetNationalPlatform brings the national platform, behind which the certificates of other
// provinces are, up or down. It is up at the start.
func (p *Platform) SetNationalPlatform(up bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cert.alone = !up
}

// handle answers a request under the side's address.
func (c *certificateSide) handle(x *exchange) bool {
	path, ok := strings.CutPrefix(x.r.URL.Path, certificatePrefix)
	if !ok {
		return false
	}
	if c.ready(x, path) {
		return true
	}
	if path == "/download" && x.r.Method == http.MethodGet {
		c.begin(x, downloadOp)
		c.download(x)
		return true
	}
	op, ok := c.desks[0].desk.Match("", path, x.body)
	if !ok {
		return false
	}
	c.begin(x, op)
	first, early := c.desks[0].desk.Read(op, x.r, x.body)
	d := c.caller(first)
	if d == nil {
		refusal := &no{kind: zwfw.TokenInvalid}
		if early != nil && early.Kind == zwfw.BadRequest {
			refusal = c.faulty(x, early)
			refusal.text = "必填参数为空:" + early.Field
		}
		c.serve(x, c.desks[0].desk, op, refusal, nil)
		return true
	}
	var others []*counter
	for _, other := range c.desks {
		others = append(others, &other.counter)
	}
	q, refusal := c.admit(x, op, &d.counter, others)
	switch {
	case refusal == nil:
		refusal = c.authenticate(x, d, q, op)
	case refusal.kind == zwfw.CallerDenied: // the dialect's only word for it
		refusal.kind = zwfw.TokenInvalid
	}
	if op == "QRCode" && refusal == nil && c.setup.BareQRCode && c.bareQRCode(x, d, q) {
		return true
	}
	c.serve(x, d.desk, op, refusal, func() (any, *no) { return c.do(x, d, q, op) })
	return true
}

// caller finds who calls: by account or application, or by the token where nothing else
// says it.
func (c *certificateSide) caller(q *dock.Received) *certificateDesk {
	i := slices.IndexFunc(c.desks, func(d *certificateDesk) bool {
		id, app := q.Claims["accountId"], q.Claims["appKey"]
		return id != "" && id == d.account.ID || id == "" && app != "" && app == d.account.AppKey
	})
	if i < 0 && q.Claims["accountId"] == "" {
		c.p.mu.Lock()
		s := c.sessions[q.Token]
		c.p.mu.Unlock()
		i = slices.IndexFunc(c.desks, func(d *certificateDesk) bool { return s != nil && s.account == d.account.ID })
	}
	if i < 0 {
		return nil
	}
	return c.desks[i]
}

// authenticate checks the caller's token.
func (c *certificateSide) authenticate(x *exchange, d *certificateDesk, q *dock.Received, op string) *no {
	if op == "Login" {
		return nil // the desk has compared the password
	}
	if !c.logsIn() {
		if !d.account.Token.Equal(zwfw.NewSecret(q.Token)) {
			return &no{kind: zwfw.TokenInvalid}
		}
		return nil
	}
	c.p.mu.Lock()
	defer c.p.mu.Unlock()
	if s := c.sessions[q.Token]; s == nil || s.account != d.account.ID || x.now.After(s.until) {
		return &no{kind: zwfw.TokenInvalid}
	}
	return nil
}

// login gives a token for a time.
func (c *certificateSide) login(x *exchange, d *certificateDesk) *certificatewire.Login {
	token := "cert-session-" + c.p.hex(32)
	c.p.mu.Lock()
	defer c.p.mu.Unlock()
	c.sessions[token] = &session{d.account.ID, x.now.Add(c.setup.SessionLife)}
	x.entry.Effect = true
	return &certificatewire.Login{Token: zwfw.NewSecret(token), Seconds: int64(c.setup.SessionLife / time.Second)}
}
