package hotline

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"strings"

	wire "github.com/zwfw-go/zwfw/internal/wire/hotlinewire"
)

// UploadRequest is a file on its way to the platform. Name, Content and Size are
// required.
type UploadRequest struct {
	Name    string // with its extension, without a folder
	Content io.ReaderAt
	Size    int64 // bytes
	// Resume goes on where an earlier upload broke off.
	Resume *UploadPoint
	// Reached is told each place that is safe on the platform; keep it to resume there.
	Reached func(UploadPoint)
}

// UploadPoint is how far an upload came.
type UploadPoint struct {
	FileID string
	SHA256 string // of the whole content, lower hex
	Chunk  int64  // bytes of one chunk
	Next   int    // chunks that are there
}

// Upload sends a file in chunks (附件上传) and gives what a sheet, a finish or a delay names
// it by. The content is read twice: once for its digest. A chunk may arrive twice without
// harm.
//
// Errors: BadRequest (the content is not what Resume began with, or too large), TooLarge,
// NotFound (the platform has forgotten the upload: begin again), and those of every call.
//
// Source: an extension; chunks in Base64 are public practice, names and limits
// assumptions.
func (c *Client) Upload(ctx context.Context, r UploadRequest) (Attachment, error) {
	const op = "FileInit"
	k := c.check(op)
	k.need("Name", r.Name, 255)
	k.is(!strings.ContainsAny(r.Name, `/\`), "Name", "must be without a folder")
	k.is(r.Content != nil, "Content", "is required")
	k.is(r.Size > 0 && r.Size <= c.config.MaxFile, "Size", fmt.Sprintf("must be 1 to %d, is %d", c.config.MaxFile, r.Size))
	if k.err != nil {
		return Attachment{}, k.err
	}
	digest := sha256.New()
	if n, err := io.Copy(digest, io.NewSectionReader(r.Content, 0, r.Size)); err != nil || n != r.Size {
		return Attachment{}, c.engine.Refuse(op, "Content", fmt.Sprintf("%d of %d bytes can be read", n, r.Size))
	}
	done := Attachment{Name: r.Name, Size: r.Size, SHA256: hex.EncodeToString(digest.Sum(nil))}
	at, err := c.begin(ctx, op, r, done.SHA256)
	if err != nil {
		return Attachment{}, err
	}
	done.FileID = at.FileID
	for int64(at.Next)*at.Chunk < r.Size {
		if err := c.sendChunk(ctx, r, at); err != nil {
			return Attachment{}, err
		}
		at.Next++
		if r.Reached != nil {
			r.Reached(at)
		}
	}
	return done, nil
}

// begin announces the file, or goes on where an earlier upload was.
func (c *Client) begin(ctx context.Context, op string, r UploadRequest, digest string) (UploadPoint, error) {
	if p := r.Resume; p != nil {
		switch {
		case p.SHA256 != digest:
			return *p, c.engine.Refuse(op, "Resume", "the content is not the one that this upload began with")
		case p.FileID == "" || p.Chunk <= 0 || p.Chunk > maxChunk || p.Next < 0:
			return *p, c.engine.Refuse(op, "Resume", "is no place that Reached was told")
		}
		return *p, nil
	}
	var out wire.FileTicket
	meta, err := c.call(ctx, op, &wire.FileStart{FileName: r.Name, Size: r.Size, SHA256: digest, ChunkSize: c.config.ChunkSize}, &out)
	if err != nil {
		return UploadPoint{}, err
	}
	at := UploadPoint{FileID: out.FileID, SHA256: digest, Chunk: c.config.ChunkSize}
	if want := int((r.Size + at.Chunk - 1) / at.Chunk); out.Chunks != 0 && out.Chunks != want {
		return at, c.useless(op, meta, "chunks", fmt.Sprintf("the platform wants %d, the file has %d", out.Chunks, want))
	}
	if r.Reached != nil {
		r.Reached(at)
	}
	return at, nil
}

func (c *Client) sendChunk(ctx context.Context, r UploadRequest, at UploadPoint) error {
	from := int64(at.Next) * at.Chunk
	chunk := make([]byte, min(at.Chunk, r.Size-from))
	if _, err := io.ReadFull(io.NewSectionReader(r.Content, from, int64(len(chunk))), chunk); err != nil {
		return c.engine.Refuse("FileChunk", "Content", "cannot be read any more")
	}
	_, _, err := c.act(ctx, "FileChunk", &wire.FileChunk{
		FileID: at.FileID, Index: at.Next + c.config.FirstChunk, Base64: base64.StdEncoding.EncodeToString(chunk),
	}, &wire.Nothing{})
	return err
}
