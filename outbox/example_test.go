package outbox_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/zwfw-go/zwfw/outbox"
)

func Example() {
	ctx, cancel := context.WithCancel(context.Background())
	dir, err := os.MkdirTemp("", "hall")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	if err := outbox.CreateKeyFile(filepath.Join(dir, "key"), "2024"); err != nil {
		panic(err)
	}
	box, err := outbox.Open(ctx, filepath.Join(dir, "outbox.db"), outbox.Config{
		Queues: []outbox.Queue{{Name: "tickets", WhenFull: outbox.Refuse}},
		Keys:   outbox.KeyFile(filepath.Join(dir, "key")),
	})
	if err != nil {
		panic(err)
	}
	for _, status := range []string{"taken", "called", "taken"} {
		r, err := box.Enqueue(ctx, outbox.Message{Queue: "tickets", Key: "A017/" + status, Order: "A017", Body: []byte(status)})
		fmt.Println(status, r.Sequence, r.Duplicate, err)
	}
	err = box.Run(ctx, map[string]outbox.Handler{"tickets": {Deliver: func(_ context.Context, d outbox.Delivery) outbox.Outcome {
		fmt.Printf("send %s, attempt %d\n", d.Body, d.Attempt)
		if string(d.Body) == "called" {
			cancel()
		}
		return outbox.Done()
	}}})
	fmt.Println(err)
	left, err := box.Close(context.Background())
	fmt.Println(left.Delivered, left.Pending, err)
	// Output:
	// taken 1 false <nil>
	// called 2 false <nil>
	// taken 1 true <nil>
	// send taken, attempt 1
	// send called, attempt 1
	// <nil>
	// 2 0 <nil>
}
