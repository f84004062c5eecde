package certificate

import (
	"context"
	"strings"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/fetch"
	"github.com/zwfw-go/zwfw/internal/wire/certificatewire"
)

// FileByHolderRequest asks for the file of a holder's certificate.
type FileByHolderRequest struct {
	Holder   Holder        // required
	TypeName string        // 证照类型名称; required, the Chinese name and no code
	Number   zwfw.IDNumber // 证照编号; optional, send it when it is known
	Cause    Cause         // 下载事由; required
	Context  CallContext

	// CopyExpires is when the annotated copy (加注件) ends. Optional (public practice).
	CopyExpires time.Time
}

// FileByIDRequest asks for the file of one certificate.
type FileByIDRequest struct {
	ID          zwfw.IDNumber // 电子证照标识; required, in clear
	Cause       Cause         // 下载事由; required
	Context     CallContext
	CopyExpires time.Time // optional, as above
}

// FileByEncryptedIDRequest asks for the file of a certificate that somebody shows.
type FileByEncryptedIDRequest struct {
	EncryptedID zwfw.Secret // 加密电子证照标识; required
	WorkID      string      // 办事授权码; optional (public practice of one vendor)
	Cause       Cause       // 下载事由; required
	Context     CallContext
}

// FileAddresses is the answer of the three applications for a download.
type FileAddresses struct {
	Total int // as in Found
	Files []FileAddress

	Answer
}

// FileAddress is where one certificate's file can be had.
type FileAddress struct {
	ID        zwfw.IDNumber // 电子证照标识; "" when not said
	TypeName  string
	Number    zwfw.IDNumber
	Issuer    string
	IssueDate Date

	// Format is what the platform calls the file's format: "ofd", "pdf". Trust the bytes.
	Format string

	url     zwfw.Secret
	content zwfw.Raw
	address fetch.Address
}

// URL is the address as the platform gave it, relative or absolute. It is a credential:
// good once, for about ten minutes (public practice). Zero when the file itself came.
// Client.Fetch and Client.Save are what it is for.
func (f FileAddress) URL() zwfw.Secret { return f.url }

// Content is the file itself in Base64, as it came. Zero when there is an address.
func (f FileAddress) Content() zwfw.Raw { return f.content }

// FileAddressByHolder (申请下载, by 持证主体代码 and 证照类型名称) asks for the addresses of a
// holder's certificates of one type: originals, or copies annotated with the cause
// (原件或加注件). A lost answer is asked for again: it gives a new address, and one that
// nobody saw expires unused.
//
// Errors: CertificateUnavailable with the status in [StatusOf] (21 revoked, 22 expired, 23
// restricted, 24 not available), NotFound (10, 13), PermissionDenied (100), BadRequest (12,
// 102 for a CopyExpires in the past), and those of every call.
//
// Source: DB51/T 2942—2022 6.3.1; the answer is public practice.
func (c *Client) FileAddressByHolder(ctx context.Context, r FileByHolderRequest) (*FileAddresses, error) {
	k := checker{c: c, op: "FileAddressByHolder"}
	k.holder(r.Holder)
	k.needed("TypeName", r.TypeName, maxName)
	k.clear("Number", r.Number, maxNumber)
	k.cause(r.Cause)
	return k.files(ctx, &certificatewire.Holder{
		Code: r.Holder.Code, CodeType: string(r.Holder.CodeType), Type: r.TypeName, Number: r.Number, Cause: string(r.Cause),
		Expiry: k.expiry(r.CopyExpires), Context: k.context(r.Context),
	})
}

// FileAddressByID (申请下载, by 电子证照标识) asks for the address of one certificate's file.
// The rest is as FileAddressByHolder. Source: DB51/T 2942—2022 6.3.2.
func (c *Client) FileAddressByID(ctx context.Context, r FileByIDRequest) (*FileAddresses, error) {
	k := checker{c: c, op: "FileAddressByID"}
	k.identifier(r.ID)
	k.cause(r.Cause)
	return k.files(ctx, &certificatewire.ByID{
		ID: r.ID, Cause: string(r.Cause), Expiry: k.expiry(r.CopyExpires), Context: k.context(r.Context),
	})
}

// FileAddressByEncryptedID (申请下载, by 加密电子证照标识) asks for the address of a shown
// certificate's file. NotFound also means that the encrypted identifier has expired. The
// rest is as FileAddressByHolder. Source: DB51/T 2942—2022 6.3.3.
func (c *Client) FileAddressByEncryptedID(ctx context.Context, r FileByEncryptedIDRequest) (*FileAddresses, error) {
	k := checker{c: c, op: "FileAddressByEncryptedID"}
	k.secret("EncryptedID", r.EncryptedID)
	k.text("WorkID", r.WorkID, maxNumber)
	k.cause(r.Cause)
	return k.files(ctx, &certificatewire.ByEncryptedID{
		EncryptedID: r.EncryptedID, WorkID: r.WorkID, Cause: string(r.Cause), Context: k.context(r.Context),
	})
}

// files makes a checked application.
func (k *checker) files(ctx context.Context, in any) (*FileAddresses, error) {
	if k.err != nil {
		return nil, k.err
	}
	var out certificatewire.Files
	meta, err := k.c.engine.Call(ctx, k.op, in, &out)
	if err != nil {
		return nil, err
	}
	a := &FileAddresses{Answer: answerOf(meta)}
	for _, f := range out.Addresses() {
		a.Files = append(a.Files, k.c.fileOf(f))
	}
	a.Total = total(out.Total, len(a.Files))
	a.compared()
	return a, nil
}

// compared warns of wrong identifiers, and where files cannot be told apart by them (seen:
// one constant for all).
func (a *FileAddresses) compared() {
	var ids []string
	for _, f := range a.Files {
		a.checked(f.ID)
		if !f.ID.IsZero() {
			ids = append(ids, f.ID.Reveal())
		}
	}
	if !unique(ids) {
		a.Warnings = append(a.Warnings, zwfw.Warning{Field: "list.certificateID", Problem: "several files carry the same identifier; tell them apart by number"})
	}
}

// fileOf tells an address from a file. contentType is "http" or "base64" and no MIME type.
func (c *Client) fileOf(f certificatewire.File) FileAddress {
	a := FileAddress{
		ID: f.ID, TypeName: f.Type, Number: f.Number, Issuer: f.Issuer, IssueDate: Date{f.IssueDate}, Format: strings.ToLower(strings.TrimSpace(f.Format)), url: f.URL,
	}
	content := f.Content.Reveal()
	switch kind := strings.ToLower(f.ContentType); {
	case !f.URL.IsZero() || content == "":
	case strings.HasPrefix(kind, "http"), kind == "" && strings.HasPrefix(strings.ToLower(content), "http"):
		a.url = zwfw.NewSecret(content)
	default:
		a.content = f.Content
	}
	a.address = c.FileAt(a.url).address
	if !a.content.IsZero() {
		a.address = fetch.Enclosed(a.content)
	}
	return a
}
