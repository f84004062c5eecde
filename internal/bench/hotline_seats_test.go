package bench

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/hotline"
)

// hotlineAnswer is what the server says to the calls of the hotline, "" to others.
func hotlineAnswer(path string) string {
	switch {
	case strings.HasSuffix(path, "/v1/auth/token"):
		return `{"code":"0","message":"ok","data":{"accessToken":"t","expiresIn":7200,"unitCode":"999999000000","unitType":"CITY"}}`
	case strings.Contains(path, "/v1/dispatch/"):
		return `{"code":"0","message":"ok","data":{"dispatchId":"D1","sheetNo":"S1","state":"20","title":"题","content":"内容","signTime":"2026-11-22 04:01:12",` +
			`"list":[{"dispatchId":"D1","signed":true}]},"requestId":"r","serverTime":"` + time.Now().In(hotlineZone).Format(time.DateTime) + `"}`
	case strings.HasSuffix(path, "/v1/aggregate/seat"):
		return `{"code":"0","message":"ok","data":{"accepted":true,"lastSeq":1,"nextPeriodSec":10,"warnings":[]},"requestId":"r","serverTime":"` +
			time.Now().In(hotlineZone).Format(time.DateTime) + `"}`
	}
	return ""
}

var hotlineZone = time.FixedZone("", 8*60*60)

// seatsByHand is ReportSeats as an integrator would write it for one city.
type seatsByHand struct {
	client *http.Client
	config hotline.Config
	token  string
}

type handSeat struct {
	SeatNo        string `json:"seatNo"`
	AgentNo       string `json:"agentNo"`
	AreaCode      string `json:"areaCode"`
	Skill         string `json:"skill"`
	State         string `json:"state"`
	StateSince    string `json:"stateSince"`
	CallID        string `json:"callId,omitempty"`
	TodayAnswered *int64 `json:"todayAnswered,omitempty"`
	TodayTalkSec  *int64 `json:"todayTalkSec,omitempty"`
}

type handTotal struct {
	Configured int `json:"configured"`
	LoggedIn   int `json:"loggedIn"`
	Idle       int `json:"idle"`
	Busy       int `json:"busy"`
	Ringing    int `json:"ringing"`
	Talking    int `json:"talking"`
	ACW        int `json:"acw"`
	Other      int `json:"other"`
}

func (h *seatsByHand) report(ctx context.Context, r hotline.SeatReport) (int64, error) {
	in := struct {
		CityCode  string     `json:"cityCode"`
		StatTime  string     `json:"statTime"`
		Seq       int64      `json:"seq"`
		PeriodSec int        `json:"periodSec"`
		Full      bool       `json:"full"`
		Total     handTotal  `json:"total"`
		Seats     []handSeat `json:"seats"`
	}{
		r.City, r.At.In(hotlineZone).Format(time.DateTime), r.Seq, int(r.Period / time.Second), r.Full,
		handTotal{r.Total.Configured, r.Total.LoggedIn, r.Total.Idle, r.Total.Busy, r.Total.Ringing, r.Total.Talking, r.Total.AfterCall, r.Total.Other},
		make([]handSeat, len(r.Seats)),
	}
	for i, s := range r.Seats {
		in.Seats[i] = handSeat{s.No, s.AgentNo, s.Area, s.Skill, string(s.State), s.Since.In(hotlineZone).Format(time.DateTime), s.CallID, s.TodayAnswered, s.TodayTalk}
	}
	body, err := json.Marshal(in)
	if err != nil {
		return 0, err
	}
	ctx, cancel := context.WithTimeout(ctx, 8*time.Second)
	defer cancel()
	const path = "/v1/aggregate/seat"
	q, err := http.NewRequestWithContext(ctx, http.MethodPost, h.config.BaseURL+path, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	var raw [16]byte
	if _, err := rand.Read(raw[:]); err != nil {
		return 0, err
	}
	stamp, nonce, digest := strconv.FormatInt(time.Now().UnixMilli(), 10), hex.EncodeToString(raw[:]), sha256.Sum256(body)
	mac := hmac.New(sha256.New, []byte(h.config.AppKey.Reveal()))
	fmt.Fprintf(mac, "POST\n%s\n%s\n%s\n%x", q.URL.EscapedPath(), stamp, nonce, digest)
	q.Header.Set("Content-Type", "application/json; charset=UTF-8")
	q.Header.Set("X-App-Id", h.config.AppID)
	q.Header.Set("X-Access-Token", h.token)
	q.Header.Set("X-Timestamp", stamp)
	q.Header.Set("X-Nonce", nonce)
	q.Header.Set("X-Sign", hex.EncodeToString(mac.Sum(nil)))
	resp, err := h.client.Do(q)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, err
	}
	var reply struct {
		Code, Message string
		Data          struct{ LastSeq int64 }
	}
	if err := json.Unmarshal(answer, &reply); err != nil {
		return 0, err
	}
	if reply.Code != "0" {
		return 0, errors.New(reply.Message)
	}
	return reply.Data.LastSeq, nil
}

// seatPair reports a thousand seats from both sides.
func seatPair(tb testing.TB, base string) pair {
	tb.Helper()
	config := hotline.Config{BaseURL: base + "/jx", AppID: "JX-CITY-01", AppKey: zwfw.NewSecret("SoXmzusfJP3WvOYHm9d6NFhgBfHiij3Y")}
	client, err := hotline.New(config)
	require.NoError(tb, err)
	tb.Cleanup(func() { _ = client.Close() })
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConns, transport.MaxIdleConnsPerHost = 256, 256
	hand := &seatsByHand{client: &http.Client{Transport: transport}, config: config, token: "t"}
	tb.Cleanup(transport.CloseIdleConnections)
	now := time.Now()
	r := hotline.SeatReport{
		Snapshot: hotline.Snapshot{City: "999999000000", At: now, Seq: 1, Period: 10 * time.Second}, Full: true,
		Total: hotline.SeatCounters{Configured: 1000, LoggedIn: 1000, Talking: 1000},
	}
	for i := range 1000 {
		answered, talked := int64(i%80), int64(i%80*150)
		r.Seats = append(r.Seats, hotline.Seat{
			No: strconv.Itoa(1000 + i), AgentNo: fmt.Sprintf("agent-%04d", i), Area: "999999000000", Skill: "综合受理", State: hotline.SeatTalking,
			Since: now.Add(-time.Duration(i) * time.Second), CallID: fmt.Sprintf("call-%08d", i), TodayAnswered: &answered, TodayTalk: &talked,
		})
	}
	settled := func(seq int64, err error) error {
		if err == nil && seq != 1 {
			err = fmt.Errorf("another sequence: %d", seq)
		}
		return err
	}
	return pair{
		typed: func(ctx context.Context) error {
			out, err := client.ReportSeats(ctx, r)
			if err != nil {
				return err
			}
			return settled(out.LastSeq, nil)
		},
		byHand: func(ctx context.Context) error { return settled(hand.report(ctx, r)) },
	}
}

func TestBothSidesReportTheSeats(t *testing.T) {
	t.Parallel()
	p := seatPair(t, start(t))
	require.NoError(t, p.typed(t.Context()))
	require.NoError(t, p.byHand(t.Context()))
}

// BenchmarkReportSeats compares reporting a thousand seats; at most 1.15 times the time of
// the program written by hand is the aim.
func BenchmarkReportSeats(b *testing.B) {
	p := seatPair(b, start(b))
	const calls = 60
	sides := []func(context.Context) error{p.typed, p.byHand}
	for _, side := range sides {
		round(b, side, 1, calls)
	}
	for b.Loop() {
		var times [2][]int64
		var allocs [2][]float64
		for range rounds {
			for side, call := range sides {
				s := round(b, call, 1, calls)
				times[side] = append(times[side], int64(s.perCall))
				allocs[side] = append(allocs[side], s.allocs)
			}
		}
		b.ReportMetric(float64(median(times[0]))/float64(median(times[1])), "×time")
		b.ReportMetric(median(allocs[0])/median(allocs[1]), "×allocs")
		b.ReportMetric(float64(median(times[0]))/1000, "µs/call")
	}
}
