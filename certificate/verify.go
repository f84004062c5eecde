package certificate

import (
	"context"
	"encoding/base64"
	"fmt"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/wire/certificatewire"
)

// VerifyFieldsRequest holds what a certificate is said to say. Fields that are empty are
// not compared.
type VerifyFieldsRequest struct {
	Holder   Holder // required
	TypeCode string // 证照类型代码, 21 characters (some sites take the name); without it platforms answer ResultIncomplete
	Cause    Cause  // 查询事由; required
	Context  CallContext

	TypeName   string
	Name       string // 证照名称
	Number     zwfw.IDNumber
	HolderName zwfw.PersonName
	Issuer     string
	IssuerCode string
	IssueDate  Date
	ValidFrom  Date
	ValidUntil Date // may be LongTerm
}

// Result is what a verification found. The enumeration is open.
type Result string

// Results of VerifyFields, the same with two independent vendors.
const (
	ResultValid      Result = "0" // 信息正确且有效
	ResultNotActive  Result = "1" // 信息正确且未激活
	ResultSuspended  Result = "2" // 信息正确且证照暂时失效
	ResultEnded      Result = "3" // 信息正确且证照已失效
	ResultIncomplete Result = "4" // 信息不全，无法验证
	ResultNotFound   Result = "5" // 查无此信息
)

// FieldsVerdict is the answer of VerifyFields.
type FieldsVerdict struct {
	Result Result
	Text   zwfw.PlatformText // the platform's words, such as 信息正确且有效

	Answer
}

// Valid reports whether all is correct and the certificate is valid now.
func (v FieldsVerdict) Valid() bool { return v.Result == ResultValid }

// Correct reports whether what was given is right, whether or not the certificate is
// valid.
func (v FieldsVerdict) Correct() bool {
	switch v.Result {
	case ResultValid, ResultNotActive, ResultSuspended, ResultEnded:
		return true
	}
	return false
}

// Mismatch reports that something given is wrong. 6 and 7 mean so, with other words at
// each vendor: Text says which.
func (v FieldsVerdict) Mismatch() bool { return v.Result == "6" || v.Result == "7" }

// VerifyFields (信息验证) compares what a certificate is said to say with what the platform
// holds. A negative answer is a result and no error.
//
// Errors: PermissionDenied (100), BadRequest (12, and 109 to 113 for fields that a site
// requires), NotSupported (2), and those of every call.
//
// Source: DB51/T 2942—2022 6.5.1 for the request; results 0 to 5 are public practice.
func (c *Client) VerifyFields(ctx context.Context, r VerifyFieldsRequest) (*FieldsVerdict, error) {
	k := checker{c: c, op: "VerifyFields"}
	k.holder(r.Holder)
	k.text("TypeCode", r.TypeCode, maxTypeCode)
	k.cause(r.Cause)
	for _, f := range []struct{ name, value string }{
		{"TypeName", r.TypeName}, {"Name", r.Name}, {"Issuer", r.Issuer}, {"IssuerCode", r.IssuerCode},
		{"IssueDate", r.IssueDate.Text()}, {"ValidFrom", r.ValidFrom.Text()}, {"ValidUntil", r.ValidUntil.Text()},
	} {
		k.text(f.name, f.value, maxName)
	}
	k.clear("Number", r.Number, maxNumber)
	k.clear("HolderName", r.HolderName, maxName)
	in := certificatewire.VerifyFields{
		Code: r.Holder.Code, CodeType: string(r.Holder.CodeType), TypeCode: r.TypeCode, Cause: string(r.Cause),
		Type: r.TypeName, Name: r.Name, Number: r.Number, Holder: r.HolderName, Issuer: r.Issuer, IssuerCode: r.IssuerCode,
		IssueDate: r.IssueDate.wire, ValidFrom: r.ValidFrom.wire, ValidUntil: r.ValidUntil.wire, Context: k.context(r.Context),
	}
	verdict, answer, err := k.verdict(ctx, &in)
	if err != nil {
		return nil, err
	}
	return &FieldsVerdict{Result: Result(verdict.Result), Text: verdict.Message, Answer: answer}, nil
}

// VerifyFileRequest holds a certificate's file.
type VerifyFileRequest struct {
	TypeCode string // 证照类型代码; required
	Content  []byte // the file; required, at most 20 MiB
	Cause    Cause  // required
	Context  CallContext
}

// FileResult is what a file's verification found. The enumeration is open.
type FileResult string

// Results of VerifyFile (public practice of one vendor).
const (
	FilePassed    FileResult = "0"  // 文件验证通过
	FileSealWrong FileResult = "1"  // 文件签章校验失败
	FileWrong     FileResult = "2"  // 文件校验失败
	FileNoBase64  FileResult = "22" // base64码转文件失败
)

// FileVerdict is the answer of VerifyFile.
type FileVerdict struct {
	Result FileResult
	Text   zwfw.PlatformText

	Answer
}

// Passed reports whether the file is whole and its seal good.
func (v FileVerdict) Passed() bool { return v.Result == FilePassed }

// maxFile keeps the request, with the file in Base64, below 32 MiB.
const maxFile = 20 << 20

// VerifyFile (文件验证) lets the platform check a certificate's file. A negative answer is a
// result and no error. Nothing of the standard's text is left here: the call is public
// practice, and some sources answer it with NotSupported (2) always.
//
// Errors: NotSupported (2), PermissionDenied (100), BadRequest (12), and those of every
// call.
func (c *Client) VerifyFile(ctx context.Context, r VerifyFileRequest) (*FileVerdict, error) {
	k := checker{c: c, op: "VerifyFile"}
	k.needed("TypeCode", r.TypeCode, maxTypeCode)
	k.cause(r.Cause)
	switch n := len(r.Content); {
	case n == 0:
		k.refuse("Content", "is required")
	case n > maxFile:
		k.refuse("Content", fmt.Sprintf("at most %d bytes, has %d", maxFile, n))
	}
	in := certificatewire.VerifyFile{TypeCode: r.TypeCode, ContentType: "base64", Cause: string(r.Cause), Context: k.context(r.Context)}
	if k.err == nil {
		in.Content = zwfw.NewRaw(base64.StdEncoding.AppendEncode(nil, r.Content))
	}
	verdict, answer, err := k.verdict(ctx, &in)
	if err != nil {
		return nil, err
	}
	return &FileVerdict{Result: FileResult(verdict.Result), Text: verdict.Message, Answer: answer}, nil
}

// verdict makes a checked verification.
func (k *checker) verdict(ctx context.Context, in any) (v certificatewire.Verdict, a Answer, err error) {
	if k.err != nil {
		return v, a, k.err
	}
	meta, err := k.c.engine.Call(ctx, k.op, in, &v)
	return v, answerOf(meta), err
}
