package certificate_test

import (
	"fmt"

	"github.com/zwfw-go/zwfw/certificate"
)

func ExampleParseIdentifier() {
	id, err := certificate.ParseIdentifier("1.2.156.3005.2.11999999MB0000000X001.11999999000000000Q.202400000001.001.4")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(id)
	fmt.Println(id.TypeCode(), id.IssuerCode(), id.Version(), id.Check())
	_, err = certificate.ParseIdentifier("1.2.156.3005.2.11999999MB0000000X001.340.202400000001.001.4")
	fmt.Println(err)
	// Output:
	// 1.2.156.3005.2.11999999MB0000000X001.11999999000000000Q.****
	// 11999999MB0000000X001 11999999000000000Q 1 valid
	// certificate: identifier: issuer code: expected 6 to 18 characters
}
