package hotline_test

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/hotline"
	"github.com/zwfw-go/zwfw/sandbox"
)

func upload(name string, content []byte, resume *hotline.UploadPoint) hotline.UploadRequest {
	return hotline.UploadRequest{Name: name, Content: bytes.NewReader(content), Size: int64(len(content)), Resume: resume}
}

// noise is a file that no chunk of it looks like another.
func noise(n int) []byte {
	content := make([]byte, n)
	r := rand.NewChaCha8([32]byte{1})
	_, _ = r.Read(content)
	return content
}

func TestAFileGoesUpAndComesDownWholeWhateverTheFirstIndex(t *testing.T) {
	t.Parallel()
	content := noise(2500)
	for _, first := range []int{0, 1} {
		p := sandbox.Start(t, sandbox.WithHotline(sandbox.HotlineSetup{FirstChunk: first, Rate: -1}))
		c := p.HotlineConfig()
		c.ChunkSize = 1000
		client := newClient(t, c, zwfw.WithClock(p.Clock()))
		var reached []int
		r := upload("现场.jpg", content, nil)
		r.Reached = func(at hotline.UploadPoint) { reached = append(reached, at.Next) }
		file, err := client.Upload(t.Context(), r)
		require.NoError(t, err)
		require.Equal(t, []int{0, 1, 2, 3}, reached)
		var down bytes.Buffer
		got, err := client.Download(t.Context(), hotline.DownloadRequest{File: hotline.Attachment{FileID: file.FileID}, Into: &down})
		require.NoError(t, err)
		require.Equal(t, content, down.Bytes())
		require.Equal(t, file, got)

		id := p.Hotline().Dispatch(sandbox.HotlineSheet{File: file.FileID})
		d, err := client.SheetDetail(t.Context(), id)
		require.NoError(t, err)
		require.Equal(t, []hotline.Attachment{file}, d.Attachments)
		_, err = client.SignFor(t.Context(), signing(id))
		require.NoError(t, err)
		f := finishing(id, "F1")
		f.Attachments = []hotline.Attachment{file}
		_, err = client.Finish(t.Context(), f)
		require.NoError(t, err)

		wrong := newClient(t, func() hotline.Config { c := c; c.FirstChunk = 1 - first; return c }(), once, zwfw.WithClock(p.Clock()))
		_, err = wrong.Upload(t.Context(), upload("b.jpg", content, nil))
		require.ErrorIs(t, err, zwfw.BadRequest)
	}
}

func TestATransferGoesOnWhereItBrokeOff(t *testing.T) {
	t.Parallel()
	p := sandbox.Start(t, sandbox.WithHotline(unhurried))
	c := p.HotlineConfig()
	c.ChunkSize = 1000
	client := newClient(t, c, once, zwfw.WithClock(p.Clock()))
	content := noise(4200)
	var at hotline.UploadPoint
	r := upload("a.pdf", content, nil)
	r.Reached = func(p hotline.UploadPoint) { at = p }
	p.Faults().Next("hotline.FileChunk", sandbox.Pass(), sandbox.Pass(), sandbox.DropAfter())
	_, err := client.Upload(t.Context(), r)
	require.ErrorIs(t, err, zwfw.Upstream)
	require.Equal(t, 2, at.Next)
	_, err = client.Upload(t.Context(), upload("a.pdf", noise(4201), &at))
	require.ErrorIs(t, err, zwfw.BadRequest)
	require.ErrorContains(t, err, "the content is not the one")
	file, err := client.Upload(t.Context(), upload("a.pdf", content, &at))
	require.NoError(t, err)
	require.Equal(t, 6, p.Effects("hotline.FileChunk"), "five chunks, one of them twice")

	var down bytes.Buffer
	var point hotline.DownloadPoint
	d := hotline.DownloadRequest{File: file, Into: &down, Reached: func(p hotline.DownloadPoint) { point = p }}
	p.Faults().Next("hotline.FileGet", sandbox.Pass(), sandbox.HalfBody())
	_, err = client.Download(t.Context(), d)
	require.ErrorIs(t, err, zwfw.Upstream)
	require.Equal(t, 1, point.Next)
	d.Resume = &point
	_, err = client.Download(t.Context(), d)
	require.NoError(t, err)
	require.Equal(t, content, down.Bytes())
}

func TestAFileThatIsNotTheFileIsSaidSo(t *testing.T) {
	t.Parallel()
	p := sandbox.Start(t, sandbox.WithHotline(unhurried))
	c := p.HotlineConfig()
	c.MaxFile = 3000
	client := newClient(t, c, once, zwfw.WithClock(p.Clock()))
	file, err := client.Upload(t.Context(), upload("a.pdf", noise(900), nil))
	require.NoError(t, err)
	for want, change := range map[string]func(*hotline.Attachment){
		"the content has another digest":     func(a *hotline.Attachment) { a.SHA256 = "00" },
		"900 bytes came, 901 were announced": func(a *hotline.Attachment) { a.Size = 901 },
	} {
		other := file
		change(&other)
		_, err := client.Download(t.Context(), hotline.DownloadRequest{File: other, Into: new(bytes.Buffer)})
		require.ErrorIs(t, err, zwfw.ProtocolMismatch)
		require.ErrorContains(t, err, want)
	}
	for want, body := range map[string]string{
		"the chunk is not Base64":      `{"code":"0","data":{"base64":"%%%","chunks":1}}`,
		"the chunk is of another file": `{"code":"0","data":{"fileId":"F2","base64":"AAAA","chunks":1}}`,
	} {
		p.Faults().Next("hotline.FileGet", sandbox.Body(200, body))
		_, err := client.Download(t.Context(), hotline.DownloadRequest{File: file, Into: new(bytes.Buffer)})
		require.ErrorContains(t, err, want)
	}
	_, err = client.Upload(t.Context(), upload("a.pdf", noise(3001), nil))
	require.ErrorContains(t, err, "Size: must be 1 to 3000, is 3001")
	_, err = client.Download(t.Context(), hotline.DownloadRequest{File: file, Into: new(bytes.Buffer), Resume: &hotline.DownloadPoint{Next: 1}})
	require.ErrorContains(t, err, "Resume")
}
