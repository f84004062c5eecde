package hotline

import (
	"context"
	"crypto/sha256"
	"encoding"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"strings"

	"github.com/zwfw-go/zwfw/crypto"
	"github.com/zwfw-go/zwfw/internal/dock"
	wire "github.com/zwfw-go/zwfw/internal/wire/hotlinewire"
)

// DownloadRequest is a file on its way here. File.FileID and Into are required; with
// File.SHA256 and File.Size the content is checked against them, else against what the
// platform says of it.
type DownloadRequest struct {
	File Attachment
	Into io.Writer
	// Resume goes on where an earlier download broke off; Into stands at Bytes then.
	Resume *DownloadPoint
	// Reached is told each place up to which Into was written.
	Reached func(DownloadPoint)
}

// DownloadPoint is how far a download came.
type DownloadPoint struct {
	Next  int    // chunks that are here
	Bytes int64  // of the content
	State []byte // of the digest over them
}

// Download fetches a file chunk by chunk (附件下载) and checks its size and digest at the
// end. It gives what is known of the file.
//
// Errors: NotFound, ProtocolMismatch (size or digest differ: what was written is not the
// file), TooLarge (more than Config.MaxFile), and those of every call. An error of Into
// is returned as it is.
//
// Source: an extension; names are assumptions.
func (c *Client) Download(ctx context.Context, r DownloadRequest) (Attachment, error) {
	const op = "FileGet"
	k := c.check(op)
	k.need("File.FileID", r.File.FileID, maxID)
	k.is(r.Into != nil, "Into", "is required")
	d := download{c: c, r: r, digest: sha256.New(), file: r.File}
	if p := r.Resume; p != nil {
		d.at = *p
		k.is(d.digest.(encoding.BinaryUnmarshaler).UnmarshalBinary(p.State) == nil && p.Next >= 0 && p.Bytes >= 0, "Resume", "is no place that Reached was told")
	}
	if k.err != nil {
		return Attachment{}, k.err
	}
	for {
		last, meta, err := d.next(ctx, op)
		if err != nil {
			return Attachment{}, err
		}
		if last {
			return d.file, d.check(op, meta)
		}
	}
}

type download struct {
	c      *Client
	r      DownloadRequest
	digest hash.Hash
	at     DownloadPoint
	file   Attachment
}

// next fetches one chunk.
func (d *download) next(ctx context.Context, op string) (last bool, meta dock.Meta, err error) {
	var out wire.FilePart
	index := d.at.Next + d.c.config.FirstChunk
	if meta, err = d.c.call(ctx, op, &wire.FileQuery{FileID: d.r.File.FileID, Index: index}, &out); err != nil {
		return false, meta, err
	}
	chunk, err := crypto.Encoding("b64").Decode(out.Base64)
	switch {
	case err != nil || len(chunk) == 0:
		return false, meta, d.c.useless(op, meta, "base64", "the chunk is not Base64")
	case out.FileID != "" && out.FileID != d.r.File.FileID:
		return false, meta, d.c.useless(op, meta, "fileId", "the chunk is of another file")
	case d.at.Bytes+int64(len(chunk)) > d.c.config.MaxFile:
		return false, meta, d.c.useless(op, meta, "base64", fmt.Sprintf("the file has more than %d bytes", d.c.config.MaxFile))
	}
	if _, err := d.r.Into.Write(chunk); err != nil {
		return false, meta, err
	}
	d.digest.Write(chunk)
	d.learn(out)
	d.at.Next, d.at.Bytes = d.at.Next+1, d.at.Bytes+int64(len(chunk))
	if d.r.Reached != nil {
		d.at.State, _ = d.digest.(encoding.BinaryMarshaler).MarshalBinary() // never fails
		d.r.Reached(d.at)
	}
	if out.Chunks > 0 {
		return d.at.Next >= out.Chunks, meta, nil
	}
	return d.at.Bytes >= d.file.Size, meta, nil // the platform counts no chunks
}

// learn takes over what the platform says of the file where the caller did not.
func (d *download) learn(p wire.FilePart) {
	if d.file.Name == "" {
		d.file.Name = p.FileName
	}
	if d.file.Size == 0 {
		d.file.Size = p.Size
	}
	if d.file.SHA256 == "" {
		d.file.SHA256 = p.SHA256
	}
}

func (d *download) check(op string, meta dock.Meta) error {
	if d.file.Size > 0 && d.at.Bytes != d.file.Size {
		return d.c.useless(op, meta, "size", fmt.Sprintf("%d bytes came, %d were announced", d.at.Bytes, d.file.Size))
	}
	if d.file.SHA256 != "" && !strings.EqualFold(d.file.SHA256, hex.EncodeToString(d.digest.Sum(nil))) {
		return d.c.useless(op, meta, "sha256", "the content has another digest")
	}
	return nil
}
