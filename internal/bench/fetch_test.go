package bench

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const bigFile = 256 << 20

// BenchmarkSave compares Save of a large file from loopback with a loop that reads,
// hashes, writes and syncs one after the other with a buffer of the same size. Both run in
// turns as processes that do nothing else; the memory is the greatest resident size of
// Save's. Hashing as many bytes and nothing else takes its turn too: one hash cannot be
// divided, so ×most is the best speed that any way to save can reach on this processor
// (where it has no instructions for SHA-256, hashing is most of the loop), and ×hash is
// how far Save is from it, 1 being there.
func BenchmarkSave(b *testing.B) {
	program := filepath.Join(b.TempDir(), "save")
	if out, err := exec.Command("go", "build", "-o", program, "../fetch/testdata/save").CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	server := httptest.NewServer(http.HandlerFunc(sendBigFile))
	defer server.Close()
	dir := b.TempDir()
	save := func(how string) (time.Duration, float64, string) {
		path := filepath.Join(dir, how+".pdf")
		if how == "hash" {
			require.NoError(b, os.WriteFile(path, nil, 0o600))
			require.NoError(b, os.Truncate(path, bigFile))
		}
		defer os.Remove(path)
		out, err := exec.Command(program, how, server.URL+"/file", path).Output()
		require.NoError(b, err)
		var took, kib int64
		var sum string
		_, err = fmt.Sscan(string(out), &took, &kib, &sum)
		require.NoError(b, err)
		return time.Duration(took), float64(kib) / 1024, sum
	}
	for b.Loop() {
		var times [3][]int64
		var peaks []float64
		for range rounds {
			ours, peak, sum := save("package")
			theirs, _, same := save("serial")
			require.Equal(b, same, sum)
			least, _, _ := save("hash")
			for i, took := range []time.Duration{ours, theirs, least} {
				times[i] = append(times[i], int64(took))
			}
			peaks = append(peaks, peak)
		}
		ours, theirs, least := float64(median(times[0])), float64(median(times[1])), float64(median(times[2]))
		b.ReportMetric(theirs/ours, "×speed")
		b.ReportMetric(theirs/least, "×most")
		b.ReportMetric(ours/least, "×hash")
		b.ReportMetric(bigFile/(1<<20)/time.Duration(ours).Seconds(), "MiB/s")
		median(peaks) // sorts
		b.ReportMetric(peaks[len(peaks)-1], "peak-MiB")
	}
}

// sendBigFile sends a PDF as far as its first and last bytes go.
func sendBigFile(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/pdf")
	w.Header().Set("Content-Length", strconv.Itoa(bigFile))
	block := make([]byte, 256<<10)
	for i := range block {
		block[i] = byte(i * i >> 7)
	}
	for sent := 0; sent < bigFile; sent += len(block) {
		copy(block, "%PDF-1.7\n")
		copy(block[len(block)-6:], "%%EOF\n")
		if _, err := w.Write(block); err != nil {
			return
		}
	}
}
