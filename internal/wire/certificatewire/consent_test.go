package certificatewire_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	wire "github.com/zwfw-go/zwfw/internal/wire/certificatewire"
	"github.com/zwfw-go/zwfw/internal/wire/wireproof"
)

func TestAConsentIsStartedWatchedAndRead(t *testing.T) {
	t.Parallel()
	p := proof(t)
	for _, c := range []struct {
		dialect, op, path, body, reply, want string
		in                                   any
	}{
		{"national@1", "StartConsent", "/cert/StartConsent", `{"accountId":"cert-account","accessToken":"t","qrcode":"1234567890","certTypeCodes":["a","b"],"UseFor":"01"}`,
			`{"head":{"status":0},"data":{"trxId":17}}`, `{"transaction":"17"}`,
			&wire.StartConsent{Code: zwfw.NewCodeText("1234567890"), TypeCodes: []string{"a", "b"}, Cause: "01"}},
		{"gbt36906@1", "StartConsent", "/cert/StartConsent", `{"head":{"accessId":"cert-account","accessToken":"t"},"data":{"qrcode":"1234567890","certCodes":["a"],"useCause":"01"}}`,
			`{"head":{"status":60001},"data":{"trxId":"x"}}`, `{"transaction":"x"}`,
			&wire.StartConsent{Code: zwfw.NewCodeText("1234567890"), TypeCodes: []string{"a"}, Cause: "01"}},
		{"gbt36906@1", "ConsentState", "/cert/ConsentState", `{"head":{"accessId":"cert-account","accessToken":"t"},"data":{"trxId":"x"}}`,
			`{"head":{"status":0},"data":{"verifyStatus":2}}`, `{"state":"2"}`,
			&wire.Consent{Transaction: zwfw.NewSecret("x")}},
		{"gbt36906@1", "ReadConsented", "/cert/queryCertInfosByVerifyTrx", `{"head":{"accessId":"cert-account","accessToken":"t"},"data":{"trxId":"x","certTypeCode":"a","useCause":"01"}}`,
			`{"head":{"status":0},"data":[{"certificateNumber":"T-0001"}]}`, `{"list":[{"certificateNumber":"T-0001","digitalSign":"","surface":[]}]}`,
			&wire.ReadConsented{Transaction: zwfw.NewSecret("x"), TypeCode: "a", Cause: "01"}},
	} {
		line := wireproof.Line{Reply: []byte(c.reply)}
		out := wireproof.New(p.Op(t, c.op).Out)
		e := p.Engine(t, p.Party(t, p.Common), line.Option(), zwfw.WithDialect(p.Preset(t, c.dialect)))
		_, err := e.Call(t.Context(), c.op, c.in, out)
		require.NoError(t, err)
		require.Equal(t, c.path, line.Request.URL.Path)
		require.JSONEq(t, c.body, string(line.Body))
		p.Tidy(out)
		require.JSONEq(t, c.want, wireproof.Typed(t, out))
	}
}
