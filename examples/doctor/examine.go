package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/sandbox"
)

// patient is a city that the sandbox plays, with a client in front of it.
type patient struct {
	client interface {
		Dialect() *zwfw.Dialect
		Close() error
	}
	calls []call
}

// call is one operation, or a flow of several.
type call struct {
	op, chinese string // op is the first operation that it needs of the dialect
	make        func(context.Context) error
}

// wards are the platforms, each with what sets a sandbox up and what makes the client.
var wards = map[string]struct {
	setup func(*zwfw.Dialect) sandbox.Option
	admit func(*sandbox.Platform, ...zwfw.Option) (patient, error)
}{
	"lutong":      {playLutong, admitLutong},
	"yimatong":    {playYimatong, admitYimatong},
	"certificate": {playCertificate, admitCertificate},
	"hotline":     {playHotline, admitHotline},
	"portal":      {playPortal, admitPortal},
}

// examine reads the document and lets the platform it is for try it.
func examine(file string, resolved bool, out io.Writer) error {
	document, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	d, err := zwfw.ParseDialect(document)
	if err != nil {
		return err
	}
	ward, known := wards[d.Platform]
	if !known {
		return fmt.Errorf("platform: %q is none of lutong, yimatong, certificate, hotline, portal", d.Platform)
	}
	p, err := play(ward.setup(d))
	if err != nil {
		return err
	}
	stop, err := p.Listen("127.0.0.1:0")
	if err != nil {
		return err
	}
	defer stop()
	one, err := ward.admit(p, zwfw.WithDialect(d), zwfw.WithTimeout(10*time.Second))
	if err != nil {
		return err
	}
	defer one.client.Close()
	if resolved {
		text, err := json.MarshalIndent(one.client.Dialect(), "", "  ")
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%s\n\n", text)
	}
	fmt.Fprintf(out, "文档有效 The document is valid: %s\n", d.Name)
	return tryAll(one, p, out)
}

// play makes a sandbox that speaks the dialect. What it cannot play is an error, not a
// panic: the document is the user's.
func play(o sandbox.Option) (p *sandbox.Platform, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%v", r)
		}
	}()
	return sandbox.New(o), nil
}

// tryAll makes every call once. All are tried; the first failure decides.
func tryAll(one patient, p *sandbox.Platform, out io.Writer) error {
	var failed error
	ops := one.client.Dialect().Ops
	for _, c := range one.calls {
		if _, has := ops[c.op]; !has {
			fmt.Fprintf(out, "\n%s %s: 方言中没有 not in this dialect\n", c.chinese, c.op)
			continue
		}
		seen := len(p.Requests())
		err := c.make(context.Background())
		fmt.Fprintf(out, "\n%s %s: %s\n", c.chinese, c.op, verdict(err))
		for _, r := range p.Requests()[seen:] {
			fmt.Fprintln(out, indent(r.Curl("https://…")))
			if r.Explanation != "" {
				fmt.Fprintln(out, indent(r.Explanation))
			}
		}
		if err != nil && failed == nil {
			failed = fmt.Errorf("%s: %w", c.op, err)
		}
	}
	return failed
}

// warned turns the first warning of a reply into an error: something of it was not
// understood.
func warned(warnings []zwfw.Warning) error {
	for _, w := range warnings {
		return fmt.Errorf("%s: %s", w.Field, w.Problem)
	}
	return nil
}

// arrived makes sure that a value that was named, and perhaps sealed, arrives as it was.
func arrived(field string, same bool) error {
	if !same {
		return fmt.Errorf("%s: another value arrives than the platform sent; check its name and seal in out", field)
	}
	return nil
}

func verdict(err error) string {
	if err == nil {
		return "成功 done"
	}
	return "未成功 failed"
}

func indent(text string) string { return "    " + strings.ReplaceAll(text, "\n", "\n    ") }
