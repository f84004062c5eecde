package crypto_test

import (
	"context"
	"fmt"
	"time"

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

// A platform changes its key on 10 January and takes the old one for two days more.
func ExampleKeyring() {
	day := func(n int) time.Time { return time.Date(2024, 1, n, 0, 0, 0, 0, time.UTC) }
	signer := func(secret string) crypto.Signer {
		s, err := crypto.NewSigner("hmac-sm3", crypto.Material{Secret: []byte(secret)})
		if err != nil {
			panic(err)
		}
		return s
	}
	now := day(9)
	ring, err := crypto.NewKeyring(func() time.Time { return now },
		crypto.RingKey{ID: "2023", NotAfter: day(12), Signer: signer("TESTING KEY of 2023")},
		crypto.RingKey{ID: "2024", NotBefore: day(10), Signer: signer("TESTING KEY of 2024")})
	if err != nil {
		panic(err)
	}
	for _, now = range []time.Time{day(9), day(11), day(13)} {
		id, _, err := ring.SignWithID(context.Background(), []byte("text"))
		fmt.Println(now.Format(time.DateOnly), id, err)
	}
	// Output:
	// 2024-01-09 2023 <nil>
	// 2024-01-11 2024 <nil>
	// 2024-01-13 2024 <nil>
}
