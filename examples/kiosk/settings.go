package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/crypto"
	"github.com/zwfw-go/zwfw/lutong"
)

// settings is the configuration file.
type settings struct {
	BaseURL     string      `json:"baseURL"`
	AccessID    string      `json:"accessId"`
	AccessToken zwfw.Secret `json:"accessToken"`
	OrgID       string      `json:"orgId"`
	PrivateKey  string      `json:"privateKeyFile"`  // own SM2 key
	PlatformKey string      `json:"platformKeyFile"` // the platform's SM2 key
	Dialect     string      `json:"dialectFile"`     // optional

	Device string `json:"device"`
	Hall   hall   `json:"hall"`
}

// hall is what stands on a slip.
type hall struct {
	Name    string   `json:"name"`
	Unit    string   `json:"unit"`
	Item    string   `json:"item"`
	Area    string   `json:"area"`
	Windows []string `json:"windows"`
	Prefix  string   `json:"prefix"` // of the queue number: the A of A001

	// FirstSerial is where the flow numbers of each day begin; machines of one hall
	// need ranges of their own. Default 1.
	FirstSerial int `json:"firstSerial"`

	Phone    string `json:"phone"`
	Address  string `json:"address"`
	BusRoute string `json:"busRoute"`
	Subway   string `json:"subway"`
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
	if s.Hall.FirstSerial < 0 || s.Hall.FirstSerial > maxFirst {
		return fail(fmt.Errorf("hall.firstSerial: 1 to %d", maxFirst))
	}
	for _, path := range []*string{&s.PrivateKey, &s.PlatformKey, &s.Dialect} {
		if *path != "" && !filepath.IsAbs(*path) {
			*path = filepath.Join(filepath.Dir(file), *path)
		}
	}
	return s, nil
}

// platform makes what lutong.New needs.
func (s settings) platform() (c lutong.Config, options []zwfw.Option, err error) {
	c = lutong.Config{BaseURL: s.BaseURL, AccessID: s.AccessID, AccessToken: s.AccessToken, OrgID: s.OrgID}
	load := func(file string, with func([]byte) error) {
		if file == "" || err != nil {
			return
		}
		data, failed := os.ReadFile(file)
		if failed == nil {
			failed = with(data)
		}
		if failed != nil {
			err = fmt.Errorf("%s: %w", file, failed)
		}
	}
	load(s.PrivateKey, func(data []byte) (err error) { c.PrivateKey, err = crypto.LoadPrivateKey(data); return err })
	load(s.PlatformKey, func(data []byte) (err error) { c.PlatformKey, err = crypto.LoadPublicKey(data); return err })
	load(s.Dialect, func(data []byte) error {
		d, err := zwfw.ParseDialect(data)
		options = append(options, zwfw.WithDialect(d))
		return err
	})
	return c, options, err
}
