package main

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/portal"
)

//go:embed pages
var files embed.FS

// templates are the pages, each with the frame around it.
var templates = parseTemplates("home", "item", "apply", "progress", "cases", "case", "rate", "trouble")

func parseTemplates(names ...string) map[string]*template.Template {
	parsed := make(map[string]*template.Template)
	for _, name := range names {
		parsed[name] = template.Must(template.ParseFS(files, "pages/frame.html", "pages/stages.html", "pages/"+name+".html"))
	}
	return parsed
}

// page is what a template sees: the visitor and the language, and what the page is about.
type page struct {
	Title   zwfw.Text
	Lang    language
	Visitor *portal.Visitor
	Token   string // of the visitor's forms
	Here    string // the page's path and query; "" where no link can lead to it
	About   any
}

// T picks a text.
func (p page) T(zh, en string) string { return p.Lang.pick(zwfw.Text{ZH: zh, EN: en}) }

// Say picks one that is ready.
func (p page) Say(t zwfw.Text) string { return p.Lang.pick(t) }

// Name is who is signed in, masked as far as it was not already.
func (p page) Name() string {
	switch u := p.Visitor.User; {
	case u.Legal != nil:
		return u.Legal.Name
	case u.Person != nil && !u.Person.Name.IsZero():
		return u.Person.Name.String()
	}
	return p.T("用户", "user")
}

// Company reports whether the visitor stands for a legal person.
func (p page) Company() bool { return p.Visitor.User.UserType == portal.UserLegal }

// Status, Meaning, Stage and Step name what a case shows.
func (p page) Status(s portal.CaseStatus) string   { return p.Lang.pick(statusText(s)) }
func (p page) Meaning(m portal.Meaning) string     { return p.Lang.pick(meaningText(m)) }
func (p page) Stage(s portal.Stage) string         { return p.Lang.pick(stageText(s)) }
func (p page) Step(number int, name string) string { return p.Lang.pick(stepText(number, name)) }

// china is the zone of all times.
var china = time.FixedZone("+08:00", 8*60*60)

// When writes a time, "" for none.
func (page) When(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(china).Format("2006-01-02 15:04")
}

// show writes a page.
func (s *site) show(w http.ResponseWriter, r *http.Request, status int, name string, title zwfw.Text, about any) {
	p := page{Title: title, Lang: languageOf(r), Visitor: portal.VisitorFrom(r.Context()), About: about}
	if name != "trouble" {
		p.Here = r.URL.RequestURI()
	}
	if p.Visitor != nil {
		p.Token = s.forms.token(p.Visitor)
	}
	var b bytes.Buffer
	if err := templates[name].ExecuteTemplate(&b, "frame.html", p); err != nil {
		s.logger.ErrorContext(r.Context(), "website", "page", r.URL.Path, "error", err.Error())
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes())
}

// troubled is what the page about a failure shows.
type troubled struct {
	Message zwfw.Text
	Again   string // leads to a login by hand
}

func (s *site) trouble(w http.ResponseWriter, r *http.Request, status int, message zwfw.Text, again string) {
	s.show(w, r, status, "trouble", message, troubled{message, again})
}

func serveStyle(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "public, max-age=3600")
	http.ServeFileFS(w, r, files, "pages/style.css")
}

// ownPath keeps a path of this site, and gives the home page for anything else.
func ownPath(to string) string {
	u, err := url.Parse(to)
	if err != nil || u.Scheme != "" || u.Host != "" || !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.ContainsAny(to, "\\\r\n\t") {
		return "/"
	}
	return to
}

// originOf gives scheme and host of an address.
func originOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host}).String()
}
