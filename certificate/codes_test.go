package certificate_test

import (
	"encoding/json"
	"testing"
	"time"
	"unicode"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw/certificate"
)

func TestCodesHaveNamesAndUnknownOnesStandForThemselves(t *testing.T) {
	t.Parallel()
	for _, code := range []certificate.HolderType{"001", "099", "111", "114", "115", "118", "119", "120", "122", "411", "412", "413", "414", "511", "516", "999"} {
		name := code.Name()
		require.True(t, unicode.Is(unicode.Han, []rune(name.ZH)[0]), code)
		require.NotEqual(t, string(code), name.EN)
	}
	require.Equal(t, "公民身份号码", certificate.HolderResident.Name().ZH)
	require.Equal(t, "005", certificate.HolderType("005").Name().ZH)
	for status := range statuses {
		name := certificate.Status(status).Name()
		require.Equal(t, status != "105", unicode.Is(unicode.Han, []rune(name.ZH)[0]), "%s; 105 has none", status)
	}
	require.Equal(t, "证照已过期", certificate.StatusExpired.Name().ZH)
	require.Equal(t, "777", certificate.Status("777").Name().EN)
	require.Equal(t, "亮证应用", certificate.CauseShowing.Name().ZH)
	require.Equal(t, "03", certificate.Cause("03").Name().ZH)
}

func TestADateIsADayInChina(t *testing.T) {
	t.Parallel()
	d := certificate.NewDate(2024, time.February, 29)
	require.Equal(t, "2024年02月29日", d.String())
	require.Equal(t, time.Date(2024, 2, 28, 16, 0, 0, 0, time.UTC), d.Day().UTC())
	long := certificate.LongTerm()
	require.True(t, long.IsLongTerm())
	require.Equal(t, "长期", long.String())
	require.True(t, certificate.Date{}.IsZero())
	_, err := certificate.ParseDate("2024年13月01日")
	require.Error(t, err)

	kept, err := json.Marshal(d)
	require.NoError(t, err)
	var back certificate.Date
	require.NoError(t, json.Unmarshal(kept, &back))
	require.Equal(t, d, back)
}

func FuzzDate(f *testing.F) {
	for _, text := range []string{"2024年01月01日", "20240101", "2024-01-01", "1704038400000", "长期", "1e300", "", "2024-01-01T00:00:00Z"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := certificate.ParseDate(text)
		require.Equal(t, text, d.Text())
		if err == nil && !d.Day().IsZero() {
			again, err := certificate.ParseDate(d.String())
			if y := d.Day().Year(); y > 0 && y < 10000 {
				require.NoError(t, err)
				require.Equal(t, d.Day(), again.Day())
			}
		}
	})
}
