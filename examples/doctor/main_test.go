package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/zwfw-go/zwfw/sandbox"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func doctor(t *testing.T, args ...string) (status int, out, errs string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	status = run(args, &stdout, &stderr)
	return status, stdout.String(), stderr.String()
}

func document(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "city.json")
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	return file
}

func TestTheDocumentedCityIsHealthy(t *testing.T) {
	t.Parallel()
	status, out, errs := doctor(t, "dialect", "../../docs/examples/invented-city@1.json")
	require.Zero(t, status, errs)
	require.Contains(t, out, "文档有效 The document is valid: invented-city@1")
	for _, call := range []string{"验码 VerifyCode: 成功 done", "取号结果上报 ReportTicket: 成功 done", "获取用户信息 UserInfo: 成功 done", "curl -X POST"} {
		require.Contains(t, out, call)
	}
	citizen := sandbox.New().Citizens()[0]
	require.NotContains(t, out, citizen.IDNumber.Reveal())
	require.NotContains(t, out, citizen.Name.Reveal())
}

func TestResolvedShowsThePresetBehindTheDocument(t *testing.T) {
	t.Parallel()
	file := document(t, `{"schema":1,"platform":"lutong","name":"city@1","extends":"sd-sop@1","kinds":{"E1":"CodeExpired"}}`)
	status, out, errs := doctor(t, "dialect", "-resolved", file)
	require.Zero(t, status, errs)
	require.Contains(t, out, `"E1": "CodeExpired"`)
	require.Contains(t, out, `"suite": "hmac-sm3"`)
	require.Contains(t, out, `"x-sop-nonce"`)
}

func TestACityOfEachPresetIsHealthy(t *testing.T) {
	t.Parallel()
	for platform, presets := range map[string]map[string]int{ // the calls that succeed
		"lutong": {"sd-sop@1": 3, "sd-envelope@1": 3}, "yimatong": {"hz-ymt@1": 5}, "hotline": {"jx-12345@1": 14},
		"certificate": {"national@1": 11, "gbt36906@1": 11, "gateway@1": 11}, "portal": {"hlj@1": 18, "verid@1": 2},
	} {
		for preset, calls := range presets {
			t.Run(preset, func(t *testing.T) {
				t.Parallel()
				status, out, errs := doctor(t, "dialect", document(t, fmt.Sprintf(`{"schema":1,"platform":%q,"name":"city@1","extends":%q}`, platform, preset)))
				require.Zero(t, status, out+errs)
				require.Equal(t, calls, strings.Count(out, ": 成功 done\n"), out)
				citizen := sandbox.New().Citizens()[0]
				require.NotContains(t, out, citizen.IDNumber.Reveal())
				require.NotContains(t, out, citizen.Name.Reveal())
			})
		}
	}
}

func TestWhatIsWrongIsNamed(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]struct{ text, expect string }{
		"no JSON":         {`{`, "not JSON"},
		"a misprint":      {`{"schema":1,"platform":"lutong","name":"city@1","extends":"sd-sop@1","kindz":{}}`, "kindz: unknown member; did you mean kinds?"},
		"an operation":    {`{"schema":1,"platform":"lutong","name":"city@1","extends":"sd-sop@1","ops":{"VerfyCode":{"path":"/x"}}}`, "did you mean VerifyCode?"},
		"a credential":    {`{"schema":1,"platform":"lutong","name":"city@1","extends":"sd-sop@1","headers":{"X":"{cred.pinID}"}}`, "pinId"},
		"other platform":  {`{"schema":1,"platform":"library","name":"city@1","reply":{"code":["c"],"ok":["0"]},"ops":{"A":{"path":"/a"}}}`, `"library" is none of`},
		"a hotline's":     {`{"schema":1,"platform":"hotline","name":"city@1","extends":"jx-12345@1","ops":{"SignFor":{"pfad":"/x"}}}`, "ops.SignFor.pfad: unknown member"},
		"a wrong table":   {`{"schema":1,"platform":"certificate","name":"city@1","extends":"national@1","ops":{"Search":{"out":{"rowz":"x"}}}}`, "rowz"},
		"a forgotten out": {`{"schema":1,"platform":"lutong","name":"city@1","extends":"sd-sop@1","ops":{"VerifyCode":{"out":{"idNumber":"certNoCyp","name":"userNameCyp"}}}}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			status, out, errs := doctor(t, "dialect", document(t, x.text))
			if x.expect == "" { // the sandbox plays the same mistake, and so finds nothing
				require.Zero(t, status, out+errs)
				return
			}
			require.Equal(t, 1, status, out)
			require.Contains(t, errs, "有误 Wrong: ")
			require.Contains(t, errs, x.expect)
		})
	}
	status, _, errs := doctor(t, "dialect", "/does/not/exist")
	require.Equal(t, 1, status)
	require.Contains(t, errs, "exist")
}

func TestWrongCommandLinesShowTheUsage(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{nil, {"patient"}, {"dialect"}, {"dialect", "a", "b"}, {"dialect", "-x", "a"}} {
		status, out, errs := doctor(t, args...)
		require.Equal(t, 2, status)
		require.Empty(t, out)
		require.Contains(t, errs, "用法 Usage: doctor dialect")
	}
}
