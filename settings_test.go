package zwfw_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"log/slog"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
)

type silent struct{}

func (silent) Start(ctx context.Context, _ zwfw.Span) (context.Context, func(zwfw.Result)) {
	return ctx, nil
}

func TestDefaultsOfSettings(t *testing.T) {
	t.Parallel()
	s, err := zwfw.NewSettings()
	require.NoError(t, err)
	require.Equal(t, &zwfw.Settings{
		ConnectTimeout: 2 * time.Second,
		MaxResponse:    8 << 20,
		Retry:          zwfw.Retry{MaxAttempts: 3, BaseDelay: 200 * time.Millisecond, MaxDelay: 5 * time.Second},
		Clock:          zwfw.SystemClock(),
		Advice:         zwfw.DefaultAdvice(),
	}, s)
}

func TestOptionsSetWhatTheySay(t *testing.T) {
	t.Parallel()
	client, logger, random := &http.Client{}, slog.New(slog.DiscardHandler), bytes.NewReader(nil)
	s, err := zwfw.NewSettings(
		zwfw.WithHTTPClient(client), zwfw.WithTimeout(4*time.Second), zwfw.WithAttemptTimeout(4*time.Second), zwfw.WithConnectTimeout(time.Second),
		zwfw.WithMaxResponse(1024), zwfw.WithRetry(zwfw.Retry{MaxAttempts: 1}), zwfw.WithRetry(zwfw.Retry{BaseDelay: time.Second, MaxDelay: time.Minute}),
		zwfw.WithLogger(logger), zwfw.WithClock(zwfw.SystemClock()), zwfw.WithRandom(random), zwfw.WithObserver(silent{}),
		zwfw.WithDialect(preset(t, "sd-sop@1")), zwfw.WithWeakCrypto("the platform knows MD5 only"), zwfw.WithAdvice(zwfw.AdviceBook{"Busy": {}}),
	)
	require.NoError(t, err)
	require.Same(t, client, s.HTTPClient)
	require.Same(t, logger, s.Logger)
	require.Same(t, random, s.Random)
	require.Equal(t, silent{}, s.Observer)
	require.Equal(t, preset(t, "sd-sop@1"), s.Dialect)
	require.Equal(t, "the platform knows MD5 only", s.WeakCrypto)
	require.Equal(t, zwfw.AdviceBook{"Busy": {}}, s.Advice)
	require.Equal(t, int64(1024), s.MaxResponse)
	require.Equal(t, zwfw.Retry{MaxAttempts: 1, BaseDelay: time.Second, MaxDelay: time.Minute}, s.Retry, "zero members keep what was set")
	require.Equal(t, [3]time.Duration{4 * time.Second, 4 * time.Second, time.Second}, [3]time.Duration{s.Timeout, s.AttemptTimeout, s.ConnectTimeout})
	s, err = zwfw.NewSettings(zwfw.WithProxyFromEnvironment())
	require.NoError(t, err)
	require.True(t, s.EnvProxy)
}

func TestWrongOptionsAreRefusedByName(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		want   string
		option zwfw.Option
	}{
		{"WithHTTPClient: the client is nil", zwfw.WithHTTPClient(nil)},
		{"WithTLSConfig: the configuration is nil", zwfw.WithTLSConfig(nil)},
		{"WithTLSConfig: InsecureSkipVerify is refused", zwfw.WithTLSConfig(&tls.Config{InsecureSkipVerify: true})},
		{"WithTimeout: must be above zero, is 0s", zwfw.WithTimeout(0)},
		{"WithTimeout: must be above zero, is -1s", zwfw.WithTimeout(-time.Second)},
		{"WithAttemptTimeout: must be above zero", zwfw.WithAttemptTimeout(0)},
		{"WithConnectTimeout: must be above zero", zwfw.WithConnectTimeout(-1)},
		{"WithMaxResponse: at least 1024 bytes, is 1023", zwfw.WithMaxResponse(1023)},
		{"WithMaxResponse: at least 1024 bytes, is -1", zwfw.WithMaxResponse(-1)},
		{"WithMaxResponse: at most ", zwfw.WithMaxResponse(1<<31 + 1)},
		{"WithRetry: MaxAttempts must be 1 to 10, is 11", zwfw.WithRetry(zwfw.Retry{MaxAttempts: 11})},
		{"WithRetry: MaxAttempts must be 1 to 10, is -1", zwfw.WithRetry(zwfw.Retry{MaxAttempts: -1})},
		{"WithRetry: delays must be 0 to 1h", zwfw.WithRetry(zwfw.Retry{BaseDelay: -1})},
		{"WithRetry: delays must be 0 to 1h", zwfw.WithRetry(zwfw.Retry{MaxDelay: -1})},
		{"WithLogger: the logger is nil", zwfw.WithLogger(nil)},
		{"WithClock: the clock is nil", zwfw.WithClock(nil)},
		{"WithRandom: the source is nil", zwfw.WithRandom(nil)},
		{"WithObserver: the observer is nil", zwfw.WithObserver(nil)},
		{"WithDialect: the dialect is nil", zwfw.WithDialect(nil)},
		{"WithWeakCrypto: a reason is required", zwfw.WithWeakCrypto("")},
		{"WithWeakCrypto: a reason is required", zwfw.WithWeakCrypto(" \n")},
		{"WithAdvice: the table is empty", zwfw.WithAdvice(nil)},
		{"WithAdvice: the table is empty", zwfw.WithAdvice(zwfw.AdviceBook{})},
		{"option 2 is nil", nil},
	} {
		s, err := zwfw.NewSettings(zwfw.WithTimeout(time.Second), c.option)
		require.ErrorContains(t, err, "zwfw: "+c.want)
		require.Nil(t, s)
	}
}

func TestCombinationsThatContradictAreRefused(t *testing.T) {
	t.Parallel()
	client, config := zwfw.WithHTTPClient(&http.Client{}), zwfw.WithTLSConfig(&tls.Config{MinVersion: tls.VersionTLS12})
	for _, c := range []struct {
		options []zwfw.Option
		want    []string
	}{
		{[]zwfw.Option{client, config}, []string{"WithTLSConfig", "WithHTTPClient"}},
		{[]zwfw.Option{config, client}, []string{"WithTLSConfig", "WithHTTPClient"}},
		{[]zwfw.Option{client, zwfw.WithProxyFromEnvironment()}, []string{"WithProxyFromEnvironment", "WithHTTPClient"}},
		{[]zwfw.Option{zwfw.WithTimeout(time.Second), zwfw.WithAttemptTimeout(2 * time.Second)}, []string{"WithAttemptTimeout (2s)", "WithTimeout (1s)"}},
	} {
		_, err := zwfw.NewSettings(c.options...)
		for _, want := range c.want {
			require.ErrorContains(t, err, want)
		}
	}
	_, err := zwfw.NewSettings(config, zwfw.WithProxyFromEnvironment())
	require.NoError(t, err)
}

func TestTheFirstWrongOptionIsReturnedAsItIs(t *testing.T) {
	t.Parallel()
	own := errors.New("own")
	_, err := zwfw.NewSettings(func(*zwfw.Settings) error { return own }, zwfw.WithTimeout(0))
	require.Same(t, own, err)
}

func TestOptionsKeepNothingOfTheCallers(t *testing.T) {
	t.Parallel()
	config := &tls.Config{ServerName: "hall.example", MinVersion: tls.VersionTLS12, RootCAs: x509.NewCertPool()}
	book := zwfw.AdviceBook{"Busy": {Citizen: zwfw.Text{ZH: "请稍候"}}}
	d := preset(t, "sd-sop@1")
	options := []zwfw.Option{zwfw.WithTLSConfig(config), zwfw.WithAdvice(book), zwfw.WithDialect(d)}
	s, err := zwfw.NewSettings(options...)
	require.NoError(t, err)
	config.ServerName = "other.example"
	book["Busy"] = zwfw.Advice{}
	d.Ops["VerifyCode"].In["code"] = "altered"
	d.Headers["x-sop-nonce"] = ""
	require.Equal(t, "hall.example", s.TLSConfig.ServerName)
	require.Equal(t, "请稍候", s.Advice["Busy"].Citizen.ZH)
	require.Equal(t, preset(t, "sd-sop@1"), s.Dialect)
	// Two clients built with one option share nothing either.
	one, err := zwfw.NewSettings(options...)
	require.NoError(t, err)
	one.Dialect.Headers["x-sop-nonce"] = "x"
	one.Advice["Down"] = zwfw.Advice{}
	two, err := zwfw.NewSettings(options...)
	require.NoError(t, err)
	require.Empty(t, two.Dialect.Headers["x-sop-nonce"])
	require.NotContains(t, two.Advice, "Down")
}

func TestVerificationByTheCallerMayReplaceTheStandardOne(t *testing.T) {
	t.Parallel()
	verify := func(tls.ConnectionState) error { return errors.New("pinned") }
	s, err := zwfw.NewSettings(zwfw.WithTLSConfig(&tls.Config{InsecureSkipVerify: true, VerifyConnection: verify}))
	require.NoError(t, err)
	require.NotNil(t, s.TLSConfig.VerifyConnection)
}

func TestSystemClockSleepsForItsTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		clock := zwfw.SystemClock()
		begin := clock.Now()
		require.NoError(t, clock.Sleep(t.Context(), time.Hour))
		require.Equal(t, time.Hour, clock.Now().Sub(begin))
		require.NoError(t, clock.Sleep(t.Context(), 0))
		require.NoError(t, clock.Sleep(t.Context(), -time.Hour))
		require.Equal(t, time.Hour, clock.Now().Sub(begin))
	})
}

func TestSystemClockSleepEndsWithTheContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		clock := zwfw.SystemClock()
		ctx, cancel := context.WithCancel(t.Context())
		begin, done := time.Now(), make(chan error, 1)
		go func() { done <- clock.Sleep(ctx, time.Hour) }()
		time.Sleep(time.Minute) // of the bubble's time
		synctest.Wait()
		require.Empty(t, done)
		cancel()
		require.ErrorIs(t, <-done, context.Canceled)
		require.Equal(t, time.Minute, time.Since(begin))
		require.ErrorIs(t, clock.Sleep(ctx, time.Hour), context.Canceled)
		require.ErrorIs(t, clock.Sleep(ctx, 0), context.Canceled)
		late, stop := context.WithTimeout(t.Context(), time.Second)
		defer stop()
		require.ErrorIs(t, clock.Sleep(late, time.Hour), context.DeadlineExceeded)
	})
}
