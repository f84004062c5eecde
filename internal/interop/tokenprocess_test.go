package interop_test

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/dock"
	"github.com/zwfw-go/zwfw/internal/interop/dbserver"
)

// platform lets the last login win.
type platform struct {
	*httptest.Server
	mu     sync.Mutex
	logins int
	valid  string
}

const tokenLife = 2 * time.Hour

func newPlatform(t *testing.T) *platform {
	p := new(platform)
	mux := http.NewServeMux()
	mux.HandleFunc("/login", func(w http.ResponseWriter, _ *http.Request) {
		time.Sleep(100 * time.Millisecond) // a login takes its time: others come meanwhile
		p.mu.Lock()
		defer p.mu.Unlock()
		p.logins++
		p.valid = fmt.Sprintf("token-%d", p.logins)
		_, _ = io.WriteString(w, p.valid)
	})
	mux.HandleFunc("/use", func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		defer p.mu.Unlock()
		if r.Header.Get("Token") != p.valid {
			w.WriteHeader(http.StatusUnauthorized)
		}
	})
	p.Server = httptest.NewServer(mux)
	t.Cleanup(p.Close)
	return p
}

func (p *platform) loggedIn() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.logins
}

// revoke ends the token that is valid.
func (p *platform) revoke() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.valid = ""
}

// unitEnv holds the unitTask of a process that is a unit.
const unitEnv = "ZWFW_INTEROP_UNIT"

type unitTask struct {
	File     string // or a database
	Database dbserver.Database
	Platform string
}

// round is what a unit is to do next, report what came of it.
type round struct{ Later time.Duration }

type report struct {
	Refused int64 // uses that the platform refused
	Failed  string
}

const callers = 50

func TestTwoProcessesShareOneTokenAndDoNotPingPong(t *testing.T) {
	t.Parallel()
	kinds := map[string]func(t *testing.T) unitTask{
		"file": func(t *testing.T) unitTask { return unitTask{File: filepath.Join(t.TempDir(), "tokens")} },
	}
	for _, flavor := range flavors {
		kinds[string(flavor)] = func(t *testing.T) unitTask {
			return unitTask{Database: dbserver.Start(t, flavor, dbserver.Fast).Fresh(t)}
		}
	}
	for kind, task := range kinds {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			p := newPlatform(t)
			work := task(t)
			work.Platform = p.URL
			units := []*unit{startUnit(t, work), startUnit(t, work)}

			require.Zero(t, all(t, units, round{}), "uses refused")
			require.Equal(t, 1, p.loggedIn(), "two cold processes, fifty callers each")

			p.revoke()
			require.Positive(t, all(t, units, round{}))
			require.Equal(t, 2, p.loggedIn(), "the token was revoked once")
			for range 10 {
				require.Zero(t, all(t, units, round{}), "the processes take turns in refusing")
			}
			require.Equal(t, 2, p.loggedIn())

			for later := 10 * time.Minute; later <= 4*time.Hour; later += 10 * time.Minute {
				all(t, units, round{Later: later})
			}
			require.Equal(t, 4, p.loggedIn(), "a life of two hours, used to nine tenths or a little less")
			require.Zero(t, all(t, units, round{Later: 4 * time.Hour}))
		})
	}
}

// unit is a process of its own that shares the token.
type unit struct {
	in  *json.Encoder
	out *json.Decoder
}

func startUnit(t *testing.T, task unitTask) *unit {
	t.Helper()
	text, err := json.Marshal(task)
	require.NoError(t, err)
	self, err := os.Executable()
	require.NoError(t, err)
	c := exec.Command(self)
	c.Env = append(os.Environ(), unitEnv+"="+string(text))
	c.Stderr = os.Stderr
	in, err := c.StdinPipe()
	require.NoError(t, err)
	out, err := c.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, c.Start())
	t.Cleanup(func() {
		_ = in.Close()
		if err := c.Wait(); err != nil {
			t.Error(err)
		}
	})
	return &unit{in: json.NewEncoder(in), out: json.NewDecoder(bufio.NewReader(out))}
}

// all lets every unit do a round at the same time and counts the refused uses.
func all(t *testing.T, units []*unit, r round) int64 {
	t.Helper()
	var refused int64
	for _, u := range units {
		require.NoError(t, u.in.Encode(r))
	}
	for _, u := range units {
		var done report
		require.NoError(t, u.out.Decode(&done))
		require.Empty(t, done.Failed)
		refused += done.Refused
	}
	return refused
}

// runUnit is the process of a unit: it does rounds until its input ends.
func runUnit(text string) int {
	if err := serveRounds(text, os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "unit:", err)
		return 1
	}
	return 0
}

func serveRounds(text string, in io.Reader, out io.Writer) error {
	var task unitTask
	if err := json.Unmarshal([]byte(text), &task); err != nil {
		return err
	}
	store, err := task.store()
	if err != nil {
		return err
	}
	var later atomic.Int64
	clock := zwfw.ClockFunc(func() time.Time { return time.Now().Add(time.Duration(later.Load())) })
	s, err := zwfw.NewSettings(zwfw.WithTokenStore(store), zwfw.WithClock(clock))
	if err != nil {
		return err
	}
	tokens := dock.NewTokens("city-unit", task.login, s)
	rounds, reports := json.NewDecoder(in), json.NewEncoder(out)
	for {
		var r round
		if err := rounds.Decode(&r); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		later.Store(int64(r.Later))
		if err := reports.Encode(task.round(tokens)); err != nil {
			return err
		}
	}
}

func (task unitTask) store() (zwfw.TokenStore, error) {
	if task.File != "" {
		return zwfw.NewFileTokenStore(task.File, tokenKey)
	}
	pool, err := sql.Open(task.Database.Driver(), task.Database.DSN())
	if err != nil {
		return nil, err
	}
	return zwfw.NewSQLTokenStore(pool, task.Database.Flavor, tokenKey)
}

// round lets fifty callers use the token, each until it is accepted.
func (task unitTask) round(tokens *dock.Tokens) report {
	var refusals atomic.Int64
	var failed atomic.Pointer[string]
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			if err := task.use(tokens, &refusals); err != nil {
				text := err.Error()
				failed.Store(&text)
			}
		})
	}
	wg.Wait()
	r := report{Refused: refusals.Load()}
	if text := failed.Load(); text != nil {
		r.Failed = *text
	}
	return r
}

func (task unitTask) use(tokens *dock.Tokens, refusals *atomic.Int64) error {
	var refused zwfw.Secret
	for range 5 {
		token, err := tokens.Token(context.Background(), refused)
		if err != nil {
			return err
		}
		status, _, err := task.get("/use", token)
		if err != nil {
			return err
		}
		if status == http.StatusOK {
			return nil
		}
		refusals.Add(1)
		refused = token
	}
	return fmt.Errorf("refused again and again")
}

func (task unitTask) login(context.Context) (zwfw.Secret, time.Duration, error) {
	_, token, err := task.get("/login", zwfw.Secret{})
	return zwfw.NewSecret(token), tokenLife, err
}

func (task unitTask) get(path string, token zwfw.Secret) (int, string, error) {
	request, err := http.NewRequest(http.MethodGet, task.Platform+path, nil)
	if err != nil {
		return 0, "", err
	}
	request.Header.Set("Token", token.Reveal())
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return response.StatusCode, string(body), err
}
