package lutong

import (
	"fmt"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/crypto"
	"github.com/zwfw-go/zwfw/internal/dock"
	"github.com/zwfw-go/zwfw/internal/wire/lutongwire"
)

// Config is what the platform issues to one organisation. Which members are required
// depends on the dialect; New names the first one that is missing.
type Config struct {
	// BaseURL is the address (接口地址) that ends before /idcodeCore, http or https.
	// Always required.
	BaseURL string

	// For sd-sop: 网关接入id, 网关接入token and 用码机构id, the citizen data's keys.
	AccessID    string
	AccessToken zwfw.Secret
	OrgID       string
	PrivateKey  *crypto.PrivateKey // own SM2 key: opens what the platform seals
	PlatformKey *crypto.PublicKey  // the platform's SM2 key: seals what is sent

	// For sd-envelope.
	AppID     string
	AppSecret zwfw.Secret // signs
	DataKey   zwfw.Secret // AES key of 16, 24 or 32 characters

	// Identity turns on the second variant of UserInfo. Optional.
	Identity *Identity
}

// Identity is what 省统一身份认证 issues (public practice; that it serves A.3 is an
// assumption). Its signature is MD5withRSA, so New wants zwfw.WithWeakCrypto.
type Identity struct {
	URL        string             // the one address of all its calls
	AppID      string             // app_id
	AppMark    string             // appMark
	SigningKey *crypto.PrivateKey // RSA: signs requests and opens answers
}

// Names of the preset dialects; DialectSOP is the default.
const (
	DialectSOP      = "sd-sop@1"
	DialectEnvelope = "sd-envelope@1"
)

// Dialect gives a copy of a preset to alter and hand to zwfw.WithDialect.
func Dialect(name string) (*zwfw.Dialect, error) {
	return lutongwire.Manifest().Preset(name)
}

// party sorts the configuration into the slots that dialects name.
func (c Config) party() (dock.Party, error) {
	p := dock.Party{
		Bases: map[string]string{"": c.BaseURL},
		Creds: map[string]zwfw.Secret{
			"pinId": zwfw.NewSecret(c.AccessID), "token": c.AccessToken, "orgId": zwfw.NewSecret(c.OrgID),
			"appId": zwfw.NewSecret(c.AppID), "appSecret": c.AppSecret, "dataKey": c.DataKey,
		},
		Private:  map[string]*crypto.PrivateKey{"client": c.PrivateKey},
		Public:   map[string]*crypto.PublicKey{"platform": c.PlatformKey},
		Settings: settingNames,
	}
	if c.BaseURL == "" {
		return p, fmt.Errorf("lutong: Config.BaseURL is required")
	}
	if i := c.Identity; i != nil {
		if i.SigningKey == nil {
			return p, fmt.Errorf("lutong: Config.Identity.SigningKey is required")
		}
		p.Bases["identity"] = i.URL
		p.Creds["identityAppId"], p.Creds["appMark"] = zwfw.NewSecret(i.AppID), zwfw.NewSecret(i.AppMark)
		p.Private["identity"] = i.SigningKey
	}
	return p, nil
}

var settingNames = map[string]string{
	"base.": "Config.BaseURL", "base.identity": "Config.Identity",
	"pinId": "Config.AccessID", "token": "Config.AccessToken", "orgId": "Config.OrgID",
	"client": "Config.PrivateKey", "platform": "Config.PlatformKey",
	"appId": "Config.AppID", "appSecret": "Config.AppSecret", "dataKey": "Config.DataKey",
	"identityAppId": "Config.Identity.AppID", "appMark": "Config.Identity.AppMark", "identity": "Config.Identity.SigningKey",
}
