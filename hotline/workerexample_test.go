package hotline_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/hotline"
	"github.com/zwfw-go/zwfw/outbox"
	"github.com/zwfw-go/zwfw/sandbox"
)

// records is the unit's own system.
type records struct{ told chan string }

func (r records) Sheet(_ context.Context, s hotline.HandedSheet) error {
	r.told <- fmt.Sprintf("%s is stored", s.DispatchID)
	return nil
}

func (r records) Change(_ context.Context, c hotline.SheetChange) error {
	r.told <- fmt.Sprintf("%s: %s", c.DispatchID, c.Kind)
	return nil
}

// A member unit takes a sheet, and one of its people answers it.
func ExampleWorker() {
	platform := sandbox.New() // in place of the province
	stop, err := platform.Listen("127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	defer stop()
	dir, err := os.MkdirTemp("", "unit-")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()

	client, err := hotline.New(platform.HotlineConfig(), zwfw.WithClock(platform.Clock()))
	if err != nil {
		panic(err)
	}
	defer func() { _ = client.Close() }()
	key := filepath.Join(dir, "unit.key")
	if err := outbox.CreateKeyFile(key, "k1"); err != nil {
		panic(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	box, err := outbox.Open(ctx, filepath.Join(dir, "unit.outbox"), outbox.Config{Queues: hotline.WorkQueues(), Keys: outbox.KeyFile(key)})
	if err != nil {
		panic(err)
	}
	defer func() { _, _ = box.Close(context.Background()) }()
	store := records{make(chan string)}
	worker, err := hotline.NewWorker(box, hotline.WorkerConfig{
		Units: map[string]*hotline.Client{"water": client}, Desk: store, Sign: hotline.SignOnStored, Signer: zwfw.NewPersonName("测试经办"),
		Every: 20 * time.Millisecond, // a minute in a real unit
	})
	if err != nil {
		panic(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- worker.Run(ctx) }()

	id := platform.Hotline().Dispatch(sandbox.HotlineSheet{ID: "D1"})
	fmt.Println(<-store.told)
	err = worker.Finish(ctx, "water", hotline.FinishRequest{
		DispatchID: id, RequestNo: "WATER-117", At: client.Now(), Handler: zwfw.NewPersonName("测试经办"), Result: "已处理", Solved: hotline.IsSolved,
	})
	fmt.Println("the answer is on the disk:", err == nil)
	for platform.Hotline().Agree(id, "") != nil { // the centre waits for it
		time.Sleep(time.Millisecond)
	}
	fmt.Println(<-store.told)
	cancel()
	fmt.Println(<-ended)
	// Output:
	// D1 is stored
	// the answer is on the disk: true
	// D1: finish-accepted
	// <nil>
}
