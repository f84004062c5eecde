package portal_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/portal"
	"github.com/zwfw-go/zwfw/sandbox"
)

// table is a database of one table, as far as the store needs one.
type table struct {
	mu      sync.Mutex
	made    bool
	rows    map[string][2]driver.Value // sealed, expires
	deny    error
	rival   func(name string) // puts a row of that name before the next INSERT does
	queries []string
}

func (d *table) Connect(context.Context) (driver.Conn, error) { return &tableConn{d}, d.deny }
func (d *table) Driver() driver.Driver                        { return nil }

type tableConn struct{ d *table }

func (*tableConn) Prepare(string) (driver.Stmt, error) { return nil, errors.New("not prepared") }
func (*tableConn) Close() error                        { return nil }
func (*tableConn) Begin() (driver.Tx, error)           { return nil, errors.New("no transactions") }

func (c *tableConn) ExecContext(_ context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	c.d.mu.Lock()
	defer c.d.mu.Unlock()
	c.d.queries = append(c.d.queries, query)
	var n int64
	switch verb, _, _ := strings.Cut(query, " "); {
	case verb == "CREATE":
		c.d.made, c.d.rows = true, make(map[string][2]driver.Value)
	case !c.d.made:
		return nil, errors.New("no such table")
	case verb == "INSERT":
		if rival := c.d.rival; rival != nil {
			c.d.rival = nil
			rival(args[2].Value.(string))
		}
		if _, there := c.d.rows[args[2].Value.(string)]; there {
			return nil, errors.New("duplicate key")
		}
		c.d.rows[args[2].Value.(string)] = [2]driver.Value{args[0].Value, args[1].Value}
	case verb == "UPDATE":
		if _, there := c.d.rows[args[2].Value.(string)]; there {
			c.d.rows[args[2].Value.(string)], n = [2]driver.Value{args[0].Value, args[1].Value}, 1
		}
	case strings.Contains(query, "name ="):
		if row, there := c.d.rows[args[0].Value.(string)]; there && row[1].(int64) > args[1].Value.(int64) {
			delete(c.d.rows, args[0].Value.(string))
			n = 1
		}
	default:
		for name, row := range c.d.rows {
			if row[1].(int64) <= args[0].Value.(int64) {
				delete(c.d.rows, name)
				n++
			}
		}
	}
	return driver.RowsAffected(n), nil
}

func (c *tableConn) QueryContext(_ context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	c.d.mu.Lock()
	defer c.d.mu.Unlock()
	c.d.queries = append(c.d.queries, query)
	if !c.d.made {
		return nil, errors.New("no such\n table")
	}
	row, there := c.d.rows[args[0].Value.(string)]
	return &tableRows{row: row, left: there}, nil
}

type tableRows struct {
	row  [2]driver.Value
	left bool
}

func (*tableRows) Columns() []string { return []string{"sealed", "expires_ms"} }
func (*tableRows) Close() error      { return nil }
func (r *tableRows) Next(into []driver.Value) error {
	if !r.left {
		return io.EOF
	}
	r.left = false
	copy(into, r.row[:])
	return nil
}

var storeKey = []byte(strings.Repeat("k", 32))

func sqlStore(t *testing.T, d *table, flavor zwfw.SQLFlavor) *portal.SQLSessions {
	t.Helper()
	db := sql.OpenDB(d)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	store, err := portal.NewSQLSessions(db, flavor, storeKey)
	require.NoError(t, err)
	return store
}

func TestStoresKeepRecordsUntilTheyExpireAndGiveThemAwayOnce(t *testing.T) {
	t.Parallel()
	for name, make := range map[string]func(t *testing.T) portal.SessionStore{
		"memory":     func(*testing.T) portal.SessionStore { return portal.NewMemorySessions(0) },
		"MySQL":      func(t *testing.T) portal.SessionStore { return sqlStore(t, new(table), zwfw.MySQL) },
		"PostgreSQL": func(t *testing.T) portal.SessionStore { return sqlStore(t, new(table), zwfw.PostgreSQL) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store, ctx := make(t), t.Context()
				_, ok, err := store.Get(ctx, "a")
				require.NoError(t, err)
				require.False(t, ok)
				require.NoError(t, store.Put(ctx, portal.SessionRecord{Name: "a", Data: []byte("1"), Expires: time.Now().Add(time.Minute)}))
				require.NoError(t, store.Put(ctx, portal.SessionRecord{Name: "a", Data: []byte("2"), Expires: time.Now().Add(time.Minute)}))
				r, ok, err := store.Get(ctx, "a")
				require.NoError(t, err)
				require.True(t, ok)
				require.Equal(t, "2", string(r.Data))
				was, err := store.Remove(ctx, "a")
				require.NoError(t, err)
				require.True(t, was)
				was, err = store.Remove(ctx, "a")
				require.NoError(t, err)
				require.False(t, was)
				require.NoError(t, store.Put(ctx, portal.SessionRecord{Name: "a", Expires: time.Now().Add(time.Minute), Renewal: true}))
				_, ok, err = store.Get(ctx, "a")
				require.NoError(t, err)
				require.False(t, ok, "what has ended is not renewed")
				require.NoError(t, store.Put(ctx, portal.SessionRecord{Name: "b", Expires: time.Now().Add(time.Minute)}))
				require.NoError(t, store.Put(ctx, portal.SessionRecord{Name: "c", Expires: time.Now().Add(time.Minute)}))
				require.NoError(t, store.Put(ctx, portal.SessionRecord{Name: "d", Expires: time.Now().Add(time.Minute)}))
				require.NoError(t, store.Put(ctx, portal.SessionRecord{Name: "d", Expires: time.Now().Add(time.Hour), Renewal: true}))
				time.Sleep(time.Minute)
				_, ok, err = store.Get(ctx, "d")
				require.NoError(t, err)
				require.True(t, ok)
				_, ok, err = store.Get(ctx, "b")
				require.NoError(t, err)
				require.False(t, ok)
				was, err = store.Remove(ctx, "c")
				require.NoError(t, err)
				require.False(t, was, "expired")
			})
		})
	}
}

func TestMemoryIsBoundedAndLoginsGiveWayBeforeSessions(t *testing.T) {
	t.Parallel()
	store, ctx := portal.NewMemorySessions(3), t.Context()
	put := func(name string, passing bool) error {
		return store.Put(ctx, portal.SessionRecord{Name: name, Expires: time.Now().Add(time.Hour), Passing: passing})
	}
	require.NoError(t, put("session 1", false))
	require.NoError(t, put("login 1", true))
	for i := range 100 {
		require.NoError(t, put(fmt.Sprint("flood ", i), true))
	}
	_, ok, err := store.Get(ctx, "session 1")
	require.NoError(t, err)
	require.True(t, ok)
	require.NoError(t, put("session 2", false))
	require.NoError(t, put("session 3", false))
	require.EqualError(t, put("session 4", false), "portal: memory sessions: no room for another record")
}

func TestRowsAreSealedAndForeignOnesCountAsAbsent(t *testing.T) {
	t.Parallel()
	d := new(table)
	store := sqlStore(t, d, zwfw.PostgreSQL)
	for _, name := range []string{"a", "b"} {
		require.NoError(t, store.Put(t.Context(), portal.SessionRecord{Name: name, Data: []byte("张三"), Expires: time.Now().Add(time.Hour)}))
	}
	require.NotContains(t, fmt.Sprint(d.rows), "张三")
	for _, query := range d.queries {
		require.NotContains(t, query, "?", "placeholders are numbered")
	}
	d.rows["a"] = d.rows["b"] // a row put in another's place
	_, ok, err := store.Get(t.Context(), "a")
	require.NoError(t, err)
	require.False(t, ok)
	d.rows["b"] = [2]driver.Value{"not Base64!", d.rows["b"][1]}
	_, ok, err = store.Get(t.Context(), "b")
	require.NoError(t, err)
	require.False(t, ok)
}

// Two tabs of one browser begin a login at once.
func TestTwoWhoPutANewNameAtOnceBothSucceed(t *testing.T) {
	t.Parallel()
	d := new(table)
	store := sqlStore(t, d, zwfw.MySQL)
	d.rival = func(name string) { d.rows[name] = [2]driver.Value{"the other's", int64(1)} }
	require.NoError(t, store.Put(t.Context(), portal.SessionRecord{Name: "a", Data: []byte("ours"), Expires: time.Now().Add(time.Hour)}))
	r, ok, err := store.Get(t.Context(), "a")
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, "ours", string(r.Data))
}

func TestExpiredRowsArePurgedNowAndThen(t *testing.T) {
	t.Parallel()
	d := new(table)
	store := sqlStore(t, d, zwfw.MySQL)
	for i := range 300 {
		require.NoError(t, store.Put(t.Context(), portal.SessionRecord{Name: fmt.Sprint(i), Expires: time.Now().Add(-time.Hour)}))
	}
	require.Less(t, len(d.rows), 100)
}

func TestSQLSessionsSettingsAreChecked(t *testing.T) {
	t.Parallel()
	db := sql.OpenDB(new(table))
	defer db.Close()
	_, err := portal.NewSQLSessions(nil, zwfw.MySQL, storeKey)
	require.EqualError(t, err, "portal: NewSQLSessions: db is nil")
	_, err = portal.NewSQLSessions(db, "oracle", storeKey)
	require.EqualError(t, err, `portal: NewSQLSessions: flavor "oracle": "postgresql" or "mysql" is needed`)
	_, err = portal.NewSQLSessions(db, zwfw.MySQL, storeKey[1:])
	require.EqualError(t, err, "portal: NewSQLSessions: the key has 31 bytes, 32 are needed")
	down := sqlStore(t, &table{deny: errors.New("connection\nrefused")}, zwfw.MySQL)
	_, _, err = down.Get(t.Context(), "a")
	require.ErrorContains(t, err, "portal: session table: ")
	require.NotContains(t, err.Error(), "\n")
}

// A website on many machines: a session made at one node is known at the other.
func TestNodesShareTheirSessionsInADatabase(t *testing.T) {
	t.Parallel()
	d := new(table)
	p := sandbox.Start(t)
	s := newSite(t, p, false, func(c *portal.SignOnConfig) { c.Store = sqlStore(t, d, zwfw.PostgreSQL) })
	b := s.signedIn(t, p.Citizens()[0])
	other, err := portal.NewSignOn(s.client, portal.SignOnConfig{Callback: s.URL + "/sso/callback", PlainHTTP: true, Store: sqlStore(t, d, zwfw.PostgreSQL)})
	require.NoError(t, err)
	node := httptest.NewServer(other.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, portal.VisitorFrom(r.Context()).User.Person.Name.Reveal())
	})))
	defer node.Close()
	require.Equal(t, p.Citizens()[0].Name.Reveal(), b.open(node.URL+"/").text, "cookies know no ports")
	require.NotContains(t, fmt.Sprint(d.rows), p.Citizens()[0].Name.Reveal())
}

// failing is a store whose database is down.
type failing struct{ err error }

func (f failing) Put(context.Context, portal.SessionRecord) error { return f.err }
func (f failing) Get(context.Context, string) (portal.SessionRecord, bool, error) {
	return portal.SessionRecord{}, false, f.err
}
func (f failing) Remove(context.Context, string) (bool, error) { return false, f.err }

func TestAStoreThatIsDownMakesAPageAndNoLoop(t *testing.T) {
	t.Parallel()
	s := newSite(t, sandbox.Start(t), false, func(c *portal.SignOnConfig) { c.Store = failing{errors.New("down")} })
	b := newBrowser(t)
	require.Equal(t, "nobody", b.open(s.URL+"/").text, "open pages stay open")
	shown := b.open(s.URL + "/my")
	require.Equal(t, http.StatusServiceUnavailable, shown.status)
	require.Zero(t, b.logins)
	require.Equal(t, http.StatusServiceUnavailable, b.open(s.URL+"/sso/callback?ticket=ST-1&state=x").status)
	require.Contains(t, s.journal.String(), `reason="store unavailable"`)
}
