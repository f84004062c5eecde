package interop_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/interop/dbserver"
	"github.com/zwfw-go/zwfw/portal"
	"github.com/zwfw-go/zwfw/sandbox"
)

func sessionNode(t *testing.T, d dbserver.Database) *portal.SQLSessions {
	t.Helper()
	store, err := portal.NewSQLSessions(d.Open(t), d.Flavor, tokenKey)
	require.NoError(t, err)
	return store
}

func TestSessionsAreKeptByTwoNodes(t *testing.T) {
	eachFlavor(t, func(t *testing.T, d dbserver.Database) {
		ctx := t.Context()
		one, other := sessionNode(t, d), sessionNode(t, d)
		name := strings.Repeat("a", 66)
		record := portal.SessionRecord{Name: name, Data: []byte(marker + " 数据\x00"), Expires: time.Now().Add(time.Hour).Truncate(time.Millisecond)}
		require.NoError(t, one.Put(ctx, record))
		got, ok, err := other.Get(ctx, name)
		require.NoError(t, err)
		require.True(t, ok)
		require.Equal(t, record.Data, got.Data)
		require.True(t, record.Expires.Equal(got.Expires))

		record.Data = []byte("newer")
		require.NoError(t, other.Put(ctx, record))
		got, _, err = one.Get(ctx, name)
		require.NoError(t, err)
		require.Equal(t, "newer", string(got.Data))

		_, ok, err = one.Get(ctx, strings.ToUpper(name))
		require.NoError(t, err)
		require.False(t, ok, "names differ by their case")

		var told atomic.Int32
		var wg sync.WaitGroup
		for i := range 16 {
			wg.Go(func() {
				was, err := []*portal.SQLSessions{one, other}[i%2].Remove(ctx, name)
				if err != nil {
					t.Error(err)
				}
				if was {
					told.Add(1)
				}
			})
		}
		wg.Wait()
		require.EqualValues(t, 1, told.Load(), "one caller is told that it was there")

		record.Renewal = true
		require.NoError(t, one.Put(ctx, record))
		_, ok, err = other.Get(ctx, name)
		require.NoError(t, err)
		require.False(t, ok, "a session that has been ended does not come back")

		require.NoError(t, one.Put(ctx, portal.SessionRecord{Name: "old", Data: []byte("x"), Expires: time.Now().Add(-time.Second)}))
		_, ok, err = other.Get(ctx, "old")
		require.NoError(t, err)
		require.False(t, ok)

		// Both nodes put the same names again and again, new ones among them.
		for i := range 8 {
			wg.Go(func() {
				for n := range 40 {
					r := portal.SessionRecord{Name: fmt.Sprint("shared", n/2), Data: fmt.Append(nil, i, n), Expires: time.Now().Add(time.Hour)}
					if err := []*portal.SQLSessions{one, other}[i%2].Put(ctx, r); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		for n := range 20 {
			_, ok, err := one.Get(ctx, fmt.Sprint("shared", n))
			require.NoError(t, err)
			require.True(t, ok)
		}
		var sealed string
		require.NoError(t, d.Open(t).QueryRow("SELECT sealed FROM zwfw_sessions WHERE name = 'shared1'").Scan(&sealed))
		require.NotContains(t, sealed, marker)
	})
}

func TestManyNodesMakeTheSessionTableAtOnce(t *testing.T) {
	eachFlavor(t, func(t *testing.T, d dbserver.Database) {
		begin := make(chan struct{})
		var wg sync.WaitGroup
		for range 8 {
			store := sessionNode(t, d)
			wg.Go(func() {
				<-begin
				if _, _, err := store.Get(t.Context(), "x"); err != nil {
					t.Error(err)
				}
			})
		}
		close(begin)
		wg.Wait()
	})
}

func TestASessionStoreOverALostLineSaysSoAndWorksAfterwards(t *testing.T) {
	eachFlavor(t, func(t *testing.T, d dbserver.Database) {
		line, far := dbserver.OverLine(t, d)
		store := sessionNode(t, far)
		line.Down(true)
		_, _, err := store.Get(t.Context(), "x")
		require.ErrorContains(t, err, "portal: session table: ")
		require.NotContains(t, err.Error(), "\n")
		line.Down(false)
		require.NoError(t, store.Put(t.Context(), portal.SessionRecord{Name: "x", Data: []byte("1"), Expires: time.Now().Add(time.Hour)}))
		_, ok, err := store.Get(t.Context(), "x")
		require.NoError(t, err)
		require.True(t, ok)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, _, err = store.Get(ctx, "x")
		require.ErrorIs(t, err, context.Canceled)
	})
}

// A login begins at one node, comes back to the other and is used at both: every request
// goes to the node that did not serve the one before.
func TestALoginGoesOnAtAnotherNode(t *testing.T) {
	eachFlavor(t, func(t *testing.T, d dbserver.Database) {
		p := sandbox.Start(t)
		var nodes []http.Handler
		var turn atomic.Int64
		front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			nodes[turn.Add(1)%2].ServeHTTP(w, r)
		}))
		t.Cleanup(front.Close)
		p.RegisterRedirect(front.URL + "/sso/callback")
		for range 2 {
			client, err := portal.New(p.PortalConfig(), zwfw.WithClock(p.Clock()))
			require.NoError(t, err)
			t.Cleanup(func() { _ = client.Close() })
			signOn, err := portal.NewSignOn(client, portal.SignOnConfig{Callback: front.URL + "/sso/callback", PlainHTTP: true, Store: sessionNode(t, d)})
			require.NoError(t, err)
			hello := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if v := portal.VisitorFrom(r.Context()); v != nil {
					_, _ = io.WriteString(w, "hello "+v.User.Person.Name.Reveal())
				}
			})
			nodes = append(nodes, signOn.Handler(signOn.Require(portal.Need{}, hello)))
		}
		jar, err := cookiejar.New(nil)
		require.NoError(t, err)
		browser := &http.Client{Jar: jar}
		t.Cleanup(browser.CloseIdleConnections)
		read := func(r *http.Response, err error) (string, *url.URL) {
			require.NoError(t, err)
			defer r.Body.Close()
			text, err := io.ReadAll(r.Body)
			require.NoError(t, err)
			return string(text), r.Request.URL
		}
		_, at := read(browser.Get(front.URL + "/my"))
		require.Contains(t, at.Path, "/sso/login", "the platform asks who it is")
		citizen := p.Citizens()[0]
		q := at.Query()
		q.Set("pick", citizen.UserID)
		at.RawQuery = q.Encode()
		text, at := read(browser.Get(at.String()))
		require.Equal(t, "/my", at.Path)
		require.Equal(t, "hello "+citizen.Name.Reveal(), text)
		for range 4 {
			text, _ = read(browser.Get(front.URL + "/my"))
			require.Equal(t, "hello "+citizen.Name.Reveal(), text)
		}
		ended, err := p.SendLogoutNotice(t.Context(), front.URL+"/sso/logout-notice", citizen)
		require.NoError(t, err)
		require.Equal(t, 1, ended)
		for range 2 {
			text, _ = read(browser.Get(front.URL + "/my"))
			require.NotContains(t, text, "hello", "ended at both")
		}
	})
}
