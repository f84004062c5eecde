package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestNumbersOfADayAreGivenOnce(t *testing.T) {
	t.Parallel()
	day := time.Date(2024, 1, 2, 23, 59, 59, 0, china)
	c := counter{first: 100001}
	for _, x := range []struct {
		at              time.Time
		number, queueNo string
	}{
		{day, "20240102100001", "A001"},
		{day.Add(-time.Hour), "20240102100002", "A002"},
		{day.Add(time.Second), "20240103100001", "A001"},
		{day, "20240103100002", "A002"}, // the clock went back
		{day.Add(time.Hour).UTC(), "20240103100003", "A003"},
	} {
		c = c.next(x.at)
		require.Equal(t, x.number, c.number())
		require.Equal(t, x.queueNo, c.queueNo("A"))
	}
	require.JSONEq(t, `{"day":"20240103","last":100003}`, string(c.text()))
}

func TestADamagedOutboxIsSetAsideAndNoNumberIsGivenTwice(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	status, out, errs := c.run(t, c.code(0)+c.code(1))
	require.Equal(t, exitOK, status, errs)
	before := slips(out)
	require.Len(t, before, 2)
	file := filepath.Join(c.data, realOutbox)
	require.NoError(t, os.Truncate(file, 5000))

	status, out, errs = c.run(t, c.code(2))
	require.Equal(t, exitOK, status, errs)
	require.Contains(t, errs, "The outbox was damaged")
	require.Contains(t, errs, "The numbers given today are lost")
	require.FileExists(t, file+".damaged-1")
	after := slips(out)
	require.Len(t, after, 1)
	for number := range after {
		require.NotContains(t, before, number)
	}
	require.Len(t, c.LutongTickets(), 3)
}
