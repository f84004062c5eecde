package yimatongwire_test

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/dock"
	"github.com/zwfw-go/zwfw/internal/wire/yimatongwire"
)

// input is the call that a sample shows.
func input(t *testing.T, op, body string) any {
	t.Helper()
	var b map[string]string
	require.NoError(t, json.Unmarshal([]byte(body), &b))
	switch op {
	case "UserTags":
		return &yimatongwire.TagsOf{Token: zwfw.NewSecret(b["accessToken"])}
	case "DecodeQRCode":
		return &yimatongwire.Decode{Code: zwfw.NewCodeText(b["qrcod"]), Device: b["macId"]}
	case "Authorize":
		return &yimatongwire.Authorize{Code: zwfw.NewSecret(b["code"]), AppID: b["appId"]}
	}
	return &yimatongwire.Position{Token: zwfw.NewSecret(b["accessToken"]), Latitude: b["latitude"], Longitude: b["longitude"]}
}

// want is what the accepted samples say, in the SDK's names. Pictures are taken from the
// sample itself.
var want = map[string]string{
	"CreateQRCode": `{"type":"gj","image":"IMAGE","serverTime":"2026-11-22 04:01:11","concealedName":"*乙","concealedCard":"9**************8"}`,
	"ChannelQRCode": `{"type":"gj","image":"IMAGE","serverTime":"2026-11-22 04:01:11","idNumber":"999999198001010038","name":"试乙",
	  "concealedName":"*乙","concealedCard":"9**************8"}`,
	"UserTags": `{"tags":[{"icon":"/icons/talent.png","no":4,"text":"E类人才","backgroundColor":2,"fontColor":1},
	  {"icon":"/icons/veteran.png","no":1,"text":"退役军人","backgroundColor":1,"fontColor":3}]}`,
	"DecodeQRCode": `{"userId":"u-4","name":"欧阳测𠮷","idNumber":"99999919911111019X","idType":"1","phone":"10000000004","concealedName":"*阳测𠮷",
	  "concealedCard":"9****************X","type":"gj","tags":[],"codeStatus":"VALID","serverTime":"2026-11-22 04:01:11","decodeId":"d-1","emergency":false}`,
	"Authorize": `{"token":"ymt-37727f03941f8ca4114abb6a6e892225","seconds":7200,"openId":"o-u-1","scope":"base"}`,
}

var refusals = map[string]zwfw.Kind{"PY3007": zwfw.CodeExpired, "PY3001": zwfw.TokenInvalid, "PY1001": zwfw.BadRequest, "PY2003": zwfw.CodeUsed}

func TestClientSendsWhatTheSamplesSentAndReadsWhatTheyGot(t *testing.T) {
	t.Parallel()
	s := loadSamples(t)
	for name, wire := range operations {
		for which, x := range s.Exchanges[wire] {
			t.Run(name+" "+which, func(t *testing.T) {
				t.Parallel()
				l := &line{answer: x.Reply}
				out := newOf(op(t, name).Out)
				_, err := s.engine(t, l).Call(t.Context(), name, input(t, name, x.BodyBytes), out)

				require.Equal(t, x.Method, l.request.Method)
				require.Equal(t, x.Path, l.request.URL.Path)
				require.Empty(t, l.request.URL.RawQuery)
				require.Equal(t, x.Headers["Content-Type"], l.request.Header.Get("Content-Type"))
				require.JSONEq(t, x.BodyBytes, string(l.body), "the signature too, byte for byte")

				if which == "refused" {
					require.ErrorIs(t, err, refusals[x.Code])
					var e *zwfw.Error
					require.ErrorAs(t, err, &e)
					require.Equal(t, zwfw.OutcomeRefused, e.Outcome)
					require.Equal(t, x.Code, e.Code)
					require.NotEmpty(t, e.Text.Reveal())
					return
				}
				require.NoError(t, err)
				var reply struct{ Response json.RawMessage }
				require.NoError(t, json.Unmarshal(x.Reply, &reply))
				var picture struct{ QRCodeBase64 string }
				_ = json.Unmarshal(reply.Response, &picture)
				require.JSONEq(t, strings.ReplaceAll(want[name], "IMAGE", picture.QRCodeBase64), typed(t, out))
			})
		}
	}
}

func TestPlatformReadsTheSamplesAndAnswersAsTheyWereAnswered(t *testing.T) {
	t.Parallel()
	s := loadSamples(t)
	desk, err := dock.NewDesk(yimatongwire.Manifest(), nil, s.party(t))
	require.NoError(t, err)
	for name, wire := range operations {
		for which, x := range s.Exchanges[wire] {
			t.Run(name+" "+which, func(t *testing.T) {
				t.Parallel()
				matched, ok := desk.Match("", strings.TrimPrefix(x.Path, "/hz"), []byte(x.BodyBytes))
				require.True(t, ok)
				require.Equal(t, name, matched)
				q, fault := desk.Read(name, httptest.NewRequest(x.Method, x.Path, strings.NewReader(x.BodyBytes)), []byte(x.BodyBytes))
				require.Nil(t, fault)
				require.NoError(t, q.Verify())
				if name == "DecodeQRCode" {
					require.Equal(t, s.Config.MerchantID, q.Claims["merchantId"])
					require.True(t, sampleTime.Equal(q.At))
				}
				in := newOf(op(t, name).In)
				require.Nil(t, q.Decode(in))
				require.JSONEq(t, typed(t, input(t, name, x.BodyBytes)), typed(t, in))

				var reply struct{ Code, Msg string }
				require.NoError(t, json.Unmarshal(x.Reply, &reply))
				if which == "refused" {
					body, _, err := desk.Write(name, dock.Answer{Failed: true, Code: x.Code, Text: reply.Msg})
					require.NoError(t, err)
					require.JSONEq(t, s.plain(t, name, string(x.Reply)), s.plain(t, name, string(body)))
					return
				}
				out := newOf(op(t, name).Out)
				_, err := s.engine(t, &line{answer: x.Reply}).Call(t.Context(), name, in, out)
				require.NoError(t, err)
				body, contentType, err := desk.Write(name, dock.Answer{Out: out, Text: reply.Msg})
				require.NoError(t, err)
				require.Equal(t, "application/json; charset=UTF-8", contentType)
				require.JSONEq(t, s.plain(t, name, string(x.Reply)), s.plain(t, name, string(body)))
			})
		}
	}
}

// plain opens a sealed response, whose members may stand in any order. A refusal's
// "response":null says nothing.
func (s samples) plain(t *testing.T, op, reply string) string {
	t.Helper()
	var r map[string]any
	require.NoError(t, json.Unmarshal([]byte(reply), &r))
	if sealed, ok := r["response"].(string); ok && op == "DecodeQRCode" {
		var opened any
		require.NoError(t, json.Unmarshal([]byte(s.open(t, sealed)), &opened))
		r["response"] = opened
	}
	if r["response"] == nil {
		delete(r, "response")
	}
	out, err := json.Marshal(r)
	require.NoError(t, err)
	return string(out)
}

func TestAnAlteredSignatureAndAnotherMerchantAreNoticed(t *testing.T) {
	t.Parallel()
	s := loadSamples(t)
	desk, err := dock.NewDesk(yimatongwire.Manifest(), nil, s.party(t))
	require.NoError(t, err)
	x := s.Exchanges["yimatong.qrcode.decode"]["accepted"]
	read := func(body string) (*dock.Received, *dock.Fault) {
		return desk.Read("DecodeQRCode", httptest.NewRequest(x.Method, x.Path, strings.NewReader(body)), []byte(body))
	}
	q, fault := read(strings.Replace(x.BodyBytes, "DEV-01", "DEV-02", 1))
	require.Nil(t, fault)
	require.Error(t, q.Verify())
	_, fault = read(strings.Replace(x.BodyBytes, "M0001", "M0002", 1))
	require.Equal(t, zwfw.CallerDenied, fault.Kind)
}

func TestNoFieldPrintsWhatBelongsToACitizen(t *testing.T) {
	t.Parallel()
	s := loadSamples(t)
	for name, wire := range operations {
		x := s.Exchanges[wire]["accepted"]
		in, out := input(t, name, x.BodyBytes), newOf(op(t, name).Out)
		_, err := s.engine(t, &line{answer: x.Reply}).Call(t.Context(), name, in, out)
		require.NoError(t, err)
		encoded, err := json.Marshal([]any{in, out})
		require.NoError(t, err)
		printed := fmt.Sprintf("%+v %#v %v %+v %#v %s", in, in, out, out, out, encoded)
		for _, marker := range []string{"999999198001010038", "99999919911111019X", "试乙", "欧阳测", "10000000004", "ymt-37727", "iVBORw0", "d=87b191df", "AUTH-eb5", "退役军人", "u-4", "o-u-1"} {
			require.NotContains(t, printed, marker, name)
		}
	}
}
