package certificatewire_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/wire/certificatewire"
)

func TestAConsentIsStartedWatchedAndRead(t *testing.T) {
	t.Parallel()
	s := loadSamples(t)
	for _, c := range []struct {
		dialect, op, path, body, reply, want string
		in                                   any
	}{
		{"national@1", "StartConsent", "/cert/StartConsent", `{"accountId":"cert-account","accessToken":"t","qrcode":"1234567890","certTypeCodes":["a","b"],"UseFor":"01"}`,
			`{"head":{"status":0},"data":{"trxId":17}}`, `{"transaction":"17"}`,
			&certificatewire.StartConsent{Code: zwfw.NewCodeText("1234567890"), TypeCodes: []string{"a", "b"}, Cause: "01"}},
		{"gbt36906@1", "StartConsent", "/cert/StartConsent", `{"head":{"accessId":"cert-account","accessToken":"t"},"data":{"qrcode":"1234567890","certCodes":["a"],"useCause":"01"}}`,
			`{"head":{"status":60001},"data":{"trxId":"x"}}`, `{"transaction":"x"}`,
			&certificatewire.StartConsent{Code: zwfw.NewCodeText("1234567890"), TypeCodes: []string{"a"}, Cause: "01"}},
		{"gbt36906@1", "ConsentState", "/cert/ConsentState", `{"head":{"accessId":"cert-account","accessToken":"t"},"data":{"trxId":"x"}}`,
			`{"head":{"status":0},"data":{"verifyStatus":2}}`, `{"state":"2"}`,
			&certificatewire.Consent{Transaction: zwfw.NewSecret("x")}},
		{"gbt36906@1", "ReadConsented", "/cert/queryCertInfosByVerifyTrx", `{"head":{"accessId":"cert-account","accessToken":"t"},"data":{"trxId":"x","certTypeCode":"a","useCause":"01"}}`,
			`{"head":{"status":0},"data":[{"certificateNumber":"T-0001"}]}`, `{"list":[{"certificateNumber":"T-0001","digitalSign":"","surface":[]}]}`,
			&certificatewire.ReadConsented{Transaction: zwfw.NewSecret("x"), TypeCode: "a", Cause: "01"}},
	} {
		l := &line{answer: []byte(c.reply)}
		out := newOf(op(t, c.op).Out)
		_, err := engineOf(t, l, s.party("t"), presetNamed(t, c.dialect)).Call(t.Context(), c.op, c.in, out)
		require.NoError(t, err)
		require.Equal(t, c.path, l.request.URL.Path)
		require.JSONEq(t, c.body, string(l.body))
		require.JSONEq(t, c.want, says(t, out))
	}
}
