package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/qr"
	"github.com/zwfw-go/zwfw/sandbox"
)

// played runs the whole morning, which must go well, and gives the transcript.
func played(t *testing.T, args ...string) string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	require.Equal(t, exitOK, run(args, &stdout, &stderr), stderr.String())
	require.Empty(t, stderr.String())
	return stdout.String()
}

// TestNothingIsLeftRunning is not parallel: it looks at every goroutine.
func TestNothingIsLeftRunning(t *testing.T) {
	before := goleak.IgnoreCurrent()
	temporary := t.TempDir()
	t.Setenv("TMPDIR", temporary)
	t.Setenv("TMP", temporary) // Windows
	played(t)
	left, err := os.ReadDir(temporary)
	require.NoError(t, err)
	require.Empty(t, left, "the pictures were to be removed")
	goleak.VerifyNone(t, before)
}

func TestEveryScenePlaysInEachLanguage(t *testing.T) {
	t.Parallel()
	steps := (&play{}).steps()
	require.Len(t, steps, 21)
	for _, lang := range []language{both, chinese, english} {
		t.Run(string(lang), func(t *testing.T) {
			t.Parallel()
			out := played(t, "-lang", string(lang))
			for i, s := range steps {
				head := fmt.Sprintf("%3d  ", i+1)
				for _, title := range lang.pick(s.title) {
					require.Regexp(t, `(?m)^(`+head+`\d\d:\d\d| {10})  `+regexp.QuoteMeta(title)+`$`, out)
				}
			}
			for number, line := range strings.Split(out, "\n") {
				require.LessOrEqual(t, columns(line), lineWidth, "line %d", number+1)
				require.Equal(t, strings.TrimRight(line, " "), line, "line %d", number+1)
			}
		})
	}
}

func TestOneLanguageMeansOneLanguage(t *testing.T) {
	t.Parallel()
	for number, line := range strings.Split(played(t, "-lang=en"), "\n") {
		for _, r := range line {
			require.Less(t, r, rune(unicode.MaxASCII), "line %d: %s", number+1, line)
		}
	}
	require.NotContains(t, played(t, "-lang=zh"), "Citizen")
}

func TestEachTroubleSaysWhatCitizenAndStaffNeed(t *testing.T) {
	t.Parallel()
	out := played(t)
	for _, kind := range []zwfw.Kind{
		zwfw.CodeExpired, zwfw.CodeUsed, zwfw.SceneDenied, zwfw.NotRealName, zwfw.ConsentRequired, zwfw.ClockSkew, zwfw.Upstream,
	} {
		require.Contains(t, out, "kind "+string(kind)+",")
	}
	for _, heard := range []string{
		"请刷新鲁通码后重新扫码", "此码已使用，请刷新后再扫", "此码不能在此使用，请咨询工作人员", "请先在手机上完成实名认证",
		"请先在手机上确认授权", "设备时间有误，请使用身份证办理", "系统繁忙，请使用身份证取号", "号票有效，请留意叫号",
	} {
		require.Contains(t, out, "“"+heard+"”")
	}
	require.Contains(t, out, "8h0m0s")
}

func TestNoPersonalValueAndNoCodeIsPrinted(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "made", "when missing")
	out := played(t, "-dir", dir)
	for _, c := range sandbox.New().Citizens() { // the same seed, the same citizens
		for _, value := range []string{c.Name.Reveal(), c.IDNumber.Reveal(), c.Phone.Reveal()} {
			require.NotEmpty(t, value)
			require.NotContains(t, out, value)
		}
	}
	require.NotRegexp(t, `LTM:|LTA|authCode=|sandbox-token|http://|ST-|TK-`, out)
	require.NotRegexp(t, `[0-9a-f]{32}`, out, "a message token")

	require.Contains(t, out, dir)
	pictures, err := filepath.Glob(filepath.Join(dir, "*"))
	require.NoError(t, err)
	require.Len(t, pictures, 4)
	for _, file := range pictures {
		require.Regexp(t, `^\d\d-[a-z-]+\.png$`, filepath.Base(file))
		require.Contains(t, out, filepath.Base(file))
		data, err := os.ReadFile(file)
		require.NoError(t, err)
		code, err := qr.Decode(data)
		require.NoError(t, err)
		require.NotContains(t, out, code.Text)
	}
}

func TestAStepThatGoesWrongIsNamed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		spoil func(*sandbox.Faults)
		step  string
	}{
		{"no line at opening", func(f *sandbox.Faults) { f.Always("lutong.Ready", sandbox.HTML(502)) }, "step 1 "},
		{"reports are refused", func(f *sandbox.Faults) { f.Always("lutong.ReportTicket", sandbox.Refuse(zwfw.CallerDenied)) }, "step 2 "},
		{"the page learns nobody", func(f *sandbox.Faults) { f.Always("lutong.UserInfo", sandbox.HTML(502)) }, "step 6 "},
		{"another refusal than the scene's", func(f *sandbox.Faults) {
			f.Next("lutong.VerifyCode", sandbox.Pass(), sandbox.Pass(), sandbox.Pass(), sandbox.Pass(), sandbox.Refuse(zwfw.DeviceDenied))
		}, "step 7 "},
		{"success where a refusal is due", func(f *sandbox.Faults) {
			f.Next("lutong.VerifyCode", sandbox.Pass(), sandbox.Pass(), sandbox.Pass(), sandbox.Pass(), sandbox.SkewClock(-30*time.Second))
		}, "step 7 "},
		{"a fault nobody met", func(f *sandbox.Faults) { f.Next("lutong.IdentityPerson", sandbox.Pass()) }, "step 21 "},
		{"the platform takes no ratings", func(f *sandbox.Faults) { f.Always("portal.Evaluate", sandbox.Refuse(zwfw.WrongState)) }, "step 20 "},
		{"the platform knows no ticket", func(f *sandbox.Faults) { f.Always("portal.Exchange", sandbox.Refuse(zwfw.CodeMalformed)) }, "step 20 "},
		{"an appeal is refused", func(f *sandbox.Faults) { f.Always("hotline.SubmitAppeal", sandbox.Refuse(zwfw.CallerDenied)) }, "step 19 "},
		{"the centre refuses the unit", func(f *sandbox.Faults) { f.Always("hotline.SignFor", sandbox.RefuseCode("40901", "")) }, "step 19 "},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var stdout, stderr bytes.Buffer
			status := perform(options{lang: english}, &stdout, &stderr, func(p *sandbox.Platform) { c.spoil(p.Faults()) })
			require.Equal(t, exitStep, status)
			require.Contains(t, stderr.String(), c.step)
			require.Contains(t, stderr.String(), "did not go as expected: ")
			require.NotContains(t, stdout.String(), "All steps went as expected")
		})
	}
}

func TestFailureIsSaidInTheChosenLanguages(t *testing.T) {
	t.Parallel()
	var stdout, stderr bytes.Buffer
	require.Equal(t, exitStep, perform(options{lang: both}, &stdout, &stderr, func(p *sandbox.Platform) {
		p.Faults().Always("lutong.UserInfo", sandbox.HTML(502))
	}))
	require.Contains(t, stderr.String(), "第 6 步（扫码办事：群众扫墙上的码）与预期不符：网页没有识别出群众")
	require.Contains(t, stderr.String(), "step 6 (Scanning the code on the wall) did not go as expected: the page does not know the citizen")
}

func TestWrongFlagsEndWithTwoAndSayWhy(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	for _, c := range []struct {
		name string
		args []string
		says string
	}{
		{"unknown language", []string{"-lang", "fr"}, "expected both, zh or en"},
		{"empty directory", []string{"-dir", ""}, "the directory's name is empty"},
		{"a file for a directory", []string{"-dir", file}, "-dir: "},
		{"unknown flag", []string{"-loud"}, "-loud"},
		{"an argument too many", []string{"now"}, `unexpected argument "now"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var stdout, stderr bytes.Buffer
			require.Equal(t, exitUsage, run(c.args, &stdout, &stderr))
			require.Contains(t, stderr.String(), c.says)
			require.Contains(t, stderr.String(), "-h")
			require.Empty(t, stdout.String())
		})
	}
}

func TestHelpNamesEveryFlag(t *testing.T) {
	t.Parallel()
	var stdout, stderr bytes.Buffer
	require.Equal(t, exitOK, run([]string{"-h"}, &stdout, &stderr))
	require.Empty(t, stderr.String())
	for _, flag := range []string{"-lang both|zh|en", "-dir DIR"} {
		require.Contains(t, stdout.String(), flag)
	}
}

// closedPipe is an output that nobody reads any more.
type closedPipe struct{}

func (closedPipe) Write([]byte) (int, error) { return 0, errors.New("nobody reads") }

func TestALostTranscriptIsNoSuccess(t *testing.T) {
	t.Parallel()
	var stderr bytes.Buffer
	require.Equal(t, exitStep, run(nil, closedPipe{}, &stderr))
	require.Contains(t, stderr.String(), "nobody reads")
}
