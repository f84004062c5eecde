package zwfw

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// NewFileTokenStore keeps tokens in one file for the processes of one machine. The file
// is sealed with AES-256-GCM under key, 32 bytes that the program gets from where it
// keeps its secrets; it is written beside and renamed, mode 0600. A file that another
// key sealed, or that is damaged, counts as empty: the unit logs in anew.
func NewFileTokenStore(path string, key []byte) (TokenStore, error) {
	if path == "" {
		return nil, errors.New("zwfw: NewFileTokenStore: the path is empty")
	}
	sealer, err := tokenSealer("NewFileTokenStore", key)
	if err != nil {
		return nil, err
	}
	return &fileTokens{path: path, sealer: sealer}, nil
}

// tokenSealer is AES-256-GCM with a random nonce in front of every seal.
func tokenSealer(caller string, key []byte) (cipher.AEAD, error) {
	if len(key) != 32 {
		return nil, fmt.Errorf("zwfw: %s: the key has %d bytes, 32 are needed", caller, len(key))
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

type fileTokens struct {
	path   string
	sealer cipher.AEAD
}

// tokenEntry is a StoredToken on disk, inside the seal.
type tokenEntry struct {
	Token    string
	Expires  time.Time
	Life     time.Duration
	Renewing time.Time
	Version  int64
}

func (f *fileTokens) Load(ctx context.Context, key string) (StoredToken, error) {
	all, err := f.read()
	if err != nil {
		return StoredToken{}, err
	}
	e := all[key]
	return StoredToken{Token: NewSecret(e.Token), Expires: e.Expires, Life: e.Life, Renewing: e.Renewing, Version: e.Version}, ctx.Err()
}

func (f *fileTokens) Swap(ctx context.Context, key string, old int64, token StoredToken) (bool, error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	unlock, err := f.lock(ctx)
	if err != nil {
		return false, err
	}
	defer unlock()
	all, err := f.read()
	if err != nil {
		return false, err
	}
	if all[key].Version != old {
		return false, nil
	}
	all[key] = tokenEntry{Token: token.Token.Reveal(), Expires: token.Expires, Life: token.Life, Renewing: token.Renewing, Version: old + 1}
	return true, f.write(all)
}

func (f *fileTokens) read() (map[string]tokenEntry, error) {
	all := make(map[string]tokenEntry)
	sealed, err := os.ReadFile(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return all, nil
	}
	if err != nil {
		return nil, fmt.Errorf("zwfw: token file: %w", err)
	}
	plain, err := f.sealer.Open(nil, nil, sealed, nil)
	if err == nil {
		err = json.Unmarshal(plain, &all)
	}
	if err != nil {
		return make(map[string]tokenEntry), nil // as the comment of NewFileTokenStore has it
	}
	return all, nil
}

func (f *fileTokens) write(all map[string]tokenEntry) error {
	plain, err := json.Marshal(all)
	if err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(f.path), filepath.Base(f.path)+".*") // mode 0600
	if err != nil {
		return fmt.Errorf("zwfw: token file: %w", err)
	}
	_, err = tmp.Write(f.sealer.Seal(nil, nil, plain, nil))
	err = errors.Join(err, tmp.Sync(), tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), f.path)
	}
	if err != nil {
		_ = os.Remove(tmp.Name())
		return fmt.Errorf("zwfw: token file: %w", err)
	}
	return nil
}

const (
	lockRetry = 5 * time.Millisecond
	// lockStale is far longer than a write takes: its process is gone.
	lockStale = 10 * time.Second
)

// lock makes a file that only one process can make. It works alike on every system.
func (f *fileTokens) lock(ctx context.Context) (unlock func(), err error) {
	name := f.path + ".lock"
	for {
		file, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if err == nil {
			_ = file.Close()
			return func() { _ = os.Remove(name) }, nil
		}
		if !errors.Is(err, fs.ErrExist) && !errors.Is(err, fs.ErrPermission) { // Windows says permission while it is removed
			return nil, fmt.Errorf("zwfw: token file: %w", err)
		}
		if info, err := os.Stat(name); err == nil && time.Since(info.ModTime()) > lockStale {
			_ = os.Remove(name)
			continue
		}
		if err := SystemClock().Sleep(ctx, lockRetry); err != nil {
			return nil, fmt.Errorf("zwfw: token file: %s is held by another process: %w", name, err)
		}
	}
}
