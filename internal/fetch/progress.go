package fetch

import "sync"

// progress tells a callback how far a download is, on a goroutine of its own: while it
// runs, the download goes on, and only the latest figure waits.
type progress struct {
	latest chan [2]int64
	wg     sync.WaitGroup
}

// newProgress may be given nil.
func newProgress(tell func(done, total int64)) *progress {
	if tell == nil {
		return nil
	}
	p := &progress{latest: make(chan [2]int64, 1)}
	p.wg.Go(func() {
		for at := range p.latest {
			tell(at[0], at[1])
		}
	})
	return p
}

// report is called from one goroutine at a time.
func (p *progress) report(done, total int64) {
	if p == nil {
		return
	}
	select {
	case <-p.latest: // older and not told yet
	default:
	}
	p.latest <- [2]int64{done, total}
}

// end waits until the last figure is told.
func (p *progress) end() {
	if p != nil {
		close(p.latest)
		p.wg.Wait()
	}
}
