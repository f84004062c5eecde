package yimatong

import (
	"fmt"
	"net/url"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/crypto"
	"github.com/zwfw-go/zwfw/internal/dock"
	"github.com/zwfw-go/zwfw/internal/wire/yimatongwire"
)

// Config is what the platform issues to one merchant (商户). A caller that never decodes
// leaves MerchantID, SigningKey, Signer and DataKey empty: DecodeQRCode is off then.
type Config struct {
	// BaseURL is the address that ends before the dialect's paths (/ymt), http or https.
	// Always required.
	BaseURL string

	// For DecodeQRCode: the merchant's number, its RSA key and the AES secret that the
	// answer is sealed with (16, 24 or 32 characters).
	MerchantID string
	SigningKey *crypto.PrivateKey
	DataKey    zwfw.Secret

	// Signer signs in place of SigningKey: a [crypto.Keyring] that changes keys without
	// a pause, a key in a device, a signing service. Optional.
	Signer crypto.Signer

	// IconBase is the address that relative icons of tags belong to. Optional; without
	// it they stay relative.
	IconBase string

	// CodeLife is how long a code made by CreateQRCode or ChannelQRCode is good, from
	// the platform's time in the answer; default 60 s (assumption).
	CodeLife time.Duration
}

// DialectHangzhou is the preset dialect.
const DialectHangzhou = "hz-ymt@1"

// Dialect gives a copy of a preset to alter and hand to zwfw.WithDialect.
func Dialect(name string) (*zwfw.Dialect, error) {
	return yimatongwire.Manifest().Preset(name)
}

// ServiceType is a number of the standard's table 1. No request carries it; a platform
// that wants it gets it by a header or body member of a dialect.
type ServiceType string

// The service types as printed. The first has four digits in the table and five
// everywhere else.
const (
	ServiceCreate        ServiceType = "10000"
	ServiceCreatePrinted ServiceType = "1000"
	ServiceDecode        ServiceType = "20000"
	ServiceAuthorize     ServiceType = "30000"
)

// party sorts the configuration into the slots that dialects name.
func (c Config) party() (dock.Party, error) {
	p := dock.Party{
		Bases:    map[string]string{"": c.BaseURL},
		Creds:    map[string]zwfw.Secret{"merchantId": zwfw.NewSecret(c.MerchantID), "aesSecret": c.DataKey},
		Private:  map[string]*crypto.PrivateKey{"merchant": c.SigningKey},
		Signers:  map[string]crypto.Signer{},
		Settings: settingNames,
	}
	switch {
	case c.BaseURL == "":
		return p, fmt.Errorf("yimatong: Config.BaseURL is required")
	case c.SigningKey != nil && c.Signer != nil:
		return p, fmt.Errorf("yimatong: Config.SigningKey and Config.Signer are both set; which one signs must be plain")
	case c.CodeLife < 0:
		return p, fmt.Errorf("yimatong: Config.CodeLife is negative")
	}
	if u, err := url.Parse(c.IconBase); err != nil || c.IconBase != "" && (u.Host == "" || u.Scheme != "http" && u.Scheme != "https") {
		return p, fmt.Errorf("yimatong: Config.IconBase must be an http or https address")
	}
	if c.Signer != nil {
		p.Signers["merchant"] = c.Signer
	}
	if c.MerchantID == "" && c.SigningKey == nil && c.Signer == nil && c.DataKey.IsZero() {
		p.Off = map[string]string{"DecodeQRCode": "Config.MerchantID, Config.SigningKey and Config.DataKey are not set"}
	}
	return p, nil
}

var settingNames = map[string]string{
	"base.": "Config.BaseURL", "merchantId": "Config.MerchantID", "merchant": "Config.SigningKey or Config.Signer", "aesSecret": "Config.DataKey",
}
