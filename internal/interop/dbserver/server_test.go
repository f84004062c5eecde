package dbserver_test

import (
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/interop/dbserver"
)

func TestMain(m *testing.M) { os.Exit(dbserver.Main(m)) }

func TestServersWaitForTheDiskWhenAsked(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		flavor     zwfw.SQLFlavor
		durability dbserver.Durability
		question   string
		want       string
	}{
		{zwfw.PostgreSQL, dbserver.Fast, "SHOW fsync", "off"},
		{zwfw.PostgreSQL, dbserver.Durable, "SHOW fsync", "on"},
		{zwfw.PostgreSQL, dbserver.Durable, "SHOW synchronous_commit", "on"},
		{zwfw.MySQL, dbserver.Fast, "SELECT @@innodb_flush_log_at_trx_commit", "0"},
		{zwfw.MySQL, dbserver.Durable, "SELECT @@innodb_flush_log_at_trx_commit", "1"},
		{zwfw.MySQL, dbserver.Durable, "SELECT @@innodb_doublewrite", "1"},
	} {
		t.Run(fmt.Sprintf("%s %d %s", c.flavor, c.durability, c.question), func(t *testing.T) {
			t.Parallel()
			s := dbserver.Start(t, c.flavor, c.durability)
			require.Same(t, s, dbserver.Start(t, c.flavor, c.durability), "it is started once")
			var answer string
			require.NoError(t, s.Fresh(t).Open(t).QueryRow(c.question).Scan(&answer))
			require.Equal(t, c.want, answer)
		})
	}
}

func TestFreshDatabasesAreApart(t *testing.T) {
	t.Parallel()
	for _, flavor := range []zwfw.SQLFlavor{zwfw.PostgreSQL, zwfw.MySQL} {
		t.Run(string(flavor), func(t *testing.T) {
			t.Parallel()
			s := dbserver.Start(t, flavor, dbserver.Fast)
			for range 2 {
				_, err := s.Fresh(t).Open(t).Exec("CREATE TABLE same (id INT)")
				require.NoError(t, err)
			}
		})
	}
}

func TestALineLosesOneAnswerAndCanBeDown(t *testing.T) {
	t.Parallel()
	line, far := dbserver.OverLine(t, dbserver.Start(t, zwfw.MySQL, dbserver.Fast).Fresh(t))
	pool := far.Open(t)
	pool.SetMaxOpenConns(1)
	ask := func(text string) error { _, err := pool.Exec(text); return err }
	require.NoError(t, ask("CREATE TABLE a (id INT)"))
	line.LoseAnswer()
	require.Error(t, ask("INSERT INTO a VALUES (1)"))
	var n int
	require.NoError(t, pool.QueryRow("SELECT COUNT(*) FROM a").Scan(&n))
	require.Equal(t, 1, n, "what was asked has been done")
	line.Down(true)
	require.Error(t, ask("INSERT INTO a VALUES (2)"))
	line.Down(false)
	require.NoError(t, ask("INSERT INTO a VALUES (3)"))
}
