package lutong_test

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/lutong"
	"github.com/zwfw-go/zwfw/sandbox"
)

// The order of the classifier is the contract's S-4; the cases are data.
func TestTextsAreClassifiedInTheContractsOrderWhenNoCodeIsKnown(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("testdata/texts.json")
	require.NoError(t, err)
	var cases [][2]string
	require.NoError(t, json.Unmarshal(data, &cases))
	require.Greater(t, len(cases), 40)
	for _, code := range []string{"", "E-UNKNOWN"} {
		for _, x := range cases {
			t.Run(code+" "+x[0], func(t *testing.T) {
				t.Parallel()
				p, client := start(t)
				fault := sandbox.RefuseText(x[0])
				if code != "" {
					fault = sandbox.RefuseCode(code, x[0])
				}
				p.Faults().Next("lutong.VerifyCode", fault, fault)
				_, err := verify(t, client, p.MintCode(p.Citizens()[0]))
				require.Equal(t, zwfw.Kind(x[1]), zwfw.KindOf(err), "%v", err)
				if x[1] == "Upstream" {
					require.Equal(t, zwfw.OutcomeUnknown, zwfw.OutcomeOf(err))
				} else {
					require.Equal(t, zwfw.OutcomeRefused, zwfw.OutcomeOf(err))
				}
				require.NotContains(t, err.Error(), x[0], "platform text stays out of the error line")
				var e *zwfw.Error
				require.ErrorAs(t, err, &e)
				require.Equal(t, x[0], e.Text.Reveal())
			})
		}
	}
}

func TestEveryCodeOfThePlatformHasItsKindAndACodeBeatsItsText(t *testing.T) {
	t.Parallel()
	d, err := lutong.Dialect(lutong.DialectSOP)
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(d.Kinds), 21)
	for code, kind := range d.Kinds {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			p, client := start(t)
			fault := sandbox.RefuseCode(" "+code+" ", "二维码已扫描")
			p.Faults().Next("lutong.VerifyCode", fault, fault)
			_, err := verify(t, client, p.MintCode(p.Citizens()[0]))
			require.ErrorIs(t, err, kind)
		})
	}
}

func TestExpiredUsedUnknownAndTheOthersAreToldApart(t *testing.T) {
	t.Parallel()
	for _, textOnly := range []bool{false, true} {
		p := sandbox.Start(t, sandbox.WithLutong(sandbox.LutongSetup{TextOnly: textOnly}))
		client := newClient(t, p.LutongConfig())
		citizens := p.Citizens()

		expired := p.MintCode(citizens[0])
		p.Clock().Advance(61e9)
		_, err := verify(t, client, expired)
		require.ErrorIs(t, err, zwfw.CodeExpired)

		used := p.MintCode(citizens[0])
		_, err = verify(t, client, used)
		require.NoError(t, err)
		_, err = verify(t, client, used)
		require.ErrorIs(t, err, zwfw.CodeUsed)

		_, err = verify(t, client, zwfw.NewCodeText("LTM:000000000000+/000000000000=="))
		require.ErrorIs(t, err, zwfw.CodeNotFound)

		_, err = verify(t, client, zwfw.NewCodeText("LTM:torn"))
		require.ErrorIs(t, err, zwfw.CodeMalformed)

		_, err = client.VerifyCode(t.Context(), lutong.VerifyRequest{Code: p.MintCode(citizens[0]), Scene: "MARRIAGE"})
		require.ErrorIs(t, err, zwfw.SceneDenied)

		wrong := p.LutongConfig()
		wrong.AccessToken = zwfw.NewSecret("not the token")
		_, err = verify(t, newClient(t, wrong), p.MintCode(citizens[0]))
		require.ErrorIs(t, err, zwfw.Signature)

		_, err = verify(t, client, p.MintCode(citizens[len(citizens)-2]))
		require.ErrorIs(t, err, zwfw.ConsentRequired)
	}
}

func TestSameOrganisationMayHandleACodeAgainAndAnotherMayNot(t *testing.T) {
	t.Parallel()
	p := sandbox.Start(t)
	one, two := newClient(t, p.LutongConfigOf(0)), newClient(t, p.LutongConfigOf(1))
	code := p.MintCode(p.Citizens()[0])
	handle := lutong.VerifyRequest{Code: code, Scene: lutong.SceneHandle}
	for range 2 {
		_, err := one.VerifyCode(t.Context(), handle)
		require.NoError(t, err)
	}
	_, err := two.VerifyCode(t.Context(), handle)
	require.ErrorIs(t, err, zwfw.CodeUsed)
}

func TestSealedFieldsInEveryHexFormAreOpened(t *testing.T) {
	t.Parallel()
	p := sandbox.New()
	own := p.LutongConfig().PrivateKey.Public()
	for name, change := range map[string]func(string) string{
		"upper case": func(s string) string { return s }, "lower case": lower, "without the leading 04": func(s string) string { return s[2:] },
		"lower case without 04": func(s string) string { return lower(s)[2:] }, "with line breaks": func(s string) string { return s[:64] + `\r\n` + s[64:] },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := p.LutongConfig()
			c.BaseURL, _ = canned(t, "application/json", sprintf(`{"Response":{"Error":null,"Data":{"userNameCyp":"%s","certNoCyp":"%s"}}}`,
				change(sealTo(t, own, "测试甲")), change(sealTo(t, own, "999999190001010015"))))
			user, err := verify(t, newClient(t, c), zwfw.NewCodeText("LTM:x"))
			require.NoError(t, err)
			require.Equal(t, "测试甲", user.Name.Reveal())
		})
	}
}

func TestAnOptionalValueThatCannotBeOpenedIsAWarningNotAFailure(t *testing.T) {
	t.Parallel()
	p := sandbox.New()
	own := p.LutongConfig().PrivateKey.Public()
	c := p.LutongConfig()
	c.BaseURL, _ = canned(t, "application/json", sprintf(`{"Response":{"Error":null,"Data":{"userNameCyp":"%s","certNoCyp":"%s","mobileCyp":"04AB"}}}`,
		sealTo(t, own, "测试甲"), sealTo(t, own, "999999190001010015")))
	user, err := verify(t, newClient(t, c), zwfw.NewCodeText("LTM:x"))
	require.NoError(t, err)
	require.True(t, user.Phone.IsZero())
	require.Equal(t, []zwfw.Warning{{Field: "phone", Problem: "cannot be opened"}}, user.Warnings)
	require.Contains(t, user.Raw.Reveal(), "mobileCyp", "the raw data is kept")
}

func TestGBKAnswersAreRead(t *testing.T) {
	t.Parallel()
	p, client := start(t)
	p.Faults().Next("lutong.VerifyCode", sandbox.Fault{}, sandbox.GBK())
	_, err := verify(t, client, p.MintCode(p.Citizens()[0]))
	require.NoError(t, err)
	_, err = verify(t, client, zwfw.NewCodeText("LTM:000000000000+/000000000000=="))
	var e *zwfw.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, zwfw.CodeNotFound, e.Kind)
	require.Equal(t, "二维码不存在", e.Text.Reveal())
}
