package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

// The running kiosk has the outbox to itself. It answers operators on a loopback port;
// port and a password stand in a file that only its owner may read.

type doorPlate struct {
	Address  string `json:"address"`
	Password string `json:"password"`
}

func platePath(data string) string { return filepath.Join(data, "running.json") }

type question struct {
	Command string   `json:"command"`
	Rows    []uint64 `json:"rows"`
}

type answer struct {
	Text  string `json:"text"`
	Error string `json:"error,omitempty"`
}

// answerOperators opens the port.
func (m *machine) answerOperators(data string) (end func(), err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	plate := doorPlate{listener.Addr().String(), rand.Text()}
	text, err := json.Marshal(plate)
	if err == nil {
		err = writeOwn(platePath(data), text)
	}
	if err != nil {
		_ = listener.Close()
		return nil, err
	}
	server := &http.Server{Handler: m.operators(plate.Password), ReadTimeout: 5 * time.Second}
	done := make(chan struct{})
	go func() { defer close(done); _ = server.Serve(listener) }()
	return func() {
		_ = os.Remove(platePath(data))
		_ = server.Close()
		<-done
	}, nil
}

// writeOwn replaces a file by one that only its owner may read.
func writeOwn(file string, text []byte) error {
	if err := os.Remove(file); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return os.WriteFile(file, text, 0o600)
}

func (m *machine) operators(password string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, given, _ := r.BasicAuth()
		if subtle.ConstantTimeCompare([]byte(given), []byte(password)) != 1 {
			http.Error(w, "no", http.StatusForbidden)
			return
		}
		var q question
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20)).Decode(&q); err != nil {
			http.Error(w, "no question", http.StatusBadRequest)
			return
		}
		var a answer
		var text bytes.Buffer
		if err := obey(r.Context(), m.reporter, q.Command, q.Rows, &text); err != nil {
			a.Error = err.Error()
		}
		a.Text = text.String()
		_ = json.NewEncoder(w).Encode(a)
	})
}

// askRunning asks the running kiosk. When none answers there is none.
func askRunning(ctx context.Context, o options, out io.Writer) (answered bool, err error) {
	text, err := os.ReadFile(platePath(o.data))
	if err != nil {
		return false, nil
	}
	var plate doorPlate
	if err := json.Unmarshal(text, &plate); err != nil {
		return false, nil
	}
	body, err := json.Marshal(question{o.command, o.rows})
	if err != nil {
		return false, err
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+plate.Address, bytes.NewReader(body))
	if err != nil {
		return false, nil
	}
	request.SetBasicAuth("", plate.Password)
	transport := &http.Transport{DisableKeepAlives: true} // no proxy
	response, err := transport.RoundTrip(request)
	if err != nil {
		return false, nil // it was killed: the file is an old one
	}
	defer response.Body.Close()
	var a answer
	if response.StatusCode != http.StatusOK || json.NewDecoder(response.Body).Decode(&a) != nil {
		return false, nil
	}
	if _, err := io.WriteString(out, a.Text); err != nil {
		return true, fmt.Errorf("print: %w", err)
	}
	if a.Error != "" {
		return true, errors.New(a.Error)
	}
	return true, nil
}
