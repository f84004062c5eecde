package main

import (
	"net/http"
	"strconv"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/portal"
	"github.com/zwfw-go/zwfw/qr"
)

// mine is the list of a visitor's cases.
type mine struct {
	Cases          []portal.Acceptance
	Open           map[string]bool // cases with a step to rate
	Previous, Next int             // pages; 0 for none
	Total          int
}

const casesOnPage = 10

// serveCases (我的办件) lists them.
func (s *site) serveCases(w http.ResponseWriter, r *http.Request) {
	number, _ := strconv.Atoi(r.URL.Query().Get("page"))
	number = max(number, 1)
	token := portal.VisitorFrom(r.Context()).Session.Token
	found, err := s.client.MyCases(r.Context(), portal.MyCasesQuery{Token: token, PageNo: number, PageSize: casesOnPage})
	if err != nil {
		s.failed(w, r, err)
		return
	}
	points, err := s.client.EvaluationPoints(r.Context(), portal.PointsQuery{Token: token})
	if err != nil {
		s.failed(w, r, err)
		return
	}
	about := mine{Cases: found.Cases, Open: make(map[string]bool), Previous: number - 1, Total: found.Total}
	for _, p := range points.Points {
		about.Open[p.ProjectNo] = true
	}
	if number*casesOnPage < found.Total {
		about.Next = number + 1
	}
	s.show(w, r, http.StatusOK, "cases", zwfw.Text{ZH: "我的办件", EN: "My cases"}, about)
}

// followed is one case with its steps to rate.
type followed struct {
	*portal.Case
	Points []portal.OpenPoint
	Rated  bool // just now
}

// serveCase (办件详情) shows one of the visitor's cases.
func (s *site) serveCase(w http.ResponseWriter, r *http.Request) {
	k, points, err := s.ownCase(r, r.URL.Query().Get("number"))
	if err != nil {
		s.failed(w, r, err)
		return
	}
	s.show(w, r, http.StatusOK, "case", zwfw.Text{ZH: "办件详情", EN: "Case"}, followed{k, points, r.URL.Query().Get("rated") != ""})
}

// ownCase asks as the visitor: the platform gives nobody else's.
func (s *site) ownCase(r *http.Request, number string) (*portal.Case, []portal.OpenPoint, error) {
	token := portal.VisitorFrom(r.Context()).Session.Token
	k, err := s.client.Case(r.Context(), portal.CaseQuery{ProjectNo: number, Token: token})
	if err != nil {
		return nil, nil, err
	}
	points, err := s.client.EvaluationPoints(r.Context(), portal.PointsQuery{Token: token, ProjectNo: k.ProjectNo})
	if err != nil {
		return nil, nil, err
	}
	return k, points.Points, nil
}

// serveCode draws the code that opens the platform's rating page on a telephone. Whoever
// holds it may rate, so only the applicant gets it.
func (s *site) serveCode(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	k, _, err := s.ownCase(r, q.Get("number"))
	if err != nil {
		s.failed(w, r, err)
		return
	}
	step, _ := strconv.Atoi(q.Get("step"))
	text, err := s.client.EvaluationQRText(portal.EvaluationPage{ProjectNo: k.ProjectNo, ServiceNumber: step, Back: s.settings.public + "/my"})
	if err != nil {
		s.failed(w, r, err)
		return
	}
	picture, err := qr.Encode(text.Reveal(), qr.WithModuleSize(4))
	if err != nil {
		s.failed(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "image/png")
	_, _ = w.Write(picture)
}
