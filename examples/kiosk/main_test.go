package main

import (
	"bytes"
	"encoding/json"
	"encoding/pem"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/sandbox"
)

// TestMain is the kiosk itself when a test has started it as a child.
func TestMain(m *testing.M) {
	if os.Getenv(childClock) != "" {
		childMain()
	}
	goleak.VerifyTestMain(m)
}

// kiosk runs the program with a text as its scans.
func kiosk(t *testing.T, scans string, args ...string) (status int, out, errs string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	status = run(t.Context(), args, world{strings.NewReader(scans), &stdout, &stderr, zwfw.SystemClock()})
	return status, stdout.String(), stderr.String()
}

// demo gives the codes that the kiosk's own sandbox shows.
func demo() (codes []string) {
	p := sandbox.New()
	for _, c := range p.Citizens()[:demoCodes] {
		codes = append(codes, p.MintCode(c).Reveal())
	}
	return codes
}

// city is a platform that the test serves, with a configuration file for it.
type city struct {
	*sandbox.Platform
	config string
	data   string
}

func newCity(t *testing.T, options ...sandbox.Option) city {
	t.Helper()
	p := sandbox.Start(t, options...)
	return city{p, configFile(t, p), t.TempDir()}
}

func configFile(t *testing.T, p *sandbox.Platform) string {
	t.Helper()
	dir := t.TempDir()
	c := p.LutongConfig()
	der, err := c.PrivateKey.MarshalPKCS8()
	require.NoError(t, err)
	write(t, filepath.Join(dir, "own.pem"), string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})))
	der, err = c.PlatformKey.MarshalSPKI()
	require.NoError(t, err)
	write(t, filepath.Join(dir, "platform.pem"), string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})))
	text, err := json.Marshal(map[string]any{
		"baseURL": c.BaseURL, "accessId": c.AccessID, "accessToken": c.AccessToken.Reveal(), "orgId": c.OrgID,
		"privateKeyFile": "own.pem", "platformKeyFile": "platform.pem", "device": "KIOSK-01",
		"hall": map[string]any{"name": "测试大厅", "unit": "测试局", "item": "事项", "area": "一楼", "windows": []string{"3", "4"}, "prefix": "A"},
	})
	require.NoError(t, err)
	file := filepath.Join(dir, "kiosk.json")
	write(t, file, string(text))
	return file
}

func write(t *testing.T, file, text string) {
	t.Helper()
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
}

// code opens a citizen's app.
func (c city) code(citizen int) string { return c.MintCode(c.Citizens()[citizen]).Reveal() + "\r\n" }

func (c city) run(t *testing.T, scans string, args ...string) (status int, out, errs string) {
	t.Helper()
	first := []string{}
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		first, args = args[:1], args[1:]
	}
	return kiosk(t, scans, append(append(first, "-config", c.config, "-data", c.data), args...)...)
}

func TestItRunsWithoutAPlatform(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	codes := demo()
	status, out, errs := kiosk(t, "]Q1"+codes[0]+"\r\n"+codes[1]+"\t"+codes[1]+"\n", "-data", data)
	require.Equal(t, exitOK, status, errs)
	require.Contains(t, errs, codes[0], "codes to try are shown")
	require.Equal(t, 2, strings.Count(out, "号码 Number"), "a code that the scanner repeats is one scan")
	require.Contains(t, out, "号码 Number  A001\n")
	require.Contains(t, out, "号码 Number  A002\n")
	require.Contains(t, errs, "[1] 已上报 reported")
	require.Contains(t, errs, "[2] 已上报 reported")
	require.Contains(t, errs, "No ticket is left to report")

	status, out, errs = kiosk(t, "", "-sandbox", "-data", data, "-picture", filepath.Join(data, "sandbox-code.png"))
	require.Equal(t, exitOK, status, errs)
	require.Contains(t, out, "号码 Number  A003\n", "numbers go on after a start")
}

func TestTicketsTakenWithoutALineAreReportedAfterTheNextStart(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	c.Faults().Always("lutong.ReportTicket", sandbox.DropBefore())
	status, out, errs := c.run(t, c.code(0)+c.code(1), "-wait", "300ms")
	require.Equal(t, exitLeft, status, errs)
	require.Contains(t, errs, "Left to report: 2")
	printed := slips(out)
	require.Len(t, printed, 2)
	require.Empty(t, c.LutongTickets())

	status, out, errs = c.run(t, "", "pending")
	require.Equal(t, exitOK, status, errs)
	require.Contains(t, out, "Not reported yet: 2.")

	c.Faults().Clear()
	status, _, errs = c.run(t, "")
	require.Equal(t, exitOK, status, errs)
	held := c.LutongTickets()
	require.Len(t, held, 2)
	for _, h := range held {
		require.Equal(t, printed[h.Number], h.QueueTime.In(china).Format(time.DateTime))
	}
}

// slips gives the times of all printed tickets by their flow numbers.
func slips(out string) map[string]string {
	found := make(map[string]string)
	for _, m := range slipPattern.FindAllStringSubmatch(out, -1) {
		found[m[2]] = m[1]
	}
	return found
}

var slipPattern = regexp.MustCompile(`时间 Time +(.{19})\n流水 Serial +(\d{14})\n`)

func TestACitizenIsToldWhatToDo(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	old := c.code(0)
	c.Clock().Advance(2 * time.Minute)
	status, out, errs := c.run(t, old+strings.Repeat("x", 5000)+"\n"+c.code(2))
	require.Equal(t, exitOK, status, errs)
	require.Contains(t, out, "[屏幕 Screen] 请刷新鲁通码后重新扫码\n[屏幕 Screen] Please refresh your Lutong code and scan again\n")
	require.Contains(t, errs, "kind CodeExpired")
	require.Contains(t, errs, "too long")
	require.Len(t, slips(out), 1, "the next citizen is served")
}

func TestNoPersonalDatumIsPrintedOrStoredInClear(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	c.Faults().Next("lutong.ReportTicket", sandbox.Refuse(zwfw.BadRequest))
	_, out, errs := c.run(t, c.code(0)+c.code(1)+"LTM:nobody\n")
	_, listed, _ := c.run(t, "", "failed")
	all := out + errs + listed
	require.Greater(t, len(all), 500)
	files, err := filepath.Glob(filepath.Join(c.data, "*"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		data, err := os.ReadFile(file)
		require.NoError(t, err)
		all += string(data)
	}
	for _, citizen := range c.Citizens()[:2] {
		for _, value := range []string{citizen.Name.Reveal(), citizen.IDNumber.Reveal(), citizen.Phone.Reveal()} {
			require.NotContains(t, all, value)
		}
	}
	require.NotContains(t, all, c.LutongConfig().AccessToken.Reveal())
	require.NotContains(t, all, "LTM:")
}

func TestWrongFlagsEndWithTwoAndSayWhy(t *testing.T) {
	t.Parallel()
	for _, x := range []struct {
		args []string
		says string
	}{
		{[]string{"-loud"}, "-loud"},
		{[]string{"now"}, `unexpected argument "now"`},
		{[]string{"pending", "3"}, `unexpected argument "3"`},
		{[]string{"retry", "x"}, `unexpected argument "x"`},
		{[]string{"discard"}, "say which rows"},
		{[]string{"-sandbox", "-config", "x"}, "exclude each other"},
		{[]string{"-scans", "a", "-picture", "b"}, "exclude each other"},
		{[]string{"-outage", "1s", "-config", "x"}, "sandbox only"},
		{[]string{"-outage", "-1s"}, "negative"},
		{[]string{"-data", ""}, "-data is empty"},
	} {
		status, out, errs := kiosk(t, "", x.args...)
		require.Equal(t, exitUsage, status, x.args)
		require.Empty(t, out)
		require.Contains(t, errs, x.says)
		require.Contains(t, errs, "-h 查看用法")
	}
	for _, args := range [][]string{{"-scans", "/does/not/exist"}, {"-picture", "main.go"}, {"-data", "main.go"}} {
		status, out, errs := kiosk(t, "", append([]string{"-data", t.TempDir()}, args...)...)
		require.Equal(t, exitError, status, args)
		require.Empty(t, out)
		require.Contains(t, errs, args[1])
	}
}

func TestHelpNamesEverythingInBothLanguages(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"-h"}, {"failed", "-help"}} {
		status, out, errs := kiosk(t, "", args...)
		require.Equal(t, exitOK, status)
		require.Empty(t, errs)
		for _, word := range []string{"-sandbox", "-config", "-data", "-scans", "-picture", "-wait", "-outage"} {
			require.Contains(t, out, "\n  "+word)
		}
		for _, command := range commands {
			require.Equal(t, 2, strings.Count(out, "kiosk "+command+" ["), command)
		}
	}
}

// The disk takes nothing any more: people still get their numbers, each its own.
func TestATicketIsPrintedEvenIfItCannotBeStored(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	var out, errs bytes.Buffer
	m, err := newMachine(t.Context(), options{config: c.config, data: c.data}, world{strings.NewReader(""), &out, &errs, zwfw.SystemClock()})
	require.NoError(t, err)
	_, err = m.box.Close(t.Context())
	require.NoError(t, err)
	m.take(t.Context(), c.code(0))
	m.take(t.Context(), c.code(1))
	require.Len(t, slips(out.String()), 2)
	require.Equal(t, 2, strings.Count(errs.String(), "is valid but could not be stored"))
	require.NoError(t, m.client.Close())
}

func TestALineThatIsDownAtTheStartIsTold(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	c.Faults().Always("*", sandbox.HTML(502))
	status, out, errs := c.run(t, c.code(0))
	require.Equal(t, exitOK, status, errs)
	require.Contains(t, errs, "lutong Ready at ")
	require.Contains(t, out, "[屏幕 Screen] ")
	require.Empty(t, slips(out))
}
