package outbox_test

import (
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw/outbox"
)

// memoryVar names the file that a process with too little memory opens.
const memoryVar = "ZWFW_OUTBOX_MEMORY"

func TestAMachineWithoutMemoryLeavesAHealthyFileAlone(t *testing.T) {
	if path := os.Getenv(memoryVar); path != "" {
		openWithoutMemory(t, path)
		return
	}
	path := place(t)
	o := open(t, path, config())
	enqueue(t, o, message("a", ""))
	closed(t, o)
	require.NoError(t, os.Truncate(path, 900<<20), "it maps as much as it is long")
	child := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
	child.Env = append(os.Environ(), memoryVar+"="+path)
	text, err := child.CombinedOutput()
	require.NoError(t, err, "%s", text)
	require.NoFileExists(t, path+".damaged-1")
	require.Len(t, drain(t, open(t, path, config()), 1), 1)
}

func openWithoutMemory(t *testing.T, path string) {
	statm, err := os.ReadFile("/proc/self/statm")
	require.NoError(t, err)
	var pages uint64
	_, err = fmt.Sscan(string(statm), &pages)
	require.NoError(t, err)
	limit := pages*uint64(os.Getpagesize()) + 300<<20
	require.NoError(t, syscall.Setrlimit(syscall.RLIMIT_AS, &syscall.Rlimit{Cur: limit, Max: limit}))
	_, err = outbox.Open(t.Context(), path, config())
	require.ErrorIs(t, err, syscall.ENOMEM)
}
