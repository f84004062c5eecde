package certificate

import (
	"context"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/wire/certificatewire"
)

// InfoByHolderRequest asks what a holder's certificates say.
type InfoByHolderRequest struct {
	Holder   Holder        // required
	TypeName string        // 证照类型名称; optional, send it when it is known
	Number   zwfw.IDNumber // 证照编号; optional, send it when it is known
	Cause    Cause         // 查询事由; required
	Context  CallContext
}

// InfoByIDRequest asks what one certificate says.
type InfoByIDRequest struct {
	ID      zwfw.IDNumber // 电子证照标识; required, in clear
	Cause   Cause         // required (下载事由 in the standard's table)
	Context CallContext
}

// Infos is what certificates say. The whole answer, as it arrived, is in Raw.
type Infos struct {
	Total        int // as in Found
	Certificates []Info

	Answer
}

// Info is one certificate: metadata (元数据) and face (照面).
type Info struct {
	ID         zwfw.IDNumber // 电子证照标识; "" when not said
	TypeName   string
	Name       string
	Holder     zwfw.PersonName
	HolderCode zwfw.IDNumber
	HolderType HolderType
	Number     zwfw.IDNumber

	Issuer     string
	IssuerCode string
	IssueDate  Date
	ValidFrom  Date
	ValidUntil Date // may be 长期

	DigitalSign zwfw.Raw // as it came; its form is nowhere described
	Surface     []Face   // in the platform's order
	Detail      []Group  // in the platform's order; in one practice only
}

// Face is one item of a certificate's face (照面项).
type Face struct {
	Name      string   // 姓名
	Value     zwfw.Raw // a text, or JSON as it came
	ValueType string   // "string"
	Column    string   // XM; its letter case differs between operations of one platform
	Order     int      // 0 when not said

	Other map[string]zwfw.Raw // members that no text names; nil when there are none
}

// Group is items that belong together, as the lines of a table.
type Group struct {
	Name  string
	Items []Face
}

// InfoByHolder (获取证照信息, by 持证主体代码) reads metadata and face of a holder's
// certificates. Revoked and expired certificates are read as well: ask VerifyFields
// whether one is valid.
//
// Errors: NotFound (10, 13), PermissionDenied (100), BadRequest (12, 102, 103),
// CertificateUnavailable where a platform refuses to show one, and those of every call.
//
// Source: DB51/T 2942—2022 6.4.1; field names are public practice.
func (c *Client) InfoByHolder(ctx context.Context, r InfoByHolderRequest) (*Infos, error) {
	k := checker{c: c, op: "InfoByHolder"}
	k.holder(r.Holder)
	k.text("TypeName", r.TypeName, maxName)
	k.clear("Number", r.Number, maxNumber)
	k.cause(r.Cause)
	return k.infos(ctx, &certificatewire.Holder{
		Code: r.Holder.Code, CodeType: string(r.Holder.CodeType), Type: r.TypeName, Number: r.Number, Cause: string(r.Cause), Context: k.context(r.Context),
	})
}

// InfoByID (获取证照信息, by 电子证照标识) reads metadata and face of one certificate. The
// rest is as InfoByHolder. Source: DB51/T 2942—2022 6.4.2.
func (c *Client) InfoByID(ctx context.Context, r InfoByIDRequest) (*Infos, error) {
	k := checker{c: c, op: "InfoByID"}
	k.identifier(r.ID)
	k.cause(r.Cause)
	return k.infos(ctx, &certificatewire.ByID{ID: r.ID, Cause: string(r.Cause), Context: k.context(r.Context)})
}

// infos makes a checked call that answers with certificates.
func (k *checker) infos(ctx context.Context, in any) (*Infos, error) {
	if k.err != nil {
		return nil, k.err
	}
	var out certificatewire.Infos
	meta, err := k.c.engine.Call(ctx, k.op, in, &out)
	if err != nil {
		return nil, err
	}
	list := out.Certificates()
	infos := &Infos{Total: total(out.Total, len(list)), Certificates: make([]Info, len(list)), Answer: answerOf(meta)}
	for i := range list {
		infos.Certificates[i] = infoOf(&list[i])
		infos.checked(list[i].ID)
	}
	return infos, nil
}

func infoOf(i *certificatewire.Info) Info {
	info := Info{
		ID: i.ID, TypeName: i.Type, Name: i.Name, Holder: i.Holder, HolderCode: i.HolderCode, HolderType: HolderType(i.HolderType), Number: i.Number,
		Issuer: i.Issuer, IssuerCode: i.IssuerCode, IssueDate: Date{i.IssueDate}, ValidFrom: Date{i.ValidFrom}, ValidUntil: Date{i.ValidUntil},
		DigitalSign: i.DigitalSign, Surface: facesOf(i.Surface),
	}
	for _, g := range i.Detail {
		info.Detail = append(info.Detail, Group{Name: g.Name, Items: facesOf(g.List)})
	}
	return info
}

func facesOf(wire []certificatewire.Face) []Face {
	faces := make([]Face, len(wire))
	for i, f := range wire {
		faces[i] = Face{Name: f.Name, Value: f.Value, ValueType: f.ValueType, Column: f.Column, Order: total(f.Order, 0)}
		for name, value := range f.Other {
			if faces[i].Other == nil {
				faces[i].Other = make(map[string]zwfw.Raw, len(f.Other))
			}
			faces[i].Other[name] = zwfw.NewRaw([]byte(value))
		}
	}
	return faces
}
