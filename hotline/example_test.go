package hotline_test

import (
	"context"
	"fmt"
	"log"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/hotline"
	"github.com/zwfw-go/zwfw/sandbox"
)

// A member unit takes its new sheets, signs for them and answers one.
func Example() {
	p := sandbox.New(sandbox.WithSeed(1)) // in a hall: the province's address and credential
	stop, err := p.Listen("127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	defer stop()
	p.Hotline().Dispatch(sandbox.HotlineSheet{Title: "路灯不亮"})

	client, err := hotline.New(p.HotlineConfig())
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	ctx, clerk := context.Background(), zwfw.NewPersonName("测试经办")
	for sheet, err := range client.PendingSheets(ctx, hotline.PendingQuery{}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(sheet.Title.Reveal(), sheet.State)
		signed, err := client.SignFor(ctx, hotline.SignRequest{DispatchID: sheet.DispatchID, Signer: clerk})
		if err != nil {
			log.Fatal(err)
		}
		answer, err := client.Finish(ctx, hotline.FinishRequest{
			DispatchID: sheet.DispatchID, RequestNo: "2026-0001", At: signed.Signed, Handler: clerk, Result: "已修复。", Solved: hotline.IsSolved,
		})
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(answer.Standing)
	}
	// Output:
	// 路灯不亮 10
	// waiting for approval
}
