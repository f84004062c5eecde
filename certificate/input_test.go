package certificate_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/certificate"
	"github.com/zwfw-go/zwfw/sandbox"
)

func TestEmptyMaskedAndOverlongInputIsRefusedByItsNameAndNothingIsSent(t *testing.T) {
	t.Parallel()
	p, client := start(t)
	citizen := p.Citizens()[0]
	held := p.Certificates(citizen)[0]
	masked := zwfw.NewIDNumber("999999********0015")
	hidden := zwfw.NewSecret(zwfw.NewSecret("x").String())
	long := strings.Repeat("长", 5000)
	search := func(change func(*certificate.SearchRequest)) func() error {
		return func() error {
			r := searchFor(citizen)
			change(&r)
			_, err := client.Search(t.Context(), r)
			return err
		}
	}
	file := func(change func(*certificate.FileByHolderRequest)) func() error {
		return func() error {
			r := certificate.FileByHolderRequest{Holder: holderOf(citizen), TypeName: "测试证照", Cause: certificate.CauseSharing}
			change(&r)
			_, err := client.FileAddressByHolder(t.Context(), r)
			return err
		}
	}
	fields := func(change func(*certificate.VerifyFieldsRequest)) func() error {
		return func() error {
			r := certificate.VerifyFieldsRequest{Holder: holderOf(citizen), TypeCode: held.TypeCode, Cause: certificate.CauseSharing}
			change(&r)
			_, err := client.VerifyFields(t.Context(), r)
			return err
		}
	}
	consented := func(change func(*certificate.ReadConsentedRequest)) func() error {
		return func() error {
			r := certificate.ReadConsentedRequest{Transaction: zwfw.NewSecret("x"), TypeCode: held.TypeCode, Cause: certificate.CauseSharing}
			change(&r)
			_, err := client.ReadConsented(t.Context(), r)
			return err
		}
	}
	never := func(context.Context) error { panic("nothing is asked for") }
	for _, x := range []struct {
		field string
		call  func() error
	}{
		{"Holder.Code", search(func(r *certificate.SearchRequest) { r.Holder.Code = zwfw.IDNumber{} })},
		{"Holder.Code", search(func(r *certificate.SearchRequest) { r.Holder.Code = zwfw.NewIDNumber(" ") })},
		{"Holder.Code", search(func(r *certificate.SearchRequest) { r.Holder.Code = masked })},
		{"Cause", search(func(r *certificate.SearchRequest) { r.Cause = "" })},
		{"Cause", search(func(r *certificate.SearchRequest) { r.Cause = certificate.Cause(long) })},
		{"TypeName", search(func(r *certificate.SearchRequest) { r.TypeName = "a\nb" })},
		{"Holder.CodeType", search(func(r *certificate.SearchRequest) { r.Holder.CodeType = certificate.HolderType(long) })},
		{"Context.Operator", search(func(r *certificate.SearchRequest) { r.Context.Operator = long })},
		{"Context.Extra", search(func(r *certificate.SearchRequest) { r.Context.Extra = map[string]string{"accessToken": "x"} })},
		{"Context.Extra", search(func(r *certificate.SearchRequest) { r.Context.Extra = map[string]string{"certificateholderCODE": "x"} })},
		{"Context.Extra", search(func(r *certificate.SearchRequest) {
			r.Context = certificate.CallContext{ItemName: "a", Extra: map[string]string{"itemName": "b"}}
		})},
		{"Context.Extra", search(func(r *certificate.SearchRequest) { r.Context.Extra = map[string]string{"": "b"} })},
		{"TypeName", file(func(r *certificate.FileByHolderRequest) { r.TypeName = "" })},
		{"Number", file(func(r *certificate.FileByHolderRequest) { r.Number = zwfw.NewIDNumber("T-***1") })},
		{"Cause", file(func(r *certificate.FileByHolderRequest) { r.Cause = "" })},
		{"CopyExpires", file(func(r *certificate.FileByHolderRequest) { r.CopyExpires = time.Now().Add(-time.Hour) })},
		{"ID", func() error {
			_, err := client.FileAddressByID(t.Context(), certificate.FileByIDRequest{Cause: certificate.CauseSharing})
			return err
		}},
		{"ID", func() error {
			_, err := client.InfoByID(t.Context(), certificate.InfoByIDRequest{ID: masked, Cause: certificate.CauseSharing})
			return err
		}},
		{"Number", func() error {
			_, err := client.InfoByHolder(t.Context(), certificate.InfoByHolderRequest{Holder: holderOf(citizen), Number: masked, Cause: certificate.CauseSharing})
			return err
		}},
		{"EncryptedID", func() error {
			_, err := client.FileAddressByEncryptedID(t.Context(), certificate.FileByEncryptedIDRequest{Cause: certificate.CauseSharing})
			return err
		}},
		{"EncryptedID", func() error { _, err := client.QRCode(t.Context(), certificate.QRCodeRequest{}); return err }},
		{"Holder.Code", func() error {
			_, err := client.EncryptedIDs(t.Context(), certificate.EncryptedIDsRequest{})
			return err
		}},
		{"HolderName", fields(func(r *certificate.VerifyFieldsRequest) { r.HolderName = zwfw.NewPersonName("*三") })},
		{"Number", fields(func(r *certificate.VerifyFieldsRequest) { r.Number = masked })},
		{"Cause", fields(func(r *certificate.VerifyFieldsRequest) { r.Cause = "" })},
		{"Content", func() error {
			_, err := client.VerifyFile(t.Context(), certificate.VerifyFileRequest{TypeCode: "x", Cause: certificate.CauseSharing})
			return err
		}},
		{"Content", func() error {
			_, err := client.VerifyFile(t.Context(), certificate.VerifyFileRequest{TypeCode: "x", Content: make([]byte, 20<<20+1), Cause: certificate.CauseSharing})
			return err
		}},
		{"TypeCodes", func() error {
			_, err := client.StartConsent(t.Context(), certificate.StartConsentRequest{Code: zwfw.NewCodeText("1234567890"), Cause: certificate.CauseSharing})
			return err
		}},
		{"Code", func() error {
			_, err := client.StartConsent(t.Context(), certificate.StartConsentRequest{TypeCodes: []string{"x"}, Cause: certificate.CauseSharing})
			return err
		}},
		{"transaction", func() error { _, err := client.ConsentState(t.Context(), zwfw.Secret{}); return err }},
		{"Transaction", consented(func(r *certificate.ReadConsentedRequest) { r.Transaction = zwfw.Secret{} })},
		{"TypeCode", consented(func(r *certificate.ReadConsentedRequest) { r.TypeCode = "" })},
		{"Every", consented(func(r *certificate.ReadConsentedRequest) { r.Every = 900 * time.Millisecond })},
		{"Wait", consented(func(r *certificate.ReadConsentedRequest) { r.Wait = -1 })},
		{"Holder.Code", file(func(r *certificate.FileByHolderRequest) { r.Holder.Code = masked })},
		{"Holder.Code", fields(func(r *certificate.VerifyFieldsRequest) { r.Holder.Code = zwfw.IDNumber{} })},
		{"Holder.Code", func() error {
			_, err := client.EncryptedIDs(t.Context(), certificate.EncryptedIDsRequest{Holder: certificate.Holder{Code: masked}})
			return err
		}},
		{"Holder.Code", func() error {
			_, err := client.InfoByHolder(t.Context(), certificate.InfoByHolderRequest{Cause: certificate.CauseSharing})
			return err
		}},
		{"Cause", func() error {
			_, err := client.InfoByHolder(t.Context(), certificate.InfoByHolderRequest{Holder: holderOf(citizen)})
			return err
		}},
		{"ID", func() error {
			_, err := client.FileAddressByID(t.Context(), certificate.FileByIDRequest{ID: masked, Cause: certificate.CauseSharing})
			return err
		}},
		{"Cause", func() error {
			_, err := client.FileAddressByID(t.Context(), certificate.FileByIDRequest{ID: held.ID})
			return err
		}},
		{"Cause", func() error {
			_, err := client.InfoByID(t.Context(), certificate.InfoByIDRequest{ID: held.ID})
			return err
		}},
		{"Cause", func() error {
			_, err := client.FileAddressByEncryptedID(t.Context(), certificate.FileByEncryptedIDRequest{EncryptedID: zwfw.NewSecret("x")})
			return err
		}},
		{"TypeCode", func() error {
			_, err := client.VerifyFile(t.Context(), certificate.VerifyFileRequest{Content: []byte("x"), Cause: certificate.CauseSharing})
			return err
		}},
		{"Cause", func() error {
			_, err := client.VerifyFile(t.Context(), certificate.VerifyFileRequest{TypeCode: "x", Content: []byte("x")})
			return err
		}},
		{"Cause", func() error {
			_, err := client.StartConsent(t.Context(), certificate.StartConsentRequest{Code: zwfw.NewCodeText("1234567890"), TypeCodes: []string{"x"}})
			return err
		}},
		{"TypeCodes", func() error {
			_, err := client.StartConsent(t.Context(), certificate.StartConsentRequest{Code: zwfw.NewCodeText("1234567890"), TypeCodes: []string{""}, Cause: certificate.CauseSharing})
			return err
		}},
		{"Cause", consented(func(r *certificate.ReadConsentedRequest) { r.Cause = "" })},
		{"address", func() error {
			_, err := client.Save(t.Context(), certificate.FileAddress{}, filepath.Join(t.TempDir(), "x"))
			return err
		}},
		{"Every", func() error {
			return client.WaitForFile(t.Context(), certificate.FileWait{Every: 900 * time.Millisecond}, never)
		}},
		{"Wait", func() error { return client.WaitForFile(t.Context(), certificate.FileWait{Wait: -1}, never) }},
		{"get", func() error { return client.WaitForFile(t.Context(), certificate.FileWait{}, nil) }},
		{"Holder.Code", search(func(r *certificate.SearchRequest) {
			r.Holder.Code = zwfw.NewIDNumber("999999＊＊＊＊＊＊＊＊0015")
		})},
		{"EncryptedID", func() error {
			_, err := client.QRCode(t.Context(), certificate.QRCodeRequest{EncryptedID: hidden})
			return err
		}},
		{"EncryptedID", func() error {
			_, err := client.FileAddressByEncryptedID(t.Context(), certificate.FileByEncryptedIDRequest{EncryptedID: hidden, Cause: certificate.CauseSharing})
			return err
		}},
		{"transaction", func() error { _, err := client.ConsentState(t.Context(), hidden); return err }},
		{"Transaction", consented(func(r *certificate.ReadConsentedRequest) { r.Transaction = hidden })},
		{"address", func() error {
			_, err := client.Save(t.Context(), client.FileAt(hidden), filepath.Join(t.TempDir(), "x"))
			return err
		}},
	} {
		err := x.call()
		var e *zwfw.Error
		require.ErrorAs(t, err, &e, x.field)
		require.Equal(t, x.field, e.Field, "%v", err)
		require.Equal(t, zwfw.OutcomeRefused, e.Outcome)
		require.False(t, e.Sent)
		require.NotEmpty(t, e.Expected)
		require.NotContains(t, err.Error(), "999999")
	}
	require.Empty(t, p.Requests())
}

func noLogin(context.Context) (token zwfw.Secret, life time.Duration, err error) { return }

func TestSettingsAreCheckedBeforeTheFirstCall(t *testing.T) {
	t.Parallel()
	p := sandbox.Start(t)
	for want, change := range map[string]func(*certificate.Config){
		"certificate: Config.BaseURL is required":                                                                     func(c *certificate.Config) { c.BaseURL = "" },
		"certificate: Config.AccountID is required by dialect national@1":                                             func(c *certificate.Config) { c.AccountID = "" },
		"certificate: Config.AccessToken or Config.Login is required by dialect national@1":                           func(c *certificate.Config) { c.AccessToken = zwfw.Secret{} },
		"certificate: Config.AccessToken or Config.Login, Config.AccountID are required by dialect national@1":        func(c *certificate.Config) { c.AccessToken, c.AccountID = zwfw.Secret{}, "" },
		"certificate: Config.AccessToken begins or ends with white space; was it read from a file?":                   func(c *certificate.Config) { c.AccessToken = zwfw.NewSecret("t\n") },
		"certificate: Config.AccountID begins or ends with white space or holds a line end; was it read from a file?": func(c *certificate.Config) { c.AccountID += "\n" },
		"certificate: Config.AccessToken and Config.Login are both set; which one gives the token must be plain":      func(c *certificate.Config) { c.Login = noLogin },
		"certificate: Config.BaseURL: must begin with http:// or https://":                                            func(c *certificate.Config) { c.BaseURL = "ftp://platform.example" },
	} {
		c := p.CertificateConfig()
		change(&c)
		_, err := certificate.New(c)
		require.EqualError(t, err, want)
	}
	for name, want := range map[string]string{
		"session": "Config.Password is required", "signed-gateway": "Config.AccessToken or Config.Login, Config.AppKey, Config.AppSecret are required", "sealed": "Config.PrivateKey",
	} {
		_, err := certificate.New(certificate.Config{BaseURL: "http://platform.example", AccountID: "a"}, zwfw.WithDialect(dialectFile(t, name)))
		require.ErrorContains(t, err, want, name)
	}
	_, err := certificate.New(p.CertificateConfig(), nil)
	require.ErrorContains(t, err, "option 1 is nil")
}
