package sandbox

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/zwfw-go/zwfw"
	wire "github.com/zwfw-go/zwfw/internal/wire/hotlinewire"
)

// hotlineFile is an attachment.
type hotlineFile struct {
	unit   string
	start  wire.FileStart
	chunks [][]byte
}

const (
	mostFile  = 20 << 20
	mostChunk = 1 << 20
)

var fileTypes = []string{".jpg", ".png", ".pdf", ".doc", ".docx", ".xls", ".xlsx", ".mp3", ".wav", ".mp4", ".zip"}

// fileInit is H11's first call. The same file is the same upload.
func (h *hotlineSide) fileInit(x *exchange, d *hotlineDesk, in *wire.FileStart) (any, *no) {
	switch {
	case in.FileName == "":
		return nil, lacks("fileName")
	case in.Size <= 0:
		return nil, illegal("size")
	case in.Size > mostFile || in.ChunkSize > mostChunk:
		return nil, &no{kind: zwfw.TooLarge}
	case in.ChunkSize <= 0:
		return nil, illegal("chunkSize")
	case len(in.SHA256) != sha256.Size*2:
		return nil, illegal("sha256")
	case !slices.Contains(fileTypes, strings.ToLower(path.Ext(in.FileName))):
		return nil, illegal("fileName")
	}
	digest := sha256.Sum256(fmt.Appendf(nil, "%s %v", d.id, *in))
	id := "F" + hex.EncodeToString(digest[:8])
	f := h.files[id]
	if f == nil {
		f = &hotlineFile{unit: d.id, start: *in, chunks: make([][]byte, (in.Size+in.ChunkSize-1)/in.ChunkSize)}
		h.files[id] = f
		x.entry.Effect = true
	}
	return &wire.FileTicket{FileID: id, Chunks: len(f.chunks)}, nil
}

func (h *hotlineSide) file(d *hotlineDesk, id string, index int) (*hotlineFile, int, *no) {
	f := h.files[id]
	i := index - h.setup.FirstChunk
	switch {
	case f == nil || f.unit != "" && f.unit != d.id:
		return nil, 0, &no{kind: zwfw.NotFound, code: "40402", text: "附件不存在"}
	case i < 0 || i >= len(f.chunks):
		return nil, 0, illegal("index")
	}
	return f, i, nil
}

// fileChunk takes one part; with the last the digest is checked.
func (h *hotlineSide) fileChunk(x *exchange, d *hotlineDesk, in *wire.FileChunk) (any, *no) {
	f, i, refusal := h.file(d, in.FileID, in.Index)
	if refusal != nil {
		return nil, refusal
	}
	chunk, err := base64.StdEncoding.DecodeString(in.Base64)
	want := min(f.start.ChunkSize, f.start.Size-int64(i)*f.start.ChunkSize)
	if err != nil || int64(len(chunk)) != want {
		return nil, illegal("base64")
	}
	f.chunks[i], x.entry.Effect = chunk, true
	if f.whole() && f.digest() != strings.ToLower(f.start.SHA256) {
		f.chunks = make([][]byte, len(f.chunks))
		return nil, rejected([]finding{{"sha256", "digest of the content"}})
	}
	return &wire.Nothing{}, nil
}

func (f *hotlineFile) whole() bool {
	return !slices.ContainsFunc(f.chunks, func(c []byte) bool { return c == nil })
}

func (f *hotlineFile) digest() string {
	sum := sha256.Sum256(slices.Concat(f.chunks...))
	return hex.EncodeToString(sum[:])
}

func (h *hotlineSide) fileGet(_ *exchange, d *hotlineDesk, in *wire.FileQuery) (any, *no) {
	f, i, refusal := h.file(d, in.FileID, in.Index)
	if refusal != nil {
		return nil, refusal
	}
	if !f.whole() {
		return nil, &no{kind: zwfw.NotFound, code: "40402", text: "附件未上传完整"}
	}
	return &wire.FilePart{
		FileID: in.FileID, Index: in.Index, Base64: base64.StdEncoding.EncodeToString(f.chunks[i]), Chunks: len(f.chunks),
		FileName: f.start.FileName, Size: f.start.Size, SHA256: f.start.SHA256,
	}, nil
}

// attached refuses files that were never uploaded.
func (h *hotlineSide) attached(d *hotlineDesk, list []wire.Attachment) *no {
	const most = 10
	if len(list) > most {
		return &no{kind: zwfw.TooLarge}
	}
	for _, a := range list {
		if f := h.files[a.FileID]; a.FileID != "" && (f == nil || f.unit != d.id || !f.whole()) {
			return &no{kind: zwfw.NotFound, code: "40402", text: "附件不存在"}
		}
	}
	return nil
}
