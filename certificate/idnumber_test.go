package certificate_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/certificate"
)

func TestIDNumberVectors(t *testing.T) {
	t.Parallel()
	for _, v := range readIdentifiers(t).IDNumbers {
		got, err := certificate.CheckIDNumber(zwfw.NewIDNumber(v.Number))
		if !v.Valid {
			require.Error(t, err, v.Why)
			require.True(t, got.IsZero())
			if v.Why == "check character" {
				require.ErrorIs(t, err, certificate.PartCheck)
			}
			continue
		}
		require.NoError(t, err)
		want := v.Number
		if v.Normalised != "" {
			want = v.Normalised
		}
		require.Equal(t, want, got.Reveal())
	}
}

func TestIDNumberCases(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, number string
		part         certificate.Part // "" when valid
	}{
		{"first of January 1900", "999999190001010015", ""},
		{"first of 1980", "999999198001010038", ""},
		{"last of 1999", "999999199912310028", ""},
		{"leap day", "999999200002290019", ""},
		{"sample of the standard", "11010519491231002X", ""},
		{"sample of the standard, 1880", "440524188001010014", ""},
		{"wrong check character", "999999190001010016", certificate.PartCheck},
		{"29 February 1900, check character right", "999999190002290012", certificate.PartBirthDate},
		{"month 13", "999999199013010011", certificate.PartBirthDate},
		{"day 0", "999999199001000011", certificate.PartBirthDate},
		{"empty", "", certificate.PartShape},
		{"17 characters", "99999919000101001", certificate.PartShape},
		{"19 characters", "9999991900010100155", certificate.PartShape},
		{"masked", "9****************5", certificate.PartShape},
		{"x in the middle", "99999919000101X015", certificate.PartCharacters},
		{"letter O for 0", "99999919O001010015", certificate.PartCharacters},
		{"full-width digits", "９９９９９９", certificate.PartCharacters}, // 18 bytes
		{"other letter at the end", "99999919000101001Y", certificate.PartCheck},
		{"region 0", "099999190001010015", certificate.PartRegion},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := certificate.CheckIDNumber(zwfw.NewIDNumber(c.number))
			if c.part == "" {
				require.NoError(t, err)
				require.Equal(t, c.number, got.Reveal())
				return
			}
			require.ErrorIs(t, err, c.part)
			require.True(t, got.IsZero())
			if c.number != "" {
				require.NotContains(t, err.Error(), c.number)
			}
		})
	}
}

func TestEverySingleWrongDigitIsFound(t *testing.T) {
	t.Parallel()
	const good = "999999200002290019"
	for i := range good {
		for digit := '0'; digit <= '9'; digit++ {
			text := good[:i] + string(digit) + good[i+1:]
			_, err := certificate.CheckIDNumber(zwfw.NewIDNumber(text))
			require.Equal(t, text == good, err == nil, "digit %d", i)
		}
	}
}

func TestUpgradeIDNumber(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, number, want string
		part               certificate.Part
	}{
		{"15 digits", "999999800101003", "999999198001010038", ""},
		{"15 digits, check letter X", "110105491231002", "11010519491231002X", ""},
		{"18 characters are checked", "11010519491231002x", "11010519491231002X", ""},
		{"18 characters, wrong", "110105194912310021", "", certificate.PartCheck},
		{"15 digits, no date", "999999800230003", "", certificate.PartBirthDate},
		{"15 characters with a letter", "99999980010100X", "", certificate.PartCharacters},
		{"15 characters, masked", "9*************3", "", certificate.PartShape},
		{"16 digits", "9999998001010031", "", certificate.PartShape},
		{"empty", "", "", certificate.PartShape},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := certificate.UpgradeIDNumber(zwfw.NewIDNumber(c.number))
			if c.part != "" {
				require.ErrorIs(t, err, c.part)
			} else {
				require.NoError(t, err)
			}
			require.Equal(t, c.want, got.Reveal())
		})
	}
	_, err := certificate.CheckIDNumber(zwfw.NewIDNumber("999999800101003"))
	require.ErrorIs(t, err, certificate.PartShape)
	require.ErrorContains(t, err, "UpgradeIDNumber", "the error says what to do with 15 digits")
}

func FuzzCheckIDNumber(f *testing.F) {
	f.Fuzz(func(t *testing.T, text string) {
		number := zwfw.NewIDNumber(text)
		got, err := certificate.CheckIDNumber(number)
		upgraded, upgradeErr := certificate.UpgradeIDNumber(number)
		if err == nil {
			require.True(t, got.Equal(number))
			require.NoError(t, upgradeErr)
			require.Equal(t, got.Reveal(), upgraded.Reveal())
			return
		}
		if upgradeErr == nil {
			again, err := certificate.CheckIDNumber(upgraded)
			require.NoError(t, err, "what was upgraded is valid")
			require.True(t, again.Equal(upgraded))
		}
		if len(text) > 5 {
			assert.False(t, strings.Contains(err.Error(), text))
		}
	})
}
