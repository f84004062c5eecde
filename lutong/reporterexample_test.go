package lutong_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/lutong"
	"github.com/zwfw-go/zwfw/outbox"
	"github.com/zwfw-go/zwfw/sandbox"
)

// A ticket that was taken while the line is down is reported when it is back.
func ExampleTicketReporter() {
	platform := sandbox.New() // in service: the platform's own address and keys
	stop, _ := platform.Listen("127.0.0.1:0")
	defer stop()
	dir, _ := os.MkdirTemp("", "kiosk")
	defer os.RemoveAll(dir)
	ctx := context.Background()

	client, _ := lutong.New(platform.LutongConfig())
	defer client.Close()
	key := filepath.Join(dir, "kiosk.key")
	_ = outbox.CreateKeyFile(key, "k1")
	box, _ := outbox.Open(ctx, filepath.Join(dir, "kiosk.outbox"), outbox.Config{
		Queues: []outbox.Queue{lutong.TicketQueue()}, Keys: outbox.KeyFile(key),
	})
	delivered := make(chan struct{})
	reporter, _ := lutong.NewTicketReporter(client, box, lutong.ReporterConfig{OnEvent: func(e lutong.TicketEvent) {
		if e.Kind == lutong.TicketDelivered {
			close(delivered)
		}
	}})

	err := reporter.Report(ctx, lutong.Ticket{
		Number: "20240102000017", QueueNo: "A017", QueueTime: time.Now(),
		Holder: zwfw.NewIDNumber("999999190001010000"), HolderName: zwfw.NewPersonName("测试甲"),
		Hall: "测试大厅", Unit: "测试局", Item: "社会保障卡申领", Area: "一楼", Windows: []string{"3", "4"},
	})
	pending, _ := reporter.Pending(ctx)
	fmt.Println("stored:", err == nil, pending) // print the ticket now

	go reporter.Run(ctx) // the line is back
	<-delivered
	left, _ := box.Close(ctx)
	fmt.Println("left:", left.Pending, "at the platform:", platform.LutongTickets()[0].QueueNo)
	// Output:
	// stored: true 1
	// left: 0 at the platform: A017
}
