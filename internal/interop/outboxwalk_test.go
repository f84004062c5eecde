package interop_test

import (
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/zwfw-go/zwfw/internal/interop/dbserver"
	"github.com/zwfw-go/zwfw/outbox/outboxtest"
)

// Random walks of engine and model side by side; the name of a test says its seed.
func TestSQLWalksWithItsModel(t *testing.T) {
	t.Parallel()
	walks := long(3, 40)
	for _, flavor := range flavors {
		t.Run(string(flavor), func(t *testing.T) {
			t.Parallel()
			s := dbserver.Start(t, flavor, dbserver.Fast)
			for range walks {
				seed := rand.Uint64()
				t.Run(strconv.FormatUint(seed, 16), func(t *testing.T) {
					t.Parallel()
					d := s.Fresh(t)
					outboxtest.Walk(t, shelf(t, d), rand.New(rand.NewPCG(seed, 1)).IntN, 60)
				})
			}
		})
	}
}
