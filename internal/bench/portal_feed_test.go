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
	"github.com/zwfw-go/zwfw/portal"
	"github.com/zwfw-go/zwfw/sandbox"
)

const feedPage = 100

// feedLine answers each call for changes with a page of its own: no network, so that what is
// measured is the reading.
type feedLine struct{ pages [][]byte }

func newFeedLine(feedRows int) *feedLine {
	rows := sandbox.New(sandbox.WithPortal(sandbox.PortalSetup{Items: 10 * feedPage})).PortalItems()
	l := &feedLine{}
	for n := range feedRows / feedPage {
		var list []json.RawMessage
		for i := range feedPage {
			list = append(list, rows[(n*feedPage+i)%len(rows)].Data)
		}
		page, err := json.Marshal(map[string]any{"code": "0", "message": "成功", "requestId": "r", "data": map[string]any{
			"list": list, "nextCursor": strconv.Itoa(n + 1), "hasMore": n+1 < feedRows/feedPage,
		}})
		if err != nil {
			panic(err)
		}
		l.pages = append(l.pages, page)
	}
	return l
}

func (l *feedLine) RoundTrip(r *http.Request) (*http.Response, error) {
	var in struct{ Cursor string }
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		return nil, err
	}
	n, _ := strconv.Atoi(in.Cursor)
	return &http.Response{
		StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: r, ContentLength: int64(len(l.pages[n])),
		Header: http.Header{"Content-Type": {"application/json"}, "Date": {time.Now().UTC().Format(http.TimeFormat)}},
		Body:   io.NopCloser(bytes.NewReader(l.pages[n])),
	}, nil
}

// stamp is a time of the wire, as a program by hand would read it.
type stamp struct{ time.Time }

var feedZone = time.FixedZone("", 8*60*60)

func (s *stamp) UnmarshalJSON(b []byte) (err error) {
	text := strings.Trim(string(b), `"`)
	if text == "" || text == "null" {
		return nil
	}
	format := time.DateTime
	if len(text) == len(time.DateOnly) {
		format = time.DateOnly
	}
	s.Time, err = time.ParseInLocation(format, text, feedZone)
	return err
}

// handItem is portal.Item as encoding/json fills it.
type handItem struct {
	RowGUID          string `json:"rowGuid"`
	CatalogCode      string `json:"catalogCode"`
	LocalCatalogCode string `json:"localCatalogCode"`
	TaskCode         string `json:"taskCode"`
	HandleItem       string `json:"taskHandleItem"`
	Name             string `json:"taskName"`
	Version          int64  `json:"taskVersion"`
	Type             string `json:"taskType"`
	State            string `json:"taskState"`
	ProjectType      string `json:"projectType"`
	Serves           string `json:"serverType"`
	UseLevel         string `json:"useLevel"`
	DeptCode         string `json:"deptCode"`
	DeptName         string `json:"deptName"`
	AreaCode         string `json:"areaCode"`
	PromiseDays      int    `json:"promiseDay"`
	PromiseUnit      string `json:"promiseType"`
	AnticipateDays   int    `json:"anticipateDay"`
	AnticipateUnit   string `json:"anticipateType"`
	Online           string `json:"isOnline"`
	OnlineURL        string `json:"onlineUrl"`
	MobileURL        string `json:"mobileUrl"`
	SingleLogin      string `json:"isSingleLogin"`
	Effective        stamp  `json:"effectiveDate"`
	Cancelled        stamp  `json:"cancelDate"`
	Operation        string `json:"operation"`
	Updated          stamp  `json:"updateTime"`
	Batch            string `json:"batch"`
}

// feedByHand reads the feed as an integrator would for one province.
func feedByHand(ctx context.Context, client *http.Client, config portal.Config) (rows int, err error) {
	const path = "/v1/item/changes"
	for cursor, more := "", true; more; {
		body, err := json.Marshal(map[string]any{"cursor": cursor, "pageSize": feedPage})
		if err != nil {
			return 0, err
		}
		q, err := http.NewRequestWithContext(ctx, http.MethodPost, config.BaseURL+path, bytes.NewReader(body))
		if err != nil {
			return 0, err
		}
		var raw [16]byte
		if _, err := rand.Read(raw[:]); err != nil {
			return 0, err
		}
		at, nonce, digest := time.Now().In(feedZone).Format("20060102150405"), hex.EncodeToString(raw[:]), sha256.Sum256(body)
		mac := hmac.New(sha256.New, []byte(config.AppWord.Reveal()))
		fmt.Fprintf(mac, "POST\n%s\n%s\n%s\n%x", q.URL.EscapedPath(), at, nonce, digest)
		q.Header.Set("Content-Type", "application/json; charset=UTF-8")
		q.Header.Set("X-App-Mark", config.AppMark)
		q.Header.Set("X-Timestamp", at)
		q.Header.Set("X-Nonce", nonce)
		q.Header.Set("X-Sign", hex.EncodeToString(mac.Sum(nil)))
		resp, err := client.Do(q)
		if err != nil {
			return 0, err
		}
		answer, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if err != nil {
			return 0, err
		}
		var reply struct {
			Code, Message string
			Data          struct {
				List       []handItem
				NextCursor string
				HasMore    bool
			}
		}
		if err := json.Unmarshal(answer, &reply); err != nil {
			return 0, err
		}
		if reply.Code != "0" {
			return 0, errors.New(reply.Message)
		}
		rows += len(reply.Data.List)
		cursor, more = reply.Data.NextCursor, reply.Data.HasMore
	}
	return rows, nil
}

func feedPair(tb testing.TB, feedRows int) pair {
	tb.Helper()
	line := &http.Client{Transport: newFeedLine(feedRows)}
	config := portal.Config{BaseURL: "http://platform.example.invalid/hlj", AppMark: "site-9999990000", AppWord: zwfw.NewSecret("sandbox-word-0001")}
	client, err := portal.New(config, zwfw.WithHTTPClient(line))
	require.NoError(tb, err)
	tb.Cleanup(func() { _ = client.Close() })
	all := func(rows int, err error) error {
		if err == nil && rows != feedRows {
			err = fmt.Errorf("%d rows", rows)
		}
		return err
	}
	return pair{
		typed: func(ctx context.Context) error {
			rows := 0
			for page, err := range client.ItemChanges(ctx, portal.Changes{PageSize: feedPage}) {
				if err != nil {
					return err
				}
				rows += len(page.Items)
			}
			return all(rows, nil)
		},
		byHand: func(ctx context.Context) error { return all(feedByHand(ctx, line, config)) },
	}
}

func TestBothSidesReadTheWholeFeed(t *testing.T) {
	t.Parallel()
	p := feedPair(t, 20*feedPage)
	require.NoError(t, p.typed(t.Context()))
	require.NoError(t, p.byHand(t.Context()))
}

// BenchmarkItemChanges reads a feed of 100,000 rows, page by page.
func BenchmarkItemChanges(b *testing.B) {
	const feedRows = 100_000
	p := feedPair(b, feedRows)
	for b.Loop() {
		var times [2][]int64
		for turn := range rounds {
			for i := range 2 {
				side := (i + turn) % 2 // neither is always first
				began := time.Now()
				require.NoError(b, []func(context.Context) error{p.typed, p.byHand}[side](b.Context()))
				times[side] = append(times[side], int64(time.Since(began)))
			}
		}
		b.ReportMetric(float64(median(times[1]))/float64(median(times[0])), "×speed")
		b.ReportMetric(feedRows/time.Duration(median(times[0])).Seconds(), "rows/s")
	}
}
