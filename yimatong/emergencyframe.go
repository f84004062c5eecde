package yimatong

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"time"
)

// A record file is a row of frames of one size, each sealed by itself: a changed byte
// damages one frame and moves none. Inside the seal a frame names its file and its place,
// so that it opens nowhere else.
const (
	ecFrameSize = 256              // divides the sector of a disk
	ecPlainSize = ecFrameSize - 28 // GCM: nonce of 12 in front, check value of 16 behind
	ecFrameHead = 29               // magic 4, kind 1, index 8, file 16
	ecFrameTag  = "ECR1"

	ecMaxName = 64 // bytes of a device or scene name
)

const (
	ecHeader   = 0 // the first frame: the end of the latest code that was forgotten, 8 bytes
	ecAccepted = 1
	ecUploaded = 2 // ID 16, counted 8 (ms, 0 for the time of use)
)

type (
	ecFileID [16]byte
	ecBody   [ecPlainSize - ecFrameHead]byte
	ecUseID  [16]byte
)

// ecUseIDOf reads an ID; what is none gives one that nothing has.
func ecUseIDOf(text string) (id ecUseID) {
	if b, err := hex.DecodeString(text); err == nil && len(b) == len(id) {
		id = ecUseID(b)
	}
	return id
}

func newECFileID() (id ecFileID) {
	_, _ = rand.Read(id[:]) // never fails
	return id
}

// ecEntry is one accepted code.
type ecEntry struct {
	EmergencyUse
	id       ecUseID
	used     ecUsed
	hash     [sha256.Size]byte
	end      int64 // of the code's life, Unix seconds
	uploaded bool

	// counted is the time of use that the hour's count and the clock's floor go by. It is
	// Time, until ClockSet finds that to lie ahead.
	counted time.Time
}

// body gives the entry's bytes: time 8 (ms), clock 1, used 20, end 8, hash 32, device
// 1 + 64, scene 1 + 64.
func (e *ecEntry) body() (b ecBody) {
	binary.BigEndian.PutUint64(b[0:], uint64(e.Time.UnixMilli()))
	if e.ClockSure {
		b[8] = 1
	}
	copy(b[9:], e.used[:])
	binary.BigEndian.PutUint64(b[29:], uint64(e.end))
	copy(b[37:], e.hash[:])
	b[69] = byte(copy(b[70:70+ecMaxName], e.Device))
	b[134] = byte(copy(b[135:135+ecMaxName], e.Scene))
	return b
}

func ecEntryOf(b ecBody) (*ecEntry, bool) {
	device, scene := int(b[69]), int(b[134])
	if device > ecMaxName || scene > ecMaxName {
		return nil, false
	}
	e := &ecEntry{used: ecUsed(b[9:29]), end: int64(binary.BigEndian.Uint64(b[29:])), hash: [32]byte(b[37:69])}
	e.Time = time.UnixMilli(int64(binary.BigEndian.Uint64(b[0:])))
	e.ClockSure = b[8] == 1
	e.Device, e.Scene = string(b[70:70+device]), string(b[135:135+scene])
	e.name()
	return e, true
}

// name fills in what follows from the rest. The ID is a hash over what is stored, so that
// it stays the same however often the file is written anew.
func (e *ecEntry) name() {
	body := e.body()
	sum := sha256.Sum256(body[:])
	e.id = ecUseID(sum[:])
	e.ID, e.PayloadHash = hex.EncodeToString(e.id[:]), hex.EncodeToString(e.hash[:])
}

func (s EmergencySeal) sealFrame(file ecFileID, index uint64, kind byte, body ecBody) ([]byte, error) {
	plain := append(make([]byte, 0, ecPlainSize), ecFrameTag...)
	plain = binary.BigEndian.AppendUint64(append(plain, kind), index)
	return s.cipher.Seal(append(append(plain, file[:]...), body[:]...))
}

func (s EmergencySeal) openFrame(frame []byte, index uint64) (kind byte, file ecFileID, body ecBody, ok bool) {
	plain, err := s.cipher.Open(frame)
	if err != nil || len(plain) != ecPlainSize || string(plain[:4]) != ecFrameTag || binary.BigEndian.Uint64(plain[5:]) != index {
		return 0, file, body, false
	}
	return plain[4], ecFileID(plain[13:]), ecBody(plain[ecFrameHead:]), true
}
