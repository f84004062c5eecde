package sandbox

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/dock"
	"github.com/zwfw-go/zwfw/internal/wire/portalwire"
	"github.com/zwfw-go/zwfw/portal"
)

// PortalSetup sets the service platform of a province up. Zero members have defaults: the
// default dialect, two applications, 25 items and five cases.
type PortalSetup struct {
	Dialect       *zwfw.Dialect
	Apps          []PortalApp
	Items         int                  // how many items there are; default 25
	Window        time.Duration        // how far a time stamp may be off; default 5 min
	TicketLife    time.Duration        // of a login ticket; default 60 s
	TokenLife     time.Duration        // of a session; default 1 h
	Grace         time.Duration        // for which a spent ticket gives the same session again; default none
	TicketName    string               // what the return address calls the ticket; default "ticket"
	ProjectPrefix string               // what the platform puts before project numbers
	ResultCodes   portal.ResultVersion // default ResultsNew
	LowLevel      bool                 // a login whose level is too low returns all the same
	CaseEvents    bool                 // the feed of cases has a row for each event in place of whole cases
	KeepChanges   time.Duration        // cursors that are older are refused; default none is
	DefaultStars  bool                 // unrated points show five stars once their time is over: a bad practice, to meet it
}

// PortalApp is one website that the platform has admitted.
type PortalApp struct {
	Mark      string
	Word      zwfw.Secret
	ParamKey  string   // of verid@1
	Redirects []string // registered return addresses; default http://127.0.0.1/sso/callback
	Blocked   bool
}

const portalPrefix = "/hlj"

// portalTexts are the Chinese texts that stand beside the codes.
var portalTexts = map[zwfw.Kind]string{
	zwfw.BadRequest: "报文格式错误", zwfw.CallerDenied: "应用不存在或停用", zwfw.Signature: "签名错误", zwfw.ClockSkew: "时间戳超出允许范围",
	zwfw.Replay: "请求重放", zwfw.CodeExpired: "票据已过期", zwfw.CodeUsed: "票据不存在或已使用", zwfw.CodeTypeUnsupported: "非本应用票据",
	zwfw.CodeMalformed: "票据格式错误", zwfw.TokenInvalid: "令牌已过期", zwfw.NotRealName: "实名等级不足", zwfw.PermissionDenied: "无权访问",
	zwfw.NotFound: "事项、办件或服务点不存在", zwfw.Conflict: "重复提交且内容不一致", zwfw.Stale: "版本过旧", zwfw.WrongState: "当前状态不允许",
	zwfw.TooLarge: "批次过大", zwfw.RateLimited: "请求过于频繁", zwfw.Busy: "系统维护中", zwfw.Upstream: "系统异常", zwfw.Unclassified: "操作失败",
	zwfw.CodeNotFound: "用户未登录",
}

// portalSide is the state of the platform.
type portalSide struct {
	face
	setup PortalSetup
	desks []*portalDesk

	signIns map[string]*portalSignIn // sessions of browsers at the platform, by cookie
	tickets map[string]*portalTicket
	tokens  map[string]*portalToken
	items   []*portalItem // in the order of change
	itemOf  map[string]*portalItem
	feed    portalFeed
	pushed  map[string]portalwire.BatchResult // answers to batches, by number
	cases   map[string]*portalCase
	points  map[pointKey]*portalPoint
	ratings []*portalRating
	made    int // cases
}

type portalDesk struct {
	counter
	app   PortalApp
	verid *dock.Desk // of the county sites' login; nil without a paramKey
}

func newPortalSide(p *Platform, s PortalSetup) (*portalSide, error) {
	for _, d := range []struct {
		into *time.Duration
		or   time.Duration
	}{{&s.Window, 5 * time.Minute}, {&s.TicketLife, time.Minute}, {&s.TokenLife, time.Hour}} {
		if *d.into == 0 {
			*d.into = d.or
		}
	}
	if s.Apps == nil {
		s.Apps = []PortalApp{
			{Mark: "site-9999990000", Word: zwfw.NewSecret("sandbox-word-0001"), ParamKey: "99999900000000000000000000000001"},
			{Mark: "third-9999990001", Word: zwfw.NewSecret("sandbox-word-0002"), Redirects: []string{"http://127.0.0.1/third/callback"}},
		}
	}
	if s.Items == 0 {
		s.Items = 25
	}
	if s.TicketName == "" {
		s.TicketName = "ticket"
	}
	if s.ResultCodes == "" {
		s.ResultCodes = portal.ResultsNew
	}
	side := &portalSide{
		face:  face{p: p, platform: "portal", texts: portalTexts, window: s.Window, nonces: make(map[string]time.Time)},
		setup: s, signIns: make(map[string]*portalSignIn), tickets: make(map[string]*portalTicket), tokens: make(map[string]*portalToken),
		cases: make(map[string]*portalCase), points: make(map[pointKey]*portalPoint), pushed: make(map[string]portalwire.BatchResult),
	}
	side.seedItems(s.Items)
	for _, app := range s.Apps {
		if app.Redirects == nil {
			app.Redirects = []string{"http://127.0.0.1/sso/callback"}
		}
		d, err := side.open(app)
		if err != nil {
			return nil, fmt.Errorf("application %s: %w", app.Mark, err)
		}
		side.desks = append(side.desks, d)
	}
	side.seedCases(p.clock.Now())
	side.feed.live = true
	return side, nil
}

// open compiles an application's desks.
func (s *portalSide) open(app PortalApp) (*portalDesk, error) {
	party := dock.Party{Creds: map[string]zwfw.Secret{"appMark": zwfw.NewSecret(app.Mark), "word": app.Word}}
	desk, err := dock.NewDesk(portalwire.Manifest(), s.setup.Dialect, party)
	if err != nil {
		return nil, err
	}
	d := &portalDesk{counter: counter{app.Mark, app.Blocked, desk}, app: app}
	if app.ParamKey != "" {
		dialect, err := portal.Dialect(portal.DialectVerid)
		if err != nil {
			return nil, err
		}
		if d.verid, err = dock.NewDesk(portalwire.Manifest(), dialect, dock.Party{}); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// PortalConfig is ready for portal.New: the first application.
func (p *Platform) PortalConfig() portal.Config { return p.PortalConfigOf(0) }

// PortalConfigOf is the configuration of the i-th application.
func (p *Platform) PortalConfigOf(i int) portal.Config {
	if i < 0 || i >= len(p.portal.desks) {
		panic(fmt.Sprintf("sandbox: there is no application %d; the sandbox has %d, counted from 0", i, len(p.portal.desks)))
	}
	app := p.portal.desks[i].app
	p.mu.Lock()
	defer p.mu.Unlock()
	return portal.Config{
		BaseURL: p.URL + portalPrefix, AppMark: app.Mark, AppWord: app.Word, Redirects: slices.Clone(p.portal.desks[i].app.Redirects),
		ServiceHosts: []string{"zwfw.example.invalid"}, ProjectPrefix: p.portal.setup.ProjectPrefix, ResultCodes: p.portal.setup.ResultCodes,
	}
}

// VeridConfig is the first application's for the dialect verid@1.
func (p *Platform) VeridConfig() portal.Config {
	c := p.PortalConfig()
	return portal.Config{
		BaseURL: c.BaseURL, ParamKey: p.portal.desks[0].app.ParamKey, Redirects: c.Redirects,
		Pages: portal.Pages{Logout: c.BaseURL + "/trust/logout"},
	}
}

// RegisterRedirect adds a return address to the first application's list, for a website
// whose address is known only once it listens.
func (p *Platform) RegisterRedirect(address string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	app := &p.portal.desks[0].app
	app.Redirects = append(slices.Clone(app.Redirects), address)
}

// app finds an application by its mark. Called with the lock held.
func (s *portalSide) app(mark string) *portalDesk {
	if i := slices.IndexFunc(s.desks, func(d *portalDesk) bool { return d.app.Mark == mark }); i >= 0 {
		return s.desks[i]
	}
	return nil
}

// handle answers a request under the side's address.
func (s *portalSide) handle(x *exchange) bool {
	path, ok := strings.CutPrefix(x.r.URL.Path, portalPrefix)
	if !ok {
		return false
	}
	if s.ready(x, path) || s.page(x, path) || s.county(x, path) {
		return true
	}
	op, ok := s.desks[0].desk.Match("", path, x.body)
	if !ok || x.r.Method != http.MethodPost {
		return false
	}
	s.begin(x, op)
	first, _ := s.desks[0].desk.Read(op, x.r, x.body)
	claimed := first.Claims["appMark"]
	d := s.desks[0]
	if claimed != "" {
		if d = s.app(claimed); d == nil {
			x.entry.Caller, x.entry.Explanation = zwfw.PrintableCode(claimed), "no application of the sandbox has this mark"
			s.serve(x, s.desks[0].desk, op, &no{kind: zwfw.CallerDenied}, nil)
			return true
		}
	}
	var others []*counter
	for _, other := range s.desks {
		others = append(others, &other.counter)
	}
	q, refusal := s.admit(x, op, &d.counter, others)
	s.serve(x, d.desk, op, refusal, func() (any, *no) { return s.do(x, d, q, op) })
	return true
}

// portalCall is one admitted request on its way through; what it does runs with the
// platform's lock held.
type portalCall struct {
	*portalSide
	x     *exchange
	d     *portalDesk
	op    string
	fresh string // 64 hex characters of the seeded source
}

// do decodes a request and does what it asks.
func (s *portalSide) do(x *exchange, d *portalDesk, q *dock.Received, op string) (any, *no) {
	c := &portalCall{portalSide: s, x: x, d: d, op: op, fresh: s.p.hex(64)}
	s.p.mu.Lock()
	defer s.p.mu.Unlock()
	switch op {
	case "Exchange":
		return run(c, q, c.exchange)
	case "User":
		return run(c, q, c.user)
	case "CheckToken":
		return run(c, q, c.checkToken)
	case "IssueLoginTicket":
		return run(c, q, c.issue)
	case "ItemDirectory":
		return run(c, q, c.directory)
	case "Items":
		return run(c, q, c.list)
	case "Item":
		return run(c, q, c.item)
	case "ItemChanges":
		return run(c, q, c.itemChanges)
	case "MyCases":
		return run(c, q, c.myCases)
	case "CaseProgress":
		return run(c, q, c.progress)
	case "Case":
		return run(c, q, c.caseDetail)
	case "CaseChanges":
		return run(c, q, c.caseChanges)
	case "PublicCases":
		return run(c, q, c.publicCases)
	case "EvaluationNorms":
		return run(c, q, c.norms)
	case "AddEvaluationPoint":
		return run(c, q, c.addPoint)
	case "EvaluationPoints":
		return run(c, q, c.openPoints)
	case "Evaluate":
		return run(c, q, c.evaluate)
	case "AppendEvaluation":
		return run(c, q, c.appendEvaluation)
	case "Evaluations":
		return run(c, q, c.evaluations)
	case "EvaluationStatistics":
		return run(c, q, c.statistics)
	case "Rectifications":
		return run(c, q, c.rectifications)
	case "ReplyRectification":
		return run(c, q, c.replyRectification)
	case "IngestStatus":
		return run(c, q, c.ingestStatus)
	case "IngestReconcile":
		return run(c, q, c.reconcile)
	}
	return nil, &no{kind: zwfw.NotFound, text: "模拟平台不提供该接口"}
}

// run decodes an operation's request and hands it over.
func run[In any](c *portalCall, q *dock.Received, do func(*In) (any, *no)) (any, *no) {
	in := new(In)
	if fault := q.Decode(in); fault != nil {
		c.x.entry.Explanation = fault.Field + ": " + fault.Detail
		lower := strings.ToLower(fault.Field)
		if strings.HasSuffix(lower, "time") || strings.HasSuffix(lower, "date") || lower == "updatedafter" || lower == "day" {
			return nil, c.wrongTime(fault.Field)
		}
		return nil, c.wrong(fault.Field)
	}
	return do(in)
}

// coded prefers a code of the contract's table where the dialect reads it so.
func (c *portalCall) coded(kind zwfw.Kind, code, text, field string) *no {
	c.x.entry.Explanation = field
	if c.d.desk.Reads(c.op, code, kind) {
		return &no{kind: kind, code: code, text: text}
	}
	return &no{kind: kind, text: text}
}

func (c *portalCall) missing(field string) *no {
	return c.coded(zwfw.BadRequest, "4001", "必填项缺失", field)
}

func (c *portalCall) wrong(field string) *no {
	return c.coded(zwfw.BadRequest, "4002", "值不在代码表内", field)
}

func (c *portalCall) tooLong(field string) *no {
	return c.coded(zwfw.BadRequest, "4003", "超出长度", field)
}

func (c *portalCall) wrongTime(field string) *no {
	return c.coded(zwfw.BadRequest, "4004", "时间格式或顺序错误", field)
}

// repeated answers a repetition with the same content: 4090, with the first answer. An
// envelope that has no "code" says success instead.
func (c *portalCall) repeated(out any) (any, *no) {
	fault := c.x.fault.mangle
	c.x.fault.mangle = func(body []byte) []byte {
		body = reshaped("", func(answer map[string]any) {
			if _, ok := answer["code"]; ok {
				answer["code"], answer["message"] = "4090", "重复提交"
			}
		}).mangle(body)
		if fault != nil {
			body = fault(body)
		}
		return body
	}
	return out, nil
}

// changed notes that the request had an effect.
func (c *portalCall) changed() { c.x.entry.Effect = true }
