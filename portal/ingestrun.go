package portal

import (
	"context"
	"time"

	"github.com/zwfw-go/zwfw"
)

// Run pulls until ctx ends, and returns nil then: items and cases at once, and again after
// IngestConfig.ItemEvery and CaseEvery; every CheckEvery it compares the stores and, where
// the platform has what is lacking here, reads everything anew. Failures are logged, stand
// in Freshness and are tried again at the next turn. Several Runs, in several processes too,
// do each other no harm.
func (i *Ingest) Run(ctx context.Context) error {
	next := make(map[IngestKind]time.Time)
	for ctx.Err() == nil {
		now := time.Now()
		wake := now.Add(24 * time.Hour)
		for _, kind := range i.config.Kinds {
			if !now.Before(next[kind]) {
				if _, err := i.Pull(ctx, kind); err == nil {
					i.check(ctx, kind)
				}
				next[kind] = now.Add(i.every(kind))
			}
			if next[kind].Before(wake) {
				wake = next[kind]
			}
		}
		// The program's clock may be set meanwhile; what is measured here is not.
		if zwfw.SystemClock().Sleep(ctx, time.Until(wake)) != nil {
			break
		}
	}
	return nil
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
