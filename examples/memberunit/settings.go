package main

import (
	"bytes"
	"cmp"
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
	BaseURL string          `json:"baseURL"`
	AppID   string          `json:"appId"`
	AppKey  zwfw.Secret     `json:"appKey"`
	Dialect string          `json:"dialectFile"` // optional
	Unit    string          `json:"unit"`        // a name of the program's own
	Clerk   zwfw.PersonName `json:"clerk"`
	Sign    string          `json:"sign"` // "stored" or "manual"
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
	if s.Sign != "stored" && s.Sign != "manual" {
		return fail(fmt.Errorf(`sign: "stored" (signed for by the program) or "manual" (by the command sign)`))
	}
	if s.Dialect != "" && !filepath.IsAbs(s.Dialect) {
		s.Dialect = filepath.Join(filepath.Dir(file), s.Dialect)
	}
	return s, nil
}

// policy is who signs.
func (s settings) policy() hotline.SignPolicy {
	if s.Sign == "manual" {
		return hotline.SignManually
	}
	return hotline.SignOnStored
}

func (s settings) name() string { return cmp.Or(s.Unit, "unit") }

// platform makes what hotline.New needs.
func (s settings) platform() (hotline.Config, []zwfw.Option, error) {
	c := hotline.Config{BaseURL: s.BaseURL, AppID: s.AppID, AppKey: s.AppKey}
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
