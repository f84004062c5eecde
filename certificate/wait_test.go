package certificate_test

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/certificate"
	"github.com/zwfw-go/zwfw/sandbox"
)

// tries gives the times between the applications that the platform saw.
func tries(p *sandbox.Platform) (pauses []time.Duration) {
	var last time.Time
	for _, r := range p.Requests() {
		if r.Op == "certificate.FileAddressByID" {
			if !last.IsZero() {
				pauses = append(pauses, r.At.Sub(last))
			}
			last = r.At
		}
	}
	return pauses
}

// applying is a try that stops at the address.
func applying(client *certificate.Client, held sandbox.Certificate) func(context.Context) error {
	return func(ctx context.Context) error {
		_, err := client.FileAddressByID(ctx, fileOf(held))
		return err
	}
}

// Quirk 20: the file may not exist right after issuing.
func TestQuirk20AFileIsWaitedForUntilItIsThere(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p, client := inside(t)
		held := p.IssueCertificate(p.Citizens()[0], sandbox.Certificate{FileReady: p.Clock().Now().Add(12 * time.Second)})
		require.NoError(t, client.WaitForFile(t.Context(), certificate.FileWait{}, applying(client, held)))
		require.Equal(t, []time.Duration{5 * time.Second, 5 * time.Second, 5 * time.Second}, tries(p))
	})
}

func TestTheWaitForAFileEndsInTimeAndSaysWhy(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]struct {
		limit time.Duration // of the caller
		wait  certificate.FileWait
		fault sandbox.Fault
		state sandbox.CertificateState
		kind  zwfw.Kind
		code  certificate.Status
		took  time.Duration
		tries int
	}{
		"never ready":              {time.Hour, certificate.FileWait{Wait: 12 * time.Second}, sandbox.Pass(), sandbox.CertificateFileless, zwfw.CertificateUnavailable, certificate.StatusUnavailable, 10 * time.Second, 3},
		"usual wait":               {time.Hour, certificate.FileWait{}, sandbox.Pass(), sandbox.CertificateFileless, zwfw.CertificateUnavailable, certificate.StatusUnavailable, 45 * time.Second, 10},
		"the caller's deadline":    {4500 * time.Millisecond, certificate.FileWait{Every: time.Second}, sandbox.Pass(), sandbox.CertificateFileless, zwfw.CertificateUnavailable, certificate.StatusUnavailable, 4 * time.Second, 5},
		"a line that stays broken": {time.Hour, certificate.FileWait{Wait: 12 * time.Second}, sandbox.HTML(502), sandbox.CertificateValid, zwfw.Upstream, "", 10 * time.Second, 3},
		"revoked":                  {time.Hour, certificate.FileWait{}, sandbox.Pass(), sandbox.CertificateRevoked, zwfw.CertificateUnavailable, certificate.StatusRevoked, 0, 1},
		"no right":                 {time.Hour, certificate.FileWait{}, sandbox.Refuse(zwfw.PermissionDenied), sandbox.CertificateValid, zwfw.PermissionDenied, certificate.StatusNoPermission, 0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p, client := inside(t, zwfw.WithRetry(zwfw.Retry{MaxAttempts: 1}))
				held := p.Certificates(p.Citizens()[0])[0]
				p.SetCertificateState(held.ID, x.state)
				p.Faults().Always("certificate.FileAddressByID", x.fault)
				ctx, stop := context.WithTimeout(t.Context(), x.limit)
				defer stop()
				began := time.Now()
				err := client.WaitForFile(ctx, x.wait, applying(client, held))
				require.ErrorIs(t, err, x.kind)
				require.Equal(t, x.code, certificate.StatusOf(err))
				require.Equal(t, x.took, time.Since(began))
				require.Len(t, tries(p), x.tries-1)
			})
		})
	}
}

// A call that the end of the wait cuts short does not hide what the platform said before.
func TestACutTryDoesNotHideWhyThereWasNoFile(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p, client := inside(t)
		held := p.Certificates(p.Citizens()[0])[0]
		p.SetCertificateState(held.ID, sandbox.CertificateFileless)
		asked := 0
		err := client.WaitForFile(t.Context(), certificate.FileWait{Wait: 7 * time.Second}, func(ctx context.Context) error {
			if asked++; asked == 2 {
				<-ctx.Done()
				return ctx.Err()
			}
			return applying(client, held)(ctx)
		})
		require.Equal(t, certificate.StatusUnavailable, certificate.StatusOf(err))

		asked = 0
		err = client.WaitForFile(t.Context(), certificate.FileWait{Wait: 7 * time.Second}, func(ctx context.Context) error {
			if asked++; asked == 2 {
				<-ctx.Done()
				return &zwfw.Error{Kind: zwfw.PermissionDenied}
			}
			return applying(client, held)(ctx)
		})
		require.ErrorIs(t, err, zwfw.PermissionDenied, "but a clear no does")

		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(3*time.Second, cancel)
		err = client.WaitForFile(ctx, certificate.FileWait{}, applying(client, held))
		require.ErrorIs(t, err, zwfw.Canceled)
		require.ErrorIs(t, err, context.Canceled)
	})
}

func TestAPlatformThatAsksForALongerPauseGetsIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, client := inside(t)
		var at []time.Time
		err := client.WaitForFile(t.Context(), certificate.FileWait{}, func(context.Context) error {
			if at = append(at, time.Now()); len(at) == 1 {
				return &zwfw.Error{Kind: zwfw.RateLimited, RetryAfter: 8 * time.Second}
			}
			return nil
		})
		require.NoError(t, err)
		require.Equal(t, 8*time.Second, at[1].Sub(at[0]))
	})
}

// leaping is a clock whose pauses are over at once.
type leaping struct {
	mu    sync.Mutex
	slept []time.Duration
}

func (*leaping) Now() time.Time { return time.Now() }

func (l *leaping) Sleep(ctx context.Context, d time.Duration) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.slept = append(l.slept, d)
	return ctx.Err()
}

func TestEachTryForAFileHasAnAddressOfItsOwn(t *testing.T) {
	t.Parallel()
	clock := new(leaping)
	p, client := start(t, zwfw.WithClock(clock), zwfw.WithRetry(zwfw.Retry{MaxAttempts: 1}))
	held := p.Certificates(p.Citizens()[0])[0]
	p.Faults().Next("certificate.Download", sandbox.RefuseText("文件不存在"), sandbox.HalfBody())
	path := filepath.Join(t.TempDir(), "certificate.ofd")
	seen := make(map[string]bool)
	err := client.WaitForFile(t.Context(), certificate.FileWait{}, func(ctx context.Context) error {
		applied, err := client.FileAddressByID(ctx, fileOf(held))
		if err != nil {
			return err
		}
		seen[applied.Files[0].URL().Reveal()] = true
		_, err = client.Save(ctx, applied.Files[0], path)
		return err
	})
	require.NoError(t, err)
	require.FileExists(t, path)
	require.Len(t, seen, 3)
	require.Equal(t, 3, downloads(p))
	require.Equal(t, []time.Duration{5 * time.Second, 5 * time.Second}, clock.slept)

	// One that was taken along from outside is not fetched again.
	address := apply(t, p, client, 0)
	p.Faults().Next("certificate.Download", sandbox.RefuseText("文件不存在"))
	err = client.WaitForFile(t.Context(), certificate.FileWait{}, func(ctx context.Context) error {
		_, err := client.Save(ctx, address, path)
		return err
	})
	require.ErrorIs(t, err, zwfw.WrongState)
	require.Equal(t, 4, downloads(p))
}

// Where addresses may be fetched again, a broken download goes on where it broke.
func TestAReusableAddressIsResumed(t *testing.T) {
	t.Parallel()
	p := sandbox.Start(t, sandbox.WithCertificates(sandbox.CertificateSetup{Reusable: true}))
	config := p.CertificateConfig()
	config.Files.Reusable = true
	client := newClient(t, config, zwfw.WithRetry(zwfw.Retry{MaxAttempts: 1}))
	address := apply(t, p, client, 0)
	dir := t.TempDir()
	path := filepath.Join(dir, "certificate.ofd")
	for range 3 {
		p.Faults().Next("certificate.Download", sandbox.HalfBody())
		_, err := client.Save(t.Context(), address, path)
		require.ErrorIs(t, err, zwfw.Upstream)
		require.NoFileExists(t, path)
		require.FileExists(t, path+".part.state")
	}
	part, err := os.Stat(path + ".part")
	require.NoError(t, err)
	file, err := client.Save(t.Context(), address, path)
	require.NoError(t, err)
	var want int64
	for range 3 {
		want += (file.Size - want) / 2
	}
	require.Equal(t, want, part.Size(), "three times half of what was left")
	log := p.Requests()
	require.Equal(t, 206, log[len(log)-1].Status)
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, left, 1)
	whole := filepath.Join(dir, "again")
	again, err := client.Save(t.Context(), address, whole)
	require.NoError(t, err)
	require.Equal(t, again.SHA256, file.SHA256)

	// The call itself goes on too, where it may be repeated.
	patient := newClient(t, config, quick)
	address = apply(t, p, patient, 0)
	p.Faults().Next("certificate.Download", sandbox.HalfBody())
	_, err = patient.Save(t.Context(), address, path)
	require.NoError(t, err)
}
