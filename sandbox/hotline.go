package sandbox

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/hotline"
	"github.com/zwfw-go/zwfw/internal/dock"
	wire "github.com/zwfw-go/zwfw/internal/wire/hotlinewire"
)

// HotlineSetup sets the 12345 side up. Zero members have defaults: the default dialect,
// a department and a city, approval of everything, the proposed terms.
type HotlineSetup struct {
	Dialect *zwfw.Dialect
	Units   []HotlineUnit
	Window  time.Duration // how far a time stamp may be off; default 5 min

	TokenLife   time.Duration // default 2 h
	SingleToken bool          // the last login wins: a new token ends the unit's older ones

	NoApproval        bool // finish, reject and delay are in force at once
	NoRejectAfterSign bool
	DelayInPending    bool // time may be asked for before signing
	CityReports       bool // a city may report appeals
	CapRefuses        bool // a page size over 100 is refused, not cut
	RepeatsAreErrors  bool // the centre keeps no request numbers: it answers "done before" as an error
	SameDispatchID    bool // a sheet that is dispatched again keeps its number
	MaskPersons       bool // names and numbers of citizens arrive masked
	FirstChunk        int  // index of an attachment's first chunk

	Rate          int           // calls a second and unit; default 50, negative for no limit
	AggregateRate int           // reports a second, unit and kind; default 2, negative for no limit
	Period        time.Duration // asked of aggregations; default what they say
	MaxDelays     int           // default 2
	MaxDelayDays  int           // default 5
	ArchiveAfter  time.Duration // a finished sheet is archived by itself; 0 never
	Schedule      *hotline.Schedule
}

// HotlineUnit is one member unit (成员单位).
type HotlineUnit struct {
	AppID   string
	AppKey  zwfw.Secret
	Code    string // 12 digits
	Name    string
	Type    hotline.UnitType
	Blocked bool
}

const hotlinePrefix = "/jx"

// hotlineTexts are the Chinese texts that stand beside the codes.
var hotlineTexts = map[zwfw.Kind]string{
	zwfw.BadRequest: "参数错误", zwfw.TokenInvalid: "认证信息无效或已过期", zwfw.Signature: "签名错误", zwfw.ClockSkew: "时间戳超出允许范围",
	zwfw.Replay: "重复请求", zwfw.CallerDenied: "App_id不存在或已停用", zwfw.PermissionDenied: "无权调用该接口", zwfw.NotFound: "记录不存在",
	zwfw.WrongState: "当前状态不允许该操作", zwfw.Conflict: "同一业务编号内容不一致", zwfw.LimitReached: "超过延时限制", zwfw.Stale: "序号早于已接收的数据",
	zwfw.TooLarge: "内容过大", zwfw.InvalidRows: "数据质量校验未通过", zwfw.RateLimited: "请求过于频繁", zwfw.Upstream: "系统异常", zwfw.Busy: "系统维护中",
	zwfw.Unclassified: "操作失败",
}

// hotlineCodes are the codes of the proposed contract for kinds that it gives several or
// a whole class.
var hotlineCodes = map[zwfw.Kind]string{
	zwfw.BadRequest: "40003", zwfw.PermissionDenied: "40301", zwfw.NotFound: "40401", zwfw.WrongState: "40901", zwfw.TokenInvalid: "40102",
}

// hotlineSide is the state of the province.
type hotlineSide struct {
	face
	setup    HotlineSetup
	schedule hotline.Schedule
	codes    hotline.Codes
	desks    []*hotlineDesk
	bearer   string // the header that carries the token

	mu         sync.Mutex
	tokens     map[string]hotlineToken
	dispatches map[string]*dispatch
	order      []*dispatch // in the order of their making
	storms     []*storm
	reports    map[string]*report // by unit and the unit's number
	files      map[string]*hotlineFile
	notices    map[string][]*notice // by unit
	series     map[string]*series   // of aggregation, by unit and kind
	calls      map[string][]time.Time
	counts     map[string]int // for numbers
}

type hotlineDesk struct {
	counter
	unit HotlineUnit
}

func newHotlineSide(p *Platform, s HotlineSetup) (*hotlineSide, error) {
	s.Window, s.TokenLife = cmp.Or(s.Window, 5*time.Minute), cmp.Or(s.TokenLife, 2*time.Hour)
	s.Rate, s.AggregateRate = cmp.Or(s.Rate, 50), cmp.Or(s.AggregateRate, 2)
	s.MaxDelays, s.MaxDelayDays = cmp.Or(s.MaxDelays, 2), cmp.Or(s.MaxDelayDays, 5)
	if s.Units == nil {
		s.Units = []HotlineUnit{
			{AppID: "JX-DEPT-01", Code: "999999000101", Name: "测试部门", Type: hotline.Department},
			{AppID: "JX-CITY-01", Code: "999999000000", Name: "测试市", Type: hotline.City},
		}
	}
	if s.Dialect == nil {
		s.Dialect, _ = hotline.Dialect(hotline.DialectJiangxi) // a preset
	}
	h := &hotlineSide{
		face:  face{p: p, platform: "hotline", texts: hotlineTexts, window: s.Window, nonces: make(map[string]time.Time)},
		setup: s, codes: hotline.DefaultCodes(), tokens: make(map[string]hotlineToken), dispatches: make(map[string]*dispatch),
		reports: make(map[string]*report), files: make(map[string]*hotlineFile), notices: make(map[string][]*notice),
		series: make(map[string]*series), calls: make(map[string][]time.Time), counts: make(map[string]int),
	}
	if s.Schedule != nil {
		h.schedule = *s.Schedule
	} else {
		h.schedule = hotline.NewSchedule(hotline.DefaultCalendar(func(int) {}))
	}
	h.bearer = tokenHeader(s.Dialect)
	for _, u := range s.Units {
		if len(u.Code) != 12 {
			return nil, fmt.Errorf("unit %s: Code must have 12 digits", u.AppID)
		}
		if u.AppKey.IsZero() {
			u.AppKey = zwfw.NewSecret("sandbox-" + u.AppID)
		}
		desk, err := dock.NewDesk(wire.Manifest(), s.Dialect, dock.Party{
			Creds: map[string]zwfw.Secret{"appId": zwfw.NewSecret(u.AppID), "appKey": u.AppKey},
		})
		if err != nil {
			return nil, fmt.Errorf("unit %s: %w", u.AppID, err)
		}
		h.desks = append(h.desks, &hotlineDesk{counter{u.AppID, u.Blocked, desk}, u})
	}
	return h, nil
}

// tokenHeader finds the header that a dialect or the preset puts the token in.
func tokenHeader(d *zwfw.Dialect) string {
	preset, _ := hotline.Dialect(hotline.DialectJiangxi)
	for _, headers := range []map[string]string{d.Headers, preset.Headers} {
		for _, name := range slices.Sorted(maps.Keys(headers)) {
			if strings.Contains(headers[name], "{token}") {
				return name
			}
		}
	}
	return ""
}

// WithHotline sets the 12345 side up: dialect, units, approvals, clock rules.
func WithHotline(h HotlineSetup) Option { return func(s *setup) { s.hotline = h } }

// HotlineConfig is ready for hotline.New: the first unit, a department.
func (p *Platform) HotlineConfig() hotline.Config { return p.HotlineConfigOf(0) }

// HotlineConfigOf is the configuration of the i-th unit.
func (p *Platform) HotlineConfigOf(i int) hotline.Config {
	if i < 0 || i >= len(p.hotline.desks) {
		panic(fmt.Sprintf("sandbox: there is no unit %d; the sandbox has %d, counted from 0", i, len(p.hotline.desks)))
	}
	u := p.hotline.desks[i].unit
	return hotline.Config{BaseURL: p.URL + hotlinePrefix, AppID: u.AppID, AppKey: u.AppKey, FirstChunk: p.hotline.setup.FirstChunk}
}

// handle answers a request under the side's address.
func (h *hotlineSide) handle(x *exchange) bool {
	path, ok := strings.CutPrefix(x.r.URL.Path, hotlinePrefix)
	if !ok {
		return false
	}
	if h.ready(x, path) {
		return true
	}
	op, ok := h.desks[0].desk.Match("", path, x.body)
	if !ok {
		return false
	}
	h.begin(x, op)
	first, _ := h.desks[0].desk.Read(op, x.r, x.body)
	claimed := h.caller(first)
	i := slices.IndexFunc(h.desks, func(d *hotlineDesk) bool { return d.id == claimed })
	if claimed != "" && i < 0 {
		x.entry.Caller = zwfw.PrintableCode(claimed)
		x.entry.Explanation = "no unit of the sandbox has this App_id"
		h.serve(x, h.desks[0].desk, op, &no{kind: zwfw.CallerDenied}, nil)
		return true
	}
	d := h.desks[max(i, 0)]
	q, refusal := h.pass(x, op, d)
	h.serve(x, d.desk, op, h.coded(d, op, refusal), func() (any, *no) {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.advance(x.now)
		out, refusal := h.do(x, d, q, op)
		return out, h.coded(d, op, refusal)
	})
	return true
}

// caller is whom a request claims to be from: by App_id, or by its token where a dialect
// sends no more.
func (h *hotlineSide) caller(q *dock.Received) string {
	if claimed := q.Claims["appId"]; claimed != "" {
		return claimed
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.tokens[q.Token].unit
}

// coded gives a refusal the contract's own code where the dialect reads it so.
func (h *hotlineSide) coded(d *hotlineDesk, op string, refusal *no) *no {
	if refusal == nil {
		return nil
	}
	if refusal.code == "" {
		refusal.code = hotlineCodes[refusal.kind]
	}
	if refusal.kind != zwfw.Unclassified && !d.desk.Reads(op, refusal.code, refusal.kind) {
		refusal.code = "" // the dialect's own
	}
	return refusal
}
