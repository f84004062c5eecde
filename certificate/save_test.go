package certificate_test

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/certificate"
	"github.com/zwfw-go/zwfw/sandbox"
)

// apply asks for the address of the i-th certificate of the first citizen.
func apply(t *testing.T, p *sandbox.Platform, client *certificate.Client, i int) certificate.FileAddress {
	t.Helper()
	files, err := client.FileAddressByID(t.Context(), fileOf(p.Certificates(p.Citizens()[0])[i]))
	require.NoError(t, err)
	return files.Files[0]
}

func downloads(p *sandbox.Platform) (n int) {
	for _, r := range p.Requests() {
		if r.Op == "certificate.Download" {
			n++
		}
	}
	return n
}

func TestAFileIsSavedInEveryWayThatPlatformsGiveIt(t *testing.T) {
	t.Parallel()
	for name, setup := range map[string]sandbox.CertificateSetup{
		"relative address": {}, "address in content": {AddressInside: true}, "JSON at the address": {JSONDownload: true}, "in the answer": {FilesInside: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, client := startWith(t, setup)
			path := filepath.Join(t.TempDir(), "certificate")
			file, err := client.Save(t.Context(), apply(t, p, client, 0), path)
			require.NoError(t, err)
			require.Equal(t, certificate.FormatOFD, file.Format)
			saved, err := os.ReadFile(path)
			require.NoError(t, err)
			require.EqualValues(t, len(saved), file.Size)
			require.Equal(t, sha256.Sum256(saved), file.SHA256)
			require.Contains(t, watermark(t, saved), "用途:01 编号:T-0001", "the cause is the watermark")
			inside, err := certificate.InspectOFD(bytes.NewReader(saved), file.Size)
			require.NoError(t, err)
			require.Len(t, inside.Documents, 1)

			verdict, err := client.VerifyFile(t.Context(), certificate.VerifyFileRequest{TypeCode: certificateType, Content: saved, Cause: certificate.CauseSharing})
			require.NoError(t, err)
			require.True(t, verdict.Passed())

			var out bytes.Buffer
			var last int64
			file, err = client.Fetch(t.Context(), apply(t, p, client, 1), &out, certificate.WithProgress(func(done, _ int64) { last = done }))
			require.NoError(t, err)
			require.Equal(t, certificate.FormatPDF, file.Format)
			require.EqualValues(t, out.Len(), last)
		})
	}
}

func watermark(t *testing.T, ofd []byte) string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(ofd), int64(len(ofd)))
	require.NoError(t, err)
	f, err := z.Open("Doc_0/Annots/Page_0/Annotation.xml")
	require.NoError(t, err)
	defer f.Close()
	text, err := io.ReadAll(f)
	require.NoError(t, err)
	return string(text)
}

func TestAnAddressServesOnceWhateverHappens(t *testing.T) {
	t.Parallel()
	for _, fault := range []sandbox.Fault{
		sandbox.Pass(), sandbox.DropBefore(), sandbox.DropAfter(), sandbox.HalfBody(), sandbox.Endless(), sandbox.GzipBomb(1 << 30), sandbox.Drip(10), sandbox.Delay(time.Minute),
		sandbox.HTML(200), sandbox.HTML(502), sandbox.HTML(503), sandbox.Body(200, ""), sandbox.Body(200, "{}"), sandbox.Body(200, `{"head":{"status":0},"data":{}}`),
		sandbox.Body(200, "系统繁忙"), sandbox.Body(302, ""), sandbox.Body(429, "接口访问数量已达到峰值"), sandbox.Body(500, ""), sandbox.Body(504, ""),
		sandbox.RefuseText("文件已被下载，下载地址失效"), sandbox.RefuseText("文件不存在"), sandbox.Mangle("cut short", func(b []byte) []byte { return b[:len(b)/2] }),
	} {
		t.Run(fault.String(), func(t *testing.T) {
			t.Parallel()
			timeout := time.Minute
			if name := fault.String(); strings.HasPrefix(name, "delay") || strings.HasSuffix(name, "B/s") {
				timeout = time.Second // a fault that outlasts the caller
			}
			p, _ := start(t)
			client := newClient(t, p.CertificateConfig(), quick, zwfw.WithTimeout(timeout))
			dir := t.TempDir()
			address := apply(t, p, newClient(t, p.CertificateConfig()), 1)
			p.Faults().Next("certificate.Download", fault)
			_, err := client.Save(t.Context(), address, filepath.Join(dir, "a.pdf"))
			if fault.String() == "pass" {
				require.NoError(t, err)
			} else {
				require.Error(t, err)
				if zwfw.OutcomeOf(err) == zwfw.OutcomeUnknown {
					require.Contains(t, err.Error(), "apply for a new one")
				}
				left, readErr := os.ReadDir(dir)
				require.NoError(t, readErr)
				require.Empty(t, left, "neither a file nor a part")
			}
			copied := address
			_, err = client.Fetch(t.Context(), copied, io.Discard)
			require.ErrorIs(t, err, zwfw.WrongState)
			require.Equal(t, 1, downloads(p))
			require.LessOrEqual(t, len([]rune(zwfw.AdviceFor(err).Citizen.ZH)), 20)
		})
	}
}

func TestManyCopiesOfAnAddressAreFetchedOnce(t *testing.T) {
	t.Parallel()
	p, client := start(t, zwfw.WithTimeout(5*time.Minute))
	address := apply(t, p, client, 0)
	var group sync.WaitGroup
	var done atomic.Int64
	for range 8 {
		group.Go(func() {
			if _, err := client.Fetch(t.Context(), address, io.Discard); err == nil {
				done.Add(1)
			} else {
				assert.ErrorIs(t, err, zwfw.WrongState)
			}
		})
	}
	group.Wait()
	require.EqualValues(t, 1, done.Load())
	require.Equal(t, 1, downloads(p))
}

// Quirk 7: sentences and empty bodies with status 200 are the errors that they are.
func TestQuirk7WhatThePlatformSaysInPlaceOfAFileHasItsKind(t *testing.T) {
	t.Parallel()
	p, client := start(t)
	for text, kind := range map[string]zwfw.Kind{
		"文件已被下载，下载地址失效": zwfw.WrongState, "下载地址已超过10分钟有效期": zwfw.WrongState, "下载编号长度不正确": zwfw.BadRequest, "文件不存在": zwfw.NotFound, "今天不行": zwfw.Unclassified,
	} {
		p.Faults().Next("certificate.Download", sandbox.RefuseText(text))
		_, err := client.Fetch(t.Context(), apply(t, p, client, 0), io.Discard)
		require.ErrorIs(t, err, kind, text)
	}
	p.Faults().Next("certificate.Download", sandbox.Body(200, `{"head":{"status":22,"message":"已过期"}}`))
	_, err := client.Fetch(t.Context(), apply(t, p, client, 0), io.Discard)
	require.ErrorIs(t, err, zwfw.CertificateUnavailable)
	require.Equal(t, certificate.StatusExpired, certificate.StatusOf(err))
	old := apply(t, p, client, 0)
	p.Clock().Advance(11 * time.Minute)
	_, err = client.Fetch(t.Context(), old, io.Discard)
	require.ErrorIs(t, err, zwfw.WrongState, "quirk 8: the ten minutes are the platform's to enforce")
}

// Quirk 5.
func TestQuirk5AnIntranetHostIsRewrittenAndAnyOtherIsRefused(t *testing.T) {
	t.Parallel()
	p, client := startWith(t, sandbox.CertificateSetup{FileHost: "http://10.0.0.1:8080"})
	_, err := client.Fetch(t.Context(), apply(t, p, client, 0), io.Discard)
	require.ErrorIs(t, err, zwfw.BadRequest)
	require.Zero(t, downloads(p))

	config := p.CertificateConfig()
	config.Files.Rewrite = map[string]string{"10.0.0.1:8080": p.URL[len("http://"):]}
	_, err = newClient(t, config).Fetch(t.Context(), apply(t, p, newClient(t, config), 0), io.Discard)
	require.NoError(t, err)
	require.Equal(t, 1, downloads(p))
}

func TestAnAddressIsHandedOnToAnotherProcess(t *testing.T) {
	t.Parallel()
	p, client := start(t)
	kept := apply(t, p, client, 0).URL().Reveal()
	other := newClient(t, p.CertificateConfig())
	address := other.FileAt(zwfw.NewSecret(kept))
	_, err := other.Fetch(t.Context(), address, io.Discard)
	require.NoError(t, err)
	_, err = other.Fetch(t.Context(), address, io.Discard)
	require.ErrorIs(t, err, zwfw.WrongState)
	require.Equal(t, 1, downloads(p))
	_, err = other.Fetch(t.Context(), other.FileAt(zwfw.Secret{}), io.Discard)
	require.ErrorIs(t, err, zwfw.BadRequest)
}

func TestFilesSettingsAndMissingAddressesAreNamed(t *testing.T) {
	t.Parallel()
	p, client := start(t)
	config := p.CertificateConfig()
	config.Files.Hosts = []string{"http://files.example"}
	_, err := certificate.New(config)
	require.ErrorContains(t, err, "certificate: ")
	require.ErrorContains(t, err, "Hosts")
	_, err = client.Fetch(t.Context(), certificate.FileAddress{}, io.Discard)
	require.ErrorIs(t, err, zwfw.BadRequest)
	require.ErrorContains(t, err, "address: is required")
	require.NoError(t, client.Close())
	_, err = client.Fetch(t.Context(), certificate.FileAddress{}, io.Discard)
	require.ErrorIs(t, err, zwfw.Closed)
}
