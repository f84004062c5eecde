package main

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/pem"
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
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

func TestTheOperatorSeesAndRetriesWhatWasRefused(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	c.Faults().Next("lutong.ReportTicket", sandbox.Refuse(zwfw.BadRequest), sandbox.Refuse(zwfw.UserNotFound))
	_, out, errs := c.run(t, c.code(0)+c.code(1))
	require.Len(t, slips(out), 2)
	require.Contains(t, errs, "refused, see failed and retry: bad request BAD_REQUEST")
	require.Contains(t, errs, "Given up: 2; see failed.")

	status, out, errs := c.run(t, "", "failed")
	require.Equal(t, exitOK, status, errs)
	require.Regexp(t, `(?m)^1  A001  \d{8}000001  \*试甲  9\*{16}.  等候 waiting  bad request BAD_REQUEST$`, out)
	require.Contains(t, out, "Given up: 2.")

	status, out, errs = c.run(t, "", "discard", "2")
	require.Equal(t, exitOK, status, errs)
	require.Contains(t, out, "Removed: 1.")
	status, out, errs = c.run(t, "", "retry")
	require.Equal(t, exitOK, status, errs)
	require.Contains(t, out, "To be reported again: 1,")
	status, _, errs = c.run(t, "")
	require.Equal(t, exitOK, status, errs)
	require.Len(t, c.LutongTickets(), 1)
}

func TestTheRunningKioskAnswersItsOperator(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	c.Faults().Next("lutong.ReportTicket", sandbox.Refuse(zwfw.BadRequest))
	scans, feed := io.Pipe()
	out, err := newLines(), newLines()
	ended := make(chan int, 1)
	ctx, stop := context.WithCancel(t.Context())
	go func() {
		ended <- run(ctx, []string{"-config", c.config, "-data", c.data}, world{scans, out, err, zwfw.SystemClock()})
	}()
	_, _ = io.WriteString(feed, c.code(0))
	err.await(t, "refused, see failed")
	require.Eventually(t, func() bool { // staff are told a moment before it is noted
		_, out, _ := kiosk(t, "", "failed", "-data", c.data)
		return strings.Contains(out, "Given up: 1.")
	}, hanging, time.Millisecond)

	for _, x := range []struct{ command, says string }{
		{"failed", "Given up: 1."}, {"pending", "Not reported yet: 0."}, {"retry", "To be reported again: 1,"},
	} {
		status, out, errs := kiosk(t, "", x.command, "-data", c.data)
		require.Equal(t, exitOK, status, errs)
		require.Contains(t, out, x.says)
	}
	err.await(t, "[1] 已上报 reported")

	status, _, errs := c.run(t, "", "-wait", "0s")
	require.Equal(t, exitError, status)
	require.Contains(t, errs, "in use by another process")

	stop()
	require.Equal(t, exitOK, <-ended)
	require.NoError(t, feed.Close())
	require.NoFileExists(t, platePath(c.data))
}

func TestAStrangerIsNotAnswered(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer((&machine{}).operators("secret"))
	t.Cleanup(server.Close)
	data := t.TempDir()
	text, err := json.Marshal(doorPlate{strings.TrimPrefix(server.URL, "http://"), "guess"})
	require.NoError(t, err)
	write(t, platePath(data), string(text))
	var out bytes.Buffer
	answered, err := askRunning(t.Context(), options{command: "failed", data: data}, &out)
	require.NoError(t, err)
	require.False(t, answered)
	require.Empty(t, out.String())
}

func TestRehearsalAndServiceDoNotMix(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	status, _, errs := kiosk(t, demo()[0], "-data", c.data, "-outage", "1h", "-wait", "100ms")
	require.Equal(t, exitLeft, status, errs)
	status, _, errs = c.run(t, "")
	require.Equal(t, exitOK, status, errs)
	require.Empty(t, c.LutongTickets(), "what was rehearsed is reported to nobody")

	status, _, errs = kiosk(t, "", "pending", "-data", c.data)
	require.Equal(t, exitUsage, status)
	require.Contains(t, errs, "say -config, or -sandbox")
	status, out, errs := kiosk(t, "", "pending", "-data", c.data, "-sandbox")
	require.Equal(t, exitOK, status, errs)
	require.Contains(t, out, "Not reported yet: 1.")
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

func TestAWrongConfigurationIsNamed(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]struct{ from, to, says string }{
		"misspelt member": {`"orgId"`, `"orgid2"`, `unknown field "orgid2"`},
		"no key file":     {`own.pem`, `gone.pem`, "gone.pem"},
		"a wrong key":     {`"own.pem"`, `"kiosk.json"`, "kiosk.json"},
		"no organisation": {`"orgId":"999999000000001"`, `"orgId":""`, "Config.OrgID"},
		"a dialect":       {`"device"`, `"dialectFile":"own.pem","device"`, "own.pem"},
		"no JSON":         {`{`, `[`, "invalid character"},
		"serials":         {`"prefix":"A"`, `"prefix":"A","firstSerial":1000000`, "hall.firstSerial: 1 to 999999"},
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

func TestNumbersOfADayAreGivenOnce(t *testing.T) {
	t.Parallel()
	day := time.Date(2024, 1, 2, 23, 59, 59, 0, china)
	c := counter{first: 100001}
	for _, x := range []struct {
		at              time.Time
		number, queueNo string
	}{
		{day, "20240102100001", "A001"},
		{day.Add(-time.Hour), "20240102100002", "A002"},
		{day.Add(time.Second), "20240103100001", "A001"},
		{day, "20240103100002", "A002"}, // the clock went back
		{day.Add(time.Hour).UTC(), "20240103100003", "A003"},
	} {
		c = c.next(x.at)
		require.Equal(t, x.number, c.number())
		require.Equal(t, x.queueNo, c.queueNo("A"))
	}
	require.JSONEq(t, `{"day":"20240103","last":100003}`, string(c.text()))
}

func TestADamagedOutboxIsSetAsideAndNoNumberIsGivenTwice(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	status, out, errs := c.run(t, c.code(0)+c.code(1))
	require.Equal(t, exitOK, status, errs)
	before := slips(out)
	require.Len(t, before, 2)
	file := filepath.Join(c.data, realOutbox)
	require.NoError(t, os.Truncate(file, 5000))

	status, out, errs = c.run(t, c.code(2))
	require.Equal(t, exitOK, status, errs)
	require.Contains(t, errs, "The outbox was damaged")
	require.Contains(t, errs, "The numbers given today are lost")
	require.FileExists(t, file+".damaged-1")
	after := slips(out)
	require.Len(t, after, 1)
	for number := range after {
		require.NotContains(t, before, number)
	}
	require.Len(t, c.LutongTickets(), 3)
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
