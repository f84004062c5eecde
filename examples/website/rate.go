package main

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/portal"
)

// rating is the form of 好差评, with what was filled in when it was refused.
type rating struct {
	Number  string
	Point   portal.OpenPoint
	Levels  []levelChoice
	Words   string
	Message zwfw.Text
}

type levelChoice struct {
	Level  int
	Name   zwfw.Text
	Chosen bool
	Labels []labelChoice
}

type labelChoice struct {
	portal.Norm
	Chosen bool
}

var rateTitle = zwfw.Text{ZH: "服务评价", EN: "Rate the service"}

// serveRate shows the form for a step that is still to be rated.
func (s *site) serveRate(w http.ResponseWriter, r *http.Request) {
	k, points, err := s.ownCase(r, r.FormValue("number"))
	if err != nil {
		s.failed(w, r, err)
		return
	}
	step, _ := strconv.Atoi(r.FormValue("step"))
	i := slices.IndexFunc(points, func(p portal.OpenPoint) bool { return p.ServiceNumber == step })
	if i < 0 {
		s.trouble(w, r, http.StatusNotFound, zwfw.Text{ZH: "没有待评价的环节，或已经评价", EN: "There is nothing to rate here, or it has been rated"}, "")
		return
	}
	s.showRate(w, r, http.StatusOK, rating{Number: k.ProjectNo, Point: points[i]}, 0, nil)
}

// showRate writes the form with the labels of each level.
func (s *site) showRate(w http.ResponseWriter, r *http.Request, status int, about rating, chosen int, labels []string) {
	norms, err := s.client.EvaluationNorms(r.Context(), 0)
	if err != nil {
		s.failed(w, r, err)
		return
	}
	for _, level := range satisfactions {
		choice := levelChoice{Level: level.Level, Name: level.Name, Chosen: level.Level == chosen}
		for _, n := range norms.Labels {
			if n.Level == level.Level {
				choice.Labels = append(choice.Labels, labelChoice{n, choice.Chosen && slices.Contains(labels, n.Code)})
			}
		}
		about.Levels = append(about.Levels, choice)
	}
	s.show(w, r, status, "rate", rateTitle, about)
}

// takeRate (提交评价) hands the visitor's rating over. Pressing twice does no harm: the
// platform takes the same rating once.
func (s *site) takeRate(w http.ResponseWriter, r *http.Request) {
	v := s.own(w, r)
	if v == nil {
		return
	}
	number := r.PostFormValue("number")
	step, _ := strconv.Atoi(r.PostFormValue("step"))
	level, _ := strconv.Atoi(r.PostFormValue("level"))
	e := portal.Evaluation{
		ProjectNo: number, ServiceNumber: step, Satisfaction: level, Token: v.Session.Token, Anonymous: r.PostFormValue("anonymous") != "",
		Text: strings.TrimSpace(r.PostFormValue("words")), Labels: r.PostForm["label-"+strconv.Itoa(level)], Channel: channelOf(r),
	}
	k, points, err := s.ownCase(r, number)
	if err != nil {
		s.failed(w, r, err)
		return
	}
	about := rating{Number: k.ProjectNo, Point: portal.OpenPoint{ProjectNo: k.ProjectNo, ServiceNumber: step}, Words: e.Text}
	for _, p := range points {
		if p.ServiceNumber == step {
			about.Point, e.ServiceTime, e.TaskCode = p, p.ServiceTime, p.TaskCode
		}
	}
	if about.Message = lacking(e); about.Message != (zwfw.Text{}) {
		s.showRate(w, r, http.StatusBadRequest, about, level, e.Labels)
		return
	}
	if _, err := s.client.Evaluate(r.Context(), e); err != nil {
		s.failed(w, r, err)
		return
	}
	http.Redirect(w, r, "/my/case?"+url.Values{"number": {k.ProjectNo}, "rated": {"1"}}.Encode(), http.StatusSeeOther)
}

// lacking says what a visitor has yet to fill in; the library refuses such a rating too, in
// the words for any form.
func lacking(e portal.Evaluation) zwfw.Text {
	switch {
	case e.Satisfaction < 1 || e.Satisfaction > 5:
		return zwfw.Text{ZH: "请选择满意程度", EN: "Please choose how satisfied you are"}
	case e.Satisfaction < 3 && len(e.Labels) == 0 && e.Text == "":
		return zwfw.Text{ZH: "请选择原因或填写意见", EN: "Please choose a reason or write a few words"}
	case len([]rune(e.Text)) > 500:
		return zwfw.Text{ZH: "意见最多 500 字", EN: "500 characters at most, please"}
	}
	return zwfw.Text{}
}

// channelOf tells a telephone from a computer, as far as the browser says so.
func channelOf(r *http.Request) portal.EvaluationChannel {
	if r.Header.Get("Sec-CH-UA-Mobile") == "?1" || strings.Contains(r.UserAgent(), "Mobile") {
		return portal.ByMobile
	}
	return portal.ByComputer
}
