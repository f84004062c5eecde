package browser

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// The programs that the tests start: the website, built once, and the browser. Profiles of
// the browser lie in a directory that is removed at the end: it writes while it goes.
var websiteProgram, chromium, profiles string

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(run(m))
}

func run(m *testing.M) int {
	if os.Getenv("ZWFW_LONG") != "1" {
		fmt.Println("browser: not run: a real browser is for the long suite, ZWFW_LONG=1")
		return 0
	}
	var err error
	if chromium, err = findChromium(); err != nil {
		fmt.Fprintf(os.Stderr, "browser: %v\nAs root: apt-get install --no-install-recommends chromium fonts-noto-cjk\n", err)
		return 1
	}
	dir, err := os.MkdirTemp("", "zwfw-browser-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	profiles = dir
	websiteProgram = filepath.Join(dir, "website")
	build := exec.Command("go", "build", "-o", websiteProgram, "./examples/website")
	build.Dir = filepath.Join("..", "..", "..")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "browser: go build ./examples/website: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

func findChromium() (string, error) {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("no Chromium is installed, and ZWFW_LONG=1 asks for one")
}
