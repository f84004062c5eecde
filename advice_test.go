package zwfw_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
)

var codeNames = []zwfw.CodeName{{}, {ZH: "鲁通码", EN: "Lutong code"}, {ZH: "一码通", EN: "Yimatong code"}}

// spoken is what a citizen's machine says: one voice, short.
func checkAdvice(t *testing.T, about string, a zwfw.Advice) {
	t.Helper()
	for voice, text := range map[string]zwfw.Text{"citizen": a.Citizen, "staff": a.Staff, "support": a.Support} {
		for language, words := range map[string]string{"Chinese": text.ZH, "English": text.EN} {
			assert.NotEmpty(t, words, "%s: %s in %s", about, voice, language)
			assert.NotContains(t, words, "{", "%s: %s in %s", about, voice, language)
			assert.NotContains(t, words, "}", "%s: %s in %s", about, voice, language)
			assert.NotContains(t, words, "\n", about)
		}
		han := strings.ContainsFunc(text.ZH, func(r rune) bool { return r >= 0x4e00 && r <= 0x9fff })
		assert.True(t, han, "%s: %s is not Chinese", about, voice)
		assert.Equal(t, -1, strings.IndexFunc(text.EN, func(r rune) bool { return r >= 0x2e80 }), "%s: %s is not English", about, voice)
	}
	assert.LessOrEqual(t, utf8.RuneCountInString(a.Citizen.ZH), 20, "%s: %s", about, a.Citizen.ZH)
	assert.LessOrEqual(t, len(a.Citizen.EN), 60, "%s: %s", about, a.Citizen.EN)
}

func TestEveryKindAndOutcomeHasAdviceInAllVoices(t *testing.T) {
	t.Parallel()
	for _, name := range codeNames {
		for _, k := range zwfw.Kinds() {
			for _, outcome := range []zwfw.Outcome{zwfw.OutcomeUnknown, zwfw.OutcomeDone, zwfw.OutcomeRefused} {
				for _, op := range []string{"", "VerifyCode", "ReportTicket", "UserInfo", "DecodeQRCode"} {
					e := (&zwfw.Error{Platform: "lutong", Op: op, Kind: k, Outcome: outcome}).WithTexts(zwfw.DefaultAdvice(), name)
					checkAdvice(t, fmt.Sprint(k, outcome, op), e.Advice())
				}
			}
		}
	}
}

func TestEveryEntryOfTheTableIsComplete(t *testing.T) {
	t.Parallel()
	book := zwfw.DefaultAdvice()
	kinds := map[string]bool{"Unknown": true, "Down": true, "*": true}
	for _, k := range zwfw.Kinds() {
		kinds[string(k)] = true
		if k != zwfw.Busy && k != zwfw.Upstream && k != zwfw.Timeout { // these are Down or Unknown
			require.Contains(t, book, string(k))
		}
	}
	require.Contains(t, book, "Unknown")
	require.Contains(t, book, "Down")
	for key, a := range book {
		situation := key[strings.LastIndexByte(key, '/')+1:]
		require.True(t, kinds[situation], "%s is no kind: nobody would ever read this text", key)
		place, _, placed := strings.Cut(key, "/")
		platform, op, _ := strings.Cut(place, ".")
		if !placed {
			platform, op = "", ""
		}
		require.NotEqual(t, zwfw.Advice{}, a, "%s says nothing", key)
		for _, name := range codeNames {
			// Voices that an entry leaves out are somebody else's.
			only := zwfw.AdviceBook{platform + "." + op + "/Unclassified": a, "Unclassified": book["Unclassified"]}
			checkAdvice(t, key, (&zwfw.Error{Platform: platform, Op: op, Kind: zwfw.Unclassified, Outcome: zwfw.OutcomeRefused}).WithTexts(only, name).Advice())
		}
	}
}

func TestCodeNameStandsInTheTexts(t *testing.T) {
	t.Parallel()
	e := &zwfw.Error{Platform: "lutong", Op: "VerifyCode", Kind: zwfw.CodeExpired, Outcome: zwfw.OutcomeRefused, Sent: true, Code: "CODE_EXPIRED", RequestID: "00ab"}
	require.Equal(t, zwfw.Text{ZH: "请刷新二维码后重新扫码", EN: "Please refresh your code and scan again"}, e.Advice().Citizen)
	e = e.WithTexts(zwfw.DefaultAdvice(), codeNames[1])
	require.Equal(t, zwfw.Text{ZH: "请刷新鲁通码后重新扫码", EN: "Please refresh your Lutong code and scan again"}, e.Advice().Citizen)
	require.Equal(t, zwfw.Text{ZH: "错误类型 CodeExpired，平台代码 CODE_EXPIRED，请求号 00ab", EN: "kind CodeExpired, platform code CODE_EXPIRED, request 00ab"}, e.Advice().Support)
	e = e.WithTexts(zwfw.DefaultAdvice(), zwfw.CodeName{ZH: "苏服码"})
	require.Equal(t, "Please refresh your code and scan again", e.Advice().Citizen.EN, "a code without an English name")
}

func TestAPlatformThatIsDownNamesTheFallback(t *testing.T) {
	t.Parallel()
	for _, k := range []zwfw.Kind{zwfw.Upstream, zwfw.Timeout, zwfw.Busy} {
		e := &zwfw.Error{Platform: "lutong", Op: "VerifyCode", Kind: k, Outcome: zwfw.OutcomeRefused}
		require.Contains(t, e.Advice().Citizen.ZH, "请使用身份证取号")
	}
}

func TestLookupGoesFromOperationToPlatformToKind(t *testing.T) {
	t.Parallel()
	text := func(s string) zwfw.Advice { return zwfw.Advice{Citizen: zwfw.Text{ZH: s, EN: s}} }
	book := zwfw.AdviceBook{
		"lutong.VerifyCode/CodeUsed": text("operation"), "lutong/CodeUsed": text("platform"), "CodeUsed": text("kind"),
		"Unclassified": text("rest"), "Unknown": text("unknown"), "lutong/Down": text("down"),
	}
	for _, c := range []struct {
		platform, op string
		kind         zwfw.Kind
		outcome      zwfw.Outcome
		want         string
	}{
		{"lutong", "VerifyCode", zwfw.CodeUsed, zwfw.OutcomeRefused, "operation"},
		{"lutong", "UserInfo", zwfw.CodeUsed, zwfw.OutcomeRefused, "platform"},
		{"lutong", "", zwfw.CodeUsed, zwfw.OutcomeRefused, "platform"},
		{"yimatong", "VerifyCode", zwfw.CodeUsed, zwfw.OutcomeRefused, "kind"},
		{"yimatong", "VerifyCode", zwfw.CodeExpired, zwfw.OutcomeRefused, "rest"},
		{"lutong", "VerifyCode", zwfw.CodeUsed, zwfw.OutcomeUnknown, "unknown"},
		{"lutong", "VerifyCode", zwfw.Timeout, zwfw.OutcomeRefused, "down"},
		{"lutong", "VerifyCode", zwfw.DecryptFailed, zwfw.OutcomeDone, "rest"},
	} {
		e := (&zwfw.Error{Platform: c.platform, Op: c.op, Kind: c.kind, Outcome: c.outcome}).WithTexts(book, zwfw.CodeName{})
		require.Equal(t, c.want, e.Advice().Citizen.ZH, "%+v", c)
		require.Equal(t, "kind "+string(c.kind)+", platform code none, request none", e.Advice().Support.EN, "the support line stands in when the table has none")
	}
	own := zwfw.AdviceBook{"Unclassified": {Support: zwfw.Text{ZH: "拨打 {request}", EN: "call {request}"}}}
	e := (&zwfw.Error{Kind: zwfw.Busy, RequestID: "7"}).WithTexts(own, zwfw.CodeName{})
	require.Equal(t, zwfw.Advice{Support: zwfw.Text{ZH: "拨打 7", EN: "call 7"}}, e.Advice())
	e = e.WithTexts(zwfw.AdviceBook{"Busy": text("x")}, zwfw.CodeName{})
	e.Kind = zwfw.Replay
	require.Empty(t, e.Advice().Citizen, "a table without Unclassified has no more to say")
	require.NotEmpty(t, e.Advice().Support)
}

func TestNobodyWithATicketIsSentToTakeAnother(t *testing.T) {
	t.Parallel()
	for _, k := range zwfw.Kinds() {
		for _, outcome := range []zwfw.Outcome{zwfw.OutcomeUnknown, zwfw.OutcomeDone, zwfw.OutcomeRefused} {
			a := (&zwfw.Error{Platform: "lutong", Op: "ReportTicket", Kind: k, Outcome: outcome}).Advice()
			require.Equal(t, "号票有效，请留意叫号", a.Citizen.ZH, k)
			require.NotEmpty(t, a.Staff.ZH, k)
		}
	}
}

func TestDefaultAdviceIsACopy(t *testing.T) {
	t.Parallel()
	book := zwfw.DefaultAdvice()
	book["CodeExpired"] = zwfw.Advice{}
	delete(book, "Down")
	require.NotEmpty(t, zwfw.DefaultAdvice()["CodeExpired"].Citizen.ZH)
	require.Contains(t, zwfw.DefaultAdvice(), "Down")
	// The settings' table is handed to options of any make: it is a copy too.
	s, err := zwfw.NewSettings(func(s *zwfw.Settings) error {
		s.Advice["CodeExpired"] = zwfw.Advice{}
		return nil
	})
	require.NoError(t, err)
	require.Empty(t, s.Advice["CodeExpired"])
	require.NotEmpty(t, zwfw.DefaultAdvice()["CodeExpired"].Citizen.ZH)
}

func TestAdviceForWrappedAndForeignErrors(t *testing.T) {
	t.Parallel()
	e := &zwfw.Error{Platform: "lutong", Op: "VerifyCode", Kind: zwfw.CodeUsed, Outcome: zwfw.OutcomeRefused}
	require.Equal(t, e.Advice(), zwfw.AdviceFor(fmt.Errorf("window 3: %w", errors.Join(errors.New("x"), e))))
	foreign := zwfw.AdviceFor(errors.New("disk full of 张三"))
	require.Equal(t, "办理未成功，请咨询工作人员", foreign.Citizen.ZH)
	require.NotContains(t, fmt.Sprint(foreign), "张三")
	require.Equal(t, foreign, zwfw.AdviceFor(nil))
}

func TestClockAdviceSaysByHowMuch(t *testing.T) {
	t.Parallel()
	for offset, want := range map[time.Duration]zwfw.Text{
		-8 * time.Hour:                     {ZH: "（相差 8 小时）", EN: "(by 8 h)"},
		16*time.Minute + 5*time.Second:     {ZH: "（相差 16 分 5 秒）", EN: "(by 16 min 5 s)"},
		25*time.Hour + 30*time.Millisecond: {ZH: "（相差 25 小时）", EN: "(by 25 h)"},
	} {
		staff := (&zwfw.Error{Platform: "lutong", Op: "VerifyCode", Kind: zwfw.ClockSkew, Outcome: zwfw.OutcomeRefused, ClockOffset: offset}).Advice().Staff
		require.Contains(t, staff.ZH, want.ZH)
		require.Contains(t, staff.EN, want.EN)
	}
	silent := (&zwfw.Error{Kind: zwfw.ClockSkew, Outcome: zwfw.OutcomeRefused}).Advice().Staff
	require.NotContains(t, silent.ZH+silent.EN, "{offset}")
	require.NotContains(t, silent.ZH, "（相差")
}
