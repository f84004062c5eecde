package nearest_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw/internal/nearest"
)

var names = []string{"VerifyCode", "ReportTicket", "UserInfo", "kinds", "json", "num", "text", "ms", "s"}

func TestOfGivesTheNameProbablyMeant(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"VerifyCode":   "VerifyCode",
		"verifycode":   "VerifyCode",
		"VerfyCode":    "VerifyCode", // one left out
		"VerifyyCode":  "VerifyCode", // one too many
		"VerifxCode":   "VerifyCode", // one wrong
		"VeirfyCode":   "VerifyCode", // two swapped
		"Verify":       "VerifyCode",
		"kind":         "kinds",
		"user-info":    "UserInfo",
		"jsn":          "json",
		"mss":          "ms",
		"":             "",
		"zz":           "",
		"q":            "",
		"Authenticate": "",
		"完全不同的名字":      "",
	} {
		require.Equal(t, want, nearest.Of(name, names), "%q", name)
	}
	require.Empty(t, nearest.Of("a", nil))
}

func TestOfPrefersTheCloserAndThenTheFirst(t *testing.T) {
	t.Parallel()
	require.Equal(t, "hex", nearest.Of("hax", []string{"max-age", "hex", "hix"}))
	require.Equal(t, "hix", nearest.Of("hix", []string{"hex", "hix"}))
	require.Equal(t, "取号", nearest.Of("取好", []string{"验码", "取号"}))
}

func TestHint(t *testing.T) {
	t.Parallel()
	require.Equal(t, "; did you mean kinds?", nearest.Hint("kimds", names))
	require.Equal(t, "; valid: json, num", nearest.Hint("utterlyOther", []string{"json", "num"}))
	require.Empty(t, nearest.Hint("x", nil))
}

// A document that holds one name of a quarter of a megabyte is answered at once.
// Not parallel: it counts allocations.
func TestOfIsCheapForHugeNames(t *testing.T) {
	many := make([]string, 200)
	for i := range many {
		many[i] = strings.Repeat("operation", i%9+1)
	}
	long := strings.Repeat("o", 256<<10)
	require.Empty(t, nearest.Of(long, many))
	// Comparing takes a row of memory for each candidate; these are passed over.
	require.Less(t, testing.AllocsPerRun(1, func() { nearest.Of(long, many) }), 10.0)
}
