package zwfw_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw/crypto"
)

func read(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	require.NoError(t, err)
	return string(data)
}

// The first call that both READMEs show is the body of a compiled and run Example.
func TestTheREADMEsShowTheCodeThatIsTested(t *testing.T) {
	t.Parallel()
	source := read(t, "lutong/example_test.go")
	body := source[strings.Index(source, "func Example() {\n")+len("func Example() {\n") : strings.Index(source, "\t// Output:")]
	require.Greater(t, len(body), 200)
	for _, name := range []string{"README.md", "README.zh-CN.md"} {
		require.Contains(t, read(t, name), "```go\n"+body+"```", name)
		for _, line := range []string{"// *试甲", "// 此码已使用"} {
			require.Contains(t, source, line)
			require.Contains(t, read(t, name), strings.TrimPrefix(line, "// "), name)
		}
	}
}

// Both languages say the same: as many sections, tables rows and code blocks, and the
// same links.
func TestBothREADMEsAreEquallyComplete(t *testing.T) {
	t.Parallel()
	en, zh := read(t, "README.md"), read(t, "README.zh-CN.md")
	for _, pattern := range []string{`(?m)^## `, `(?m)^\| `, "(?m)^```", `(?m)^- `} {
		re := regexp.MustCompile(pattern)
		require.Len(t, re.FindAllString(zh, -1), len(re.FindAllString(en, -1)), pattern)
	}
	links := regexp.MustCompile(`\]\(([^)]+)\)`)
	targets := func(text string) (found []string) {
		for _, m := range links.FindAllStringSubmatch(text, -1) {
			if !strings.HasPrefix(m[1], "README") {
				found = append(found, m[1])
			}
		}
		return found
	}
	require.ElementsMatch(t, targets(en), targets(zh))
	for _, target := range targets(en) {
		_, err := os.Stat(target)
		require.NoError(t, err, "a link leads nowhere: %s", target)
	}
}

// Whatever a dialect may name as a suite stands in both pages that explain dialects.
func TestTheDialectPagesNameEverySuite(t *testing.T) {
	t.Parallel()
	for _, page := range []string{"docs/dialects.md", "docs/dialects.zh-CN.md"} {
		text := read(t, page)
		for _, suite := range crypto.Suites() {
			require.Contains(t, text, "`"+suite.Name+"`", page)
		}
		for _, word := range []string{"`pbkdf2:", "`tail`", "`digits`", "`quotes`", "`assign`", "`userId`"} {
			require.Contains(t, text, word, page)
		}
	}
}
