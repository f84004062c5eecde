package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

// No goroutine may be left by any test.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func noEnvironment(string) string { return "" }

// TestTheProgramPrintsTwoAddressesServesAndStops runs it as people do.
func TestTheProgramPrintsTwoAddressesServesAndStops(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	out, in := io.Pipe()
	var stderr bytes.Buffer
	var status int
	var ended sync.WaitGroup
	ended.Go(func() {
		status = run(ctx, nil, noEnvironment, in, &stderr)
		_ = in.Close()
	})
	lines := bufio.NewScanner(out)
	addresses := map[string]string{}
	for len(addresses) < 2 && lines.Scan() {
		if name, address, ok := strings.Cut(lines.Text(), ":"); ok && strings.Contains(address, "http://127.0.0.1:") {
			addresses[strings.Fields(name)[1]] = strings.TrimSpace(address)
		}
	}
	client := &http.Client{Transport: &http.Transport{}}
	for _, name := range []string{"website", "platform"} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, addresses[name], nil)
		require.NoError(t, err)
		resp, err := client.Do(r)
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, resp.StatusCode, name)
		require.NoError(t, resp.Body.Close())
	}
	client.CloseIdleConnections()
	stop()
	ended.Wait()
	require.Equal(t, exitOK, status, stderr.String())
}

func TestWrongArgumentsAndSettingsEndWithTwoAndSayWhy(t *testing.T) {
	t.Parallel()
	real := map[string]string{"WEBSITE_BASE_URL": "https://p.example.invalid", "WEBSITE_PUBLIC": "https://www.example.invalid", "WEBSITE_APP_MARK": "m", "WEBSITE_APP_WORD": "w"}
	for name, c := range map[string]struct {
		args  []string
		unset string
		set   map[string]string
		says  string
	}{
		"an argument":             {args: []string{"now"}, says: `unexpected argument "now"`},
		"no public address":       {unset: "WEBSITE_PUBLIC", says: "WEBSITE_PUBLIC is required"},
		"no mark":                 {unset: "WEBSITE_APP_MARK", says: "WEBSITE_APP_MARK is required"},
		"no word":                 {unset: "WEBSITE_APP_WORD", says: "WEBSITE_APP_WORD is required"},
		"a path behind the host":  {set: map[string]string{"WEBSITE_PUBLIC": "https://www.example.invalid/site"}, says: "WEBSITE_PUBLIC is scheme and host"},
		"hosts, no application":   {set: map[string]string{"WEBSITE_SERVICE_HOSTS": "a.example.invalid"}, says: "WEBSITE_SERVICE_APP is required"},
		"cookies in the clear":    {set: map[string]string{"WEBSITE_PUBLIC": "http://www.example.invalid"}, says: "WEBSITE_PUBLIC must be https"},
		"an address of no scheme": {set: map[string]string{"WEBSITE_PUBLIC": "www.example.invalid"}, says: "WEBSITE_PUBLIC is scheme and host"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var stdout, stderr bytes.Buffer
			env := func(key string) string {
				if v, ok := c.set[key]; ok || key == c.unset {
					return v
				}
				return real[key]
			}
			require.Equal(t, exitUsage, run(t.Context(), c.args, env, &stdout, &stderr))
			require.Contains(t, stderr.String(), c.says)
			require.Contains(t, stderr.String(), "-h")
			require.NotContains(t, stderr.String(), "\nw\n")
			require.Empty(t, stdout.String())
		})
	}
	var stdout, stderr bytes.Buffer
	require.Equal(t, exitOK, run(t.Context(), []string{"-h"}, noEnvironment, &stdout, &stderr))
	for key := range real {
		require.Contains(t, stdout.String(), key)
	}
}

func TestSettingsForARealPlatformReachTheClient(t *testing.T) {
	t.Parallel()
	s, err := readSettings(func(key string) string {
		return map[string]string{
			"WEBSITE_BASE_URL": "https://p.example.invalid", "WEBSITE_PUBLIC": "https://www.example.invalid/", "WEBSITE_APP_MARK": "m", "WEBSITE_APP_WORD": "w",
			"WEBSITE_SERVICE_HOSTS": "a.example.invalid, b.example.invalid:8443", "WEBSITE_SERVICE_APP": "third", "WEBSITE_PREFIX": "23",
		}[key]
	})
	require.NoError(t, err)
	c := s.config()
	require.Equal(t, []string{"https://www.example.invalid/sso/callback"}, c.Redirects)
	require.Equal(t, []string{"a.example.invalid", "b.example.invalid:8443"}, c.ServiceHosts)
	require.Equal(t, "23", c.ProjectPrefix)
	require.False(t, s.plainHTTP())
	require.False(t, s.rehearsal())
}
