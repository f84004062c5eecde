package certificate_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw/certificate"
)

func TestCreditCodeVectors(t *testing.T) {
	t.Parallel()
	for _, v := range readIdentifiers(t).CreditCodes {
		got, err := certificate.CheckCreditCode(v.Code)
		if !v.Valid {
			require.ErrorIs(t, err, certificate.PartCheck)
			require.NotContains(t, err.Error(), v.Code)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, v.Code, got)
	}
}

func TestCreditCodeCases(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, code, want string
		part             certificate.Part
	}{
		{"ministry", "11100000000013338W", "11100000000013338W", ""},
		{"department of a province", "11430000006122244L", "11430000006122244L", ""},
		{"agency", "11999999MB0000000X", "11999999MB0000000X", ""},
		{"agency, only zeros", "11999999000000000Q", "11999999000000000Q", ""},
		{"public institution", "12999999123456788W", "12999999123456788W", ""},
		{"company", "91999999MA00000154", "91999999MA00000154", ""},
		{"second company", "91999999MA0000023Y", "91999999MA0000023Y", ""},
		{"published sample", "91350100M000100Y43", "91350100M000100Y43", ""},
		{"small letters", "91999999ma0000023y", "91999999MA0000023Y", ""},
		{"wrong check character", "11999999MB0000000W", "", certificate.PartCheck},
		{"letter I for 1", "I1999999MB0000000X", "", certificate.PartCharacters},
		{"letter O at the end", "11999999MB0000000O", "", certificate.PartCheck},
		{"Chinese", "统一社会信用", "", certificate.PartCharacters}, // 18 bytes
		{"17 characters", "11999999MB0000000", "", certificate.PartShape},
		{"empty", "", "", certificate.PartShape},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := certificate.CheckCreditCode(c.code)
			if c.part != "" {
				require.ErrorIs(t, err, c.part)
			} else {
				require.NoError(t, err)
			}
			require.Equal(t, c.want, got)
		})
	}
}

func TestOrganisationCode(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		code, want string
		part       certificate.Part
	}{
		{"123456788", "123456788", ""},
		{"12345678-8", "123456788", ""},
		{"mb0000000", "MB0000000", ""},
		{"MA0000015", "MA0000015", ""},
		{"D2143569X", "D2143569X", ""}, // sample of GB 11714
		{"123456789", "", certificate.PartOrganisation},
		{"12345678_", "", certificate.PartCharacters},
		{"12345678", "", certificate.PartShape},
		{"", "", certificate.PartShape},
	} {
		got, err := certificate.CheckOrganisationCode(c.code)
		if c.part != "" {
			require.ErrorIs(t, err, c.part, c.code)
		} else {
			require.NoError(t, err, c.code)
		}
		require.Equal(t, c.want, got, c.code)
	}
}

func FuzzCheckCreditCode(f *testing.F) {
	f.Fuzz(func(t *testing.T, text string) {
		got, err := certificate.CheckCreditCode(text)
		if err != nil {
			require.Empty(t, got)
			return
		}
		require.True(t, strings.EqualFold(text, got))
		again, err := certificate.CheckCreditCode(got)
		require.NoError(t, err)
		require.Equal(t, got, again)
	})
}
