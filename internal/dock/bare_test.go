package dock_test

import (
	"bytes"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/dock"
)

const picture = "\x89PNG\r\n\x1a\nrest"

// An operation may take a body that is the data itself; nothing but a success counts.
func TestABareBodyIsTakenOnlyFromASuccessAndOnlyWhereItIsAwaited(t *testing.T) {
	t.Parallel()
	m := manifest(t, `{"schema":1,"platform":"echo","name":"plain@1","reply":{"code":["code"],"ok":["0"],"data":["data"]},"ops":{"Look":{"path":"/look"},"Put":{"path":"/put"}}}`)
	m.Ops[0].Bare = func(body []byte, out any) bool {
		if dock.ImageType(body) == "" {
			return false
		}
		out.(*echoOut).Word = string(body)
		return true
	}
	for _, x := range []struct {
		op, body string
		status   int
		kind     zwfw.Kind
	}{
		{"Look", picture, 200, ""}, {"Look", picture, 502, zwfw.Upstream}, {"Look", "<html>", 200, zwfw.ProtocolMismatch},
		{"Put", picture, 200, zwfw.ProtocolMismatch}, {"Look", `{"code":"0","data":{"word":"w"}}`, 200, ""},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(x.status)
			_, _ = w.Write([]byte(x.body))
		}))
		settings, err := zwfw.NewSettings(zwfw.WithRetry(zwfw.Retry{MaxAttempts: 1}))
		require.NoError(t, err)
		e, err := dock.New(m, dock.Party{Bases: map[string]string{"": server.URL}}, settings)
		require.NoError(t, err)
		var out echoOut
		meta, err := e.Call(t.Context(), x.op, &echoIn{}, &out)
		if x.kind != "" {
			require.ErrorIs(t, err, x.kind)
		} else {
			require.NoError(t, err)
			require.NotEmpty(t, out.Word)
			require.NotEmpty(t, meta.RequestID)
			require.NotEmpty(t, meta.Raw.Reveal())
		}
		require.NoError(t, e.Close())
		server.Close()
	}
}

func TestPicturesAreReadAsPlatformsWriteThem(t *testing.T) {
	t.Parallel()
	plain := base64.StdEncoding.EncodeToString([]byte(picture))
	for _, text := range []string{plain, "data:image/png;base64," + plain, plain[:4] + "\r\n" + plain[4:], base64.RawURLEncoding.EncodeToString([]byte(picture))} {
		data, kind, err := dock.Picture(text)
		require.NoError(t, err)
		require.Equal(t, "image/png", kind)
		require.True(t, bytes.Equal([]byte(picture), data))
	}
	for _, text := range []string{"", "%", "aGVsbG8="} {
		_, _, err := dock.Picture(text)
		require.Error(t, err)
	}
}

// A token that never changes is not sent again after it was refused.
func TestAFixedTokenIsRefusedOnce(t *testing.T) {
	t.Parallel()
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked++
		_, _ = w.Write([]byte(`{"code":"11"}`))
	}))
	defer server.Close()
	m := manifest(t, `{"schema":1,"platform":"echo","name":"plain@1","body":{"t":"{token}","...":"$in"},"reply":{"code":["code"],"ok":["0"],"data":["data"]},"kinds":{"11":"TokenInvalid"},"ops":{"Look":{"path":"/look"}}}`)
	settings, err := zwfw.NewSettings()
	require.NoError(t, err)
	_, err = dock.New(m, dock.Party{Bases: map[string]string{"": server.URL}, Settings: map[string]string{"{token}": "Config.Token"}}, settings)
	require.EqualError(t, err, "echo: Config.Token is required by dialect plain@1")
	e, err := dock.New(m, dock.Party{Bases: map[string]string{"": server.URL}, Token: dock.StaticToken{Secret: zwfw.NewSecret("t")}}, settings)
	require.NoError(t, err)
	defer e.Close()
	_, err = e.Call(t.Context(), "Look", &echoIn{}, &echoOut{})
	require.ErrorIs(t, err, zwfw.TokenInvalid)
	require.Equal(t, 1, asked)
}
