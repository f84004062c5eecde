package hotlinewire_test

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
		p.NothingPrints(t, x, "张某", "10000000000", "测试诉求人", "10000000009", "李某", "测试派单员", "097ba339e9cd42c51747ef4556d0b77c8c95a861")
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
