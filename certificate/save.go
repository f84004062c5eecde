package certificate

import (
	"context"
	"crypto/sha256"
	"io"
	"maps"
	"net/url"
	"strings"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/dock"
	"github.com/zwfw-go/zwfw/internal/fetch"
)

// FileFormat is a file's type, proven by the file's own bytes.
type FileFormat string

// The types that are accepted. OFD is a ZIP that holds OFD.xml; another ZIP is none.
const (
	FormatOFD  FileFormat = "ofd"
	FormatPDF  FileFormat = "pdf"
	FormatPNG  FileFormat = "png"
	FormatGIF  FileFormat = "gif"
	FormatJPEG FileFormat = "jpeg"
)

// File is what was fetched.
type File struct {
	Format FileFormat // whatever name, address or FileAddress.Format say
	Size   int64      // bytes
	SHA256 [sha256.Size]byte
}

// FetchOption changes one Fetch or Save.
type FetchOption struct{ option fetch.Option }

// WithProgress tells how far a file is: bytes so far and in all, -1 when the server does
// not say. Calls never overlap; the last one of a success has all bytes.
func WithProgress(tell func(done, total int64)) FetchOption {
	return FetchOption{fetch.WithProgress(tell)}
}

// Fetch writes a certificate's file to w, once: an address is never asked a second time,
// by whichever copy of it, unless Config.Files.Reusable allows it. After an error w may
// hold a part, which is worthless: apply for a new address.
//
// Errors: WrongState (the address was fetched before or has expired: apply again), NotFound
// (the platform has no such file), BadRequest (the address leads to a host that is not
// allowed), ProtocolMismatch (what came is no file of a known type, or not whole), TooLarge,
// Upstream, Timeout.
func (c *Client) Fetch(ctx context.Context, a FileAddress, w io.Writer, options ...FetchOption) (*File, error) {
	f, err := c.fetcher.Fetch(ctx, a.address, w, optionsOf(options)...)
	return fileOrError(f, err)
}

// Save writes a certificate's file to path, mode 0600, replacing what is there: complete
// and on disk, or not at all. Errors as Fetch.
//
// With Config.Files.Reusable a download that broke goes on where it broke (Range), where
// the server names the file (ETag, Last-Modified): tried again in this call, and later by
// another Save of the same address to the same path. Between the two the part stands in
// path+".part", and what it is a part of in path+".part.state".
func (c *Client) Save(ctx context.Context, a FileAddress, path string, options ...FetchOption) (*File, error) {
	f, err := c.fetcher.Save(ctx, a.address, path, optionsOf(options)...)
	return fileOrError(f, err)
}

// FileAt is the file at an address that came by another way than this client's own
// application, such as from another process of the unit. It is fetched once here (unless
// Config.Files.Reusable is set); whether it was fetched elsewhere, only the platform knows.
func (c *Client) FileAt(address zwfw.Secret) FileAddress {
	if address.IsZero() {
		return FileAddress{}
	}
	at := address // one that is masked is refused as it is
	if address.Reveal() != address.String() {
		at = zwfw.NewSecret(c.joined(address.Reveal()))
	}
	if c.reusable {
		return FileAddress{url: address, address: fetch.Reusable(at)}
	}
	return FileAddress{url: address, address: fetch.SingleUse(at)}
}

func fileOrError(f fetch.File, err error) (*File, error) {
	if err != nil {
		return nil, err
	}
	return &File{Format: FileFormat(f.Format), Size: f.Size, SHA256: f.SHA256}, nil
}

func optionsOf(options []FetchOption) []fetch.Option {
	list := make([]fetch.Option, len(options))
	for i, o := range options {
		list[i] = o.option
	}
	return list
}

// fileTexts are the sentences that platforms answer in place of a file, with status 200.
var fileTexts = []fetch.TextKind{
	{Contains: "已被下载", Kind: zwfw.WrongState}, {Contains: "有效期", Kind: zwfw.WrongState}, {Contains: "过期", Kind: zwfw.WrongState},
	{Contains: "失效", Kind: zwfw.WrongState}, {Contains: "不能为空", Kind: zwfw.BadRequest}, {Contains: "长度", Kind: zwfw.BadRequest},
	{Contains: "不存在", Kind: zwfw.NotFound}, {Contains: "文件错误", Kind: zwfw.NotFound}, {Contains: "峰值", Kind: zwfw.RateLimited},
}

// openFiles makes what fetches files.
func (c *Client) openFiles(config Config, d *zwfw.Dialect, s *zwfw.Settings) (err error) {
	files := config.Files
	c.reusable = files.Reusable
	if c.fileBase = files.Base; c.fileBase == "" {
		c.fileBase = config.BaseURL
	}
	codes := make(map[string]zwfw.Kind)
	maps.Copy(codes, d.Kinds)
	maps.Copy(codes, d.Ops["FileAddressByID"].Kinds)
	c.fetcher, err = fetch.New(fetch.Config{
		Platform: "certificate", Base: c.fileBase, Hosts: files.Hosts, Networks: files.Networks, Rewrite: files.Rewrite, MaxSize: files.MaxSize,
		Codes: codes, Texts: fileTexts, ToUTF8: dock.ToUTF8,
	}, s)
	return err
}

// joined puts a relative address below the base, also one that begins with a slash: that
// is how the platforms of public practice mean it.
func (c *Client) joined(address string) string {
	address = strings.TrimSpace(address)
	if u, err := url.Parse(address); err != nil || u.IsAbs() || u.Host != "" {
		return address
	}
	return strings.TrimRight(c.fileBase, "/") + "/" + strings.TrimLeft(address, "/")
}
