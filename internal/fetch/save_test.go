package fetch_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/fetch"
)

// names lists what stands in the directory of a path.
func names(t testing.TB, path string) (all []string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	for _, e := range entries {
		all = append(all, e.Name())
		if info, err := e.Info(); err == nil && runtime.GOOS != "windows" {
			require.Equal(t, os.FileMode(0o600), info.Mode().Perm(), e.Name())
		}
	}
	return all
}

func content(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	return b
}

func newPath(t testing.TB) string { return filepath.Join(t.TempDir(), "张三.ofd") }

func TestSaveReplacesTheFileAsAWhole(t *testing.T) {
	t.Parallel()
	for _, address := range []func(string) fetch.Address{reusable, singleUse} {
		body := samples(t)[fetch.OFD]
		p := serve(t, served(body, `"1"`))
		path := newPath(t)
		require.NoError(t, os.WriteFile(path, []byte("older"), 0o644))
		require.NoError(t, os.WriteFile(path+".part", []byte("left by a crash"), 0o644))
		file, err := fetcher(t, config(p.URL)).Save(t.Context(), address(p.URL), path)
		require.NoError(t, err)
		require.Equal(t, fetch.File{Format: fetch.OFD, Size: int64(len(body)), SHA256: sha256.Sum256(body)}, file)
		require.True(t, bytes.Equal(body, content(t, path)))
		require.Equal(t, []string{"张三.ofd"}, names(t, path))
	}
}

func TestSaveOfAFileInJSON(t *testing.T) {
	t.Parallel()
	p := serve(t, sending([]byte(`{"content":"JVBERi0xLjcKJSVFT0YK"}`)))
	path := newPath(t)
	_, err := fetcher(t, config(p.URL)).Save(t.Context(), singleUse(p.URL), path)
	require.NoError(t, err)
	require.Equal(t, "%PDF-1.7\n%%EOF\n", string(content(t, path)))
	require.Equal(t, []string{"张三.ofd"}, names(t, path))
}

// Each call is cut once at a random place; the next one goes on from there. The long form
// saves 256 MiB.
func TestAHundredCutsLeaveTheFileWhole(t *testing.T) {
	t.Parallel()
	half := 4 << 20
	if os.Getenv("ZWFW_LONG") == "1" {
		half = 128 << 20
	}
	body := archive(t, half, "Doc_0/Document.xml", "OFD.xml")
	random := rand.New(rand.NewPCG(1, 2))
	var cut, sent atomic.Int64
	p := serve(t, func(w http.ResponseWriter, r *http.Request) {
		at := int(cut.Load())
		sent.Add(int64(at))
		cutting(served(body, `"v1"`), at)(w, r)
	})
	f := fetcher(t, config(p.URL), oneTry())
	path := newPath(t)
	for range 100 {
		cut.Store(random.Int64N(int64(len(body)) / 101))
		_, err := f.Save(t.Context(), reusable(p.URL), path)
		require.ErrorIs(t, err, zwfw.Upstream)
		require.NoFileExists(t, path)
	}
	require.Equal(t, []string{"张三.ofd.part", "张三.ofd.part.state"}, names(t, path))
	require.NotContains(t, string(content(t, path+".part.state")), token)
	part, err := os.Stat(path + ".part")
	require.NoError(t, err)
	require.LessOrEqual(t, part.Size(), sent.Load())
	require.Greater(t, part.Size(), sent.Load()*9/10, "little is fetched twice")
	cut.Store(int64(len(body)))
	file, err := f.Save(t.Context(), reusable(p.URL), path)
	require.NoError(t, err)
	require.Equal(t, sha256.Sum256(body), file.SHA256)
	require.Equal(t, fetch.OFD, file.Format)
	require.Equal(t, sha256.Sum256(body), sha256.Sum256(content(t, path)))
	require.Equal(t, []string{"张三.ofd"}, names(t, path))
}

func TestOneSaveSurvivesAHundredCuts(t *testing.T) {
	t.Parallel()
	body := pdf(20 << 20)
	p := serve(t, cutting(served(body, `"v1"`), 200<<10))
	path := newPath(t)
	file, err := fetcher(t, config(p.URL)).Save(t.Context(), reusable(p.URL), path)
	require.NoError(t, err)
	require.Equal(t, sha256.Sum256(body), file.SHA256)
	require.Equal(t, sha256.Sum256(body), sha256.Sum256(content(t, path)))
	require.Greater(t, p.asked.Load(), int64(100))
}

func TestAPartOfAnotherFileIsNotContinued(t *testing.T) {
	t.Parallel()
	older, newer := pdf(1<<20), append(pdf(1<<20), "new %%EOF"...)
	lies := func(head string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Range") == "" {
				served(newer, `"2"`)(w, r)
				return
			}
			w.Header().Set("Content-Range", head)
			w.WriteHeader(http.StatusPartialContent)
			_, _ = w.Write(newer[len(newer)-100:])
		}
	}
	for name, second := range map[string]http.HandlerFunc{
		"the file changed":       served(newer, `"2"`),
		"parts are not served":   sending(newer),
		"another place":          lies("bytes 5-10/1048591"),
		"another length":         lies(fmt.Sprintf("bytes %d-2000000/2000001", 500<<10)),
		"not to the end":         lies(fmt.Sprintf("bytes %d-%d/%d", 500<<10, 500<<10+99, len(older))),
		"no place":               lies(""),
		"nonsense":               lies("bytes x-y/z"),
		"several parts":          lies("multipart"),
		"shorter than the part":  func(w http.ResponseWriter, r *http.Request) { refuseRange(w, r, newer) },
		"another version in 206": func(w http.ResponseWriter, r *http.Request) { otherTag(w, r, older, newer) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var handler atomic.Value
			handler.Store(cutting(served(older, `"1"`), 500<<10))
			p := serve(t, func(w http.ResponseWriter, r *http.Request) { handler.Load().(http.HandlerFunc)(w, r) })
			path := newPath(t)
			_, err := fetcher(t, config(p.URL), oneTry()).Save(t.Context(), reusable(p.URL), path)
			require.Error(t, err)
			require.FileExists(t, path+".part.state")
			handler.Store(second)
			file, err := fetcher(t, config(p.URL)).Save(t.Context(), reusable(p.URL), path)
			require.NoError(t, err)
			require.Equal(t, sha256.Sum256(newer), file.SHA256)
			require.Equal(t, sha256.Sum256(newer), sha256.Sum256(content(t, path)))
		})
	}
}

func refuseRange(w http.ResponseWriter, r *http.Request, body []byte) {
	if r.Header.Get("Range") != "" {
		w.WriteHeader(http.StatusRequestedRangeNotSatisfiable)
		return
	}
	sending(body)(w, r)
}

func otherTag(w http.ResponseWriter, r *http.Request, older, newer []byte) {
	if r.Header.Get("Range") == "" {
		sending(newer)(w, r)
		return
	}
	r.Header.Del("If-Range")
	served(older, `"other"`)(w, r)
}

// A server that knows Range and not If-Range would have two files of one length mixed.
func TestAPartOfAFileKnownByItsDateIsNotMixedWithALaterFile(t *testing.T) {
	t.Parallel()
	older, newer := pdf(1<<20), pdf(1<<20)
	newer[500] ^= 1
	day := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	file, changed := older, day
	p := serve(t, func(w http.ResponseWriter, r *http.Request) {
		r.Header.Del("If-Range")
		http.ServeContent(w, r, "", changed, bytes.NewReader(file))
	})
	whole := p.Config.Handler
	p.Config.Handler = cutting(whole.ServeHTTP, 500<<10)
	path := newPath(t)
	f := fetcher(t, config(p.URL), oneTry())
	_, err := f.Save(t.Context(), reusable(p.URL), path)
	require.ErrorIs(t, err, zwfw.Upstream)
	require.FileExists(t, path+".part.state")

	p.Config.Handler, file, changed = whole, newer, day.Add(time.Hour)
	saved, err := fetcher(t, config(p.URL)).Save(t.Context(), reusable(p.URL), path)
	require.NoError(t, err)
	require.Equal(t, sha256.Sum256(newer), saved.SHA256)
}

func TestAPartIsOnlyForItsOwnAddress(t *testing.T) {
	t.Parallel()
	body := pdf(1 << 20)
	p := serve(t, cutting(served(body, `"1"`), 500<<10))
	path := newPath(t)
	f := fetcher(t, config(p.URL), oneTry())
	_, err := f.Save(t.Context(), reusable(p.URL), path)
	require.Error(t, err)

	whole := serve(t, func(w http.ResponseWriter, r *http.Request) {
		assert.Empty(t, r.Header.Get("Range"))
		served(body, `"1"`)(w, r)
	})
	for _, a := range []fetch.Address{reusable(whole.URL), singleUse(whole.URL)} {
		file, err := fetcher(t, config(whole.URL)).Save(t.Context(), a, path)
		require.NoError(t, err)
		require.Equal(t, sha256.Sum256(body), file.SHA256)
		require.Equal(t, []string{"张三.ofd"}, names(t, path))
	}
}

// After a loss of power a file system may show bytes that were never written.
func TestOnlyWhatIsKnownToBeOnDiskIsTrusted(t *testing.T) {
	t.Parallel()
	body := pdf(1 << 20)
	var cut atomic.Int64
	cut.Store(500 << 10)
	p := serve(t, func(w http.ResponseWriter, r *http.Request) { cutting(served(body, `"1"`), int(cut.Load()))(w, r) })
	for name, damage := range map[string]func(path string) error{
		"more bytes than noted":  func(path string) error { return appendTo(path+".part", make([]byte, 1000)) },
		"fewer bytes than noted": func(path string) error { return os.Truncate(path+".part", 1000) },
		"half a state":           func(path string) error { return os.Truncate(path+".part.state", 20) },
		"no state":               func(path string) error { return os.Remove(path + ".part.state") },
		"no part":                func(path string) error { return os.Remove(path + ".part") },
	} {
		cut.Store(500 << 10)
		path := newPath(t)
		_, err := fetcher(t, config(p.URL), oneTry()).Save(t.Context(), reusable(p.URL), path)
		require.Error(t, err)
		require.NoError(t, damage(path), name)
		cut.Store(int64(len(body)))
		file, err := fetcher(t, config(p.URL), oneTry()).Save(t.Context(), reusable(p.URL), path)
		require.NoError(t, err, name)
		require.Equal(t, sha256.Sum256(body), file.SHA256, name)
		require.Equal(t, sha256.Sum256(body), sha256.Sum256(content(t, path)), name)
	}
}

func appendTo(name string, more []byte) error {
	f, err := os.OpenFile(name, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	if _, err := f.Write(more); err != nil {
		return err
	}
	return f.Close()
}

func TestUselessPartsDoNotStay(t *testing.T) {
	t.Parallel()
	body := pdf(1 << 20)
	weak := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Etag", `W/"1"`)
		sending(body)(w, r)
	}
	for name, c := range map[string]struct {
		h       http.HandlerFunc
		address func(string) fetch.Address
	}{
		"single use":          {cutting(served(body, `"1"`), 500<<10), singleUse},
		"no version":          {cutting(sending(body), 500<<10), reusable},
		"a weak version":      {cutting(weak, 500<<10), reusable},
		"a sentence":          {sending([]byte("文件不存在")), reusable},
		"another type":        {sending(append([]byte("PK\x03\x04"), body...)), reusable},
		"JSON that is cut":    {cutting(sending([]byte(`{"content":"JVBERi0xLjcKJSVFT0YK"}`)), 30), reusable},
		"another type, named": {served(append([]byte("PK\x03\x04"), body...), `"1"`), reusable},
		"nothing":             {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, reusable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := serve(t, c.h)
			path := newPath(t)
			_, err := fetcher(t, config(p.URL), oneTry()).Save(t.Context(), c.address(p.URL), path)
			require.Error(t, err)
			require.Empty(t, names(t, path))
		})
	}
}

func TestAPartGoesWhenItsFileIsGone(t *testing.T) {
	t.Parallel()
	var gone atomic.Bool
	body := pdf(1 << 20)
	p := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if gone.Load() {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		cutting(served(body, `"1"`), 500<<10)(w, r)
	})
	f, path := fetcher(t, config(p.URL), oneTry()), newPath(t)
	_, err := f.Save(t.Context(), reusable(p.URL), path)
	require.ErrorIs(t, err, zwfw.Upstream)
	require.Len(t, names(t, path), 2)
	gone.Store(true)
	_, err = f.Save(t.Context(), reusable(p.URL), path)
	require.ErrorIs(t, err, zwfw.NotFound)
	require.Empty(t, names(t, path))
}

func TestPathsThatCannotBeWrittenSpendNothing(t *testing.T) {
	t.Parallel()
	p := serve(t, sending(pdf(10)))
	f := fetcher(t, config(p.URL))
	dir := t.TempDir()
	busy := filepath.Join(dir, "busy")
	require.NoError(t, os.Mkdir(busy+".part", 0o700))
	linked := filepath.Join(dir, "linked")
	require.NoError(t, os.Symlink(filepath.Join(dir, "elsewhere"), linked+".part"))
	for _, path := range []string{"", dir, filepath.Join(dir, "missing", "张三.ofd"), busy, linked} {
		a := singleUse(p.URL)
		_, err := f.Save(t.Context(), a, path)
		e := failure(t, err)
		assert.Equal(t, "path", e.Field)
		assert.Equal(t, zwfw.OutcomeRefused, e.Outcome)
		assert.NotContains(t, err.Error(), "张三")
		assert.NotContains(t, err.Error(), dir+"/")
		assert.False(t, a.Spent())
	}
	require.NoFileExists(t, filepath.Join(dir, "elsewhere"))
	require.Zero(t, p.asked.Load())
}

func TestAWholeFileIsNotThrownAwayForItsName(t *testing.T) {
	t.Parallel()
	body := pdf(1000)
	path := newPath(t)
	p := serve(t, func(w http.ResponseWriter, r *http.Request) {
		assert.NoError(t, os.MkdirAll(filepath.Join(path, "in the way"), 0o700))
		sending(body)(w, r)
	})
	_, err := fetcher(t, config(p.URL)).Save(t.Context(), singleUse(p.URL), path)
	e := failure(t, err)
	require.Equal(t, zwfw.OutcomeDone, e.Outcome)
	require.Contains(t, e.Expected, ".part")
	require.NotContains(t, err.Error(), "张三")
	require.True(t, bytes.Equal(body, content(t, path+".part")))
}

func TestOnePathTakesOneSaveAtATime(t *testing.T) {
	t.Parallel()
	body := pdf(1 << 20)
	begun, goOn := make(chan struct{}), make(chan struct{})
	p := serve(t, func(w http.ResponseWriter, r *http.Request) {
		close(begun)
		<-goOn
		sending(body)(w, r)
	})
	path := newPath(t)
	f := fetcher(t, config(p.URL))
	first := make(chan error)
	go func() {
		_, err := f.Save(t.Context(), singleUse(p.URL), path)
		first <- err
	}()
	<-begun
	a := singleUse(p.URL)
	_, err := fetcher(t, config(p.URL)).Save(t.Context(), a, path)
	require.Contains(t, failure(t, err).Expected, "under way")
	require.False(t, a.Spent())
	close(goOn)
	require.NoError(t, <-first)
	require.True(t, bytes.Equal(body, content(t, path)))
	require.Equal(t, []string{"张三.ofd"}, names(t, path))
}

func TestProgressNeverHoldsTheDownloadUp(t *testing.T) {
	t.Parallel()
	body := pdf(8 << 20)
	sent := make(chan struct{})
	p := serve(t, func(w http.ResponseWriter, r *http.Request) {
		sending(body)(w, r)
		close(sent)
	})
	var figures [][2]int64
	_, err := fetcher(t, config(p.URL)).Save(t.Context(), reusable(p.URL), newPath(t), fetch.WithProgress(func(done, total int64) {
		<-sent // all of it, while this stands still
		figures = append(figures, [2]int64{done, total})
	}))
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(figures), 1)
	require.Equal(t, [2]int64{int64(len(body)), int64(len(body))}, figures[len(figures)-1])
	for i := 1; i < len(figures); i++ {
		require.Less(t, figures[i-1][0], figures[i][0])
	}
}

func TestProgressOfAFileOfUnknownLength(t *testing.T) {
	t.Parallel()
	p := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		_ = http.NewResponseController(w).Flush()
		_, _ = w.Write(pdf(1000))
	})
	var total int64
	_, err := fetcher(t, config(p.URL)).Save(t.Context(), reusable(p.URL), newPath(t), fetch.WithProgress(func(_, all int64) { total = all }))
	require.NoError(t, err)
	require.Equal(t, int64(-1), total)
}

func TestNoPathStandsInAnErrorOfTheDisk(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("needs a device that is always full")
	}
	p := serve(t, sending(pdf(1<<20)))
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	require.NoError(t, err)
	defer full.Close()
	_, err = fetcher(t, config(p.URL)).Fetch(t.Context(), singleUse(p.URL), full)
	e := failure(t, err)
	require.ErrorContains(t, e.Err, "no space")
	require.False(t, strings.Contains(e.Err.Error(), "/dev"))
	require.Equal(t, zwfw.OutcomeUnknown, e.Outcome)
}
