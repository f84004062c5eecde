package lutong_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/crypto"
	"github.com/zwfw-go/zwfw/lutong"
	"github.com/zwfw-go/zwfw/sandbox"
)

func TestBadCodeTextIsRefusedHereWithTheLimitNamed(t *testing.T) {
	t.Parallel()
	p, client := start(t)
	for name, x := range map[string]struct{ text, expect string }{
		"empty":               {"", "empty"},
		"blank":               {" \r\n\t", "empty"},
		"ten kilobytes":       {strings.Repeat("A", 10<<10), "4096"},
		"control character":   {"LTM:abc\x01def", "control character"},
		"line break inside":   {"LTM:abc\nLTM:def", "control character"},
		"not UTF-8":           {"LTM:\xff\xfe", "UTF-8"},
		"scanner prefix only": {"]Q1", "empty"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := verify(t, client, zwfw.NewCodeText(x.text))
			var e *zwfw.Error
			require.ErrorAs(t, err, &e)
			require.Equal(t, zwfw.CodeMalformed, e.Kind)
			require.Equal(t, "Code", e.Field)
			require.Contains(t, err.Error(), x.expect)
			require.False(t, e.Sent)
			require.Equal(t, zwfw.OutcomeRefused, e.Outcome)
			if len(x.text) > 8 {
				require.NotContains(t, err.Error(), x.text[:8])
			}
		})
	}
	t.Cleanup(func() { require.Empty(t, p.Requests()) })
}

func TestScannerDecorationIsTakenOff(t *testing.T) {
	t.Parallel()
	p, client := start(t)
	code := p.MintCode(p.Citizens()[0])
	_, err := verify(t, client, zwfw.NewCodeText("\ufeff]Q1"+code.Reveal()+"\r\n"))
	require.NoError(t, err)
}

func TestBadTicketFieldsAreNamedAndNothingIsSent(t *testing.T) {
	t.Parallel()
	p, client := start(t)
	good := func() lutong.Ticket { return ticketFor(p.Citizens()[0], "20240102000017") }
	require.NoError(t, client.ReportTicket(t.Context(), good()))
	for name, x := range map[string]struct {
		field, expect string
		spoil         func(*lutong.Ticket)
	}{
		"no number":           {"Number", "required", func(x *lutong.Ticket) { x.Number = "" }},
		"no holder":           {"Holder", "required", func(x *lutong.Ticket) { x.Holder = zwfw.IDNumber{} }},
		"masked holder":       {"Holder", "masked", func(x *lutong.Ticket) { x.Holder = zwfw.NewIDNumber("9****************5") }},
		"masked name":         {"HolderName", "masked", func(x *lutong.Ticket) { x.HolderName = zwfw.NewPersonName("*三") }},
		"no hall":             {"Hall", "required", func(x *lutong.Ticket) { x.Hall = "  " }},
		"no queue number":     {"QueueNo", "required", func(x *lutong.Ticket) { x.QueueNo = "" }},
		"no time":             {"QueueTime", "required", func(x *lutong.Ticket) { x.QueueTime = time.Time{} }},
		"no window":           {"Windows", "at least one", func(x *lutong.Ticket) { x.Windows = nil }},
		"semicolon in window": {"Windows", "semicolon", func(x *lutong.Ticket) { x.Windows = []string{"3;4"} }},
		"negative waiting":    {"Waiting", "negative", func(x *lutong.Ticket) { x.Waiting = -1 }},
		"long remark":         {"Remark", "at most 200", func(x *lutong.Ticket) { x.Remark = strings.Repeat("字", 201) }},
		"control character":   {"Item", "control character", func(x *lutong.Ticket) { x.Item = "a\x00b" }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ticket := good()
			x.spoil(&ticket)
			err := client.ReportTicket(t.Context(), ticket)
			var e *zwfw.Error
			require.ErrorAs(t, err, &e)
			require.Equal(t, zwfw.BadRequest, e.Kind)
			require.Equal(t, x.field, e.Field)
			require.Contains(t, err.Error(), x.expect)
			require.False(t, e.Sent)
		})
	}
	t.Cleanup(func() { require.Len(t, p.Requests(), 1) })
}

func TestANameWithADotInTheMiddleIsNotMasked(t *testing.T) {
	t.Parallel()
	p, client := start(t)
	ticket := ticketFor(p.Citizens()[0], "20240102000017")
	ticket.HolderName = zwfw.NewPersonName("买买提•艾力")
	require.NoError(t, client.ReportTicket(t.Context(), ticket))
}

func TestATicketReadBackFromJSONIsRefusedByName(t *testing.T) {
	t.Parallel()
	ticket := ticketFor(sandbox.New().Citizens()[0], "20240102000017")
	data, err := json.Marshal(ticket)
	require.NoError(t, err)
	require.ErrorContains(t, json.Unmarshal(data, new(lutong.Ticket)), "mask of a protected value")
}

func TestUserInfoWantsExactlyOneCredential(t *testing.T) {
	t.Parallel()
	p, client := start(t)
	for name, r := range map[string]lutong.UserInfoRequest{
		"none":             {},
		"both":             {AuthCode: zwfw.NewSecret("a"), Ticket: zwfw.NewSecret("b")},
		"legal by code":    {AuthCode: zwfw.NewSecret("a"), Legal: true},
		"blank":            {AuthCode: zwfw.NewSecret(" ")},
		"control in code":  {AuthCode: zwfw.NewSecret("a\nb")},
		"endless code":     {AuthCode: zwfw.NewSecret(strings.Repeat("a", 5000))},
		"no identity here": {Ticket: zwfw.NewSecret("ST-1")},
	} {
		_, err := client.UserInfo(t.Context(), r)
		var e *zwfw.Error
		require.ErrorAs(t, err, &e, name)
		require.False(t, e.Sent, name)
		if name == "no identity here" {
			require.Equal(t, zwfw.NotSupported, e.Kind)
			require.Contains(t, err.Error(), "Config.Identity is not set")
		}
	}
	require.Empty(t, p.Requests())
}

func TestNewNamesTheSettingAtFault(t *testing.T) {
	t.Parallel()
	p := sandbox.New()
	p.URL = "http://127.0.0.1:1"
	rsa, err := crypto.GenerateKey(crypto.KeyRSA, nil)
	require.NoError(t, err)
	for name, x := range map[string]struct {
		spoil   func(*lutong.Config)
		options []zwfw.Option
		expect  []string
	}{
		"no address":         {spoil: func(c *lutong.Config) { c.BaseURL = "" }, expect: []string{"Config.BaseURL"}},
		"address is no URL":  {spoil: func(c *lutong.Config) { c.BaseURL = "platform.example" }, expect: []string{"Config.BaseURL", "http"}},
		"address with query": {spoil: func(c *lutong.Config) { c.BaseURL += "?token=geheim" }, expect: []string{"Config.BaseURL", "query"}},
		"no token":           {spoil: func(c *lutong.Config) { c.AccessToken = zwfw.Secret{} }, expect: []string{"Config.AccessToken", "required"}},
		"no organisation":    {spoil: func(c *lutong.Config) { c.OrgID = "" }, expect: []string{"Config.OrgID", "required"}},
		"no private key":     {spoil: func(c *lutong.Config) { c.PrivateKey = nil }, expect: []string{"Config.PrivateKey", "SM2"}},
		"no platform key":    {spoil: func(c *lutong.Config) { c.PlatformKey = nil }, expect: []string{"Config.PlatformKey", "SM2"}},
		"token from a file":  {spoil: func(c *lutong.Config) { c.AccessToken = zwfw.NewSecret(c.AccessToken.Reveal() + "\n") }, expect: []string{"Config.AccessToken", "line end"}},
		"access id padded":   {spoil: func(c *lutong.Config) { c.AccessID += " " }, expect: []string{"Config.AccessID", "white space"}},
		"address too long":   {spoil: func(c *lutong.Config) { c.BaseURL += "/idcodeCore/" }, expect: []string{"Config.BaseURL", "before /idcodeCore"}},
		"bare number":        {spoil: func(*lutong.Config) {}, options: []zwfw.Option{zwfw.WithTimeout(5)}, expect: []string{"WithTimeout", "5*time.Second"}},
		"RSA for SM2":        {spoil: func(c *lutong.Config) { c.PrivateKey = rsa }, expect: []string{"Config.PrivateKey", "RSA", "SM2"}},
		"RSA public for SM2": {spoil: func(c *lutong.Config) { c.PlatformKey = rsa.Public() }, expect: []string{"Config.PlatformKey", "RSA", "SM2"}},
		"weak identity":      {spoil: func(c *lutong.Config) { *c = p.WithIdentity(*c) }, expect: []string{"rsa-md5", "WithWeakCrypto"}},
		"identity keyless":   {spoil: func(c *lutong.Config) { *c = p.WithIdentity(*c); c.Identity.SigningKey = nil }, expect: []string{"Config.Identity.SigningKey"}},
		"envelope unset":     {spoil: func(c *lutong.Config) { c.AppID = "" }, options: []zwfw.Option{withPreset(t, lutong.DialectEnvelope)}, expect: []string{"Config.AppID"}},
		"short AES key":      {spoil: func(c *lutong.Config) { c.DataKey = zwfw.NewSecret("short") }, options: []zwfw.Option{withPreset(t, lutong.DialectEnvelope)}, expect: []string{"Config.DataKey"}},
		"bad option":         {spoil: func(*lutong.Config) {}, options: []zwfw.Option{zwfw.WithTimeout(-1)}, expect: []string{"WithTimeout"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := p.LutongConfig()
			x.spoil(&c)
			client, err := lutong.New(c, x.options...)
			require.Nil(t, client)
			require.Error(t, err)
			for _, text := range x.expect {
				require.Contains(t, err.Error(), text)
			}
			require.NotContains(t, err.Error(), "geheim")
			require.NotContains(t, err.Error(), "sandbox-token")
		})
	}
}

func withPreset(t *testing.T, name string) zwfw.Option {
	t.Helper()
	d, err := lutong.Dialect(name)
	require.NoError(t, err)
	return zwfw.WithDialect(d)
}

func TestConfigIsCopied(t *testing.T) {
	t.Parallel()
	p := sandbox.Start(t)
	c := p.WithIdentity(p.LutongConfig())
	client := newClient(t, c, zwfw.WithWeakCrypto("test"))
	c.Identity.URL, c.Identity.AppMark = "http://127.0.0.1:1", "other"
	_, err := client.UserInfo(t.Context(), lutong.UserInfoRequest{Ticket: p.MintIdentityTicket(p.Citizens()[0], false)})
	require.NoError(t, err)
}

func TestUnknownPresetIsNamed(t *testing.T) {
	t.Parallel()
	_, err := lutong.Dialect("sd-sop@9")
	require.ErrorContains(t, err, "sd-sop@9")
	require.False(t, errors.Is(err, zwfw.BadRequest))
}
