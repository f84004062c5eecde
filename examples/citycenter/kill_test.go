package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The program is killed again and again while it reads; each time it is told again what
// came since a little before.
func TestKilledTheCenterGoesOnWhereItWas(t *testing.T) {
	t.Parallel()
	p, config := realProvince(t)
	self, err := os.Executable()
	require.NoError(t, err)
	data := t.TempDir()
	wall := func() int64 { return p.Hotline().Wall("JX-CITY-01").Calls.Total.Abandoned }
	const calls = 30
	for kill := range 3 {
		c := exec.Command(self, "-config", config, "-data", data, "-period", "3s")
		c.Env = append(os.Environ(), childVar+"=1")
		in, err := c.StdinPipe()
		require.NoError(t, err)
		require.NoError(t, c.Start())
		for i := max(kill*10-5, 0); i < kill*10+10; i++ {
			_, err := io.WriteString(in, call(fmt.Sprint("c", i), "", "abandon", 0))
			require.NoError(t, err)
		}
		before := p.Hotline().Wall("JX-CITY-01").CallSeq
		require.Eventually(t, func() bool { return wall() == int64(kill*10+10) }, time.Minute, 10*time.Millisecond)
		require.Greater(t, p.Hotline().Wall("JX-CITY-01").CallSeq, before)
		require.NoError(t, c.Process.Kill())
		_ = c.Wait()
	}
	status, _, errs := runCenter(t, call("c29", "", "abandon", 0), "-config", config, "-data", data)
	require.Equal(t, exitOK, status, errs)
	require.Equal(t, int64(calls), wall(), "nothing is missed or counted twice")
}
