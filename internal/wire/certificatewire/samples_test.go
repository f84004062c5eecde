package certificatewire_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw/internal/wire/wireproof"
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
		if kind, no := p.Refused(x); no {
			require.Equal(t, x.Code, p.Desk(t, x.Sample).CodeOf(x.Op.Name, kind))
		}
	})
}

func TestNoFieldPrintsWhatBelongsToACitizen(t *testing.T) {
	t.Parallel()
	p := proof(t)
	p.EachAccepted(t, func(t *testing.T, x wireproof.Exchange) {
		p.NothingPrints(t, x, "999999190001010015", "测试甲", "T-0001", "T-0002", "f923b260", "download?id", "1.2.156.3005", "iVBORw0", "UEsDB")
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
