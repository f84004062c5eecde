package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/sandbox"
)

func played(t *testing.T, args ...string) string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	require.Equal(t, exitOK, run(args, &stdout, &stderr), stderr.String())
	require.Empty(t, stderr.String())
	return stdout.String()
}

// It is not parallel: it looks at every goroutine.
func TestNothingIsLeftBehind(t *testing.T) {
	before := goleak.IgnoreCurrent()
	temporary := t.TempDir()
	t.Setenv("TMPDIR", temporary)
	t.Setenv("TMP", temporary) // Windows
	played(t)
	left, err := os.ReadDir(temporary)
	require.NoError(t, err)
	require.Empty(t, left)
	goleak.VerifyNone(t, before)
}

func TestEverySceneIsPlayedInTheChosenLanguages(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "made", "when missing")
	out := played(t, "-dir", dir)
	for _, s := range (&desk{}).scenes() {
		require.Contains(t, out, s.title.ZH)
		require.Contains(t, out, s.title.EN)
	}
	for _, kind := range []zwfw.Kind{zwfw.WrongState, zwfw.ConsentRequired, zwfw.CertificateUnavailable, zwfw.Upstream} {
		require.Contains(t, out, "kind "+string(kind)+",")
	}
	for _, c := range sandbox.New().Citizens() { // the same seed, the same citizens
		for _, value := range []string{c.Name.Reveal(), c.IDNumber.Reveal(), c.Phone.Reveal()} {
			require.NotContains(t, out, value)
		}
	}
	require.NotRegexp(t, `LTM:|download\?id=|[0-9a-f]{32}\b|sandbox-cert-|http://`, out)
	saved, err := os.ReadFile(filepath.Join(dir, "certificate.ofd"))
	require.NoError(t, err)
	require.True(t, bytes.HasPrefix(saved, []byte("PK\x03\x04")))
}

func TestOneLanguageMeansOneLanguage(t *testing.T) {
	t.Parallel()
	out := played(t, "-lang=en")
	require.Equal(t, -1, strings.IndexFunc(out, func(r rune) bool { return r > unicode.MaxASCII }))
	require.NotContains(t, played(t, "-lang=zh"), "Citizen")
}

func TestASceneThatGoesWrongIsNamed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		op    string
		fault sandbox.Fault
		step  string
	}{
		{"lutong.VerifyCode", sandbox.Refuse(zwfw.CodeExpired), "step 1 "},
		{"certificate.Search", sandbox.Refuse(zwfw.PermissionDenied), "step 2 "},
		{"certificate.ReadConsented", sandbox.HTML(502), "step 3 "},
		{"certificate.Download", sandbox.HalfBody(), "step 4 "},
		{"certificate.VerifyFields", sandbox.Body(200, `{"head":{"status":0},"data":{"result":"6"}}`), "step 5 "},
	} {
		t.Run(c.op, func(t *testing.T) {
			t.Parallel()
			var stdout, stderr bytes.Buffer
			require.Equal(t, exitStep, perform(options{lang: english}, &stdout, &stderr, func(p *sandbox.Platform) { p.Faults().Always(c.op, c.fault) }))
			require.Contains(t, stderr.String(), c.step)
			require.Contains(t, stderr.String(), "did not go as expected: ")
		})
	}
}

func TestWrongFlagsEndWithTwoAndHelpNamesEveryFlag(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"-lang", "fr"}, {"-loud"}, {"now"}} {
		var stdout, stderr bytes.Buffer
		require.Equal(t, exitUsage, run(args, &stdout, &stderr))
		require.Contains(t, stderr.String(), "-h")
	}
	var stdout, stderr bytes.Buffer
	require.Equal(t, exitOK, run([]string{"-h"}, &stdout, &stderr))
	require.Contains(t, stdout.String(), "-dir DIR")
}
