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

// playTime is far above the second or two that the play takes; it ends one that hangs.
const playTime = time.Minute

const usage = `用法：hallday [-lang both|zh|en] [-dir 目录]
在模拟平台上演示政务大厅的一个上午：扫码取号、窗口叫号、亮码办事、扫码办事，
以及各种出错的情形；最后在政府网站上查看办件并评价。不连接任何真实平台。

Usage: hallday [-lang both|zh|en] [-dir DIR]
Plays a morning in a government service hall against the sandbox: numbers,
calls, codes at the window and on the wall, what goes wrong, and at the end a
citizen who follows the case on a website and rates it. No real platform is
called.

  -lang both|zh|en  输出语言，默认 both / language of the output, default both
  -dir DIR          保留二维码图片的目录，没有则新建；默认用完即删
                    where the code pictures are kept, made when missing;
                    by default they are removed at the end

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
		_, _ = fmt.Fprintf(stderr, "hallday: %v\n参数有误，用 -h 查看用法。 A flag is wrong; -h shows the usage.\n", err)
		return exitUsage
	}
	return perform(o, stdout, stderr, nil)
}

func parse(args []string) (options, error) {
	o := options{lang: both}
	flags := flag.NewFlagSet("hallday", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // run prints usage and errors itself
	flags.Var(&o.lang, "lang", "")
	flags.Func("dir", "", func(dir string) error {
		if dir == "" {
			return errors.New("the directory's name is empty")
		}
		o.dir = dir
		return nil
	})
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

// perform plays all steps. sabotage is for tests: it may put a fault on the platform
// before the first step.
func perform(o options, stdout, stderr io.Writer, sabotage func(*sandbox.Platform)) int {
	n := &narrator{out: stdout, lang: o.lang}
	p, err := newPlay(n, o.dir)
	if err != nil {
		_, _ = fmt.Fprintf(stderr, "hallday: %v\n", err)
		return exitStep
	}
	defer p.close()
	if sabotage != nil {
		sabotage(p.platform)
	}
	ctx, cancel := context.WithTimeout(context.Background(), playTime)
	defer cancel()
	n.prologue()
	for i, s := range p.steps() {
		p.platform.Clock().Advance(s.after)
		n.heading(i+1, p.platform.Clock().Now(), s.title)
		if err := s.play(ctx); err != nil {
			n.failure(stderr, i+1, s.title, err)
			return exitStep
		}
	}
	if o.dir != "" {
		n.say(narrates, textf("二维码图片保存在：", "The code pictures are kept in:"))
		n.paperLine(o.dir) // unbroken, to be copied
	}
	if n.err != nil {
		_, _ = fmt.Fprintf(stderr, "hallday: cannot write the transcript: %v\n", n.err)
		return exitStep
	}
	return exitOK
}
