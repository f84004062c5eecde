// Command save does nothing but fetch one address, for measurement: by this package, or by
// the loop that a program would write without it, or only hash as many bytes, which no way
// to save can be faster than. It prints the time and the greatest resident memory.
//
//	save package|serial|hash URL PATH
package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/fetch"
)

// blockSize is that of the package: neither way has the better buffer.
const blockSize = 128 << 10

func main() {
	run := byPackage
	switch os.Args[1] {
	case "serial":
		run = serially
	case "hash":
		run = hashing
	}
	began := time.Now()
	sum, err := run(os.Args[2], os.Args[3])
	took := time.Since(began)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(took.Nanoseconds(), peak(), fmt.Sprintf("%x", sum))
}

func byPackage(address, path string) ([32]byte, error) {
	settings, err := zwfw.NewSettings()
	if err != nil {
		return [32]byte{}, err
	}
	base, err := url.Parse(address)
	if err != nil {
		return [32]byte{}, err
	}
	f, err := fetch.New(fetch.Config{Platform: "certificate", Base: "http://" + base.Host}, settings)
	if err != nil {
		return [32]byte{}, err
	}
	file, err := f.Save(context.Background(), fetch.Reusable(zwfw.NewSecret(address)), path)
	return file.SHA256, err
}

func serially(address, path string) (sum [32]byte, err error) {
	resp, err := http.Get(address)
	if err != nil {
		return sum, err
	}
	defer resp.Body.Close()
	file, err := os.Create(path)
	if err != nil {
		return sum, err
	}
	h, p := sha256.New(), make([]byte, blockSize)
	for {
		n, readErr := resp.Body.Read(p)
		h.Write(p[:n])
		if _, err := file.Write(p[:n]); err != nil {
			return sum, err
		}
		if readErr == io.EOF {
			break
		}
		if readErr != nil {
			return sum, readErr
		}
	}
	h.Sum(sum[:0])
	return sum, errors.Join(file.Sync(), file.Close())
}

// hashing hashes the file at path, which it does not read: its size is all it asks for.
func hashing(_, path string) (sum [32]byte, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return sum, err
	}
	h, p := sha256.New(), make([]byte, blockSize)
	for left := info.Size(); left > 0; left -= blockSize {
		h.Write(p[:min(left, blockSize)])
	}
	h.Sum(sum[:0])
	return sum, nil
}

// peak is the greatest resident memory as Linux tells it, in KiB; 0 elsewhere.
func peak() (kib int) {
	status, _ := os.ReadFile("/proc/self/status")
	for line := range strings.Lines(string(status)) {
		if _, err := fmt.Sscanf(line, "VmHWM: %d kB", &kib); err == nil {
			return kib
		}
	}
	return 0
}
