package certificate

import (
	"context"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/wire/certificatewire"
)

// SearchRequest asks which certificates a holder has.
type SearchRequest struct {
	Holder   Holder // required
	TypeName string // 证照类型名称; optional, all types when empty
	Cause    Cause  // 查询事由; required
	Context  CallContext
}

// Found is the answer of Search.
type Found struct {
	// Total is how many there are: what the platform says, or the number of rows when it
	// says nothing. A platform may say more than it lists.
	Total int
	Rows  []Row

	Answer
}

// Row is one certificate of a search.
type Row struct {
	ID       zwfw.IDNumber // 电子证照标识, for FileAddressByID and InfoByID; ParseIdentifier takes it apart
	TypeName string        // 证照类型名称
	Name     string        // 证照名称
	Number   zwfw.IDNumber // 证照编号

	Issuer    string // 颁发机构
	IssueDate Date

	AreaCode   string // 行政区划代码 of the issuing province or city; "" when not said
	DataSource string // the platform's own code of where the row came from; "" when not said
}

// Search (检索) lists a holder's certificates. A holder without certificates is no error.
// Certificates of other provinces come by forwarding, which takes 5 to 10 s; when the
// national platform is down, platforms answer with the rows that they have themselves.
//
// Errors: NotFound (status 10; also 13, an unknown type), PermissionDenied (100),
// BadRequest (12, 102, 103), TokenInvalid (11), and those of every call.
//
// Source: DB51/T 2942—2022 6.2 for account, holder and cause; the names, and all of the
// answer, are public practice.
func (c *Client) Search(ctx context.Context, r SearchRequest) (*Found, error) {
	const op = "Search"
	k := checker{c: c, op: op}
	k.holder(r.Holder)
	k.text("TypeName", r.TypeName, maxName)
	k.cause(r.Cause)
	in := certificatewire.Holder{
		Code: r.Holder.Code, CodeType: string(r.Holder.CodeType), Type: r.TypeName, Cause: string(r.Cause), Context: k.context(r.Context),
	}
	if k.err != nil {
		return nil, k.err
	}
	var out certificatewire.Found
	meta, err := c.engine.Call(ctx, op, &in, &out)
	if err != nil {
		return nil, err
	}
	found := &Found{Rows: rowsOf(out.Records()), Answer: answerOf(meta)}
	found.Total = total(out.Total, len(found.Rows))
	return found, nil
}

func rowsOf(records []certificatewire.Record) []Row {
	rows := make([]Row, len(records))
	for i := range records {
		r := &records[i]
		rows[i] = Row{
			ID: r.ID, TypeName: r.Type, Name: r.Name, Number: r.Number, Issuer: r.Issuer, IssueDate: Date{r.IssueDate},
			AreaCode: r.AreaCode, DataSource: r.DataSource,
		}
	}
	return rows
}

func total(said *int, counted int) int {
	if said == nil {
		return counted
	}
	return *said
}
