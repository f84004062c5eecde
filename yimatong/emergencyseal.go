package yimatong

import (
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/zwfw-go/zwfw/crypto"
)

// EmergencySeal keeps what a device stores from being read or changed.
type EmergencySeal struct{ cipher crypto.Cipher }

// NewEmergencySeal makes a seal of a key that the program gets from where it keeps its
// secrets: 32 bytes for AES-256-GCM, 16 bytes for SM4-GCM.
func NewEmergencySeal(key []byte) (EmergencySeal, error) {
	suite := map[int]string{32: "aes-gcm", 16: "sm4-gcm"}[len(key)]
	if suite == "" {
		return EmergencySeal{}, fmt.Errorf("yimatong: NewEmergencySeal: the key has %d bytes; 32 (AES-256-GCM) or 16 (SM4-GCM) are needed", len(key))
	}
	cipher, err := crypto.NewCipher(suite, crypto.Material{Secret: key}, crypto.CipherOptions{})
	return EmergencySeal{cipher}, err
}

var errECSeal = errors.New("the seal is empty; make it with NewEmergencySeal")

// ecKeyFile is a key set on disk, inside the seal.
type ecKeyFile struct {
	Magic     string
	Refreshed time.Time
	Keys      []ecStoredKey
}

type ecStoredKey struct {
	ID                  uint16
	P256, SM2           []byte // SubjectPublicKeyInfo
	NotBefore, NotAfter time.Time
}

const ecKeyMagic = "zwfw emergency keys 1"

// SaveEmergencyKeys writes a key set to a sealed file, so that a device that starts while
// the line is down has its keys. It is written beside and renamed, mode 0600.
func SaveEmergencyKeys(path string, seal EmergencySeal, set EmergencyKeySet) error {
	if seal.cipher == nil {
		return fmt.Errorf("yimatong: SaveEmergencyKeys: %w", errECSeal)
	}
	if _, err := newECKeys(set); err != nil {
		return fmt.Errorf("yimatong: SaveEmergencyKeys: %w", err)
	}
	stored := ecKeyFile{Magic: ecKeyMagic, Refreshed: set.Refreshed}
	for _, k := range set.Keys {
		s := ecStoredKey{ID: k.ID, NotBefore: k.NotBefore, NotAfter: k.NotAfter}
		var err error
		if k.P256 != nil {
			s.P256, err = x509.MarshalPKIXPublicKey(k.P256)
		} else {
			s.SM2, err = k.SM2.MarshalSPKI()
		}
		if err != nil {
			return fmt.Errorf("yimatong: SaveEmergencyKeys: key %d: %w", k.ID, err)
		}
		stored.Keys = append(stored.Keys, s)
	}
	plain, err := json.Marshal(stored)
	if err != nil {
		return fmt.Errorf("yimatong: SaveEmergencyKeys: %w", err)
	}
	sealed, err := seal.cipher.Seal(plain)
	if err == nil {
		err = ecReplace(path, sealed)
	}
	if err != nil {
		return fmt.Errorf("yimatong: SaveEmergencyKeys: %w", err)
	}
	return nil
}

// LoadEmergencyKeys reads what SaveEmergencyKeys wrote. A file that is damaged, or that
// another key sealed, is refused; errors.Is(err, fs.ErrNotExist) tells a missing one.
func LoadEmergencyKeys(path string, seal EmergencySeal) (EmergencyKeySet, error) {
	set, err := ecLoadKeys(path, seal)
	if err != nil {
		return EmergencyKeySet{}, fmt.Errorf("yimatong: LoadEmergencyKeys: %w", err)
	}
	return set, nil
}

func ecLoadKeys(path string, seal EmergencySeal) (set EmergencyKeySet, err error) {
	if seal.cipher == nil {
		return set, errECSeal
	}
	sealed, err := os.ReadFile(path)
	if err != nil {
		return set, err
	}
	plain, err := seal.cipher.Open(sealed)
	if err != nil {
		return set, err
	}
	var stored ecKeyFile
	if err := json.Unmarshal(plain, &stored); err != nil || stored.Magic != ecKeyMagic {
		return set, errors.New("the file holds something else than emergency keys")
	}
	set.Refreshed = stored.Refreshed
	for _, s := range stored.Keys {
		k := EmergencyKey{ID: s.ID, NotBefore: s.NotBefore, NotAfter: s.NotAfter}
		if len(s.SM2) > 0 {
			k.SM2, err = crypto.LoadPublicKey(s.SM2)
		} else {
			var public any
			public, err = x509.ParsePKIXPublicKey(s.P256)
			k.P256, _ = public.(*ecdsa.PublicKey)
		}
		if err != nil {
			return set, fmt.Errorf("key %d: %w", s.ID, err)
		}
		set.Keys = append(set.Keys, k)
	}
	_, err = newECKeys(set)
	return set, err
}

// ecReplace puts a new file in the place of the old one: after a power failure there is
// the old or the new, never a part.
func ecReplace(path string, data []byte) error {
	beside, err := ecBeside(path, data)
	if err != nil {
		return err
	}
	return ecInto(beside, path)
}

// ecNew stands in the name of a file that is not in its place yet.
const ecNew = ".new."

// ecBeside writes and syncs a file in the same directory.
func ecBeside(path string, data []byte) (string, error) {
	file, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+ecNew+"*") // mode 0600
	if err != nil {
		return "", err
	}
	_, err = file.Write(data)
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		_ = os.Remove(file.Name())
		return "", err
	}
	return file.Name(), nil
}

func ecInto(beside, path string) error {
	if err := os.Rename(beside, path); err != nil {
		_ = os.Remove(beside)
		return err
	}
	return ecSyncDir(filepath.Dir(path))
}

// ecSyncDir makes a rename last. Windows cannot sync a directory and needs none of it.
func ecSyncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
