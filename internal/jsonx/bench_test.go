package jsonx_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw/internal/jsonx"
)

// sheet is a row of a list as the hotline's: mostly text, some numbers, one object.
type sheet struct {
	DispatchID string `zw:"dispatchId" json:"dispatchId"`
	SheetNo    string `zw:"sheetNo,alias=sheetCode" json:"sheetNo"`
	Title      string `zw:"title" json:"title"`
	Content    string `zw:"content" json:"content"`
	Type       int    `zw:"sheetType" json:"sheetType"`
	State      int    `zw:"state" json:"state"`
	Urgent     bool   `zw:"urgent" json:"urgent"`
	Unit       string `zw:"unit" json:"unit"`
	Created    string `zw:"createTime" json:"createTime"`
	Deadline   int64  `zw:"deadline" json:"deadline"`
	Area       struct {
		Code string `zw:"code" json:"code"`
		Name string `zw:"name" json:"name"`
	} `zw:"area" json:"area"`
}

type sheets struct {
	Total int     `zw:"total" json:"total"`
	Rows  []sheet `zw:"rows" json:"rows"`
}

func thousandRows() []byte {
	var b bytes.Buffer
	b.WriteString(`{"total":1000,"rows":[`)
	for i := range 1000 {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"dispatchId":"D%08d","sheetNo":"GD2024010200%04d","title":"路灯不亮","content":"示例路与示例街交叉口的路灯连续三天不亮，请尽快处理。","sheetType":%d,"state":2,"urgent":%t,"unit":"示例市城市管理局","createTime":"2024-01-02 03:04:05","deadline":1704165845000,"area":{"code":"999999","name":"示例区"}}`, i, i, i%7, i%9 == 0)
	}
	b.WriteString(`]}`)
	return b.Bytes()
}

func TestBothSidesOfTheBenchmarkReadTheSame(t *testing.T) {
	t.Parallel()
	body := thousandRows()
	var ours, theirs sheets
	require.Empty(t, jsonx.Compile(reflect.TypeFor[sheets](), noRules).Read(parse(t, string(body)), &ours))
	require.NoError(t, json.Unmarshal(body, &theirs))
	require.Equal(t, theirs, ours)
}

// BenchmarkRows reads a list of a thousand rows here and with encoding/json in turns; the
// metric is the speed against encoding/json's.
func BenchmarkRows(b *testing.B) {
	body := thousandRows()
	plan := jsonx.Compile(reflect.TypeFor[sheets](), noRules)
	ours := func() {
		doc, err := jsonx.Parse(body)
		require.NoError(b, err)
		var out sheets
		if problems := plan.Read(doc.Root(), &out); len(problems) > 0 || len(out.Rows) != 1000 {
			b.Fatal(problems)
		}
	}
	theirs := func() {
		var out sheets
		if err := json.Unmarshal(body, &out); err != nil || len(out.Rows) != 1000 {
			b.Fatal(err)
		}
	}
	const rounds, reads = 12, 20
	for b.Loop() {
		var times [2][]time.Duration
		for round := range rounds {
			for i := range 2 {
				side := (i + round) % 2 // neither is always first
				began := time.Now()
				for range reads {
					[]func(){ours, theirs}[side]()
				}
				times[side] = append(times[side], time.Since(began))
			}
		}
		slices.Sort(times[0])
		slices.Sort(times[1])
		b.ReportMetric(float64(times[1][rounds/2])/float64(times[0][rounds/2]), "×speed")
	}
}
