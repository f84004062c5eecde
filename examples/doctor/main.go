// Doctor looks at a dialect before a city's line is there.
//
//	go run ./examples/doctor dialect FILE
//
// It checks the document, lets the sandbox play that city, calls every operation once
// with a synthetic citizen and shows the requests, masked. Exit status 0 when all is
// well, 1 when something is wrong, 2 for a wrong command line.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

const usage = `用法 Usage: doctor dialect [-resolved] FILE

  检查方言文档，由模拟平台扮演该城市，把每个调用各试一次，并显示（已掩码的）请求。
  Checks a dialect, lets the sandbox play its city, tries every call once and shows
  the requests, masked.

  -resolved  显示并入预设之后的完整文档 print the document with its preset filled in
`

func run(args []string, stdout, stderr io.Writer) int {
	if len(args) == 0 || args[0] != "dialect" {
		fmt.Fprint(stderr, usage)
		return 2
	}
	flags := flag.NewFlagSet("doctor dialect", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() { fmt.Fprint(stderr, usage) }
	resolved := flags.Bool("resolved", false, "")
	if err := flags.Parse(args[1:]); err != nil {
		return 2
	}
	if flags.NArg() != 1 {
		fmt.Fprint(stderr, usage)
		return 2
	}
	if err := examine(flags.Arg(0), *resolved, stdout); err != nil {
		fmt.Fprintf(stderr, "有误 Wrong: %v\n", err)
		return 1
	}
	return 0
}
