package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/zwfw-go/zwfw"
)

func main() {
	os.Exit(run(signalled(), os.Args[1:], world{os.Stdin, os.Stdout, os.Stderr, zwfw.SystemClock()}))
}

// signalled gives a context that ends with the first signal to stop; a second one ends
// the program at once.
func signalled() context.Context {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	return ctx
}

// world is what surrounds the program.
type world struct {
	in       io.Reader
	out, err io.Writer
	clock    zwfw.Clock
}

const (
	exitOK    = 0
	exitError = 1 // could not start, or reading or storing went wrong
	exitUsage = 2
	exitLeft  = 3 // the scans ended and reports are left
)

const usage = `用法：kiosk [选项]                 取号
      kiosk pending [选项]         还有多少张号票未上报
      kiosk failed [选项]          列出未能上报的号票（已掩码）和原因
      kiosk retry [选项] [编号…]   重新上报；不写编号则全部
      kiosk discard [选项] 编号…   删除，不再上报

Usage: kiosk [flags]                   give numbers
       kiosk pending [flags]           how many tickets are not reported yet
       kiosk failed [flags]            tickets that were given up, masked, and why
       kiosk retry [flags] [ROW...]    report them again; all without a row
       kiosk discard [flags] ROW...    remove them for good

  -sandbox        由内置的模拟平台扮演鲁通码平台；没有 -config 时即如此
                  a built-in sandbox plays the platform; so it is without -config
  -config FILE    真实平台的配置，格式见 kiosk.example.json
                  settings of a real platform; kiosk.example.json shows the form
  -data DIR       数据目录，默认 kiosk-data / where data is kept, default kiosk-data
  -scans PATH     从文件、串口或设备读取扫码，默认标准输入；串口参数请先用 stty 设好
                  read scans from a file, port or device, default standard input; set
                  a port up with stty first
  -picture FILE   识读一张图片（PNG、JPEG）里的码 / read the code in one picture
  -wait DURATION  扫码结束后最多等待上报多久，默认 10s
                  how long to wait for reports when the scans have ended, default 10s
  -outage DURATION
                  仅模拟平台：开头这么久上报线路不通
                  sandbox only: the line for reports is down for so long at first

运行中也可执行 pending、failed、retry、discard。按 Ctrl-C 停止并告知剩余数量。
pending, failed, retry and discard also work while the kiosk runs. Ctrl-C stops it;
it says what is left.

退出码 / exit status: 0 正常 / well, 1 出错 / an error, 2 参数有误 / wrong flags,
3 扫码已结束但仍有未上报的号票 / the scans ended and reports are left
`

// options is what the command line says.
type options struct {
	command string // "" gives numbers
	rows    []uint64

	config  string // "" is the sandbox
	sandbox bool   // said so, not only by default
	data    string
	scans   string // "" is standard input
	picture string
	wait    time.Duration
	outage  time.Duration
}

var commands = []string{"pending", "failed", "retry", "discard"}

func run(ctx context.Context, args []string, w world) int {
	w.err = &oneAtATime{w: w.err}
	o, err := parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		_, _ = io.WriteString(w.out, usage)
		return exitOK
	case err != nil:
		w.complain("%v\n参数有误，用 -h 查看用法。 Wrong flags; -h shows the usage.", err)
		return exitUsage
	}
	if o.command != "" {
		return operate(ctx, o, w)
	}
	return serve(ctx, o, w)
}

func parse(args []string) (options, error) {
	o := options{}
	if len(args) > 0 && slices.Contains(commands, args[0]) {
		o.command, args = args[0], args[1:]
	}
	flags := flag.NewFlagSet("kiosk", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // run prints usage and errors itself
	flags.BoolVar(&o.sandbox, "sandbox", false, "")
	flags.StringVar(&o.config, "config", "", "")
	flags.StringVar(&o.data, "data", "kiosk-data", "")
	flags.StringVar(&o.scans, "scans", "", "")
	flags.StringVar(&o.picture, "picture", "", "")
	flags.DurationVar(&o.wait, "wait", 10*time.Second, "")
	flags.DurationVar(&o.outage, "outage", 0, "")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	for _, arg := range flags.Args() {
		row, err := strconv.ParseUint(arg, 10, 64)
		if err != nil || o.command != "retry" && o.command != "discard" {
			return o, fmt.Errorf("unexpected argument %q", arg)
		}
		o.rows = append(o.rows, row)
	}
	switch {
	case o.sandbox && o.config != "":
		return o, errors.New("-sandbox and -config exclude each other")
	case o.scans != "" && o.picture != "":
		return o, errors.New("-scans and -picture exclude each other")
	case o.outage != 0 && o.config != "":
		return o, errors.New("-outage is for the sandbox only")
	case o.outage < 0 || o.wait < 0:
		return o, errors.New("a duration is negative")
	case o.data == "":
		return o, errors.New("-data is empty")
	case o.command == "discard" && len(o.rows) == 0:
		return o, errors.New("discard: say which rows")
	}
	return o, nil
}

// say tells staff what goes on. Slips and screens go to standard output, this does not.
func (w world) say(format string, args ...any) { _, _ = fmt.Fprintf(w.err, format+"\n", args...) }

// oneAtATime keeps lines whole: reports are told by several goroutines.
type oneAtATime struct {
	mu sync.Mutex
	w  io.Writer
}

func (o *oneAtATime) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.w.Write(p)
}

func (w world) complain(format string, args ...any) { w.say("kiosk: "+format, args...) }
