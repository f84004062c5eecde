package hotline

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/dock"
	"github.com/zwfw-go/zwfw/internal/nearest"
	wire "github.com/zwfw-go/zwfw/internal/wire/hotlinewire"
)

// Config is what the province issues to one unit (clause 4.4.3: two identities, App_id
// with App_key and the authentication information that they buy).
type Config struct {
	// BaseURL is the address that ends before /v1, http or https. Required.
	BaseURL string
	// AggregateURL is the address of the calls for live calls and seats where the
	// data-sharing platform (省数据共享平台, clause 3.3) has one of its own. Optional; BaseURL
	// serves when it is empty.
	AggregateURL string

	// AppID and AppKey are the unit's. Required by the preset dialect.
	AppID  string
	AppKey zwfw.Secret

	// FirstChunk is the index of an attachment's first chunk, 0 or 1; public clients
	// disagree (default 0: assumption).
	FirstChunk int
	// ChunkSize is how many bytes of an attachment go into one call; default 1 MiB
	// (assumption), at most 2 MiB.
	ChunkSize int64
	// MaxFile is the largest attachment; default 20 MiB (assumption).
	MaxFile int64

	// Repeats lists, for each operation, the refusals by which a centre says that the
	// same was done before. They become success with Repeated set. Empty by default: the
	// preset's centre keeps request numbers and answers a repetition as it did at first.
	Repeats map[string][]Repeat
}

// Repeat is one way to say "done before": by the platform's code, by words that its
// text holds, or by both together. At least one is required.
type Repeat struct {
	Code string
	Text string
}

// DialectJiangxi is the preset dialect.
const DialectJiangxi = "jx-12345@1"

// Dialect gives a copy of a preset to alter and hand to zwfw.WithDialect.
func Dialect(name string) (*zwfw.Dialect, error) { return wire.Manifest().Preset(name) }

const (
	defaultChunk = 1 << 20
	maxChunk     = 2 << 20 // in Base64 within the 4 MiB that a body may have
	defaultFile  = 20 << 20
)

// aggregateBase is the slot of AggregateURL.
const aggregateBase = "aggregate"

// repeatable are the operations that a centre may call done before.
var repeatable = []string{"SubmitAppeal", "SignFor", "Finish", "Reject", "RequestDelay", "AckNotices", "FileChunk", "ReportCalls", "ReportSeats"}

// checked fills defaults and refuses what cannot work.
func (c Config) checked() (Config, error) {
	for _, f := range []struct {
		name string
		into *int64
		or   int64
		most int64
	}{{"ChunkSize", &c.ChunkSize, defaultChunk, maxChunk}, {"MaxFile", &c.MaxFile, defaultFile, 1 << 40}} {
		switch {
		case *f.into == 0:
			*f.into = f.or
		case *f.into < 0 || *f.into > f.most:
			return c, fmt.Errorf("hotline: Config.%s must be 1 to %d, is %d", f.name, f.most, *f.into)
		}
	}
	switch base := strings.TrimRight(c.BaseURL, "/"); {
	case base == "":
		return c, fmt.Errorf("hotline: Config.BaseURL is required")
	case strings.HasSuffix(base, "/v1"):
		return c, fmt.Errorf("hotline: Config.BaseURL must end before /v1, which the dialect's paths begin with")
	case strings.HasSuffix(strings.TrimRight(c.AggregateURL, "/"), "/v1"):
		return c, fmt.Errorf("hotline: Config.AggregateURL must end before /v1, which the dialect's paths begin with")
	case c.FirstChunk != 0 && c.FirstChunk != 1:
		return c, fmt.Errorf("hotline: Config.FirstChunk must be 0 or 1, is %d", c.FirstChunk)
	}
	repeats := make(map[string][]Repeat, len(c.Repeats))
	for _, op := range slices.Sorted(maps.Keys(c.Repeats)) {
		if !slices.Contains(repeatable, op) {
			return c, fmt.Errorf("hotline: Config.Repeats: %q is no operation that is repeated%s", op, nearest.Hint(op, repeatable))
		}
		for i, r := range c.Repeats[op] {
			if r.Code == "" && r.Text == "" {
				return c, fmt.Errorf("hotline: Config.Repeats[%s][%d]: Code or Text is required", op, i)
			}
		}
		repeats[op] = slices.Clone(c.Repeats[op])
	}
	c.Repeats = repeats
	return c, nil
}

// party sorts the configuration into the slots that dialects name.
func (c Config) party() dock.Party {
	p := dock.Party{
		Bases:    map[string]string{"": c.BaseURL},
		Creds:    map[string]zwfw.Secret{"appId": zwfw.NewSecret(c.AppID), "appKey": c.AppKey},
		Settings: settingNames,
	}
	if p.Bases[aggregateBase] = c.AggregateURL; c.AggregateURL == "" {
		p.Bases[aggregateBase] = c.BaseURL
	}
	return p
}

var settingNames = map[string]string{
	"base.": "Config.BaseURL", "base." + aggregateBase: "Config.AggregateURL", "appId": "Config.AppID", "appKey": "Config.AppKey",
}

// apart moves the aggregation of a dialect to its own address.
func apart(d *zwfw.Dialect) (*zwfw.Dialect, error) {
	if d == nil {
		var err error
		if d, err = Dialect(DialectJiangxi); err != nil {
			return nil, err
		}
	}
	d = d.Clone()
	for _, name := range []string{"ReportCalls", "ReportSeats"} {
		op, own := d.Ops[name]
		if !own && d.Extends == "" {
			continue // the city has no such call
		}
		if op.Base == "" {
			op.Base = aggregateBase
		}
		d.Ops[name] = op
	}
	return d, nil
}
