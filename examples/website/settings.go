package main

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/portal"
)

// settings is what the environment says.
type settings struct {
	listen string
	public string // scheme and host, without a slash at the end

	platform   portal.Config
	serviceApp string
	options    []zwfw.Option
}

const callbackPath = "/sso/callback"

func readSettings(env func(string) string) (settings, error) {
	s := settings{listen: env("WEBSITE_LISTEN"), public: strings.TrimRight(env("WEBSITE_PUBLIC"), "/"), serviceApp: env("WEBSITE_SERVICE_APP")}
	if s.listen == "" {
		s.listen = "127.0.0.1:0"
	}
	s.platform = portal.Config{
		BaseURL: env("WEBSITE_BASE_URL"), AppMark: env("WEBSITE_APP_MARK"), AppWord: zwfw.NewSecret(env("WEBSITE_APP_WORD")), ProjectPrefix: env("WEBSITE_PREFIX"),
	}
	for host := range strings.SplitSeq(env("WEBSITE_SERVICE_HOSTS"), ",") {
		if host = strings.TrimSpace(host); host != "" {
			s.platform.ServiceHosts = append(s.platform.ServiceHosts, host)
		}
	}
	if s.public != "" {
		u, err := url.Parse(s.public)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.Path != "" || u.RawQuery != "" || u.User != nil {
			return s, errors.New("WEBSITE_PUBLIC is scheme and host, such as https://www.example.gov.cn")
		}
	}
	if s.rehearsal() {
		return s, nil
	}
	for _, required := range []struct{ name, value string }{
		{"WEBSITE_PUBLIC", s.public}, {"WEBSITE_APP_MARK", s.platform.AppMark}, {"WEBSITE_APP_WORD", s.platform.AppWord.Reveal()},
	} {
		if required.value == "" {
			return s, fmt.Errorf("%s is required with WEBSITE_BASE_URL", required.name)
		}
	}
	if u, _ := url.Parse(s.public); s.plainHTTP() && u.Hostname() != "localhost" && !net.ParseIP(u.Hostname()).IsLoopback() {
		return s, errors.New("WEBSITE_PUBLIC must be https with WEBSITE_BASE_URL, but on this machine: cookies would go in the clear")
	}
	if len(s.platform.ServiceHosts) > 0 && s.serviceApp == "" {
		return s, errors.New("WEBSITE_SERVICE_APP is required with WEBSITE_SERVICE_HOSTS")
	}
	return s, nil
}

// rehearsal reports whether a sandbox is to play the platform.
func (s settings) rehearsal() bool { return s.platform.BaseURL == "" }

// callback is the return address that is registered with the platform.
func (s settings) callback() string { return s.public + callbackPath }

func (s settings) config() portal.Config {
	c := s.platform
	c.Redirects = []string{s.callback()}
	return c
}

// plainHTTP is for a website under development.
func (s settings) plainHTTP() bool { return strings.HasPrefix(s.public, "http://") }
