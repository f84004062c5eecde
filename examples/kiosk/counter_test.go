package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/lutong"
	"github.com/zwfw-go/zwfw/outbox"
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

// Staff look at the outbox first, or the power fails before the first scan.
func TestADamagedOutboxIsRememberedByAStartWithoutATicket(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	status, out, errs := c.run(t, c.code(0)+c.code(1))
	require.Equal(t, exitOK, status, errs)
	before := slips(out)
	require.Len(t, before, 2)
	require.NoError(t, os.Truncate(filepath.Join(c.data, realOutbox), 5000))

	_, _, errs = c.run(t, "", "pending")
	require.Contains(t, errs, "The outbox was damaged")
	for range 2 {
		status, out, errs = c.run(t, c.code(2))
		require.Equal(t, exitOK, status, errs)
		after := slips(out)
		require.Len(t, after, 1)
		for number, at := range after {
			require.NotContains(t, before, number)
			before[number] = at
		}
	}
	require.NotContains(t, errs, "The numbers given today are lost", "the count is stored again")
}

func TestMachinesOfAHallThatLoseTheirCountStayApart(t *testing.T) {
	t.Parallel()
	late := time.Date(2024, 1, 2, 23, 59, 59, 0, china)
	first, second := counter{first: 1, Day: "20240102", Last: 77}, counter{first: 100001}
	require.Equal(t, "20240102096400", first.lost(late).number())
	require.Equal(t, "20240102110001", second.lost(late.Add(-24*time.Hour+time.Second)).number())
	require.Equal(t, "20240103096400", counter{first: 1, Day: "20240103", Last: 9}.lost(late).number(), "a day does not go back")
	lost := first.lost(late)
	require.Equal(t, lost, lost.lost(late.Add(-time.Hour)), "nor do numbers")
}

// What was printed is not given to another citizen after a start, whatever the disk did.
func TestANumberThatCouldNotBeStoredIsNotGivenAgain(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]struct {
		spoil func(t *testing.T, m *machine)
		lost  bool
	}{
		"the outbox is full": {func(t *testing.T, m *machine) {
			_, err := m.box.Close(t.Context())
			require.NoError(t, err)
			dir := filepath.Dir(string(m.lostCount))
			m.box, err = outbox.Open(t.Context(), filepath.Join(dir, realOutbox), outbox.Config{
				Queues: []outbox.Queue{lutong.TicketQueue()}, Keys: outbox.KeyFile(filepath.Join(dir, "kiosk.key")), MaxCount: 1,
			})
			require.NoError(t, err)
		}, false},
		"the outbox takes nothing": {func(t *testing.T, m *machine) {
			_, err := m.box.Close(t.Context())
			require.NoError(t, err)
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCity(t)
			var out, errs bytes.Buffer
			start := func() *machine {
				m, err := newMachine(t.Context(), options{config: c.config, data: c.data}, world{strings.NewReader(""), &out, &errs, zwfw.SystemClock()})
				require.NoError(t, err)
				return m
			}
			m := start()
			m.take(t.Context(), c.code(0))
			x.spoil(t, m)
			m.take(t.Context(), c.code(1))
			m.take(t.Context(), c.code(2))
			require.Equal(t, 2, strings.Count(errs.String(), "could not be stored"))
			_, err := m.release()
			require.NoError(t, err)

			for range 2 {
				m = start()
				m.take(t.Context(), c.code(3))
				_, err = m.release()
				require.NoError(t, err)
			}
			require.Len(t, slips(out.String()), 5, "each has its own number")
			told := strings.Count(errs.String(), "The numbers given today are lost")
			require.Equal(t, x.lost, told == 1, "%d", told)
		})
	}
}
