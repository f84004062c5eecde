package portal

import (
	"context"
	"sync"
	"time"

	"github.com/zwfw-go/zwfw"
)

// Run pulls until ctx ends, and returns nil then: items and cases at once, in this order, and
// again after IngestConfig.ItemEvery and CaseEvery, neither waiting for the other; every
// CheckEvery it compares the stores and, where the platform has what is lacking here, reads
// everything anew. Failures are logged, stand in Freshness and are tried again at the next
// turn. Several Runs, in several processes too, do each other no harm.
func (i *Ingest) Run(ctx context.Context) error {
	next := make(map[IngestKind]time.Time)
	for _, kind := range i.config.Kinds { // cases refer to items
		next[kind] = i.turn(ctx, kind)
	}
	var kinds sync.WaitGroup
	for _, kind := range i.config.Kinds {
		kinds.Go(func() {
			// The program's clock may be set meanwhile; what is measured here is not.
			for at := next[kind]; zwfw.SystemClock().Sleep(ctx, time.Until(at)) == nil; {
				at = i.turn(ctx, kind)
			}
		})
	}
	kinds.Wait()
	return nil
}

// turn pulls once and says when the next turn is.
func (i *Ingest) turn(ctx context.Context, kind IngestKind) time.Time {
	began := time.Now()
	if ctx.Err() == nil {
		if _, err := i.Pull(ctx, kind); err == nil {
			i.check(ctx, kind)
		}
	}
	return began.Add(i.every(kind))
}

func (i *Ingest) every(kind IngestKind) time.Duration {
	if kind == ItemRows {
		return i.config.ItemEvery
	}
	return i.config.CaseEvery
}

// check compares a kind with the platform when it is time to. The mark of the last time
// outlives the process.
func (i *Ingest) check(ctx context.Context, kind IngestKind) {
	name, now := markName("checked", string(kind), i.config.AreaCode), i.client.Now()
	last, known, err := i.place(ctx, name)
	if err != nil || known && now.Sub(last.At) < i.config.CheckEvery && !now.Before(last.At) {
		return
	}
	r, err := i.Reconcile(ctx, kind, i.config.AreaCode, time.Time{})
	if err != nil {
		if ctx.Err() == nil {
			i.config.Logger.WarnContext(ctx, "zwfw ingest", "event", "reconcile failed", "kind", string(kind), "class", string(zwfw.KindOf(err)))
		}
		if zwfw.KindOf(err) != zwfw.NotSupported {
			return // the next turn tries again
		}
	}
	if err == nil && !r.Same() {
		i.config.Logger.WarnContext(ctx, "zwfw ingest", "event", "stores differ", "kind", string(kind),
			"here", r.Here.Count, "there", r.There.Count, "parked", r.Parked, "rejected", r.Rejected)
		// Of cases platforms keep the last ones only: more here than there is no loss.
		if kind == ItemRows || r.There.Count >= r.Here.Count {
			if i.FullPull(ctx, kind, nil) != nil {
				return
			}
		}
	}
	_ = i.ledger.sink.Apply(ctx, SinkChange{Kind: kind, At: now, Marks: []Mark{i.mark(name, place{At: now})}}) // else the next turn compares again
}
