package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/zwfw-go/zwfw"
)

func main() { os.Exit(run(signalled(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

// signalled gives a context that ends with the first signal to stop; a second one ends
// the program at once.
func signalled() context.Context {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	return ctx
}

const (
	exitOK    = 0
	exitError = 1
	exitUsage = 2
)

const usage = `用法：memberunit [选项]
12345 成员单位：收取下派工单、保存、签收，并送出工作人员的答复。

Usage: memberunit [flags]
A 12345 member unit: takes sheets, keeps them, signs for them and sends what the
unit's people answer.

  （不带选项 / no flags） 用内置的模拟平台演示一个单位的一周，然后结束
                    a unit's week against the built-in sandbox, then it ends
  -sandbox          由模拟平台扮演省中心，从键盘输入命令
                    the sandbox plays the centre; type commands
  -config FILE      真实平台的配置，格式见 memberunit.example.json
                    settings of a real platform; memberunit.example.json shows the form
  -data DIR         数据目录，默认 memberunit-data；演示用完即删
                    where data is kept, default memberunit-data; the week's is removed
  -every DURATION   两次收取之间的间隔，默认 60s / pause between polls, default 60s
  -lang zh|en       输出语言，默认 zh / language of the output, default zh

运行中输入 help 查看命令，quit 或 Ctrl-C 停止；没有送出的答复下次启动后继续送。
Type help for the commands; quit or Ctrl-C stops. What was not sent goes on with the
next start.

退出码 / exit status: 0 正常 / well, 1 出错 / an error, 2 参数有误 / wrong flags
`

// options is what the command line says.
type options struct {
	config  string
	sandbox bool
	data    string
	every   time.Duration
	english bool
}

func (o options) week() bool { return o.config == "" && !o.sandbox }

func parse(args []string) (options, error) {
	o := options{}
	flags := flag.NewFlagSet("memberunit", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // run prints usage and errors itself
	flags.BoolVar(&o.sandbox, "sandbox", false, "")
	flags.StringVar(&o.config, "config", "", "")
	flags.StringVar(&o.data, "data", "memberunit-data", "")
	flags.DurationVar(&o.every, "every", time.Minute, "")
	flags.Func("lang", "", func(lang string) error {
		if o.english = lang == "en"; lang != "en" && lang != "zh" {
			return errors.New("expected zh or en")
		}
		return nil
	})
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	switch {
	case flags.NArg() > 0:
		return o, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	case o.sandbox && o.config != "":
		return o, errors.New("-sandbox and -config exclude each other")
	case o.data == "":
		return o, errors.New("-data is empty")
	case o.every <= 0 || o.every > 24*time.Hour:
		return o, errors.New("-every must be above zero and at most 24h")
	}
	return o, nil
}

func run(ctx context.Context, args []string, in io.Reader, out, errs io.Writer) int {
	o, err := parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		_, _ = io.WriteString(out, usage)
		return exitOK
	case err != nil:
		_, _ = fmt.Fprintf(errs, "memberunit: %v\n参数有误，用 -h 查看用法。 Wrong flags; -h shows the usage.\n", err)
		return exitUsage
	}
	v := &voice{out: out, english: o.english}
	if o.week() {
		err = playWeek(ctx, o, v)
	} else {
		err = work(ctx, o, in, v)
	}
	if err != nil {
		_, _ = fmt.Fprintf(errs, "memberunit: %v\n", err)
		return exitError
	}
	return exitOK
}

// voice prints lines in one language. Several goroutines speak.
type voice struct {
	mu      sync.Mutex
	out     io.Writer
	english bool
}

// say prints a line. Arguments that are a zwfw.Text have their own two languages.
func (v *voice) say(zh, en string, args ...any) {
	format := zh
	if v.english {
		format = en
	}
	own := make([]any, len(args))
	for i, a := range args {
		own[i] = a
		if t, ok := a.(zwfw.Text); ok {
			own[i] = v.pick(t)
		}
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	_, _ = fmt.Fprintf(v.out, format+"\n", own...)
}

func (v *voice) pick(t zwfw.Text) string {
	if v.english {
		return t.EN
	}
	return t.ZH
}
