package certificate

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// The published vector of MOD 37,36 (of the Global Release Identifier) is too short for an
// identifier, so the system is asked itself.
func TestMod37GivesThePublishedCharacter(t *testing.T) {
	t.Parallel()
	require.Equal(t, byte('M'), identMod37("A12425GABC1234002"))
	require.NotEqual(t, byte('M'), identLegacy("A12425GABC1234002"))
}
