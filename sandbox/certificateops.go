package sandbox

import (
	"encoding/base64"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/certificate"
	"github.com/zwfw-go/zwfw/internal/dock"
	"github.com/zwfw-go/zwfw/internal/wire/certificatewire"
)

func (c *certificateSide) do(x *exchange, d *certificateDesk, q *dock.Received, op string) (any, *no) {
	switch op {
	case "Login":
		return c.login(x, d), nil
	case "Search", "FileAddressByHolder", "InfoByHolder", "EncryptedIDs":
		return decoded(c, x, q, func(in certificatewire.Holder) (any, *no) { return c.byHolder(x, d, op, in) })
	case "FileAddressByID", "InfoByID":
		return decoded(c, x, q, func(in certificatewire.ByID) (any, *no) { return c.byIdentifier(x, d, op, in) })
	case "FileAddressByEncryptedID", "QRCode":
		return decoded(c, x, q, func(in certificatewire.ByEncryptedID) (any, *no) { return c.byEncrypted(x, d, op, in) })
	case "VerifyFields":
		return decoded(c, x, q, func(in certificatewire.VerifyFields) (any, *no) { return c.verifyFields(x, d, in) })
	case "VerifyFile":
		return decoded(c, x, q, func(in certificatewire.VerifyFile) (any, *no) { return c.verifyFile(in) })
	case "StartConsent":
		return decoded(c, x, q, func(in certificatewire.StartConsent) (any, *no) { return c.startConsent(x, d, in) })
	case "ConsentState":
		return decoded(c, x, q, func(in certificatewire.Consent) (any, *no) { return c.consentState(in) })
	}
	return decoded(c, x, q, func(in certificatewire.ReadConsented) (any, *no) { return c.readConsented(x, in) })
}

// decoded reads a request and serves it.
func decoded[T any](c *certificateSide, x *exchange, q *dock.Received, serve func(T) (any, *no)) (any, *no) {
	var in T
	if f := q.Decode(&in); f != nil {
		return nil, c.faulty(x, f)
	}
	return serve(in)
}

func absent(name string) *no {
	return &no{kind: zwfw.BadRequest, code: "12", text: "必填参数为空:" + name}
}

// checkCause wants one of the standard's codes, or a text where texts are agreed.
func (c *certificateSide) checkCause(cause string) *no {
	switch {
	case cause == "":
		return absent("UseFor")
	case c.setup.FreeCause && utf8.RuneCountInString(cause) <= 200:
	case !c.setup.FreeCause && slices.Contains([]string{"01", "02", "03", "99"}, cause):
	default:
		return &no{kind: zwfw.BadRequest, code: "102", text: "参数值错误:UseFor"}
	}
	return nil
}

func (d *certificateDesk) may(k *Certificate) bool {
	return len(d.account.Types) == 0 || slices.Contains(d.account.Types, k.TypeCode)
}

// byHolder serves the calls that name a holder.
func (c *certificateSide) byHolder(x *exchange, d *certificateDesk, op string, in certificatewire.Holder) (any, *no) {
	switch {
	case in.Code.IsZero():
		return nil, absent("CertificateHolderCode")
	case op == "FileAddressByHolder" && in.Type == "":
		return nil, absent("CertificateType")
	case in.CodeType != "" && certificate.HolderType(in.CodeType).Name().EN == in.CodeType:
		return nil, &no{kind: zwfw.BadRequest, code: "103", text: "持证主体代码类型错误"}
	case in.Type != "" && typeCodeOf(in.Type) == "":
		return nil, &no{kind: zwfw.NotFound, code: "13", text: "证照类型不存在或未发布"}
	}
	if op != "EncryptedIDs" {
		if refusal := c.checkCause(in.Cause); refusal != nil {
			return nil, refusal
		}
	}
	found := c.find(x, func(k *Certificate) bool {
		return k.HolderCode.Equal(in.Code) && (in.Type == "" || in.Type == k.TypeName) && (in.Number.IsZero() || in.Number.Equal(k.Number))
	})
	permitted := slices.DeleteFunc(slices.Clone(found), func(k *Certificate) bool { return !d.may(k) })
	switch {
	case len(found) == 0:
		return nil, &no{kind: zwfw.NotFound, code: "10"}
	case len(permitted) == 0:
		return nil, &no{kind: zwfw.PermissionDenied, code: "100"}
	case op == "FileAddressByHolder":
		return c.addresses(x, permitted, in.Cause, in.Expiry)
	case op == "InfoByHolder":
		return infosOf(permitted), nil
	case op == "EncryptedIDs":
		return c.encryptedIDs(x, permitted), nil
	}
	list := make([]certificatewire.Record, len(permitted))
	for i, k := range permitted {
		list[i] = certificatewire.Record{
			ID: k.ID, Type: k.TypeName, Name: k.TypeName, Number: k.Number, Issuer: k.Issuer, IssueDate: dateOnWire(k.IssueDate), AreaCode: k.AreaCode, DataSource: sourceOf(k),
		}
	}
	return &certificatewire.Found{Total: count(list), List: list}, nil
}

// find looks certificates up and gives copies, for the issuer may change them meanwhile. Those of other provinces come by forwarding, which takes 5
// to 10 s, and not at all while the national platform is down.
func (c *certificateSide) find(x *exchange, fits func(*Certificate) bool) []*Certificate {
	c.p.mu.Lock()
	defer c.p.mu.Unlock()
	var found []*Certificate
	forwarded := false
	for _, k := range c.all {
		if !fits(k) || k.elsewhere() && c.alone {
			continue
		}
		forwarded = forwarded || k.elsewhere()
		held := *k
		found = append(found, &held)
	}
	if forwarded {
		c.forward(x)
	}
	return found
}

// forward lets the time pass that the way to the national platform takes; the caller
// holds the lock.
func (c *certificateSide) forward(x *exchange) {
	took := 5*time.Second + time.Duration(c.p.random.Int64N(int64(5*time.Second)))
	c.p.clock.Advance(took)
	x.now = x.now.Add(took)
}

// one finds a certificate by its identifier and gives a copy.
func (c *certificateSide) one(x *exchange, d *certificateDesk, id zwfw.IDNumber) (*Certificate, *no) {
	if id.IsZero() {
		return nil, absent("CertificateID")
	}
	c.p.mu.Lock()
	defer c.p.mu.Unlock()
	k := c.byID(id)
	switch {
	case k == nil:
		return nil, &no{kind: zwfw.NotFound, code: "10"}
	case !d.may(k):
		return nil, &no{kind: zwfw.PermissionDenied, code: "100"}
	case k.elsewhere() && c.alone:
		return nil, &no{kind: zwfw.Upstream, code: "99", text: "国家平台无响应"}
	case k.elsewhere():
		c.forward(x)
	}
	held := *k
	return &held, nil
}

func (c *certificateSide) byIdentifier(x *exchange, d *certificateDesk, op string, in certificatewire.ByID) (any, *no) {
	if refusal := c.checkCause(in.Cause); refusal != nil {
		return nil, refusal
	}
	k, refusal := c.one(x, d, in.ID)
	switch {
	case refusal != nil:
		return nil, refusal
	case op == "InfoByID":
		return infosOf([]*Certificate{k}), nil
	}
	return c.addresses(x, []*Certificate{k}, in.Cause, in.Expiry)
}

// addresses gives out an address for each certificate that has a file; when none has, it
// says why the first has not.
func (c *certificateSide) addresses(x *exchange, list []*Certificate, cause string, expiry *time.Time) (any, *no) {
	if expiry != nil && expiry.Before(x.now) {
		return nil, &no{kind: zwfw.BadRequest, code: "102", text: "参数值错误:ExpiryTime"}
	}
	var files []certificatewire.File
	var refused *no
	for _, k := range list {
		if refusal := k.unavailable(x.now); refusal != nil {
			if refused == nil {
				refused = refusal
			}
			continue
		}
		files = append(files, c.address(x, k, cause))
	}
	if len(files) == 0 {
		return nil, refused
	}
	x.entry.Effect = true
	return &certificatewire.Files{Total: count(files), List: files}, nil
}

func (c *certificateSide) address(x *exchange, k *Certificate, cause string) certificatewire.File {
	id := c.p.hex(32)
	c.p.mu.Lock()
	defer c.p.mu.Unlock()
	file := c.file(k, cause)
	f := certificatewire.File{ID: k.ID, Type: k.TypeName, Number: k.Number, Issuer: k.Issuer, IssueDate: dateOnWire(k.IssueDate), Format: k.Format}
	if c.setup.SameIdentifier {
		f.ID = c.all[0].ID
	}
	if c.setup.FilesInside {
		f.ContentType, f.Content = "base64", zwfw.NewRaw([]byte(base64.StdEncoding.EncodeToString(file)))
		return f
	}
	c.downloads[id] = &download{file: file, format: k.Format, until: x.now.Add(c.setup.AddressLife)}
	address := "/download?id=" + id
	if c.setup.FileHost != "" {
		address = strings.TrimSuffix(c.setup.FileHost, "/") + certificatePrefix + address
	}
	if c.setup.AddressInside {
		f.ContentType, f.Content = "http", zwfw.NewRaw([]byte(address))
		return f
	}
	f.URL = zwfw.NewSecret(address)
	return f
}

func infosOf(list []*Certificate) *certificatewire.Infos {
	infos := make([]certificatewire.Info, len(list))
	order := func(n int) *int { return &n }
	for i, k := range list {
		face := func(name, value, column string) certificatewire.Face {
			return certificatewire.Face{Name: name, Value: zwfw.NewRaw([]byte(value)), ValueType: "string", Column: column}
		}
		lines := []certificatewire.Face{face("类别", "甲类", "LB"), face("等级", "一级", "DJ")}
		for n := range lines {
			lines[n].Order = order(n + 1)
		}
		infos[i] = certificatewire.Info{
			ID: k.ID, Type: k.TypeName, Name: k.TypeName, Holder: k.Holder, HolderCode: k.HolderCode, HolderType: string(k.HolderType), Number: k.Number,
			Issuer: k.Issuer, IssuerCode: k.IssuerCode, IssueDate: dateOnWire(k.IssueDate), ValidFrom: dateOnWire(k.ValidFrom), ValidUntil: dateOnWire(k.ValidUntil),
			Surface: []certificatewire.Face{face("姓名", k.Holder.Reveal(), "XM"), face("证照编号", k.Number.Reveal(), "ZZBH"), face("颁发机构", k.Issuer, "FZJG")},
			Detail:  []certificatewire.Group{{Name: "许可范围", List: lines}},
		}
	}
	return &certificatewire.Infos{Total: count(infos), List: infos}
}

func dateOnWire(d certificate.Date) (w certificatewire.Date) {
	_ = w.UnmarshalText([]byte(d.Text())) // what is no date stays a text
	return w
}

// sourceOf is the platform's own code of where a row came from.
func sourceOf(k *Certificate) string {
	if k.elsewhere() {
		return "001"
	}
	return "000"
}

func count[T any](list []T) *int {
	n := len(list)
	return &n
}
