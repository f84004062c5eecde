package bench

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/hotline"
)

// mixedCalls are those of a member unit: detail, sign, sign status, finish, in turns.
func mixedCalls(tb testing.TB, base string) (typed, bare func(context.Context, int) error) {
	tb.Helper()
	config := hotline.Config{BaseURL: base + "/jx", AppID: "JX-DEPT-01", AppKey: zwfw.NewSecret("SoXmzusfJP3WvOYHm9d6NFhgBfHiij3Y")}
	client, err := hotline.New(config)
	require.NoError(tb, err)
	tb.Cleanup(func() { _ = client.Close() })
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConns, transport.MaxIdleConnsPerHost = 256, 256
	tb.Cleanup(transport.CloseIdleConnections)
	plain := &http.Client{Transport: transport}
	clerk := zwfw.NewPersonName("李某")
	typed = func(ctx context.Context, i int) (err error) {
		id := hotline.DispatchID(fmt.Sprint("D", i))
		switch i % 4 {
		case 0:
			_, err = client.SheetDetail(ctx, id)
		case 1:
			_, err = client.SignFor(ctx, hotline.SignRequest{DispatchID: id, Signer: clerk})
		case 2:
			_, err = client.SignForStatus(ctx, id)
		default:
			_, err = client.Finish(ctx, hotline.FinishRequest{
				DispatchID: id, RequestNo: strconv.Itoa(i), At: time.Now(), Handler: clerk, Result: "已处理", Solved: hotline.IsSolved,
			})
		}
		return err
	}
	bare = func(ctx context.Context, i int) error {
		id, now := fmt.Sprint("D", i), time.Now().In(hotlineZone).Format(time.DateTime)
		calls := []struct {
			path string
			body map[string]any
		}{
			{"detail", map[string]any{"dispatchId": id}},
			{"sign", map[string]any{"dispatchId": id, "signer": "李某"}},
			{"sign-status", map[string]any{"dispatchIds": []string{id}}},
			{"handle", map[string]any{"dispatchId": id, "action": "1", "requestNo": strconv.Itoa(i), "handleTime": now, "handler": "李某", "result": "已处理", "solved": "0"}},
		}
		return sendBare(ctx, plain, config, "/v1/dispatch/"+calls[i%4].path, calls[i%4].body)
	}
	return typed, bare
}

// sendBare signs and sends with net/http alone.
func sendBare(ctx context.Context, client *http.Client, c hotline.Config, path string, in any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	q, err := http.NewRequestWithContext(ctx, http.MethodPost, c.BaseURL+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	var raw [16]byte
	_, _ = rand.Read(raw[:])
	stamp, nonce := strconv.FormatInt(time.Now().UnixMilli(), 10), hex.EncodeToString(raw[:])
	mac := hmac.New(sha256.New, []byte(c.AppKey.Reveal()))
	fmt.Fprintf(mac, "POST\n%s\n%s\n%s\n%x", q.URL.EscapedPath(), stamp, nonce, sha256.Sum256(body))
	for name, value := range map[string]string{
		"Content-Type": "application/json; charset=UTF-8", "X-App-Id": c.AppID, "X-Access-Token": "t", "X-Timestamp": stamp, "X-Nonce": nonce,
		"X-Sign": hex.EncodeToString(mac.Sum(nil)),
	} {
		q.Header.Set(name, value)
	}
	resp, err := client.Do(q)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	var reply struct {
		Code string
		Data map[string]any
	}
	if err := json.Unmarshal(answer, &reply); err != nil {
		return err
	}
	if reply.Code != "0" {
		return fmt.Errorf("code %s", reply.Code)
	}
	return nil
}

func TestBothSidesMakeTheMixedCalls(t *testing.T) {
	t.Parallel()
	typed, bare := mixedCalls(t, start(t))
	for i := range 4 {
		require.NoError(t, typed(t.Context(), i))
		require.NoError(t, bare(t.Context(), i))
	}
}

// BenchmarkHotlineMixed paces 500 calls a second, every second one by the bare client, and
// reports the 99th percentile of both. Each iteration lasts ten seconds: a minute is
// -benchtime 6x.
func BenchmarkHotlineMixed(b *testing.B) {
	typed, bare := mixedCalls(b, start(b))
	sides := [2]func(context.Context, int) error{typed, bare}
	const perSecond, seconds = 500, 10
	var mu sync.Mutex
	var took [2][]time.Duration
	for b.Loop() {
		var group sync.WaitGroup
		tick := time.NewTicker(time.Second / perSecond)
		for i := range perSecond * seconds {
			<-tick.C
			group.Go(func() {
				began := time.Now()
				err := sides[i%2](context.Background(), i/2)
				spent := time.Since(began)
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					b.Error(err)
				}
				took[i%2] = append(took[i%2], spent)
			})
		}
		tick.Stop()
		group.Wait()
	}
	for side, name := range []string{"typed", "bare"} {
		slices.Sort(took[side])
		b.ReportMetric(float64(took[side][len(took[side])*99/100])/1e6, name+"-p99-ms")
		b.ReportMetric(float64(took[side][len(took[side])/2])/1e6, name+"-p50-ms")
	}
}
