package certificate

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/crypto"
	"github.com/zwfw-go/zwfw/internal/dock"
	"github.com/zwfw-go/zwfw/internal/wire/certificatewire"
)

// Config is what the platform issues to one account. Which members are required depends
// on the dialect; New names those that are missing.
type Config struct {
	// BaseURL is the address that the dialect's paths follow, http or https. Always
	// required.
	BaseURL string

	// AccountID is 账号ID (accountId, accessId, a login name). The presets require it.
	AccountID string

	// AccessToken is 身份认证信息 where the platform issues one that stays.
	AccessToken zwfw.Secret

	// Login gets a token where the platform gives one for a time: a session, a JWT. Set
	// it in place of AccessToken; or let the dialect describe the login as operation
	// "Login", whose answer holds token and seconds, and set what it names.
	Login Login

	// Password is what a login that the dialect describes sends.
	Password zwfw.Secret

	// AppKey and AppSecret are those of a gateway in front of the platform that wants
	// headers of its own or signs calls. Only dialects that name them need them.
	AppKey    string
	AppSecret zwfw.Secret

	// PrivateKey opens and PlatformKey seals where a site seals data with SM2. Only
	// dialects with such a seal need them.
	PrivateKey  *crypto.PrivateKey
	PlatformKey *crypto.PublicKey

	// IdentifierRules, when set, are what an identifier must keep before it is sent.
	// Optional; without them any identifier in clear is.
	IdentifierRules *IdentifierRules

	// Files says where files may be fetched from. The zero value is for a platform that
	// serves them at its own host and port.
	Files FileHosts
}

// FileHosts says what the addresses that a platform gives may reach. They come from a
// server and are not trusted: an address passes when its host and port are those of the
// base, of Hosts or of a target of Rewrite, or when the IP address that is dialled lies in
// Networks (behind a proxy, which resolves names itself, only an address that is written
// out does). Loopback, link-local, metadata and other reserved IP addresses are never
// dialled, whatever name leads there, but for the host and port of the base itself.
type FileHosts struct {
	// Base is what relative addresses are joined to, also those that begin with a slash:
	// "/download?id=…" becomes Base + "/download?id=…". Default Config.BaseURL; a platform
	// that means the host alone gets the host alone here.
	Base string

	Hosts    []string          // "files.example.cn:8443"; without a port 80 and 443 are meant
	Networks []netip.Prefix    // 10.20.0.0/16
	Rewrite  map[string]string // an intranet host as the server writes it, "10.1.2.3:8080", to the one to ask, "files.example.cn:443"

	MaxSize int64 // of a file; default 512 MiB

	// Reusable says that an address of this platform may be fetched again while it lives.
	// Then a download that broke goes on where it broke, in the same call, and Save also in
	// a later one. Leave it false where addresses serve once (public practice): there a
	// second request gets nothing.
	Reusable bool
}

// Login logs the calling unit in and gives its token and how long it is good, 0 when the
// platform does not say. The client calls it before the first call, ahead of the end, and
// when the platform refuses the token (status 11); one caller logs in while the others
// wait, at most six times a minute, and processes share a token by zwfw.WithTokenStore.
// The token's place in the calls (body, header, query) is the dialect's {token}.
type Login func(ctx context.Context) (token zwfw.Secret, life time.Duration, err error)

// Names of the preset dialects; DialectNational is the default.
const (
	DialectNational = "national@1"
	DialectGBT36906 = "gbt36906@1"
	DialectGateway  = "gateway@1"
)

// Dialect gives a copy of a preset to alter and hand to zwfw.WithDialect.
func Dialect(name string) (*zwfw.Dialect, error) {
	return certificatewire.Manifest().Preset(name)
}

// party sorts the configuration into the slots that dialects name.
func (c Config) party() (dock.Party, error) {
	p := dock.Party{
		Bases: map[string]string{"": c.BaseURL},
		Creds: map[string]zwfw.Secret{
			"accountId": zwfw.NewSecret(c.AccountID), "password": c.Password, "appKey": zwfw.NewSecret(c.AppKey), "appSecret": c.AppSecret,
		},
		Private:  map[string]*crypto.PrivateKey{"client": c.PrivateKey},
		Public:   map[string]*crypto.PublicKey{"platform": c.PlatformKey},
		Settings: settingNames,
	}
	switch {
	case strings.TrimRight(c.BaseURL, "/") == "":
		return p, fmt.Errorf("certificate: Config.BaseURL is required")
	case !c.AccessToken.IsZero() && c.Login != nil:
		return p, fmt.Errorf("certificate: Config.AccessToken and Config.Login are both set; which one gives the token must be plain")
	case !c.AccessToken.IsZero():
		if token := c.AccessToken.Reveal(); token != strings.TrimSpace(token) {
			return p, fmt.Errorf("certificate: Config.AccessToken begins or ends with white space; was it read from a file?")
		}
		p.Token = dock.StaticToken{Secret: c.AccessToken}
	}
	return p, nil
}

var settingNames = map[string]string{
	"base.": "Config.BaseURL", "accountId": "Config.AccountID", "password": "Config.Password", "{token}": "Config.AccessToken or Config.Login",
	"appKey": "Config.AppKey", "appSecret": "Config.AppSecret", "client": "Config.PrivateKey", "platform": "Config.PlatformKey",
}
