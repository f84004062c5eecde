package outbox

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"os"
)

// This file reads the pages of a bbolt file without bbolt, which trusts what it reads:
// a changed byte can make it panic, fault or run in circles.

const (
	filePageSize = 4096 // whatever the machine's, so that a file can be moved to another
	pageHead     = 16
	elementSize  = 16

	pageBranch   = 0x01
	pageLeaf     = 0x02
	pageMeta     = 0x04
	pageFreelist = 0x10

	leafBucket = 0x01 // a leaf element that holds a bucket

	boltMagic   = 0xED0CDAED
	boltVersion = 2
)

var order = binary.NativeEndian // bbolt's files are in the machine's own order

type pageID uint64

// bolt is a file that is read page by page. It holds what the last commit left.
type bolt struct {
	f        *os.File
	root     pageID // of the tree of buckets
	freelist pageID
	pages    pageID // pages in use or free; what lies behind was never written
	oneHead  bool   // the other head is damaged, or its write was cut off
}

// openBolt finds the last valid commit.
func openBolt(f *os.File) (*bolt, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	b := &bolt{f: f}
	var newest uint64
	heads, newer := 0, false
	for i := range int64(2) {
		var m [pageHead + 64]byte
		if _, err := f.ReadAt(m[:], i*filePageSize); err != nil {
			return nil, unread("head of the file", err)
		}
		meta := m[pageHead:]
		sum := fnv.New64a()
		_, _ = sum.Write(meta[:56])
		if order.Uint32(meta) != boltMagic || order.Uint64(meta[56:]) != sum.Sum64() {
			continue
		}
		if order.Uint32(meta[4:]) > boltVersion {
			newer = true
			continue
		}
		if tx := order.Uint64(meta[48:]); order.Uint32(meta[8:]) == filePageSize {
			if heads++; heads == 2 && tx < newest {
				continue
			}
			newest = tx
			b.root, b.freelist, b.pages = pageID(order.Uint64(meta[16:])), pageID(order.Uint64(meta[32:])), pageID(order.Uint64(meta[40:]))
		}
	}
	switch {
	case newer:
		return nil, ErrNewer
	case heads == 0:
		return nil, damage("no valid head", nil)
	case b.pages < 4 || uint64(b.pages) > uint64(info.Size())/filePageSize:
		return nil, damage("file shorter than its head says", nil)
	}
	b.oneHead = heads == 1
	return b, nil
}

// unread makes damage of a file that is too short. What else keeps it from being read may
// pass.
func unread(what string, err error) error {
	if errors.Is(err, io.EOF) {
		return damage(what, err)
	}
	return fmt.Errorf("%s: %w", what, err)
}

// page is one page with its overflow, or a bucket so small that it stands in its parent.
type page struct {
	flags, count uint16
	overflow     uint32
	data         []byte // header included
}

// head reads a page's header alone.
func (b *bolt) head(id pageID) (page, error) {
	if id < 2 || id >= b.pages {
		return page{}, damage(fmt.Sprintf("page %d does not exist", id), nil)
	}
	var h [pageHead]byte
	if _, err := b.f.ReadAt(h[:], int64(id)*filePageSize); err != nil {
		return page{}, unread("page", err)
	}
	p := page{flags: order.Uint16(h[8:]), count: order.Uint16(h[10:]), overflow: order.Uint32(h[12:])}
	if pageID(order.Uint64(h[:])) != id || uint64(id)+uint64(p.overflow) >= uint64(b.pages) {
		return page{}, damage(fmt.Sprintf("page %d has another's header", id), nil)
	}
	return p, nil
}

func (b *bolt) read(id pageID) (page, error) {
	p, err := b.head(id)
	if err != nil {
		return p, err
	}
	p.data = make([]byte, (int(p.overflow)+1)*filePageSize)
	if _, err := b.f.ReadAt(p.data, int64(id)*filePageSize); err != nil {
		return p, unread("page", err)
	}
	return p, nil
}

// element is one entry of a branch or a leaf.
type element struct {
	key, value []byte
	child      pageID // branch
	bucket     bool   // leaf
}

// elements reads a branch or a leaf whole, checking that all lies inside and that keys ascend.
func (p page) elements() ([]element, error) {
	if p.flags != pageBranch && p.flags != pageLeaf {
		return nil, damage(fmt.Sprintf("a page of kind %#x in a tree", p.flags), nil)
	}
	limit := uint64(len(p.data))
	if pageHead+uint64(p.count)*elementSize > limit {
		return nil, damage("a page with too many entries", nil)
	}
	all := make([]element, p.count)
	for i := range all {
		at := uint64(pageHead + i*elementSize)
		e := p.data[at:]
		var pos, key, value uint64
		if p.flags == pageBranch {
			pos, key = uint64(order.Uint32(e)), uint64(order.Uint32(e[4:]))
			all[i].child = pageID(order.Uint64(e[8:]))
		} else {
			pos, key, value = uint64(order.Uint32(e[4:])), uint64(order.Uint32(e[8:])), uint64(order.Uint32(e[12:]))
			all[i].bucket = order.Uint32(e) == leafBucket
			if flags := order.Uint32(e); flags > leafBucket {
				return nil, damage("an entry of no known kind", nil)
			}
		}
		if key == 0 || at+pos+key+value > limit {
			return nil, damage("an entry outside its page", nil)
		}
		all[i].key = p.data[at+pos : at+pos+key]
		all[i].value = p.data[at+pos+key : at+pos+key+value]
		if i > 0 && string(all[i-1].key) >= string(all[i].key) {
			return nil, damage("entries out of order", nil)
		}
	}
	return all, nil
}

// bucketOf reads the entry of a bucket: its root, or the page that stands in the entry.
func (e element) bucketOf() (root pageID, inline *page, err error) {
	if len(e.value) < 16 {
		return 0, nil, damage("a bucket without a root", nil)
	}
	if root = pageID(order.Uint64(e.value)); root != 0 {
		return root, nil, nil
	}
	data := e.value[16:]
	if len(data) < pageHead {
		return 0, nil, damage("a bucket without a page", nil)
	}
	p := page{flags: order.Uint16(data[8:]), count: order.Uint16(data[10:]), data: data}
	if p.flags != pageLeaf {
		return 0, nil, damage("a bucket with a page of another kind", nil)
	}
	return 0, &p, nil
}
