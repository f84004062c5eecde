package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw/qr"
)

func TestScansComeFromAnyPath(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	file := filepath.Join(t.TempDir(), "port")
	write(t, file, c.code(0)+c.code(1)+strings.TrimSpace(c.code(2)))
	status, out, errs := c.run(t, "", "-scans", file)
	require.Equal(t, exitOK, status, errs)
	require.Len(t, slips(out), 3)
	require.Len(t, c.LutongTickets(), 3)

	// The same file again: its codes are spent, and nobody gets a second number.
	status, out, errs = c.run(t, "", "-scans", file)
	require.Equal(t, exitOK, status, errs)
	require.Empty(t, slips(out))
	require.Equal(t, 3, strings.Count(out, "此码已使用"))
}

// hesitant is a port whose read time-out is short: os.File says EOF when nothing came.
type hesitant struct{ parts []string }

func (h *hesitant) Read(p []byte) (int, error) {
	if len(h.parts) == 0 {
		return 0, errors.New("unplugged")
	}
	part := h.parts[0]
	h.parts = h.parts[1:]
	if part == "" {
		return 0, io.EOF
	}
	return copy(p, part), nil
}

func TestADeviceThatSendsNothingForAWhileHasNotEnded(t *testing.T) {
	t.Parallel()
	var texts []string
	for text, err := range qr.ReadScans(device{&hesitant{[]string{"", "LTM:", "", "", "1\r", "", "LTM:2\r"}}}) {
		if err != nil {
			require.ErrorContains(t, err, "unplugged")
			break
		}
		texts = append(texts, text)
	}
	require.Equal(t, []string{"LTM:1", "LTM:2"}, texts)

	if runtime.GOOS == "windows" {
		return
	}
	c := newCity(t)
	status, _, errs := c.run(t, "", "-scans", os.DevNull)
	require.Equal(t, exitError, status, "a device that is gone is an error, so that the kiosk is started again")
	require.Contains(t, errs, "read scans")
}
