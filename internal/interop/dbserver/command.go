package dbserver

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
)

// servant is the user as whom servers run when the tests run as root, which both refuse.
const servant = "nobody"

// command makes a command that runs in dir, apart from the environment of the test, and
// gets the signal stop if the test ends without ending it.
func command(dir string, log *os.File, stop os.Signal, args []string) *exec.Cmd {
	c := exec.Command(args[0], args[1:]...)
	c.Dir, c.Stdout, c.Stderr = dir, log, log
	c.Env = []string{"PATH=/usr/bin:/bin:/usr/sbin:/sbin", "LC_ALL=C", "TZ=UTC", "HOME=" + dir}
	asServant(c, stop)
	return c
}

// newest gives the file of that pattern in the folder with the highest number.
func newest(pattern string) string {
	best, highest := "", -1
	found, _ := filepath.Glob(pattern)
	for _, name := range found {
		n, err := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(name))))
		if err == nil && n > highest {
			best, highest = name, n
		}
	}
	return best
}
