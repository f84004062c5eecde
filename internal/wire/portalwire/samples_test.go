package portalwire_test

import (
	"testing"

	"github.com/zwfw-go/zwfw/internal/wire/wireproof"
)

func TestClientSendsWhatTheSamplesSentAndReadsWhatTheyGot(t *testing.T) {
	t.Parallel()
	p := proof(t)
	p.Each(t, p.ClientSpeaks)
}

func TestPlatformReadsTheSamplesAndVerifiesTheirSignatures(t *testing.T) {
	t.Parallel()
	p := proof(t)
	p.Each(t, p.PlatformReads)
}

func TestPlatformWritesTheRepliesOfTheSamples(t *testing.T) {
	t.Parallel()
	p := proof(t)
	p.Each(t, p.PlatformWrites)
}

func TestNothingPrintsWhatBelongsToACitizenOrAToken(t *testing.T) {
	t.Parallel()
	p := proof(t)
	p.EachAccepted(t, func(t *testing.T, x wireproof.Exchange) {
		p.NothingPrints(t, x, "测试甲", "10000000000", "TK-23535efa", "ST-dfe7156a", "ST-8fd97c91", "k-1", "login-u-0", "529f06d198c4", "测试经办")
	})
}

func TestTypesOfOptionalMembersNeverTurnDoneIntoFailure(t *testing.T) {
	t.Parallel()
	p := proof(t)
	p.EachAccepted(t, p.TypesNeverFail)
}

func TestVariationsAreReadToTheSameValues(t *testing.T) {
	t.Parallel()
	proof(t).Variations(t)
}
