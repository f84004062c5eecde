package fetch_test

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// mostMemory is what a program that only saves may have resident, in MiB.
const mostMemory = 12

// The memory does not grow with the file. The long form saves 256 MiB.
func TestSavingTakesTheSameMemoryForALargeFile(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("needs /proc/self/status")
	}
	size := 32 << 20
	if os.Getenv("ZWFW_LONG") == "1" {
		size = 256 << 20
	}
	program := filepath.Join(t.TempDir(), "save")
	out, err := exec.Command("go", "build", "-o", program, "./testdata/save").CombinedOutput()
	require.NoError(t, err, "%s", out)
	block := pdf(256<<10 - 16)
	require.Len(t, block, 256<<10)
	p := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", strconv.Itoa(size))
		for sent := 0; sent < size; sent += len(block) {
			if _, err := w.Write(block); err != nil {
				return
			}
		}
	})
	path := filepath.Join(t.TempDir(), "large.pdf")
	out, err = exec.Command(program, "package", p.URL+"/file", path).Output()
	require.NoError(t, err)
	var nanoseconds, kib int64
	_, err = fmt.Sscan(string(out), &nanoseconds, &kib)
	require.NoError(t, err)
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.EqualValues(t, size, info.Size())
	require.Positive(t, kib)
	t.Logf("%d MiB in %.1f MiB", size>>20, float64(kib)/1024)
	require.LessOrEqual(t, kib, int64(mostMemory<<10))
}
