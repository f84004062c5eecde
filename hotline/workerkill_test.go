package hotline_test

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/hotline"
	"github.com/zwfw-go/zwfw/outbox"
	"github.com/zwfw-go/zwfw/sandbox"
)

// workChild names the directory in which this program plays the worker that is killed.
const workChild = "ZWFW_HOTLINE_CHILD"

// childSettings is what the worker that is killed finds in its directory.
type childSettings struct {
	URL, AppID, AppKey string
	Repeats            map[string][]hotline.Repeat
}

// aheadClock runs, and is ahead of the machine's by what a file says.
type aheadClock struct{ file string }

func (c aheadClock) Now() time.Time {
	text, _ := os.ReadFile(c.file)
	ahead, _ := strconv.ParseInt(string(text), 10, 64)
	return time.Now().Add(time.Duration(ahead))
}

func (c aheadClock) Sleep(ctx context.Context, d time.Duration) error {
	return zwfw.SystemClock().Sleep(ctx, d)
}

// workJournal is the store of the worker that is killed: one line a write, so that a line
// is there whole or not at all. It finishes every third sheet at once.
type workJournal struct {
	file   *os.File
	worker *hotline.Worker
}

func (j *workJournal) Sheet(ctx context.Context, s hotline.HandedSheet) error {
	if _, err := fmt.Fprintln(j.file, "sheet", s.DispatchID, s.Turn, s.Attempt); err != nil {
		return err
	}
	if thirdSheet(s.DispatchID) {
		return j.worker.Finish(ctx, "water", finishing(s.DispatchID, "F-"+string(s.DispatchID)))
	}
	return nil
}

func (j *workJournal) Change(_ context.Context, c hotline.SheetChange) error {
	_, err := fmt.Fprintln(j.file, "change", c.DispatchID, c.Kind, c.Attempt)
	return err
}

func thirdSheet(id hotline.DispatchID) bool {
	h := fnv.New32a()
	_, _ = h.Write([]byte(id))
	return h.Sum32()%3 == 0
}

func workUntilKilled(dir string) {
	err := func() error {
		text, err := os.ReadFile(filepath.Join(dir, "settings"))
		if err != nil {
			return err
		}
		var s childSettings
		if err := json.Unmarshal(text, &s); err != nil {
			return err
		}
		client, err := hotline.New(hotline.Config{BaseURL: s.URL, AppID: s.AppID, AppKey: zwfw.NewSecret(s.AppKey), Repeats: s.Repeats},
			zwfw.WithClock(aheadClock{filepath.Join(dir, "ahead")}))
		if err != nil {
			return err
		}
		box, err := outbox.Open(context.Background(), filepath.Join(dir, "outbox"), outbox.Config{Queues: hotline.WorkQueues(), Keys: workKey})
		if err != nil {
			return err
		}
		file, err := os.OpenFile(filepath.Join(dir, "journal"), os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
		if err != nil {
			return err
		}
		j := &workJournal{file: file}
		if j.worker, err = hotline.NewWorker(box, hotline.WorkerConfig{
			Units: map[string]*hotline.Client{"water": client}, Desk: j, Sign: hotline.SignOnStored, Signer: clerk, Every: 50 * time.Millisecond,
			OnEvent: func(e hotline.WorkEvent) {
				if e.Kind == hotline.WorkFailed {
					_, _ = fmt.Fprintln(file, "failed", e.DispatchID, e.Op, e.Code)
				}
			},
		}); err != nil {
			return err
		}
		return j.worker.Run(context.Background())
	}()
	_, _ = fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// A storm of sheets comes to one unit in ten minutes, rows leave the list as sheets are
// finished, and the worker is killed again and again.
func TestAStormReachesAWorkerThatIsKilledAgainAndAgain(t *testing.T) {
	t.Parallel()
	sheets, kills := 400, 20
	if os.Getenv("ZWFW_LONG") == "1" {
		sheets, kills = 5000, 100
	}
	for _, forgets := range []bool{false, true} {
		t.Run(fmt.Sprintf("done before is an error %v", forgets), func(t *testing.T) {
			t.Parallel()
			s := storm{T: t, dir: t.TempDir(), p: sandbox.Start(t, sandbox.WithHotline(sandbox.HotlineSetup{Rate: -1, RepeatsAreErrors: forgets}))}
			s.prepare(forgets)
			released := s.p.Hotline().Storm(sandbox.HotlineSheet{}, sheets, 10*time.Minute)
			midway := 0
			for range kills {
				s.advance(10 * time.Minute / time.Duration(kills))
				calls := len(s.p.Requests())
				end := s.start()
				require.Eventually(t, func() bool { return len(s.p.Requests()) > calls }, time.Minute, time.Millisecond, "it is at work")
				time.Sleep(rand.N(250 * time.Millisecond)) // a kill comes at any moment
				end()
				if s.p.Effects("hotline.SignFor") < len(released.Released()) {
					midway++
				}
			}
			require.Positive(t, midway)
			t.Logf("%d of %d kills came before all was done", midway, kills)
			s.advance(time.Minute)
			end := s.start()
			defer end()
			ids := released.Released()
			require.Len(t, ids, sheets)
			finished := 0
			for _, id := range ids {
				if thirdSheet(id) {
					finished++
				}
			}
			require.Eventually(t, func() bool {
				return s.p.Effects("hotline.SignFor") >= sheets && s.p.Effects("hotline.Finish") >= finished
			}, 5*time.Minute, 50*time.Millisecond)
			for _, id := range ids {
				want := hotline.Signed
				if thirdSheet(id) {
					want = hotline.FinishApplied
				}
				require.Equal(t, want, s.p.Hotline().Look(id).State, id)
			}
			end()
			s.check(ids, finished)
		})
	}
}

type storm struct {
	*testing.T
	dir string
	p   *sandbox.Platform
}

func (s storm) prepare(forgets bool) {
	s.Helper()
	c := s.p.HotlineConfig()
	settings := childSettings{URL: c.BaseURL, AppID: c.AppID, AppKey: c.AppKey.Reveal()}
	if forgets {
		settings.Repeats = forgetful
	}
	text, err := json.Marshal(settings)
	require.NoError(s, err)
	require.NoError(s, os.WriteFile(filepath.Join(s.dir, "settings"), text, 0o600))
}

// advance moves the platform's clock, and the worker's with it.
func (s storm) advance(d time.Duration) {
	s.Helper()
	s.p.Clock().Advance(d)
	file := filepath.Join(s.dir, "ahead")
	ahead := time.Until(s.p.Clock().Now())
	require.NoError(s, os.WriteFile(file+".new", []byte(strconv.FormatInt(int64(ahead), 10)), 0o600))
	require.NoError(s, os.Rename(file+".new", file))
}

// start starts the worker; what it gives kills it.
func (s storm) start() (end func()) {
	s.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), workChild+"="+s.dir)
	var complaint strings.Builder
	child.Stderr = &complaint
	require.NoError(s, child.Start())
	ended := false
	return func() {
		if ended {
			return
		}
		ended = true
		assert.NoError(s, child.Process.Kill())
		_ = child.Wait()
		assert.Empty(s, complaint.String())
	}
}

// check holds the journal and the centre against what was promised.
func (s storm) check(ids []hotline.DispatchID, finished int) {
	s.Helper()
	text, err := os.ReadFile(filepath.Join(s.dir, "journal"))
	require.NoError(s, err)
	attempts := make(map[hotline.DispatchID]int)
	again := 0
	for line := range strings.Lines(string(text)) {
		var word, id string
		var turn, attempt int
		_, _ = fmt.Sscan(line, &word, &id, &turn, &attempt)
		require.NotEqual(s, "failed", word, line)
		if word != "sheet" {
			continue
		}
		require.Equal(s, 1, turn, line)
		if before := attempts[hotline.DispatchID(id)]; before > 0 {
			again++
			require.Greater(s, attempt, before, "handed out again only after a call that did not end: %s", line)
		}
		attempts[hotline.DispatchID(id)] = attempt
	}
	handed := make([]hotline.DispatchID, 0, len(attempts))
	for id := range attempts {
		handed = append(handed, id)
	}
	require.ElementsMatch(s, ids, handed)
	require.Equal(s, len(ids), s.p.Effects("hotline.SignFor"))
	require.Equal(s, finished, s.p.Effects("hotline.Finish"))
	require.Zero(s, s.p.Effects("hotline.Reject")+s.p.Effects("hotline.RequestDelay"))
	s.Logf("%d sheets, %d finished, %d handed out again after a kill", len(ids), finished, again)
}
