package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/zwfw-go/zwfw/sandbox"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

const (
	exitOK    = 0
	exitStep  = 1 // a step did not go as expected
	exitUsage = 2
)

// playTime is far above the seconds that the play takes; it ends one that hangs.
const playTime = 2 * time.Minute

const usage = `用法：window [-lang both|zh|en] [-dir 目录]
在模拟平台上演示窗口亮码办事：验码、查证照、手机授权、读取、下载、核验，以及各种
出错的情形。不连接任何真实平台。

Usage: window [-lang both|zh|en] [-dir DIR]
Plays a service window against the sandbox: code, certificates, consent, file,
verification, and what goes wrong. No real platform is called.

  -lang both|zh|en  输出语言，默认 both / language of the output, default both
  -dir DIR          保存证照的目录，没有则新建；默认用完即删
                    where the certificate is kept, made when missing;
                    by default it is removed at the end

退出码 / exit status: 0 全部符合预期 / all as expected, 1 有一步不符 / a step
was not, 2 参数有误 / a flag is wrong
`

// options is what the flags say.
type options struct {
	lang language
	dir  string // "" for a temporary one
}

func run(args []string, stdout, stderr io.Writer) int {
	o, err := parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		_, _ = io.WriteString(stdout, usage)
		return exitOK
	case err != nil:
		_, _ = fmt.Fprintf(stderr, "window: %v\n参数有误，用 -h 查看用法。 A flag is wrong; -h shows the usage.\n", err)
		return exitUsage
	}
	return perform(o, stdout, stderr, nil)
}

func parse(args []string) (options, error) {
	o := options{lang: both}
	flags := flag.NewFlagSet("window", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // run prints usage and errors itself
	flags.Var(&o.lang, "lang", "")
	flags.StringVar(&o.dir, "dir", "", "")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if flags.NArg() > 0 {
		return o, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	if o.dir != "" {
		if err := os.MkdirAll(o.dir, 0o755); err != nil {
			return o, fmt.Errorf("-dir: %w", err)
		}
	}
	return o, nil
}

// perform plays all scenes. sabotage is for tests: it may put a fault on the platform
// before the first one.
func perform(o options, stdout, stderr io.Writer, sabotage func(*sandbox.Platform)) int {
	v := &voice{out: stdout, lang: o.lang}
	w, err := openWindow(v, o.dir)
	if err != nil {
		_, _ = fmt.Fprintf(stderr, "window: %v\n", err)
		return exitStep
	}
	defer w.close()
	if sabotage != nil {
		sabotage(w.platform)
	}
	ctx, cancel := context.WithTimeout(context.Background(), playTime)
	defer cancel()
	for i, s := range w.scenes() {
		v.heading(i+1, s.title)
		if err := s.play(ctx); err != nil {
			v.failure(stderr, i+1, s.title, err)
			return exitStep
		}
	}
	if v.err != nil {
		_, _ = fmt.Fprintf(stderr, "window: cannot write the transcript: %v\n", v.err)
		return exitStep
	}
	return exitOK
}
