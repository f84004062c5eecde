package portal_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/portal"
	"github.com/zwfw-go/zwfw/sandbox"
)

// read keeps a copy of the item library, as a website does.
func read(t *testing.T, client *portal.Client, store map[string]portal.Item, cursor string, size int) (next string, rows int) {
	t.Helper()
	for page, err := range client.ItemChanges(t.Context(), portal.Changes{Cursor: cursor, PageSize: size}) {
		require.NoError(t, err)
		for _, item := range page.Items {
			rows++
			if store[item.RowGUID] = item; item.Withdrawn() {
				delete(store, item.RowGUID)
			}
		}
		cursor = page.Next
	}
	return cursor, rows
}

func TestChangesAreReadPageByPageAndLoseNothing(t *testing.T) {
	t.Parallel()
	p, client := start(t)
	for _, size := range []int{1, 7, 25, 100} {
		store := make(map[string]portal.Item)
		cursor, rows := read(t, client, store, "", size)
		require.Equal(t, 25, rows)
		require.Len(t, store, 24, "one was withdrawn, and said so in a row")
		again, rows := read(t, client, store, cursor, size)
		require.Zero(t, rows)
		require.Equal(t, cursor, again)
	}
	store := make(map[string]portal.Item)
	cursor, _ := read(t, client, store, "", 10)
	changed := "c4ca4238a0b923820dcc509a6f75849b"
	require.True(t, p.ChangeItem(changed, func(i *sandbox.PortalItem) { i.Name = "新名称" }, false))
	p.Clock().Advance(time.Second)
	require.True(t, p.ChangeItem("c81e728d9d4c2f636f067f89cc14862c", nil, true))
	_, rows := read(t, client, store, cursor, 10)
	require.Equal(t, 2, rows)
	require.Equal(t, "新名称", store[changed].Name)
	require.EqualValues(t, 3, store[changed].Version)
	require.Len(t, store, 23)
}

func TestAReadingOfChangesEndsWithTheFirstErrorAndGoesOnFromItsCursor(t *testing.T) {
	t.Parallel()
	p, client := start(t, zwfw.WithRetry(zwfw.Retry{MaxAttempts: 1}))
	p.Faults().Next("portal.ItemChanges", sandbox.Pass(), sandbox.Refuse(zwfw.Busy), sandbox.Refuse(zwfw.Busy), sandbox.Refuse(zwfw.Busy))
	cursor, rows, failed := "", 0, error(nil)
	for page, err := range client.ItemChanges(t.Context(), portal.Changes{PageSize: 10}) {
		if err != nil {
			failed = err
			break
		}
		rows += len(page.Items)
		cursor = page.Next
	}
	require.ErrorIs(t, failed, zwfw.Busy)
	require.Equal(t, 10, rows)
	p.Faults().Clear()
	_, rest := read(t, client, make(map[string]portal.Item), cursor, 10)
	require.Equal(t, 15, rest)
}

func TestACursorThatDoesNotMoveIsNoEndlessLoop(t *testing.T) {
	t.Parallel()
	p, client := start(t)
	for _, next := range []string{"", "same"} {
		p.Faults().Always("portal.ItemChanges", sandbox.Body(200, `{"code":"0","data":{"list":[],"nextCursor":"`+next+`","hasMore":true}}`))
		turns := 0
		for page, err := range client.ItemChanges(t.Context(), portal.Changes{Cursor: "same"}) {
			turns++
			require.Nil(t, page)
			require.ErrorIs(t, err, zwfw.ProtocolMismatch)
		}
		require.Equal(t, 1, turns)
	}
	p.Faults().Clear()
	for page, err := range client.ItemChanges(t.Context(), portal.Changes{Cursor: "%"}) {
		require.Nil(t, page)
		require.ErrorIs(t, err, zwfw.BadRequest)
	}
}

func TestItemsAreFoundAndOpened(t *testing.T) {
	t.Parallel()
	_, client := start(t)
	list, err := client.Items(t.Context(), portal.ItemQuery{TaskType: "20", ServerType: portal.ServesPersons, AreaCode: "999999000000", PageSize: 3})
	require.NoError(t, err)
	require.Len(t, list.Items, 3)
	require.True(t, list.More)
	first := list.Items[0]
	require.Equal(t, "公共服务", first.Type.Name())
	require.True(t, first.Online)
	require.Equal(t, portal.UnitWorkingDay, first.PromiseUnit)
	more, err := client.Items(t.Context(), portal.ItemQuery{TaskType: "20", Cursor: list.Next})
	require.NoError(t, err)
	require.NotEmpty(t, more.Items)
	require.NotContains(t, more.Items, first)
	directory, err := client.ItemDirectory(t.Context(), portal.ItemQuery{Keyword: "事项11"})
	require.NoError(t, err)
	require.Len(t, directory.Items, 1)
	require.Equal(t, "000101000011", directory.Items[0].CatalogCode)
	for _, key := range []portal.ItemKey{{RowGUID: first.RowGUID}, {HandleItem: first.HandleItem}, {TaskCode: first.TaskCode}, {TaskCode: first.HandleItem}} {
		detail, err := client.Item(t.Context(), key)
		require.NoError(t, err)
		require.Equal(t, first.Name, detail.Name)
		require.Equal(t, "测试大厅1号窗口", detail.Windows[0].Address)
		require.Equal(t, 0, *detail.LimitSceneNum)
	}
	_, err = client.Item(t.Context(), portal.ItemKey{RowGUID: "x"})
	require.ErrorIs(t, err, zwfw.NotFound)
}

// Quirk 12: 31 and 33 characters in one field, and runs of zeros.
func TestItemCodesAreTakenApart(t *testing.T) {
	t.Parallel()
	const code = "11999999MB0000000X3230101001000"
	c, err := portal.ParseItemCode(code + "02")
	require.NoError(t, err)
	require.Equal(t, portal.ItemCode{Organ: "11999999MB0000000X", Level: "3", Catalog: "230101001000", Serial: "02"}, c)
	require.Equal(t, code, c.Task())
	require.Equal(t, code+"02", c.HandleItem())
	require.Equal(t, code+"02", c.String())
	require.Equal(t, "23", c.Province())
	require.False(t, c.HomeMade())
	c, err = portal.ParseItemCode(code)
	require.NoError(t, err)
	require.Empty(t, c.HandleItem())
	c, err = portal.ParseItemCode("11999999000000000Q3990000000001")
	require.NoError(t, err)
	require.True(t, c.HomeMade())
	c, err = portal.ParseItemCode("11999999000000000Q3000101001000")
	require.NoError(t, err)
	require.False(t, c.HomeMade(), "the zeros of the organ do not count")
	require.Zero(t, portal.ItemCode{}.Province())
	for _, wrong := range []string{"", code[1:], code + "0", code + "021", strings.Replace(code, "M", "m", 1), strings.Replace(code, "X3", "XA", 1), code + "0A", "事项事项事项事项事项1"} {
		_, err := portal.ParseItemCode(wrong)
		require.Error(t, err, wrong)
		require.NotContains(t, err.Error(), code[:10])
	}
}

func FuzzItemCodesPrintAsTheyWereParsed(f *testing.F) {
	f.Add("11999999MB0000000X323010100100002")
	f.Fuzz(func(t *testing.T, text string) {
		if c, err := portal.ParseItemCode(text); err == nil {
			require.Equal(t, text, c.String())
		}
	})
}

func TestACodeOf33InTheFieldOf31IsPutWhereItBelongs(t *testing.T) {
	t.Parallel()
	p, client := start(t)
	p.Faults().Next("portal.Items", sandbox.Body(200, `{"code":"0","data":{"list":[{"rowGuid":"r","taskCode":"11999999000000000Q200010100000201","taskType":"99","serverType":"1，9"}]}}`))
	list, err := client.Items(t.Context(), portal.ItemQuery{})
	require.NoError(t, err)
	require.Equal(t, "11999999000000000Q2000101000002", list.Items[0].TaskCode)
	require.Equal(t, "11999999000000000Q200010100000201", list.Items[0].HandleItem)
	require.Equal(t, portal.TaskType("99"), list.Items[0].Type, "a local value survives")
	require.Empty(t, list.Items[0].Type.Name())
	require.Equal(t, []portal.ServerType{"1", "9"}, list.Items[0].Serves)
}
