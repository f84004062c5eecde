package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/hotline"
)

// settings is the configuration file.
type settings struct {
	BaseURL      string      `json:"baseURL"`
	AggregateURL string      `json:"aggregateURL"` // optional
	AppID        string      `json:"appId"`
	AppKey       zwfw.Secret `json:"appKey"`
	Dialect      string      `json:"dialectFile"` // optional

	City     string   `json:"city"`
	Counties []string `json:"counties"`
	Detail   bool     `json:"detail"`
}

// readSettings reads the file. It holds a secret, so nobody else may read it.
func readSettings(file string) (settings, error) {
	var s settings
	fail := func(err error) (settings, error) { return settings{}, fmt.Errorf("-config %s: %w", file, err) }
	info, err := os.Stat(file)
	if err != nil {
		return settings{}, err
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 && runtime.GOOS != "windows" {
		return fail(fmt.Errorf("mode is %#o and it holds a secret: make it 0600", mode))
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return settings{}, err
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&s); err != nil {
		return fail(err)
	}
	if s.Dialect != "" && !filepath.IsAbs(s.Dialect) {
		s.Dialect = filepath.Join(filepath.Dir(file), s.Dialect)
	}
	return s, nil
}

// platform makes what hotline.New needs.
func (s settings) platform() (hotline.Config, []zwfw.Option, error) {
	c := hotline.Config{BaseURL: s.BaseURL, AggregateURL: s.AggregateURL, AppID: s.AppID, AppKey: s.AppKey}
	if s.Dialect == "" {
		return c, nil, nil
	}
	text, err := os.ReadFile(s.Dialect)
	if err != nil {
		return c, nil, err
	}
	d, err := zwfw.ParseDialect(text)
	if err != nil {
		return c, nil, fmt.Errorf("%s: %w", s.Dialect, err)
	}
	return c, []zwfw.Option{zwfw.WithDialect(d)}, nil
}
