package main

import (
	"net/http"
	"slices"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/portal"
)

// listed is the home page's list.
type listed struct {
	Word  string
	Items []portal.Item
	Next  string // the cursor of what follows
}

// itemsOnPage fill a screen.
const itemsOnPage = 20

// serveHome is the home page: the items, by page and by word.
func (s *site) serveHome(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	list := listed{Word: q.Get("word")}
	found, err := s.client.Items(r.Context(), portal.ItemQuery{Keyword: list.Word, Cursor: q.Get("from"), PageSize: itemsOnPage})
	if err != nil {
		s.failed(w, r, err)
		return
	}
	list.Items = slices.DeleteFunc(found.Items, func(i portal.Item) bool { return i.Withdrawn() })
	if found.More {
		list.Next = found.Next
	}
	s.show(w, r, http.StatusOK, "home", zwfw.Text{ZH: "政务服务事项", EN: "Government services"}, list)
}

// serveItem (办事指南) is an item's page.
func (s *site) serveItem(w http.ResponseWriter, r *http.Request) {
	item := s.item(w, r)
	if item == nil {
		return
	}
	s.show(w, r, http.StatusOK, "item", zwfw.Text{ZH: item.Name, EN: item.Name}, item)
}

// item finds the item that the query names; nil when that failed, and the page is written.
func (s *site) item(w http.ResponseWriter, r *http.Request) *portal.ItemDetail {
	item, err := s.client.Item(r.Context(), portal.ItemKey{RowGUID: r.FormValue("id")})
	if err == nil && !item.Withdrawn() {
		return item
	}
	if err != nil && zwfw.KindOf(err) != zwfw.NotFound && zwfw.KindOf(err) != zwfw.BadRequest {
		s.failed(w, r, err)
		return nil
	}
	s.trouble(w, r, http.StatusNotFound, zwfw.Text{ZH: "没有这个事项，或已取消", EN: "There is no such service, or no more"}, "")
	return nil
}
