package main

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAWrongConfigurationIsNamed(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]struct{ from, to, says string }{
		"misspelt member": {`"orgId"`, `"orgid2"`, `unknown field "orgid2"`},
		"no key file":     {`own.pem`, `gone.pem`, "gone.pem"},
		"a wrong key":     {`"own.pem"`, `"kiosk.json"`, "kiosk.json"},
		"no organisation": {`"orgId":"999999000000001"`, `"orgId":""`, "Config.OrgID"},
		"a dialect":       {`"device"`, `"dialectFile":"own.pem","device"`, "own.pem"},
		"no JSON":         {`{`, `[`, "invalid character"},
		"serials":         {`"prefix":"A"`, `"prefix":"A","firstSerial":900001`, "hall.firstSerial: 1 to 900000"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCity(t)
			text, err := os.ReadFile(c.config)
			require.NoError(t, err)
			require.Contains(t, string(text), x.from)
			write(t, c.config, strings.Replace(string(text), x.from, x.to, 1))
			status, out, errs := c.run(t, "")
			require.Equal(t, exitError, status)
			require.Empty(t, out)
			require.Contains(t, errs, x.says)
			require.NotContains(t, errs, c.LutongConfig().AccessToken.Reveal())
		})
	}
	if runtime.GOOS != "windows" {
		c := newCity(t)
		require.NoError(t, os.Chmod(c.config, 0o644))
		status, _, errs := c.run(t, "")
		require.Equal(t, exitError, status)
		require.Contains(t, errs, "make it 0600")
	}
}

func TestTheExampleConfigurationIsOne(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("kiosk.example.json")
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "kiosk.json")
	write(t, file, string(text))
	s, err := readSettings(file)
	require.NoError(t, err)
	require.Equal(t, filepath.Join(filepath.Dir(file), "own-sm2.pem"), s.PrivateKey)
	require.Equal(t, []string{"3", "4"}, s.Hall.Windows)
}
