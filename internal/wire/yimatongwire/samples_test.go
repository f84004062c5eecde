package yimatongwire_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/wire/wireproof"
	wire "github.com/zwfw-go/zwfw/internal/wire/yimatongwire"
)

func TestClientSendsWhatTheSamplesSentAndReadsWhatTheyGot(t *testing.T) {
	t.Parallel()
	p := proof(t)
	p.Each(t, p.ClientSpeaks)
}

func TestPlatformReadsTheSamplesAndAnswersAsTheyWereAnswered(t *testing.T) {
	t.Parallel()
	p := proof(t)
	p.Each(t, func(t *testing.T, x wireproof.Exchange) {
		p.PlatformReads(t, x)
		p.PlatformWrites(t, x)
	})
}

func TestNoFieldPrintsWhatBelongsToACitizen(t *testing.T) {
	t.Parallel()
	p := proof(t)
	p.EachAccepted(t, func(t *testing.T, x wireproof.Exchange) {
		p.NothingPrints(t, x, "999999198001010038", "99999919911111019X", "试乙", "欧阳测", "10000000004", "ymt-37727", "iVBORw0", "d=87b191df", "AUTH-eb5", "退役军人", "u-4", "o-u-1")
	})
}

func TestAnotherTypeOfAnOptionalMemberIsNeverAnError(t *testing.T) {
	t.Parallel()
	p := proof(t)
	p.EachAccepted(t, p.TypesNeverFail)
}

func TestEveryVariationIsReadToTheSameTypedValue(t *testing.T) {
	t.Parallel()
	proof(t).Variations(t)
}

func TestAnAlteredSignatureAndAnotherMerchantAreNoticed(t *testing.T) {
	t.Parallel()
	p := proof(t)
	x := p.Exchanges["yimatong.qrcode.decode"]["accepted"]
	signed := x.BodyBytes
	x.BodyBytes = strings.Replace(signed, "DEV-01", "DEV-02", 1)
	_, q, fault := p.Read(t, x)
	require.Nil(t, fault)
	require.Error(t, q.Verify())
	x.BodyBytes = strings.Replace(signed, "M0001", "M0002", 1)
	_, _, fault = p.Read(t, x)
	require.Equal(t, zwfw.CallerDenied, fault.Kind)
}

func TestAllGivesTheTagsOfBothForms(t *testing.T) {
	t.Parallel()
	p := proof(t)
	for reply, want := range map[string][]string{
		`{"code":"PY0000","response":[{"no":4,"text":"乙"},{"no":1,"text":"甲"}]}`: {"乙", "甲"},
		`{"code":"PY0000","no":1,"text":"甲"}`:                                    {"甲"},
		`{"code":"PY0000","response":[{}]}`:                                      nil,
		`{"code":"PY0000","response":{}}`:                                        nil,
	} {
		line := wireproof.Line{Reply: []byte(reply)}
		var out wire.UserTags
		_, err := p.Engine(t, p.Party(t, p.Common), line.Option()).Call(t.Context(), "UserTags", &wire.TagsOf{}, &out)
		require.NoError(t, err)
		var texts []string
		for _, tag := range out.All() {
			texts = append(texts, tag.Text.Reveal())
		}
		require.Equal(t, want, texts, reply)
	}
}
