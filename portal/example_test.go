package portal_test

import (
	"context"
	"fmt"
	"io"
	"net/http"

	"github.com/zwfw-go/zwfw/portal"
	"github.com/zwfw-go/zwfw/sandbox"
)

// A website keeps a copy of the item library in step.
func ExampleClient_ItemChanges() {
	p := sandbox.New()
	stop, err := p.Listen("127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer stop()
	client, err := portal.New(p.PortalConfig())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = client.Close() }()

	cursor, items := "", make(map[string]string)
	for page, err := range client.ItemChanges(context.Background(), portal.Changes{Cursor: cursor, PageSize: 10}) {
		if err != nil {
			fmt.Println(err) // the cursor in hand is still good
			return
		}
		for _, item := range page.Items {
			if items[item.RowGUID] = item.Name; item.Withdrawn() {
				delete(items, item.RowGUID)
			}
		}
		cursor = page.Next // kept in one transaction with the page
	}
	fmt.Println(len(items), "items")
	// Output: 24 items
}

// A website signs its visitors in.
func ExampleSignOn() {
	client, err := portal.New(portal.Config{
		BaseURL: "https://zwfw.example.invalid", AppMark: "site", AppWord: sandbox.New().PortalConfig().AppWord,
		Redirects: []string{"https://www.example.invalid/sso/callback"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	signOn, err := portal.NewSignOn(client, portal.SignOnConfig{Callback: "https://www.example.invalid/sso/callback"})
	if err != nil {
		fmt.Println(err)
		return
	}
	site := http.NewServeMux()
	site.Handle("/my", signOn.Require(portal.Need{Level: portal.LevelPrimary}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		visitor := portal.VisitorFrom(r.Context())
		cases, err := client.MyCases(r.Context(), portal.MyCasesQuery{Token: visitor.Session.Token})
		if err != nil {
			http.Error(w, "请稍后再试", http.StatusBadGateway)
			return
		}
		_, _ = io.WriteString(w, fmt.Sprint(cases.Total))
	})))
	handler := signOn.Handler(site) // for http.ListenAndServe
	fmt.Println(handler != nil)
	// Output: true
}
