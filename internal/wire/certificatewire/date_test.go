package certificatewire_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw/internal/wire/certificatewire"
)

func TestDatesAreWrittenAsTheStandardDoesAndKeptAsTheyCame(t *testing.T) {
	t.Parallel()
	d := certificatewire.NewDate(time.Date(2023, 12, 31, 20, 0, 0, 0, time.UTC)) // New Year in China
	require.Equal(t, "2024年01月01日", d.Reveal())
	require.Equal(t, time.Date(2023, 12, 31, 16, 0, 0, 0, time.UTC), d.Day().UTC())
	require.True(t, certificatewire.OpenEnded().IsOpenEnded())

	for text, day := range map[string]string{
		"2024年01月01日": "2024-01-01", "2024年1月1日": "2024-01-01", "20240101": "2024-01-01", "20240101120000": "2024-01-01", "2024-01-01": "2024-01-01",
		"1969-12-31": "1969-12-31", "1970-01-01": "1970-01-01", "18991231": "1899-12-31", "0001-01-01": "0001-01-01",
		"2024-01-01 23:59:59": "2024-01-01", "1704038400000": "2024-01-01", "1.7040384E12": "2024-01-01", " 2024/01/01 ": "2024-01-01",
	} {
		var d certificatewire.Date
		require.NoError(t, d.UnmarshalText([]byte(text)), text)
		require.Equal(t, day, d.Day().Format(time.DateOnly), text)
		require.Equal(t, text, d.Reveal())
	}
	for _, text := range []string{"见副本", "2024年13月01日", "20241301", "1e300", "NaN", "Inf", "true", "1704038400000000"} {
		var d certificatewire.Date
		require.Error(t, d.UnmarshalText([]byte(text)), text)
		require.True(t, d.Day().IsZero())
		require.Equal(t, text, d.Reveal())
	}
}
