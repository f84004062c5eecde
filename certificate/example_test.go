package certificate_test

import (
	"context"
	"fmt"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/certificate"
	"github.com/zwfw-go/zwfw/sandbox"
)

// A window finds a citizen's certificates and checks one of them. The sandbox stands in
// for the platform.
func Example() {
	p := sandbox.New()
	stop, err := p.Listen("127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer stop()
	client, err := certificate.New(p.CertificateConfig())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()

	holder := certificate.Holder{Code: p.Citizens()[0].IDNumber, CodeType: certificate.HolderResident}
	found, err := client.Search(context.Background(), certificate.SearchRequest{Holder: holder, Cause: certificate.CauseSharing})
	if err != nil {
		fmt.Println(zwfw.AdviceFor(err).Staff.ZH)
		return
	}
	for _, row := range found.Rows {
		fmt.Println(row.TypeName, row.Number, row.IssueDate)
	}
	verdict, err := client.VerifyFields(context.Background(), certificate.VerifyFieldsRequest{
		Holder: holder, TypeCode: "11999999MB0000000X001", Number: found.Rows[0].Number, Cause: certificate.CauseSharing,
	})
	if err != nil {
		fmt.Println(zwfw.AdviceFor(err).Staff.ZH)
		return
	}
	fmt.Println(verdict.Valid(), verdict.Text.Reveal())
	// Output:
	// 测试证照 T****1 2024年01月01日
	// 测试许可证 P****1 2024年01月01日
	// true 信息正确且有效
}
