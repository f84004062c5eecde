package outbox

import (
	"container/heap"
	"encoding/binary"
)

// lineup is what is in memory of a queue: which lanes are being delivered, which rest,
// and how far the rows have been looked through. Lanes it does not know have no pending
// message before next.
type lineup struct {
	next   uint64
	lanes  map[Hash]struct{} // resting, due or flying
	flying map[Hash]flight   // being delivered
	due    dueHeap
	recent *recent // nil: to be read
}

// flight is a delivery that was begun and not settled.
type flight struct {
	seq     uint64
	attempt int
}

func newLineup() *lineup {
	l := &lineup{flying: make(map[Hash]flight)}
	l.reset()
	return l
}

// reset forgets all but what is being delivered.
func (l *lineup) reset() {
	l.next, l.due, l.recent = 1, nil, nil
	l.lanes = make(map[Hash]struct{}, len(l.flying))
	for lane := range l.flying {
		l.lanes[lane] = struct{}{}
	}
}

// flies reports whether a sequence is being delivered.
func (l *lineup) flies(lane Hash, seq uint64) bool {
	flying, ok := l.flying[laneOf(lane, seq)]
	return ok && flying.seq == seq
}

// land ends a delivery: the lane may go on at the given time. Of a delivery that has
// ended before it knows nothing.
func (l *lineup) land(lane Hash, f flight, at int64, more bool) {
	if flying, ok := l.flying[lane]; !ok || flying != f {
		return
	}
	delete(l.flying, lane)
	if more {
		heap.Push(&l.due, dueLane{at, f.seq, lane})
	} else {
		delete(l.lanes, lane)
	}
}

// laneOf gives a message without order a lane of its own.
func laneOf(lane Hash, seq uint64) Hash {
	if lane == (Hash{}) {
		binary.BigEndian.PutUint64(lane[8:], seq)
	}
	return lane
}

// ordered reports whether a lane is one that messages share.
func ordered(lane Hash) bool { return binary.BigEndian.Uint64(lane[:8]) != 0 }

type dueLane struct {
	at   int64
	seq  uint64 // of its last message, which orders lanes that are due together
	lane Hash
}

type dueHeap []dueLane

func (h dueHeap) Len() int { return len(h) }
func (h dueHeap) Less(i, j int) bool {
	return h[i].at < h[j].at || h[i].at == h[j].at && h[i].seq < h[j].seq
}
func (h dueHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *dueHeap) Push(x any)   { *h = append(*h, x.(dueLane)) }
func (h *dueHeap) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}
