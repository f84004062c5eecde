package qr_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw/qr"
)

// What we draw is read by a reader that shares nothing with this package: zbar,
// Debian package zbar-tools.
func TestZbarReadsWhatIsDrawn(t *testing.T) {
	t.Parallel()
	zbar, err := exec.LookPath("zbarimg")
	if err != nil {
		t.Skip("NOT TESTED: whether zbar reads our pictures; install zbarimg (Debian package zbar-tools)")
	}
	dir := t.TempDir()
	for name, c := range map[string]struct {
		text string
		opts []qr.EncodeOption
	}{
		"digits":       {"281234567890123456", nil},
		"leading-zero": {"0001", []qr.EncodeOption{qr.WithVersion(1)}},
		"capitals":     {strings.Repeat("0123456789ABCDEF", 4) + ":1", nil},
		"url":          {sample, []qr.EncodeOption{qr.WithSide(300)}},
		"chinese":      {"政务服务大厅取号", []qr.EncodeOption{qr.WithLevel(qr.LevelH)}},
		"forced-bytes": {"0123456789", []qr.EncodeOption{qr.WithMode(qr.ModeByte)}},
		"version-7":    {"A012", []qr.EncodeOption{qr.WithVersion(7), qr.WithModuleSize(4)}},
		"version-20":   {strings.Repeat("a+b/c=,", 60), []qr.EncodeOption{qr.WithVersion(20), qr.WithModuleSize(4)}},
		"level-l":      {strings.Repeat("x", 271), []qr.EncodeOption{qr.WithLevel(qr.LevelL), qr.WithModuleSize(4)}},
		"largest":      {strings.Repeat("0123456789", 560)[:5596], []qr.EncodeOption{qr.WithModuleSize(4)}},
	} {
		file := filepath.Join(dir, name+".png")
		require.NoError(t, os.WriteFile(file, encode(t, c.text, c.opts...), 0o600))
		out, err := exec.Command(zbar, "--quiet", "--raw", "-Sdisable", "-Sqrcode.enable", file).Output()
		require.NoError(t, err, name)
		require.Equal(t, c.text, strings.TrimSuffix(string(out), "\n"), name)
	}
}
