package zwfw_test

import (
	"errors"
	"fmt"

	"github.com/zwfw-go/zwfw"
)

// What a kiosk does with an error of any client.
func ExampleAdviceFor() {
	var err error = fmt.Errorf("kiosk 3: %w", &zwfw.Error{
		Platform: "lutong", Op: "VerifyCode", Where: "hall.example",
		Kind: zwfw.CodeExpired, Outcome: zwfw.OutcomeRefused, Sent: true,
		Code: "CODE_EXPIRED", RequestID: "00112233445566ab",
		Text: zwfw.NewPlatformText("张三的二维码已失效"),
	})
	if errors.Is(err, zwfw.CodeExpired) {
		advice := zwfw.AdviceFor(err)
		fmt.Println(advice.Citizen.ZH)
		fmt.Println(advice.Support.ZH)
	}
	fmt.Println(err)
	// Output:
	// 请刷新二维码后重新扫码
	// 错误类型 CodeExpired，平台代码 CODE_EXPIRED，请求号 00112233445566ab
	// kiosk 3: lutong VerifyCode at hall.example: refused, code expired [CODE_EXPIRED] request 00112233445566ab
}
