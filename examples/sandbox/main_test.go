package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/lutong"
	"github.com/zwfw-go/zwfw/sandbox"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// paper is what a program prints, read while it runs.
type paper struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (p *paper) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.Write(b)
}

func (p *paper) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.String()
}

// after waits for a word and gives the line that follows it.
func (p *paper) after(t *testing.T, word string) (line string) {
	t.Helper()
	require.Eventually(t, func() bool {
		_, rest, found := strings.Cut(p.String(), word)
		var whole bool
		line, _, whole = strings.Cut(rest, "\n")
		return found && whole
	}, time.Minute, time.Millisecond, word)
	return strings.TrimSpace(line)
}

// begin starts the program; say types a line.
func begin(t *testing.T, args ...string) (out, logged *paper, say func(string), status func() int) {
	t.Helper()
	read, write := io.Pipe()
	out, logged = new(paper), new(paper)
	ended := make(chan int, 1)
	go func() {
		ended <- run(context.Background(), append([]string{"-addr", "127.0.0.1:0"}, args...), read, out, logged)
		_ = read.Close()
	}()
	say = func(line string) { _, _ = io.WriteString(write, line+"\n") }
	return out, logged, say, func() int { _ = write.Close(); return <-ended }
}

func TestAnotherProcessIsServedWithTheConfigurationsOfItsOwnSandbox(t *testing.T) {
	t.Parallel()
	out, logged, say, status := begin(t)
	p := sandbox.New()
	p.URL = out.after(t, "no real platform:")
	client, err := lutong.New(p.LutongConfig())
	require.NoError(t, err)
	defer client.Close()
	require.Contains(t, out.String(), "AccessToken: "+p.LutongConfig().AccessToken.Reveal())
	require.Contains(t, out.String(), "-----BEGIN PRIVATE KEY-----")

	say("code 2")
	say("fault lutong.VerifyCode busy")
	say("clock +1s") // prints something behind the code
	lines := strings.Split(out.String(), "\n")
	require.Eventually(t, func() bool {
		lines = strings.Split(strings.TrimSpace(out.String()), "\n")
		return strings.HasPrefix(lines[len(lines)-1], "20")
	}, time.Minute, time.Millisecond)
	code := zwfw.NewCodeText(lines[len(lines)-2])
	user, err := client.VerifyCode(t.Context(), lutong.VerifyRequest{Code: code, Scene: lutong.SceneTakeNumber, Device: "KIOSK-01"})
	require.NoError(t, err, "a busy platform is asked again")
	require.True(t, user.IDNumber.Equal(p.Citizens()[1].IDNumber))
	_, err = client.VerifyCode(t.Context(), lutong.VerifyRequest{Code: code, Scene: lutong.SceneTakeNumber, Device: "KIOSK-01"})
	require.ErrorIs(t, err, zwfw.CodeUsed)

	say("log")
	out.after(t, "curl -X POST")
	say("quit")
	require.Zero(t, status())
	require.Contains(t, logged.String(), "lutong.VerifyCode")
	require.NotContains(t, logged.String(), p.Citizens()[1].IDNumber.Reveal())
}

func TestItPlaysACityAndIsServedWithoutATerminal(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "city.json")
	require.NoError(t, os.WriteFile(file, []byte(`{"schema":1,"platform":"hotline","name":"city@1","extends":"jx-12345@1"}`), 0o600))
	ctx, cancel := context.WithCancel(t.Context())
	out, ended := new(paper), make(chan int, 1)
	go func() {
		ended <- run(ctx, []string{"-addr", "127.0.0.1:0", "-dialect", file}, strings.NewReader(""), out, io.Discard)
	}()
	out.after(t, "no real platform:")
	select {
	case <-ended:
		t.Fatal("it ends with its input")
	default:
	}
	cancel()
	require.Zero(t, <-ended)
}

func TestWhatIsWrongIsNamed(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]struct {
		args   []string
		status int
		expect string
	}{
		"a flag":            {[]string{"-port", "1"}, 2, "用法 Usage"},
		"an argument":       {[]string{"start"}, 2, "用法 Usage"},
		"an open address":   {[]string{"-addr", "0.0.0.0:8700"}, 1, "only an address of this machine"},
		"no port":           {[]string{"-addr", "127.0.0.1"}, 1, "-addr: a host and a port"},
		"a missing dialect": {[]string{"-dialect", "none.json"}, 1, "none.json"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			logged := new(paper)
			require.Equal(t, x.status, run(t.Context(), x.args, strings.NewReader(""), io.Discard, logged))
			require.Contains(t, logged.String(), x.expect)
		})
	}
	p := sandbox.New()
	for line, expect := range map[string]string{
		"code 99999": "citizen: 1 to", "code x": "citizen: 1 to", "clock": "a duration", "clock soon": "soon",
		"fault lutong.VerifyCode": "an operation", "fault lutong.VerifyCode rain": "drop, lost",
	} {
		require.ErrorContains(t, obey(io.Discard, p, strings.Fields(line)), expect, line)
	}
	out := new(paper)
	require.NoError(t, obey(out, p, []string{"help"}))
	require.Equal(t, help, out.String())
}
