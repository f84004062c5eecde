package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
	"unicode"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/zwfw-go/zwfw/hotline"
	"github.com/zwfw-go/zwfw/sandbox"
)

// childVar makes this program be the member unit, to be killed.
const childVar = "MEMBERUNIT_TEST_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(childVar) != "" {
		main()
	}
	goleak.VerifyTestMain(m)
}

func TestTheWeekGoesWellInEachLanguage(t *testing.T) {
	t.Parallel()
	for lang, want := range map[string][]string{
		"zh": {"收到工单 D1：测试路停水两天", "D3：中心同意退回", "D2：快到期了", "暂时送不出去", "D1：中心没有通过办结", "共 0 张未办结"},
		"en": {"Sheet D1: No water", "D3: the centre took it back", "D2: due soon", "cannot be sent now", "D1: the centre refused the finish", "0 sheets open"},
	} {
		t.Run(lang, func(t *testing.T) {
			t.Parallel()
			var out, errs bytes.Buffer
			require.Equal(t, exitOK, run(t.Context(), []string{"-lang", lang}, strings.NewReader(""), &out, &errs), errs.String())
			for _, text := range want {
				require.Contains(t, out.String(), text)
			}
			if lang == "en" {
				require.NotContains(t, out.String(), "%!")
				for _, r := range out.String() {
					require.LessOrEqual(t, r, rune(unicode.MaxASCII))
				}
			}
		})
	}
}

func TestWrongFlagsAreSaidAndHelpIsHelp(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"-lang", "fr"}, {"x"}, {"-sandbox", "-config", "a"}, {"-data", ""}, {"-every", "0s"}} {
		var out, errs bytes.Buffer
		require.Equal(t, exitUsage, run(t.Context(), args, strings.NewReader(""), &out, &errs), args)
		require.Contains(t, errs.String(), "参数有误")
	}
	var out bytes.Buffer
	require.Equal(t, exitOK, run(t.Context(), []string{"-h"}, strings.NewReader(""), &out, io.Discard))
	require.Contains(t, out.String(), "Usage: memberunit")
}

func TestSettingsThatOthersMayReadAreRefused(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "unit.json")
	require.NoError(t, os.WriteFile(file, []byte(`{"sign":"stored"}`), 0o600))
	_, err := readSettings(file)
	require.NoError(t, err)
	require.NoError(t, os.Chmod(file, 0o644))
	_, err = readSettings(file)
	require.ErrorContains(t, err, "0600")
	for text, want := range map[string]string{`{"sign":"never"}`: "sign:", `{"url":"x"}`: "unknown field", `{`: "EOF"} {
		file := filepath.Join(t.TempDir(), "unit.json")
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
		_, err = readSettings(file)
		require.ErrorContains(t, err, want)
	}
	text, err := os.ReadFile("memberunit.example.json")
	require.NoError(t, err)
	file = filepath.Join(t.TempDir(), "unit.json")
	require.NoError(t, os.WriteFile(file, text, 0o600))
	s, err := readSettings(file)
	require.NoError(t, err)
	_, _, err = s.platform()
	require.NoError(t, err)
}

func TestALineThatAPowerCutLeftUnfinishedIsCutOff(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "sheets.jsonl")
	require.NoError(t, os.WriteFile(file, []byte(`{"what":"sheet","id":"D1","turn":1,"at":"2026-03-02T09:00:00+08:00"}`+"\n"+`{"what":"sh`), 0o600))
	for range 2 {
		s, err := openStore(dir, &voice{out: io.Discard}, time.Now)
		require.NoError(t, err)
		require.Equal(t, 1, s.count("sheet", "D1", ""))
		require.NoError(t, s.Sheet(t.Context(), hotline.HandedSheet{Turn: 1, SheetDetail: &hotline.SheetDetail{Sheet: hotline.Sheet{DispatchID: "D2"}}}))
		require.NoError(t, s.close())
	}
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, 2, strings.Count(string(text), "\n"))
	require.NoError(t, os.WriteFile(file, []byte("rubbish\n"), 0o600))
	_, err = openStore(dir, &voice{out: io.Discard}, time.Now)
	require.ErrorContains(t, err, "line 1")
}

// fullDisk takes half of what it is given while it is full.
type fullDisk struct {
	*os.File
	full bool
}

func (d *fullDisk) Write(b []byte) (int, error) {
	if !d.full {
		return d.File.Write(b)
	}
	n, _ := d.File.Write(b[:len(b)/2])
	return n, syscall.ENOSPC
}

func TestALineThatAFullDiskCutDoesNotSpoilTheNext(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, err := openStore(dir, &voice{out: io.Discard}, time.Now)
	require.NoError(t, err)
	disk := &fullDisk{s.file.(*os.File), true}
	s.file = disk
	require.ErrorIs(t, s.add(record{What: "sheet", ID: "D1"}), syscall.ENOSPC)
	disk.full = false
	require.NoError(t, s.add(record{What: "sheet", ID: "D1"}))
	require.NoError(t, s.close())
	s, err = openStore(dir, &voice{out: io.Discard}, time.Now)
	require.NoError(t, err)
	require.Equal(t, 1, s.count("sheet", "D1", ""))
	require.NoError(t, s.close())
}

// page collects what a child prints.
type page struct {
	mu   sync.Mutex
	text strings.Builder
}

func (p *page) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.Write(b)
}

func (p *page) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.String()
}

type child struct {
	*exec.Cmd
	keys io.WriteCloser
	page *page
}

func startUnit(t *testing.T, args ...string) *child {
	t.Helper()
	c := &child{Cmd: exec.Command(os.Args[0], args...), page: new(page)}
	c.Env = append(os.Environ(), childVar+"=1")
	c.Stdout, c.Stderr = c.page, c.page
	var err error
	c.keys, err = c.StdinPipe()
	require.NoError(t, err)
	require.NoError(t, c.Start())
	t.Cleanup(func() { _ = c.Process.Kill() })
	return c
}

func (c *child) await(t *testing.T, text string) {
	t.Helper()
	require.Eventually(t, func() bool { return strings.Contains(c.page.String(), text) }, time.Minute, 5*time.Millisecond, "%s\n%s", text, c.page)
}

func (c *child) types(t *testing.T, line string) {
	t.Helper()
	_, err := fmt.Fprintln(c.keys, line)
	require.NoError(t, err)
}

// The unit is killed while an answer waits for the line, and again after a start.
func TestAKilledUnitGoesOnAndAnswersOnce(t *testing.T) {
	t.Parallel()
	p := sandbox.Start(t)
	s := (&rehearsal{platform: p}).settings()
	dir := t.TempDir()
	config := filepath.Join(dir, "unit.json")
	text, err := json.Marshal(map[string]string{
		"baseURL": s.BaseURL, "appId": s.AppID, "appKey": s.AppKey.Reveal(), "unit": "water", "clerk": "测试经办", "sign": "stored",
	})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(config, text, 0o600))
	args := []string{"-config", config, "-data", filepath.Join(dir, "data"), "-every", "50ms", "-lang", "en"}

	for _, sheet := range weekSheets {
		(&rehearsal{platform: p}).dispatch(&voice{english: true}, sheet)
	}
	unit := startUnit(t, args...)
	for _, sheet := range weekSheets {
		unit.await(t, fmt.Sprintf("Sheet %s: the signing is with the centre", sheet.id))
	}
	p.Faults().Always("hotline.Finish", sandbox.DropBefore())
	unit.types(t, "finish D1 Mended. The water is back.")
	unit.await(t, "Sheet D1: the finish is stored")
	require.NoError(t, unit.Process.Kill())
	_ = unit.Wait()

	unit = startUnit(t, args...)
	unit.await(t, "Taking sheets")
	require.NoError(t, unit.Process.Kill())
	_ = unit.Wait()

	p.Faults().Clear()
	unit = startUnit(t, args...)
	unit.await(t, "Sheet D1: the finish is with the centre")
	unit.types(t, "reject D2 not ours")
	unit.await(t, "Sheet D2: the rejection is with the centre")
	unit.types(t, "delay D3 2 a part has to come")
	unit.await(t, "Sheet D3: the request for time is with the centre")
	unit.types(t, "delay D3 many because")
	unit.await(t, "Not done: delay ID DAYS REASON")
	unit.types(t, "finish D3 …")
	unit.await(t, "Not done: hotline Finish")
	unit.types(t, "finish D9 There is none.")
	unit.await(t, "Sheet D9: the finish was refused (")
	require.Eventually(t, func() bool { // the event comes a moment before the letter
		unit.types(t, "failed")
		return strings.Contains(unit.page.String(), "1 refused answers")
	}, time.Minute, 50*time.Millisecond)
	unit.types(t, "list")
	unit.await(t, "3 sheets open")
	unit.types(t, "help")
	unit.await(t, "finish SHEET TEXT")
	unit.types(t, "quit")
	require.NoError(t, unit.Wait(), unit.page.String())

	require.Equal(t, 1, p.Effects("hotline.Finish"))
	require.Equal(t, 3, p.Effects("hotline.SignFor"))
	require.Equal(t, "Mended. The water is back.", p.Hotline().Look("D1").Result)
	kept, err := os.ReadFile(filepath.Join(dir, "data", "sheets.jsonl"))
	require.NoError(t, err)
	require.Equal(t, 3, strings.Count(string(kept), `"what":"sheet"`), "each handed out once")
	for _, name := range []string{p.Citizens()[0].Name.Reveal(), "No water", "Mended"} {
		require.NotContains(t, string(kept), name)
	}
}

func TestTheSandboxWorksWithoutAKeyboard(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	out := new(page)
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, []string{"-sandbox", "-data", t.TempDir(), "-every", "20ms", "-lang", "en"}, strings.NewReader(""), out, out)
	}()
	require.Eventually(t, func() bool { return strings.Count(out.String(), "the signing is with the centre") >= 3 }, time.Minute, 5*time.Millisecond)
	stop()
	require.Equal(t, exitOK, <-ended, out.String())
}
