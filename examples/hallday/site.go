package main

import (
	"fmt"
	"html"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/portal"
)

// completion is the step that is rated: 办结.
const completion = 3

// openSite serves the city's website, as far as the play goes, and gives its address. A
// whole one is examples/website.
func (p *play) openSite() (address string, err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	address = "http://" + listener.Addr().String()
	handler, err := p.newSite(address)
	if err != nil {
		_ = listener.Close()
		return "", err
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)}
	done := make(chan struct{})
	go func() { defer close(done); _ = server.Serve(listener) }()
	p.closers = append(p.closers, func() { _ = server.Close(); <-done })
	return address, nil
}

// newSite puts three pages under the sign-on.
func (p *play) newSite(address string) (http.Handler, error) {
	callback := address + "/sso/callback"
	p.platform.RegisterRedirect(callback)
	config := p.platform.PortalConfig() // with the address that was registered
	client, err := portal.New(config, zwfw.WithClock(hallClock{p.platform.Clock(), 0}))
	if err != nil {
		return nil, err
	}
	p.closers = append(p.closers, func() { _ = client.Close() })
	signOn, err := portal.NewSignOn(client, portal.SignOnConfig{
		Callback: callback, PlainHTTP: true, // the loopback line has no TLS; a city's own website does
	})
	if err != nil {
		return nil, err
	}
	pages := http.NewServeMux()
	for pattern, serve := range map[string]func(*http.Request, zwfw.Secret) (string, error){
		"GET /my":       func(r *http.Request, token zwfw.Secret) (string, error) { return myCases(r, client, token) },
		"GET /my/case":  func(r *http.Request, token zwfw.Secret) (string, error) { return oneCase(r, client, token) },
		"POST /my/rate": func(r *http.Request, token zwfw.Secret) (string, error) { return takeRating(r, client, token) },
	} {
		pages.Handle(pattern, signOn.Require(portal.Need{Level: portal.LevelPrimary}, sitePage(serve)))
	}
	return signOn.Handler(new(http.CrossOriginProtection).Handler(pages)), nil
}

// sitePage writes what a page says, or what the citizen reads when that failed.
func sitePage(serve func(*http.Request, zwfw.Secret) (string, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, err := serve(r, portal.VisitorFrom(r.Context()).Session.Token)
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		if err != nil {
			w.WriteHeader(http.StatusNotFound)
			text = zwfw.AdviceFor(err).Citizen.ZH
		}
		_, _ = fmt.Fprintf(w, "<!doctype html><meta charset=utf-8><title>我的办件</title><p>%s\n", html.EscapeString(text))
	})
}

func myCases(r *http.Request, client *portal.Client, token zwfw.Secret) (string, error) {
	mine, err := client.MyCases(r.Context(), portal.MyCasesQuery{Token: token})
	if err != nil {
		return "", err
	}
	var lines []string
	for _, k := range mine.Cases {
		lines = append(lines, k.ProjectNo+" "+k.TaskName+" "+k.Status.Name())
	}
	return strings.Join(lines, "\n"), nil
}

func oneCase(r *http.Request, client *portal.Client, token zwfw.Secret) (string, error) {
	k, err := client.Case(r.Context(), portal.CaseQuery{ProjectNo: r.FormValue("number"), Token: token})
	if err != nil {
		return "", err
	}
	var stages []string
	for _, s := range k.Stages {
		stages = append(stages, s.Name)
	}
	text := strings.Join(stages, "、")
	if k.Result != nil {
		text += "：" + string(k.Result.Meaning)
	}
	return text, nil
}

func takeRating(r *http.Request, client *portal.Client, token zwfw.Secret) (string, error) {
	_, err := client.Evaluate(r.Context(), portal.Evaluation{ProjectNo: r.FormValue("number"), ServiceNumber: completion, Satisfaction: 5, Token: token})
	return "感谢您的评价", err
}
