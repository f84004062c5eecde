package outbox_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// traced is a process that ran under strace.
type traced struct {
	injected int  // calls that were tampered with
	killed   bool // and it died of it
	text     string
}

// strace runs this program as another process whose system calls fail as told.
func strace(t *testing.T, dir, inject string) traced {
	t.Helper()
	log := filepath.Join(t.TempDir(), "calls")
	child := exec.Command("strace", "-f", "--quiet=attach,personality,exit", "-o", log, "-e", "trace=fdatasync,fsync,pwrite64", "-e", "inject="+inject, os.Args[0])
	child.Env = append(os.Environ(), childVar+"="+dir, limitVar+"=80", tracedVar+"=1")
	text, err := child.CombinedOutput()
	if errors.Is(err, exec.ErrNotFound) {
		untested(t, "failing system calls need strace")
	}
	if err != nil && strings.Contains(string(text), "ptrace") {
		untested(t, "strace may not trace here: "+string(text))
	}
	var exit *exec.ExitError
	require.True(t, err == nil || errors.As(err, &exit), "%v %s", err, text)
	calls, err := os.ReadFile(log)
	require.NoError(t, err)
	status, _ := child.ProcessState.Sys().(syscall.WaitStatus)
	return traced{
		injected: strings.Count(string(calls), "(INJECTED)"),
		killed:   status.Signaled() && status.Signal() == syscall.SIGKILL && strings.Contains(string(calls), "+++ killed by SIGKILL +++"),
		text:     string(text),
	}
}

// untested says so, and is a failure where everything has to be tested.
func untested(t *testing.T, why string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf("NOT TESTED: %s", why)
	}
	t.Skipf("SKIPPED, NOT TESTED: %s", why)
}
