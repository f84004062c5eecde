package hotline

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"hash/fnv"
	"maps"
	"time"
)

// memo is what a worker knows of one dispatch: no text that anybody wrote, no name. The
// state is the one that the Desk was told.
type memo struct {
	ID      DispatchID `json:"id"`
	No      SheetNo    `json:"no,omitempty"`
	Turn    int        `json:"turn,omitempty"` // 0: only an answer named it
	Round   int        `json:"round,omitempty"`
	Version int64      `json:"version,omitempty"`
	State   State      `json:"state,omitempty"`
	Before  State      `json:"before,omitempty"` // a rejection
	Delay   DelayState `json:"delay,omitempty"`
	Apply   string     `json:"apply,omitempty"` // of the open finish or rejection
	// Applications whose decision is known: what the centre says of them later, in answer to
	// a repetition, is older.
	Decided      string `json:"decided,omitempty"`
	DelayDecided string `json:"delayDecided,omitempty"`

	Dispatched int64                 `json:"dispatched,omitempty"`
	Deadline   int64                 `json:"deadline,omitempty"`
	Soon       int64                 `json:"soon,omitempty"` // the deadline that was warned of
	Urges      int                   `json:"urges,omitempty"`
	Supervised bool                  `json:"supervised,omitempty"`
	Noted      int64                 `json:"noted,omitempty"`
	Ended      int64                 `json:"ended,omitempty"`
	Changes    int64                 `json:"changes,omitempty"` // made of the list, for their keys
	Answers    map[string]answerMemo `json:"answers,omitempty"` // by answer.key
	Freed      map[string]int        `json:"freed,omitempty"`   // how often a failed one was discarded, by answer.key

	tick uint64 // when an answer last changed the state
}

// answerMemo is what is known of an answer: enough to tell a repetition from another one.
type answerMemo struct {
	Sum  string `json:"sum"`
	Turn int    `json:"turn,omitempty"`
	Done bool   `json:"done,omitempty"`
}

func (m *memo) clone() *memo {
	c := *m
	c.Answers, c.Freed = maps.Clone(m.Answers), maps.Clone(m.Freed)
	return &c
}

// over ends a dispatch, or opens it again.
func (m *memo) become(s State, now time.Time) {
	if m.State = s; !s.Over() {
		m.Ended = 0
	} else if m.Ended == 0 {
		m.Ended = now.Unix()
	}
}

// keepEnded is how long what is known of a dispatch outlives it: a dispatch of the same
// number after that is a new one.
const keepEnded = 30 * 24 * time.Hour

func (m *memo) forgettable(now time.Time) bool {
	since := m.Ended
	if m.Turn == 0 {
		since = m.Noted
	}
	return since != 0 && now.Sub(time.Unix(since, 0)) > keepEnded
}

// shards keep what is written for one change small however many sheets a unit has.
const shards = 64

func shardOf(id DispatchID) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(id))
	return int(h.Sum32() % shards)
}

// memoVersion stands first in a mark. A later version of this module reads all earlier
// ones; members that are added need no new version.
const memoVersion = 1

var errMemo = errors.New("hotline: what is stored of the unit's sheets is none of this version")

func encodeMemo(v any) []byte {
	text, _ := json.Marshal(v) // strings, numbers and booleans always can be
	return append([]byte{memoVersion}, text...)
}

func decodeMemo(value []byte, into any) error {
	if len(value) == 0 || value[0] != memoVersion || json.Unmarshal(value[1:], into) != nil {
		return errMemo
	}
	return nil
}

// readMemo is how far a unit's lists are read.
type readMemo struct {
	Cursor  int64    `json:"cursor,omitempty"`  // time of the newest change read
	Noticed []string `json:"noticed,omitempty"` // notices that are stored and not acknowledged yet
}

// short names a text by its digest.
func short(text string) string {
	sum := sha256.Sum256([]byte(text))
	return base64.RawURLEncoding.EncodeToString(sum[:12])
}

func unixOf(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}

func timeOf(unix int64) time.Time {
	if unix == 0 {
		return time.Time{}
	}
	return time.Unix(unix, 0).In(china)
}
