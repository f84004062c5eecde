package portal

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/zwfw-go/zwfw/internal/wire/portalwire"
)

// Reconciliation (对账) holds both stores against each other.
type Reconciliation struct {
	Kind  IngestKind
	Area  string    // "" for all
	Day   time.Time // of the update, in +08:00; zero for all
	Here  Summary
	There Summary
	// Parked rows are not in Here, and those rejected never will be.
	Parked, Rejected int64

	Answer
}

// Same reports that counts, newest update times and digests are equal.
func (r *Reconciliation) Same() bool {
	return r.Here.Count == r.There.Count && r.Here.Digest == r.There.Digest && r.Here.Newest.Equal(r.There.Newest)
}

// Difference is the share by which the counts differ, 0 to 1. Above 0.001 somebody should
// look (assumption).
func (r *Reconciliation) Difference() float64 {
	most := max(r.Here.Count, r.There.Count)
	if most == 0 {
		return 0
	}
	return math.Abs(float64(r.Here.Count-r.There.Count)) / float64(most)
}

// Reconcile asks the platform for count, newest update time and digest of its rows in force
// and works out ours. area is 12 digits or "" for all; day is the day of the update in
// +08:00, the zero time for all. Rows that change meanwhile make a difference: ask for a
// day that is over, or ask again. The digest is that of [Tally].
//
// Errors: those of every call, and the Sink's.
//
// Source: assumption (counts and greatest update time: practice).
func (i *Ingest) Reconcile(ctx context.Context, kind IngestKind, area string, day time.Time) (*Reconciliation, error) {
	const op = "IngestReconcile"
	if err := i.known(kind); err != nil {
		return nil, err
	}
	if err := i.client.check(op, field{"area", area, 20, false}); err != nil {
		return nil, err
	}
	if from, _, ok := dayOf(day); ok {
		day = from
	}
	out, answer, _, err := call[portalwire.Reconciliation](ctx, i.client, op, &portalwire.ReconcileQuery{Kind: string(kind), AreaCode: area, Day: day})
	if err != nil {
		return nil, err
	}
	r := &Reconciliation{
		Kind: kind, Area: area, Day: day, Answer: answer,
		There: Summary{Count: out.Count, Newest: plainTime(out.MaxUpdateTime), Digest: out.Digest},
	}
	if r.Here, err = i.ledger.sink.Summary(ctx, kind, area, day); err != nil {
		return nil, fmt.Errorf("portal: ingest: summary of %s: %w", kind, err)
	}
	r.Here.Newest = plainTime(r.Here.Newest)
	counts, err := i.ledger.sink.Counts(ctx, kind)
	if err != nil {
		return nil, fmt.Errorf("portal: ingest: counts of %s: %w", kind, err)
	}
	r.Parked, r.Rejected = counts.Parked, counts.Rejected
	return r, nil
}
