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
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

const (
	exitOK    = 0
	exitError = 1 // could not start, or the outbox took nothing
	exitUsage = 2
)

const usage = `用法：citycenter [选项]          汇聚话务和坐席，按周期上报
Usage: citycenter [flags]         count calls and seats and report them every period

  -simulate       模拟一个城市的话务 / make calls and seats up
  -for DURATION   模拟多久，默认直到 Ctrl-C / for how long, default until Ctrl-C
  -events PATH    从文件读取事件（JSON 行），默认标准输入 / events as JSON lines, default standard input
  -config FILE    真实平台的配置，格式见 citycenter.example.json；没有时由内置模拟平台扮演省级平台
                  settings of a real platform, see citycenter.example.json; without it a
                  built-in sandbox plays the province
  -data DIR       数据目录，默认 citycenter-data / where data is kept, default citycenter-data
  -period DURATION
                  上报周期，默认 10s（3s 到 5m） / how far apart reports are, default 10s
  -lang zh|en     输出语言，默认 zh / language of the output, default zh

退出码 / exit status: 0 正常 / well, 1 出错 / an error, 2 参数有误 / wrong flags
`

// options is what the command line says.
type options struct {
	config   string // "" is the sandbox
	data     string
	events   string // "" is standard input
	simulate bool
	last     time.Duration
	period   time.Duration
	lang     string
}

func parse(args []string) (options, error) {
	var o options
	flags := flag.NewFlagSet("citycenter", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // run prints usage and errors itself
	flags.StringVar(&o.config, "config", "", "")
	flags.StringVar(&o.data, "data", "citycenter-data", "")
	flags.StringVar(&o.events, "events", "", "")
	flags.BoolVar(&o.simulate, "simulate", false, "")
	flags.DurationVar(&o.last, "for", 0, "")
	flags.DurationVar(&o.period, "period", 0, "")
	flags.StringVar(&o.lang, "lang", "zh", "")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	switch {
	case flags.NArg() > 0:
		return o, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	case o.simulate && (o.events != "" || o.config != ""):
		return o, errors.New("-simulate is for the sandbox and reads no events")
	case o.last != 0 && !o.simulate:
		return o, errors.New("-for goes with -simulate")
	case o.last < 0:
		return o, errors.New("-for is negative")
	case o.lang != "zh" && o.lang != "en":
		return o, errors.New("-lang must be zh or en")
	case o.data == "":
		return o, errors.New("-data is empty")
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
		_, _ = fmt.Fprintf(errs, "citycenter: %v\n参数有误，用 -h 查看用法。 Wrong flags; -h shows the usage.\n", err)
		return exitUsage
	}
	s := &speaker{lang: o.lang, out: out, errs: errs}
	if err := serve(ctx, o, in, s); err != nil {
		_, _ = fmt.Fprintf(errs, "citycenter: %v\n", err)
		return exitError
	}
	return exitOK
}

// speaker prints in one language, line by line.
type speaker struct {
	lang      string
	mu        sync.Mutex
	out, errs io.Writer
}

// say prints on the wall, tell for staff.
func (s *speaker) say(zh, en string, args ...any)  { s.line(s.out, zh, en, args) }
func (s *speaker) tell(zh, en string, args ...any) { s.line(s.errs, zh, en, args) }

func (s *speaker) line(w io.Writer, zh, en string, args []any) {
	if s.lang == "en" {
		zh = en
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	_, _ = fmt.Fprintf(w, zh+"\n", args...)
}
