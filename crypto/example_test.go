package crypto_test

import (
	"context"
	"fmt"

	"github.com/zwfw-go/zwfw/crypto"
)

// The signature header of the Shandong gateway: a template says what is signed,
// a suite how, an encoding how it is written.
func Example() {
	template, err := crypto.ParseTemplate("{ts|ms}{cred.token}{nonce|uuid}{ts|ms}")
	if err != nil {
		fmt.Println(err)
		return
	}
	values := map[string]string{
		"ts":         "1700000000000",
		"nonce":      "11111111-2222-3333-4444-555555555555",
		"cred.token": "0123456789abcdef", // TESTING KEY
	}
	message, err := template.Append(nil, func(name, _ string) (string, bool) {
		v, ok := values[name]
		return v, ok
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	signer, err := crypto.NewSigner("hmac-sm3", crypto.Material{Secret: []byte(values["cred.token"])})
	if err != nil {
		fmt.Println(err)
		return
	}
	signature, err := signer.Sign(context.Background(), message)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(crypto.Encoding("hex").Encode(signature))
	// Output: d63ad258ea76dd989ad9b90c263d8487f09c9e7af0f18f8c102bd30323f59aeb
}
