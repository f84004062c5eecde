package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/zwfw-go/zwfw/sandbox"
)

// TestMain is the program itself when a test has started it as a child.
func TestMain(m *testing.M) {
	if os.Getenv(childVar) != "" {
		main()
	}
	goleak.VerifyTestMain(m)
}

const childVar = "ZWFW_CITYCENTER_CHILD"

// runCenter runs the program with a text as its events.
func runCenter(t *testing.T, events string, args ...string) (status int, out, errs string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	status = run(t.Context(), args, strings.NewReader(events), &stdout, &stderr)
	return status, stdout.String(), stderr.String()
}

func call(id, area, state string, second int) string {
	return fmt.Sprintf(`{"type":"call","id":%q,"area":%q,"state":%q,"at":%q,"caller":"100****0000"}`+"\n", id, area, state, today().Add(time.Duration(second)*time.Second).Format(time.RFC3339))
}

// today is the day that the machine's clock says: the program has no other.
func today() time.Time { return time.Now().Truncate(time.Second) }

func seat(no, state string) string {
	return fmt.Sprintf(`{"type":"seat","no":%q,"agent":"a","skill":"综合","state":%q,"since":%q}`+"\n", no, state, today().Format(time.RFC3339))
}

func TestEventsAreCountedAndTheProvinceShowsThem(t *testing.T) {
	t.Parallel()
	events := call("a", "999999000101", "queue", 0) + call("a", "999999000101", "talk", 4) + call("b", "", "abandon", 5) + seat("1", "talk") + seat("2", "1") +
		seat("3", "idle") + `{"type":"removed","no":"3"}` + "\n\n"
	data := t.TempDir()
	status, out, errs := runCenter(t, events, "-data", data)
	require.Equal(t, exitOK, status, errs)
	require.Contains(t, out, "  全市 IVR 0  排队 0  振铃 0  通话 1 | 今日 呼入 2  接通 1（15秒内 1）  放弃 1  呼出 0  回访 0 | 平均等待 4 秒  最长 4 秒\n")
	require.Contains(t, out, "  999999000101 IVR 0  排队 0  振铃 0  通话 1 | 今日 呼入 1 ")
	require.Contains(t, out, "  坐席 登录 2/2  空闲 1  示忙 0  振铃 0  通话 1 ")
	require.Contains(t, errs, "模拟平台")

	status, out, errs = runCenter(t, call("a", "", "end", 30), "-data", data, "-lang", "en")
	require.Equal(t, exitOK, status, errs)
	require.Contains(t, out, "  city: IVR 0, queueing 0, ringing 0, talking 0 | today offered 2, answered 1 (1 within 15 s), abandoned 1", "it goes on after a start")
	require.NotContains(t, out+errs, "省")
	require.NotContains(t, errs, "dropped", "a report under way is not cut off when the events end")
}

func TestALineThatCannotBeCountedIsToldByItsNumber(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "events")
	require.NoError(t, os.WriteFile(file, []byte("13800000000 nonsense\n"+call("a", "999999000109", "queue", 0)+call("b", "", "queue", 0)+
		`{"type":"x"}`+"\n"+strings.ReplaceAll(call("c", "", "queue", 0), "100****0000", "10000000000")), 0o600))
	status, out, errs := runCenter(t, "", "-data", t.TempDir(), "-events", file, "-lang", "en")
	require.Equal(t, exitOK, status, errs)
	require.Contains(t, errs, "line 1 is not counted: no event in JSON\n")
	require.Contains(t, errs, "line 2 is not counted: hotline Call: not sent, bad request: Area: 999999000109 is neither")
	require.Contains(t, errs, "line 4 is not counted: type must be")
	require.Contains(t, errs, "line 5 is not counted: hotline Call: not sent, bad request: Caller: must be masked")
	require.Contains(t, out, "city: IVR 0, queueing 1,")
	for _, number := range []string{"13800000000", "10000000000", "100****0000"} {
		require.NotContains(t, out+errs, number)
	}
	status, _, errs = runCenter(t, strings.Repeat("x", maxLine+1), "-data", t.TempDir())
	require.Equal(t, exitError, status)
	require.Contains(t, errs, "read events: ")
}

func TestADirectionIsAWordOrACodeAndNothingElseIsTakenForInbound(t *testing.T) {
	t.Parallel()
	var events string
	for i, direction := range []string{"out", "2", "in", "1", "outbound"} {
		line := call(fmt.Sprint("c", i), "", "talk", 0)
		events += strings.Replace(line, `{`, fmt.Sprintf(`{"direction":%q,`, direction), 1)
	}
	status, out, errs := runCenter(t, events, "-data", t.TempDir(), "-lang", "en")
	require.Equal(t, exitOK, status, errs)
	require.Contains(t, out, "talking 4 | today offered 2, answered 2 (2 within 15 s), abandoned 0, outbound 2,")
	require.Contains(t, errs, "line 5 is not counted: hotline Call: not sent, bad request: Direction: must be")
}

func TestASimulatedCityEndsByItself(t *testing.T) {
	t.Parallel()
	status, out, errs := runCenter(t, "", "-simulate", "-for", "300ms", "-data", t.TempDir())
	require.Equal(t, exitOK, status, errs)
	require.Contains(t, out, "坐席 登录 12/12")
}

func TestALineThatIsDownIsToldAndNothingIsQueued(t *testing.T) {
	t.Parallel()
	p, config := realProvince(t)
	p.Faults().Always("*", sandbox.HTML(502))
	data := t.TempDir()
	status, out, errs := runCenter(t, call("a", "", "queue", 0), "-config", config, "-data", data, "-period", "3s")
	require.Equal(t, exitOK, status, errs)
	require.Empty(t, out)
	require.Contains(t, errs, "未送达，已丢弃")
	p.Faults().Clear()
	status, out, errs = runCenter(t, "", "-config", config, "-data", data)
	require.Equal(t, exitOK, status, errs)
	require.Contains(t, out, "排队 1 ", "the counters are there")
}

// realProvince is a platform with a configuration file for it. Its clock is the machine's.
func realProvince(t *testing.T) (*sandbox.Platform, string) {
	t.Helper()
	p := sandbox.Start(t, sandbox.WithHotline(sandbox.HotlineSetup{AggregateRate: -1, Rate: -1}))
	c := p.HotlineConfigOf(1)
	text, err := json.Marshal(map[string]any{
		"baseURL": c.BaseURL, "appId": c.AppID, "appKey": c.AppKey.Reveal(), "city": "999999000000", "counties": []string{"999999000101"},
	})
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "city.json")
	require.NoError(t, os.WriteFile(file, text, 0o600))
	return p, file
}

func TestWrongFlagsAndSettingsAreNamed(t *testing.T) {
	t.Parallel()
	for _, x := range []struct {
		args []string
		says string
	}{
		{[]string{"-loud"}, "-loud"},
		{[]string{"now"}, `unexpected argument "now"`},
		{[]string{"-simulate", "-config", "x"}, "-simulate is for the sandbox"},
		{[]string{"-for", "1s"}, "-for goes with -simulate"},
		{[]string{"-simulate", "-for", "-1s"}, "-for is negative"},
		{[]string{"-lang", "fr"}, "-lang must be zh or en"},
		{[]string{"-data", ""}, "-data is empty"},
	} {
		status, out, errs := runCenter(t, "", x.args...)
		require.Equal(t, exitUsage, status, x.args)
		require.Empty(t, out)
		require.Contains(t, errs, x.says)
	}
	status, out, _ := runCenter(t, "", "-h")
	require.Equal(t, exitOK, status)
	for _, word := range []string{"-simulate", "-for", "-events", "-config", "-data", "-period", "-lang"} {
		require.Contains(t, out, "\n  "+word)
	}
	dir := t.TempDir()
	write := func(name, text string, mode os.FileMode) string {
		file := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(file, []byte(text), mode))
		return file
	}
	for _, x := range []struct {
		args []string
		says string
	}{
		{[]string{"-config", filepath.Join(dir, "none")}, "no such file"},
		{[]string{"-config", write("open", "{}", 0o644)}, "make it 0600"},
		{[]string{"-config", write("other", `{"county":1}`, 0o600)}, "county"},
		{[]string{"-config", write("empty", `{}`, 0o600)}, "Config.BaseURL is required"},
		{[]string{"-config", write("dialect", `{"baseURL":"http://127.0.0.1:1","dialectFile":"none.json"}`, 0o600)}, "none.json"},
		{[]string{"-events", filepath.Join(dir, "none")}, "no such file"},
		{[]string{"-period", "1s"}, "AggregatorConfig.Period: from 3s"},
	} {
		status, _, errs := runCenter(t, "", append(x.args, "-data", dir)...)
		require.Equal(t, exitError, status, x.args)
		require.Contains(t, errs, x.says)
	}
}

func TestTheExampleSettingsAreOnesThatWork(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("citycenter.example.json")
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "city.json")
	require.NoError(t, os.WriteFile(file, text, 0o600))
	s, err := readSettings(file)
	require.NoError(t, err)
	c, _, err := s.platform()
	require.NoError(t, err)
	require.Equal(t, "https://gateway.example.invalid/12345", c.BaseURL)
}
