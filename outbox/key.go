package outbox

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"regexp"
	"runtime"
	"strings"

	"github.com/zwfw-go/zwfw"
)

// Key seals messages. Its ID stands readable beside each of them.
type Key struct {
	ID     string      // 1 to 32 characters of A-Z a-z 0-9 . _ -
	Secret zwfw.Secret // 32 random bytes or more
}

// KeyProvider gives keys.
//
// To change the key, give a new one as the current key and keep the old ones reachable
// by id until nothing sealed with them is left: no message, no dead letter, and no mark
// that was not set again since. The outbox takes the new key when it is opened next.
type KeyProvider interface {
	// Key gives the key of an id; the empty id asks for the current one. The error for an
	// id it does not have is ErrNoKey.
	Key(ctx context.Context, id string) (Key, error)
}

// ErrNoKey: a provider has no key of this id.
var ErrNoKey = errors.New("outbox: no key of this id")

// KeyFunc makes a provider of a function, for keys that a device or a service holds.
type KeyFunc func(ctx context.Context, id string) (Key, error)

// Key calls the function.
func (f KeyFunc) Key(ctx context.Context, id string) (Key, error) { return f(ctx, id) }

// KeyFile reads keys from a file that only its owner may read (mode 0600; not checked on
// Windows): one key a line, the id, a space, and 32 bytes or more in Base64. The first
// is the current one. It is read at every question.
func KeyFile(path string) KeyProvider {
	return KeyFunc(func(_ context.Context, id string) (Key, error) {
		info, err := os.Stat(path)
		if err != nil {
			return Key{}, fmt.Errorf("outbox: key file: %w", err)
		}
		if m := info.Mode().Perm(); m&0o077 != 0 && runtime.GOOS != "windows" {
			return Key{}, fmt.Errorf("outbox: key file %s: mode is %#o: others may read it; make it 0600", path, m)
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return Key{}, fmt.Errorf("outbox: key file: %w", err)
		}
		key, err := pickKey(string(text), id)
		if err != nil {
			return Key{}, fmt.Errorf("outbox: key file %s: %w", path, err)
		}
		return key, nil
	})
}

// KeyEnv reads keys from an environment variable in the form of [KeyFile]; a semicolon
// may stand for the end of a line.
func KeyEnv(name string) KeyProvider {
	return KeyFunc(func(_ context.Context, id string) (Key, error) {
		text, ok := os.LookupEnv(name)
		if !ok {
			return Key{}, fmt.Errorf("outbox: environment variable %s is not set", name)
		}
		key, err := pickKey(strings.ReplaceAll(text, ";", "\n"), id)
		if err != nil {
			return Key{}, fmt.Errorf("outbox: environment variable %s: %w", name, err)
		}
		return key, nil
	})
}

// CreateKeyFile makes a key file with one random key, mode 0600. A file that is there is
// left as it is and no error: its keys may be in use.
func CreateKeyFile(path, id string) error {
	if !keyID.MatchString(id) {
		return errKeyID(id)
	}
	secret := make([]byte, minSecret)
	if _, err := rand.Read(secret); err != nil {
		return fmt.Errorf("outbox: key file: %w", err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, os.ErrExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("outbox: key file: %w", err)
	}
	_, err = f.WriteString(id + " " + base64.StdEncoding.EncodeToString(secret) + "\n")
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		_ = os.Remove(path)
		return fmt.Errorf("outbox: key file: %w", err)
	}
	return syncDirectory(path)
}

const minSecret = 32

var keyID = regexp.MustCompile(`^[A-Za-z0-9._-]{1,32}$`)

func errKeyID(id string) error {
	return fmt.Errorf("outbox: key id of %d characters: 1 to 32 of A-Z a-z 0-9 . _ - are needed", len(id))
}

// pickKey finds a key in the text of a key file.
func pickKey(text, id string) (Key, error) {
	n := 0
	for line := range strings.Lines(text) {
		n++
		found, encoded, _ := strings.Cut(strings.TrimSpace(line), " ")
		if found == "" || id != "" && found != id {
			continue
		}
		secret, err := base64.StdEncoding.DecodeString(strings.TrimSpace(encoded))
		if err != nil {
			return Key{}, fmt.Errorf("line %d: want an id, a space and Base64", n)
		}
		key := Key{ID: found, Secret: zwfw.NewSecret(string(secret))}
		return key, key.check()
	}
	return Key{}, ErrNoKey
}

func (k Key) check() error {
	if !keyID.MatchString(k.ID) {
		return errKeyID(k.ID)
	}
	if n := len(k.Secret.Reveal()); n < minSecret {
		return fmt.Errorf("outbox: key %s has %d bytes, at least %d are needed", k.ID, n, minSecret)
	}
	return nil
}
