package jsonx_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"testing"

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

// BenchmarkReadRows and BenchmarkEncodingJSON are read side by side.
func BenchmarkReadRows(b *testing.B) {
	body := thousandRows()
	plan := jsonx.Compile(reflect.TypeFor[sheets](), noRules)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		doc, err := jsonx.Parse(body)
		if err != nil {
			b.Fatal(err)
		}
		var out sheets
		if problems := plan.Read(doc.Root(), &out); len(problems) > 0 || len(out.Rows) != 1000 {
			b.Fatal(problems)
		}
	}
}

func BenchmarkEncodingJSON(b *testing.B) {
	body := thousandRows()
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		var out sheets
		if err := json.Unmarshal(body, &out); err != nil || len(out.Rows) != 1000 {
			b.Fatal(err)
		}
	}
}
