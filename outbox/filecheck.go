package outbox

import (
	"fmt"
	"os"
)

// wholeCheck is the size up to which a file is read whole when it is opened: a fraction
// of a second even from slow flash. Of larger files the branches are read, about one
// page of a hundred, and leaves as they are needed.
const wholeCheck = 64 << 20

// checkPages finds what would make bbolt panic, run in circles or overwrite what is in
// use: pages that are not what their parent takes them for, and a list of free pages
// that names others. It reads page by page and holds a bit for each.
func checkPages(path string, size int64) (oneHead bool, err error) {
	f, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer f.Close()
	b, err := openBolt(f)
	if err != nil {
		return false, err
	}
	c := &checker{bolt: b, seen: make([]uint64, b.pages/64+1), leaves: size <= wholeCheck}
	if err := c.free(); err != nil {
		return false, err
	}
	return b.oneHead, c.whole(b.root, true)
}

type checker struct {
	*bolt
	seen   []uint64
	leaves bool // read leaves too
}

// whole checks a tree. All its leaves lie at one depth, so that they need not be read
// to know them.
func (c *checker) whole(root pageID, top bool) error {
	leaf := maxDepth
	if !c.leaves && !top {
		id := root
		for leaf = 0; leaf < maxDepth; leaf++ {
			p, err := c.read(id)
			if err != nil {
				return err
			}
			if p.flags == pageLeaf {
				break
			}
			all, err := p.elements()
			if err != nil || len(all) == 0 {
				return damage("branch", err)
			}
			id = all[0].child
		}
	}
	return c.tree(treeSpan{top: top, leaf: leaf}, root, 0)
}

// treeSpan says what a part of a tree may hold.
type treeSpan struct {
	from, to []byte // keys in [from, to); to nil for no end
	top      bool   // the tree of buckets
	leaf     int    // the depth from which pages are not read
}

// maxDepth is far above what any file needs: a tree of this depth has 2^32 pages.
const maxDepth = 32

// take notes that a page is in use; each is used once.
func (c *checker) take(id pageID, overflow uint32) error {
	for i := id; i <= id+pageID(overflow); i++ {
		if i < 2 || i >= c.pages {
			return damage(fmt.Sprintf("page %d does not exist", i), nil)
		}
		if c.seen[i/64]&(1<<(i%64)) != 0 {
			return damage(fmt.Sprintf("page %d is used twice", i), nil)
		}
		c.seen[i/64] |= 1 << (i % 64)
	}
	return nil
}

// free reads the list of free pages.
func (c *checker) free() error {
	p, err := c.read(c.freelist)
	if err != nil {
		return err
	}
	if p.flags != pageFreelist {
		return damage("no list of free pages", nil)
	}
	if err := c.take(c.freelist, p.overflow); err != nil {
		return err
	}
	n, ids := uint64(p.count), p.data[pageHead:]
	if n == 0xFFFF { // the count did not fit the header
		n, ids = order.Uint64(ids), ids[8:]
	}
	if n > uint64(len(ids))/8 {
		return damage("list of free pages too long", nil)
	}
	last := pageID(0)
	for i := range n {
		id := pageID(order.Uint64(ids[8*i:]))
		if id <= last {
			return damage("list of free pages out of order", nil)
		}
		if err := c.take(id, 0); err != nil {
			return err
		}
		last = id
	}
	return nil
}

// tree checks the pages below id.
func (c *checker) tree(span treeSpan, id pageID, depth int) error {
	if depth >= span.leaf && span.leaf < maxDepth {
		return c.take(id, 0)
	}
	if depth > maxDepth {
		return damage("tree too deep", nil)
	}
	p, err := c.read(id)
	if err != nil {
		return err
	}
	if err := c.take(id, p.overflow); err != nil {
		return err
	}
	all, err := p.elements()
	if err != nil {
		return err
	}
	if len(all) == 0 {
		if p.flags == pageBranch {
			return damage("branch without entries", nil)
		}
		return nil
	}
	if string(all[0].key) < string(span.from) || span.to != nil && string(all[len(all)-1].key) >= string(span.to) {
		return damage("entries of another page", nil)
	}
	if p.flags == pageBranch {
		return c.children(span, all, depth)
	}
	for _, e := range all {
		if e.bucket != span.top {
			return damage("bucket and entry mixed up", nil)
		}
		if span.top {
			if err := c.bucket(e); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *checker) children(span treeSpan, all []element, depth int) error {
	for i, e := range all {
		below := span
		if i > 0 { // below the first entry may lie keys smaller than its own
			below.from = e.key
		}
		if i+1 < len(all) {
			below.to = all[i+1].key
		}
		if err := c.tree(below, e.child, depth+1); err != nil {
			return err
		}
	}
	return nil
}

func (c *checker) bucket(e element) error {
	root, inline, err := e.bucketOf()
	if err != nil {
		return err
	}
	if inline != nil {
		_, err := inline.elements()
		return err
	}
	return c.whole(root, false)
}
