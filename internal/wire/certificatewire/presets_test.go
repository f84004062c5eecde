package certificatewire_test

import (
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/dock"
	wire "github.com/zwfw-go/zwfw/internal/wire/certificatewire"
	"github.com/zwfw-go/zwfw/internal/wire/wireproof"
)

// filled are calls with every field set.
func filled(t *testing.T, in reflect.Type) any {
	t.Helper()
	day := time.Date(2024, 1, 2, 0, 0, 0, 0, time.FixedZone("+08:00", 8*60*60))
	context := map[string]string{"itemName": "测试&=事项"}
	for _, call := range []any{
		&wire.Holder{Code: zwfw.NewIDNumber("999999190001010015"), CodeType: "111", Type: "测试证照", Number: zwfw.NewIDNumber("T-0001"), Cause: "01", Expiry: &day, Context: context},
		&wire.ByID{ID: zwfw.NewIDNumber(id1), Cause: "01", Expiry: &day, Context: context},
		&wire.ByEncryptedID{EncryptedID: zwfw.NewSecret(enc), WorkID: "w", Cause: "01", Context: context},
		&wire.VerifyFields{
			Code: zwfw.NewIDNumber("999999190001010015"), CodeType: "111", TypeCode: "11999999MB0000000X001", Cause: "01",
			Type: "测试证照", Name: "测试证照", Number: zwfw.NewIDNumber("T-0001"), Holder: zwfw.NewPersonName("测试甲"), Issuer: "测试机构",
			IssuerCode: "11999999000000000Q", IssueDate: wire.NewDate(day), ValidFrom: wire.NewDate(day), ValidUntil: wire.NewDate(day), Context: context,
		},
		&wire.VerifyFile{TypeCode: "11999999MB0000000X001", ContentType: "base64", Content: zwfw.NewRaw([]byte("AAAA+/==")), Cause: "01", Context: context},
	} {
		if reflect.TypeOf(call).Elem() == in {
			return call
		}
	}
	require.Fail(t, "no call of type "+in.String())
	return nil
}

func TestEveryPresetIsSpokenAndUnderstoodInBothDirections(t *testing.T) {
	t.Parallel()
	p := proof(t)
	party := p.Party(t, p.Common)
	for _, d := range p.Manifest.Presets {
		for name, call := range p.Calls {
			t.Run(d.Name+" "+name, func(t *testing.T) {
				t.Parallel()
				o := p.Op(t, name)
				want := wireproof.New(o.Out)
				_, err := p.Engine(t, party, (&wireproof.Line{Reply: p.Exchanges[call]["accepted"].Reply}).Option()).Call(t.Context(), name, wireproof.New(o.In), want)
				require.NoError(t, err)
				desk, err := dock.NewDesk(p.Manifest, d, party)
				require.NoError(t, err)
				answer := dock.Answer{Out: want}
				in := filled(t, o.In)
				line := &wireproof.Line{Respond: func(r *http.Request, body []byte) []byte {
					matched, ok := desk.Match("", strings.TrimPrefix(r.URL.Path, "/cert"), body)
					require.True(t, ok)
					require.Equal(t, name, matched)
					q, fault := desk.Read(name, r, body)
					require.Nil(t, fault)
					require.NoError(t, q.Verify())
					p.Received(t, wireproof.Exchange{}, q)
					got := wireproof.New(o.In)
					require.Nil(t, q.Decode(got))
					require.Equal(t, p.Fields(t, in), p.Fields(t, got))
					reply, _, err := desk.Write(name, answer)
					require.NoError(t, err)
					return reply
				}}
				e := p.Engine(t, party, line.Option(), zwfw.WithDialect(d))
				got := wireproof.New(o.Out)
				meta, err := e.Call(t.Context(), name, in, got)
				require.NoError(t, err)
				require.Empty(t, meta.Warnings)
				require.JSONEq(t, wireproof.Typed(t, want), wireproof.Typed(t, got))

				answer = dock.Answer{Failed: true, Code: "22", Text: "已过期"}
				_, err = e.Call(t.Context(), name, in, got)
				require.ErrorIs(t, err, zwfw.CertificateUnavailable)
			})
		}
	}
}

// sentBy gives the request of one call in a preset.
func sentBy(t *testing.T, preset, name string) (*http.Request, string) {
	t.Helper()
	p, line := proof(t), &wireproof.Line{Reply: []byte(`{}`)}
	op := p.Op(t, name)
	e := p.Engine(t, p.Party(t, p.Common), line.Option(), zwfw.WithDialect(p.Preset(t, preset)))
	_, _ = e.Call(t.Context(), name, filled(t, op.In), wireproof.New(op.Out))
	require.NotNil(t, line.Request)
	return line.Request, string(line.Body)
}

func TestTheGBTPresetSendsHeadAndData(t *testing.T) {
	t.Parallel()
	r, body := sentBy(t, "gbt36906@1", "VerifyFields")
	require.Equal(t, "/cert/verifyCertInfo", r.URL.Path)
	require.JSONEq(t, `{"head":{"accessId":"cert-account","accessToken":"t"},"data":{
	  "CertificateHolderTypeCode":"111","certTypeCode":"11999999MB0000000X001","useCause":"01","itemName":"测试&=事项",
	  "certData":{"holderCode":"999999190001010015","certificateType":"测试证照","certificateName":"测试证照","certNo":"T-0001","holder":"测试甲",
	    "issueDept":"测试机构","issueDeptCode":"11999999000000000Q","issueDate":"2024-01-02","certificateValidateStart":"2024-01-02","certificateValidateEnd":"2024-01-02"}}}`, body)
	r, body = sentBy(t, "gbt36906@1", "FileAddressByID")
	require.Equal(t, "/cert/downloadUrl", r.URL.Path)
	require.JSONEq(t, `{"head":{"accessId":"cert-account","accessToken":"t"},"data":{"certIdentifier":"`+id1+`","useCause":"01","expiryTime":"20240102000000","itemName":"测试&=事项"}}`, body)
}

func TestTheGatewayPresetSendsAFormAndHeaders(t *testing.T) {
	t.Parallel()
	r, body := sentBy(t, "gateway@1", "FileAddressByEncryptedID")
	require.Equal(t, []string{"t", "cert-account", "application/x-www-form-urlencoded; charset=UTF-8"},
		[]string{r.Header.Get("accessToken"), r.Header.Get("appKey"), r.Header.Get("Content-Type")})
	form, err := url.ParseQuery(body)
	require.NoError(t, err)
	require.Equal(t, url.Values{"encryptedId": {enc}, "workId": {"w"}, "UseFor": {"01"}, "itemName": {"测试&=事项"}}, form)
}

// A site of the GB/T family that seals data with SM2 is a few lines over the preset:
// whole data, or a list of its own where an array was sealed (quirk 4).
func TestSealedDataIsADocumentOverThePreset(t *testing.T) {
	t.Parallel()
	p := proof(t)
	const head = `{"schema":1,"platform":"certificate","name":"sealed-city@1","extends":"gbt36906@1",
	  "seals":{"d":{"suite":"sm2-c1c2c3","own":"client","peer":"platform","out":"hex"}},`
	for document, opened := range map[string]string{
		head + `"reply":{"root":["","data"],"code":["head.status|num"],"ok":["0"],"text":["head.message"],"data":["data|d"]},"ops":{}}`: `{"total":2,"dataList":[{"certificateNumber":"T-1"},{"certificateNumber":"T-2"}]}`,
		head + `"ops":{"Search":{"out":{"list":"data|d"}}}}`:                                                                            `[{"certificateNumber":"T-1"},{"certificateNumber":"T-2"}]`,
	} {
		d, err := zwfw.ParseDialect([]byte(document))
		require.NoError(t, err)
		line := wireproof.Line{Reply: []byte(`{"head":{"status":0},"data":"` + p.Seal(t, opened) + `"}`)}
		var found wire.Found
		_, err = p.Engine(t, p.Party(t, p.Common), line.Option(), zwfw.WithDialect(d)).Call(t.Context(), "Search", &wire.Holder{}, &found)
		require.NoError(t, err)
		require.Len(t, found.Records(), 2)
		require.Equal(t, "T-2", found.List[1].Number.Reveal())
	}
}
