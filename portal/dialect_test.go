package portal_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/portal"
	"github.com/zwfw-go/zwfw/sandbox"
)

// Each file is a province that differs in what the standard leaves open. Client and
// platform are the same programs as for Heilongjiang.
func TestAProvinceIsServedByADialectFileAlone(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/dialects/*.json")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			document, err := os.ReadFile(file)
			require.NoError(t, err)
			dialect, err := zwfw.ParseDialect(document)
			require.NoError(t, err)
			p := sandbox.Start(t, sandbox.WithPortal(sandbox.PortalSetup{Dialect: dialect}))
			client := newClient(t, p.PortalConfig(), zwfw.WithDialect(dialect), zwfw.WithWeakCrypto("the province asks for it"))
			token := tokenOf(t, p, client, p.Citizens()[0])
			user, err := client.User(t.Context(), token)
			require.NoError(t, err)
			require.Equal(t, p.Citizens()[0].Name.Reveal(), user.Person.Name.Reveal())
			mine, err := client.MyCases(t.Context(), portal.MyCasesQuery{Token: token})
			require.NoError(t, err)
			require.Equal(t, 3, mine.Total)
			require.Empty(t, mine.Warnings)
			_, err = client.CaseProgress(t.Context(), ongoing, zwfw.NewSecret("wrong"))
			require.ErrorIs(t, err, zwfw.BadRequest)

			// A client that does not know the province gets nowhere.
			_, err = newClient(t, p.PortalConfig()).MyCases(t.Context(), portal.MyCasesQuery{Token: token})
			require.Error(t, err)
		})
	}
}
