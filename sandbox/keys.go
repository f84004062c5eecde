package sandbox

import (
	_ "embed"
	"fmt"

	"github.com/zwfw-go/zwfw/crypto"
)

// The keys are part of the binary, so that a sandbox starts at once. They protect
// nothing.
var (
	//go:embed keys/platform.pem
	platformPEM []byte
	//go:embed keys/client.pem
	clientPEM []byte
	//go:embed keys/identity.pem
	identityPEM []byte
	//go:embed keys/merchant.pem
	merchantPEM []byte
)

func mustLoad(name string, pem []byte) *crypto.PrivateKey {
	k, err := crypto.LoadPrivateKey(pem)
	if err != nil {
		panic(fmt.Sprintf("sandbox: built-in key %s: %v", name, err))
	}
	return k
}
