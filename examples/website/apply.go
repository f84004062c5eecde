package main

import (
	"net/http"
	"net/url"
	"slices"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/portal"
)

// departure is what the page before 在线办理 shows.
type departure struct {
	Item *portal.ItemDetail
	Host string // where the visitor is led
}

// needOf says who may apply for an item on line: whoever it serves, verified well.
func needOf(item *portal.ItemDetail) portal.Need {
	need := portal.Need{Level: portal.LevelAdvanced}
	switch persons, legal := slices.Contains(item.Serves, portal.ServesPersons), slices.Contains(item.Serves, portal.ServesLegal); {
	case persons && !legal:
		need.Type = portal.UserPerson
	case legal && !persons:
		need.Type = portal.UserLegal
	}
	return need
}

// serveApply asks before a visitor leaves for 在线办理. It is a page, so that whoever has to
// sign in first, or to reach a higher level, comes back to it.
func (s *site) serveApply(w http.ResponseWriter, r *http.Request) {
	item := s.item(w, r)
	if item == nil {
		return
	}
	host := s.serviceHost(item)
	if host == "" {
		s.trouble(w, r, http.StatusNotFound, zwfw.Text{ZH: "该事项不能在线办理", EN: "This service is not available on line"}, "")
		return
	}
	s.signOn.Require(needOf(item), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.show(w, r, http.StatusOK, "apply", zwfw.Text{ZH: "在线办理", EN: "Apply on line"}, departure{item, host})
	})).ServeHTTP(w, r)
}

// serviceHost is where an item is handled on line, "" for nowhere that is registered.
func (s *site) serviceHost(item *portal.ItemDetail) string {
	u, err := url.Parse(item.OnlineURL)
	if err != nil || !item.Online || u.Scheme != "https" || !slices.Contains(s.settings.platform.ServiceHosts, u.Host) {
		return ""
	}
	return u.Host
}

// takeApply leads the visitor there, signed in. The ticket in the address is made at this
// click and good once.
func (s *site) takeApply(w http.ResponseWriter, r *http.Request) {
	v := s.own(w, r)
	if v == nil {
		return
	}
	item := s.item(w, r)
	if item == nil {
		return
	}
	s.signOn.Require(needOf(item), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		address, err := s.client.ServiceURL(r.Context(), portal.ServiceLink{Token: v.Session.Token, Address: item.OnlineURL, AppMark: s.settings.serviceApp})
		if err != nil {
			s.failed(w, r, err)
			return
		}
		http.Redirect(w, r, address, http.StatusSeeOther)
	})).ServeHTTP(w, r)
}
