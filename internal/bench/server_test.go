package bench

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/zwfw-go/zwfw/crypto"
	"github.com/zwfw-go/zwfw/sandbox"
)

const serverMark = "ZWFW_BENCH_SERVER"

// TestMain turns the test binary into the server when it is started as one.
func TestMain(m *testing.M) {
	if os.Getenv(serverMark) != "" {
		serve()
		return
	}
	os.Exit(m.Run())
}

// serve gives a canned answer to every call, and the number of connections so far to
// /connections. It ends with its standard input.
func serve() {
	verify, decode := cannedAnswer(), cannedDecode()
	var connections atomic.Int64
	server := &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			if r.URL.Path == "/connections" {
				fmt.Fprint(w, connections.Load())
				return
			}
			w.Header().Set("Content-Type", "application/json; charset=UTF-8")
			if strings.HasSuffix(r.URL.Path, "/ymt/qrcode/decode") {
				_, _ = w.Write(decode)
				return
			}
			if answer := hotlineAnswer(r.URL.Path); answer != "" {
				_, _ = io.WriteString(w, answer)
				return
			}
			_, _ = w.Write(verify)
		}),
		ConnState: func(_ net.Conn, s http.ConnState) {
			if s == http.StateNew {
				connections.Add(1)
			}
		},
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Println(l.Addr())
	go func() { _, _ = io.Copy(io.Discard, os.Stdin); os.Exit(0) }()
	_ = server.Serve(l)
}

// cannedAnswer is VerifyCode's, sealed to the sandbox's client key.
func cannedAnswer() []byte {
	c, err := crypto.NewCipher("sm2-c1c3c2", crypto.Material{Public: sandbox.New().LutongConfig().PrivateKey.Public()}, crypto.CipherOptions{})
	if err != nil {
		panic(err)
	}
	seal := func(text string) string {
		b, err := c.Seal([]byte(text))
		if err != nil {
			panic(err)
		}
		return crypto.Encoding("HEX").Encode(b)
	}
	return fmt.Appendf(nil, `{"Response":{"RequestId":"f3447bdcb85908df","Error":null,"Data":{"userNameCyp":"%s","mobileCyp":"%s","certNoCyp":"%s","certTypeCyp":"%s","msgToken":"0b285da489334674d1626ba8c7692ced","tokenExpireTime":"7200","genExtinfo":null}}}`,
		seal("测试甲"), seal("10000000001"), seal("999999190001010015"), seal("1"))
}

// start runs the server in a process of its own and gives its address.
func start(tb testing.TB) string {
	tb.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), serverMark+"=1")
	stdin, err := cmd.StdinPipe()
	if err != nil {
		tb.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		tb.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = stdin.Close(); _ = cmd.Wait() })
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		tb.Fatal(err)
	}
	return "http://" + strings.TrimSpace(line)
}
