package outbox_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"github.com/stretchr/testify/require"
	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/outbox"
	"path/filepath"
	"testing"
	"time"
)

var _ = base64.StdEncoding

func keys() outbox.KeyProvider {
	return outbox.KeyFunc(func(context.Context, string) (outbox.Key, error) {
		return outbox.Key{ID: "k1", Secret: zwfw.NewSecret("0123456789abcdef0123456789abcdef")}, nil
	})
}
func TestSmoke(t *testing.T) {
	ctx := context.Background()
	o, err := outbox.Open(ctx, filepath.Join(t.TempDir(), "a.db"), outbox.Config{Queues: []outbox.Queue{{Name: "q", WhenFull: outbox.Refuse}}, Keys: keys(), OnEvent: func(e outbox.Event) { t.Log(e) }})
	require.NoError(t, err)
	for i := range 1000 {
		r, err := o.Enqueue(ctx, outbox.Message{Queue: "q", Key: fmt.Sprint(i), Order: fmt.Sprint(i % 7), Body: []byte("hello")})
		require.NoError(t, err)
		require.EqualValues(t, i+1, r.Sequence)
	}
	done := make(chan int)
	go o.Run(ctx, map[string]outbox.Handler{"q": {Deliver: func(ctx context.Context, d outbox.Delivery) outbox.Outcome { done <- 1; return outbox.Done() }}})
	t0 := time.Now()
	for range 1000 {
		<-done
	}
	t.Log(time.Since(t0))
	left, err := o.Close(ctx)
	require.NoError(t, err)
	t.Logf("%+v", left)
}
