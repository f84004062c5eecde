package lutong_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/lutong"
	"github.com/zwfw-go/zwfw/sandbox"
)

// A kiosk's first call, against the sandbox: no line to any platform is needed.
func Example() {
	platform := sandbox.New()
	stop, _ := platform.Listen("127.0.0.1:0") // the stand-in platform
	defer stop()
	client, _ := lutong.New(platform.LutongConfig()) // in a hall: your own lutong.Config
	scan := platform.MintCode(platform.Citizens()[0])

	for range 2 { // the same code twice
		user, err := client.VerifyCode(context.Background(), lutong.VerifyRequest{Code: scan})
		if errors.Is(err, zwfw.CodeUsed) {
			fmt.Println(zwfw.AdviceFor(err).Citizen.ZH)
		} else if err == nil {
			fmt.Println(user.Name, user.IDNumber) // prints masked; Reveal gives the value
		}
	}
	_ = client.Close()
	// Output:
	// *试甲 9****************X
	// 此码已使用，请刷新后再扫
}
