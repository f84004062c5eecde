package portal

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/dock"
	"github.com/zwfw-go/zwfw/internal/wire/portalwire"
)

// Config is what the platform issues to one website, and what it registered there.
type Config struct {
	// BaseURL is the address that ends before /v1 (hlj@1) or /unified-sso (verid@1), http
	// or https. Always required.
	BaseURL string

	// For hlj@1: 应用标识 and 应用密钥.
	AppMark string
	AppWord zwfw.Secret

	// ParamKey is the site's paramKey of verid@1.
	ParamKey string

	// Redirects are the registered return addresses, whole and as registered. A login
	// returns to no other; a logout and an evaluation page return to their origins only.
	Redirects []string

	// ServiceHosts are the hosts ("zwfw.example.gov.cn", with a port where there is one)
	// that ServiceURL may send a signed-in citizen to.
	ServiceHosts []string

	// Pages are the platform's pages for browsers. Optional.
	Pages Pages

	// ProjectPrefix is the province's prefix of project numbers, such as "23". With it
	// Case and CaseProgress look for a number with and without it. Optional.
	ProjectPrefix string

	// ResultCodes is the version of the result codes in use. Default ResultsNew.
	ResultCodes ResultVersion
}

// Pages are addresses that a citizen's browser opens. Each is a whole address, or a path
// behind BaseURL; empty means the dialect's own.
type Pages struct {
	Login    string // default /sso/login, verid@1: /unified-sso/user/sendLogin
	Logout   string // default /sso/logout; verid@1 has none: the province's 信任退出 page
	Evaluate string // default /evaluate/page
}

// Names of the preset dialects; DialectHeilongjiang is the default. DialectVerid is the
// login of the province's county sites and nothing else.
const (
	DialectHeilongjiang = "hlj@1"
	DialectVerid        = "verid@1"
)

// Dialect gives a copy of a preset to alter and hand to zwfw.WithDialect.
func Dialect(name string) (*zwfw.Dialect, error) {
	return portalwire.Manifest().Preset(name)
}

// party sorts the configuration into the slots that dialects name.
func (c Config) party() (dock.Party, error) {
	p := dock.Party{
		Bases:    map[string]string{"": c.BaseURL},
		Creds:    map[string]zwfw.Secret{"appMark": zwfw.NewSecret(c.AppMark), "word": c.AppWord},
		Settings: settingNames,
	}
	switch {
	case c.BaseURL == "":
		return p, fmt.Errorf("portal: Config.BaseURL is required")
	case c.ResultCodes != "" && c.ResultCodes != ResultsNew && c.ResultCodes != ResultsOld:
		return p, fmt.Errorf("portal: Config.ResultCodes: %q: ResultsNew or ResultsOld is needed", string(c.ResultCodes))
	case strings.TrimSpace(c.ProjectPrefix) != c.ProjectPrefix:
		return p, fmt.Errorf("portal: Config.ProjectPrefix begins or ends with white space")
	}
	for i, address := range c.Redirects {
		if _, err := webAddress(address); err != nil {
			return p, fmt.Errorf("portal: Config.Redirects[%d]: %w", i, err)
		}
	}
	for i, host := range c.ServiceHosts {
		if u, err := url.Parse("//" + host); err != nil || host == "" || u.Host != host || u.User != nil {
			return p, fmt.Errorf("portal: Config.ServiceHosts[%d] must be a host, with its port where it has one, and nothing else", i)
		}
	}
	return p, nil
}

// webAddress wants a whole http or https address without a user and a fragment.
func webAddress(address string) (*url.URL, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil || u.Fragment != "" || u.Opaque != "" {
		return nil, fmt.Errorf("must be a whole http or https address without user and fragment")
	}
	return u, nil
}

// clone keeps the caller's slices out of the client.
func (c Config) clone() Config {
	c.Redirects, c.ServiceHosts = slices.Clone(c.Redirects), slices.Clone(c.ServiceHosts)
	if c.ResultCodes == "" {
		c.ResultCodes = ResultsNew
	}
	return c
}

var settingNames = map[string]string{"base.": "Config.BaseURL", "appMark": "Config.AppMark", "word": "Config.AppWord"}
