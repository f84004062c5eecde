package certificate_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw/certificate"
)

// identifiers is testdata/identifiers.json: numbers made and damaged by an independent
// script.
type identifiers struct {
	Identifiers []struct{ ID, Result string } `json:"certificate_identifiers"`
	IDNumbers   []struct {
		Number, Why, Normalised string
		Valid                   bool
	} `json:"id_numbers"`
	CreditCodes []struct {
		Code  string
		Valid bool `json:"gb32100_valid"`
	} `json:"credit_codes"`
}

func readIdentifiers(t testing.TB) identifiers {
	t.Helper()
	data, err := os.ReadFile("testdata/identifiers.json")
	require.NoError(t, err)
	var v identifiers
	require.NoError(t, json.Unmarshal(data, &v))
	require.Greater(t, len(v.Identifiers), 80)
	require.Greater(t, len(v.IDNumbers), 80)
	require.Greater(t, len(v.CreditCodes), 70)
	return v
}

const (
	goodIdentifier = "1.2.156.3005.2.11999999MB0000000X001.11999999000000000Q.202400000001.001.4"
	legacySample   = "1.2.156.3005.2.11100000000013661B006.113700000045046442.209FA4E88F9E4C878F3E9BED2CE7EA49.001.M"
)

func TestIdentifierVectors(t *testing.T) {
	t.Parallel()
	for i, v := range readIdentifiers(t).Identifiers {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			id, err := certificate.ParseIdentifier(v.ID)
			switch v.Result {
			case "malformed":
				require.ErrorIs(t, err, certificate.PartShape)
			case "wrong root":
				require.ErrorIs(t, err, certificate.PartRoot)
			default:
				require.NoError(t, err)
				require.Equal(t, v.Result, id.Check().String())
				require.Equal(t, v.ID, id.Reveal())
			}
		})
	}
}

func TestIdentifierParts(t *testing.T) {
	t.Parallel()
	id, err := certificate.ParseIdentifier(goodIdentifier)
	require.NoError(t, err)
	assert.Equal(t, "11999999MB0000000X001", id.TypeCode())
	assert.Equal(t, "11999999000000000Q", id.IssuerCode())
	assert.Equal(t, "202400000001", id.Serial())
	assert.Equal(t, 1, id.Version())
	assert.Equal(t, byte('4'), id.CheckCharacter())
	assert.Equal(t, certificate.CheckValid, id.Check())

	small, err := certificate.ParseIdentifier("  " + strings.ToLower(goodIdentifier) + "\r\n")
	require.NoError(t, err)
	assert.Equal(t, strings.ToLower(goodIdentifier), small.Reveal(), "what was received goes back unchanged")
	assert.Equal(t, id.TypeCode(), small.TypeCode())
	assert.Equal(t, certificate.CheckValid, small.Check())
	assert.True(t, id.Equal(small))

	dots, err := certificate.ParseIdentifier("1.2.156.3005.2.11999999MB0000000X001.11999999000000000Q.A.1..B.017.0")
	require.NoError(t, err)
	assert.Equal(t, "A.1..B", dots.Serial(), "everything between issuer and version")
	assert.Equal(t, 17, dots.Version())
	assert.Equal(t, certificate.CheckNotComputable, dots.Check())
	assert.False(t, id.Equal(dots))
}

func TestZeroIdentifierIsEmpty(t *testing.T) {
	t.Parallel()
	var id certificate.Identifier
	assert.True(t, id.IsZero())
	assert.Empty(t, id.Reveal()+id.String()+id.TypeCode()+id.IssuerCode()+id.Serial())
	assert.Zero(t, id.Version())
	assert.Zero(t, id.CheckCharacter())
	assert.Equal(t, certificate.CheckNotComputable, id.Check())
}

func TestIdentifierErrorsNameThePart(t *testing.T) {
	t.Parallel()
	const root, typeCode, issuer = "1.2.156.3005.2.", "11999999MB0000000X001.", "11999999000000000Q."
	strict := certificate.IdentifierRules{Strict: true}
	for _, c := range []struct {
		name, text string
		rules      certificate.IdentifierRules
		part       certificate.Part
		says       string
	}{
		{"empty", "", certificate.IdentifierRules{}, certificate.PartShape, "expected 1.2.156.3005.2.type.issuer.serial.version.check"},
		{"too few parts", root + typeCode + issuer + "001.4", certificate.IdentifierRules{}, certificate.PartShape, "type.issuer.serial"},
		{"masked", root + typeCode + issuer + "2024****0001.001.4", certificate.IdentifierRules{}, certificate.PartShape, "not a masked one"},
		{"blank inside", root + typeCode + issuer + "2024 0001.001.4", certificate.IdentifierRules{}, certificate.PartShape, "without blanks"},
		{"not UTF-8", root + typeCode + issuer + "\xbe\xa9.001.4", certificate.IdentifierRules{}, certificate.PartShape, "UTF-8"},
		{"endless", root + typeCode + issuer + strings.Repeat("9", 300) + ".001.4", certificate.IdentifierRules{}, certificate.PartShape, "at most 256 bytes"},
		{"another root", "1.2.156.3005.9." + typeCode + issuer + "1.001.4", certificate.IdentifierRules{}, certificate.PartRoot, "expected 1.2.156.3005.2"},
		{"no type", root + "." + issuer + "1.001.4", certificate.IdentifierRules{}, certificate.PartType, "21 characters"},
		{"issuer too short", root + typeCode + "34010.1.001.4", certificate.IdentifierRules{}, certificate.PartIssuer, "6 to 18"},
		{"issuer too long", root + typeCode + "11999999000000000Q1.1.001.4", certificate.IdentifierRules{}, certificate.PartIssuer, "6 to 18"},
		{"no serial", root + typeCode + issuer + ".001.4", certificate.IdentifierRules{}, certificate.PartSerial, "at least one"},
		{"version of two digits", root + typeCode + issuer + "1.01.4", certificate.IdentifierRules{}, certificate.PartVersion, "three digits"},
		{"version with a letter", root + typeCode + issuer + "1.00A.4", certificate.IdentifierRules{}, certificate.PartVersion, "three digits"},
		{"two check characters", root + typeCode + issuer + "1.001.44", certificate.IdentifierRules{}, certificate.PartCheck, "one digit or letter"},
		{"strict: type is no credit code", root + "11999999MB0000000Y001." + issuer + "1.001.4", strict, certificate.PartType, "统一社会信用代码"},
		{"strict: type of other length", root + "11999999MB0000000X01." + issuer + "1.001.4", strict, certificate.PartType, "three digits"},
		{"strict: issuer is a region", root + typeCode + "340100.000000016.001.9", strict, certificate.PartIssuer, "统一社会信用代码"},
		{"strict: check character", root + typeCode + issuer + "202400000001.001.5", strict, certificate.PartCheck, "MOD 37,36"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			id, err := c.rules.Parse(c.text)
			require.ErrorIs(t, err, c.part)
			var e *certificate.NumberError
			require.ErrorAs(t, err, &e)
			require.Equal(t, "identifier", e.What)
			require.ErrorContains(t, err, c.says)
			require.NotContains(t, err.Error(), "11999999", "the identifier is not repeated")
			require.True(t, id.IsZero())
		})
	}
}

func TestStrictAcceptsAGoodIdentifierAndAChineseSerial(t *testing.T) {
	t.Parallel()
	strict := certificate.IdentifierRules{Strict: true}
	id, err := strict.Parse(goodIdentifier)
	require.NoError(t, err)
	require.Equal(t, certificate.CheckValid, id.Check())
	id, err = strict.Parse("1.2.156.3005.2.11999999MB0000000X001.11999999000000000Q.京字2024第1号.001.0")
	require.NoError(t, err)
	require.Equal(t, certificate.CheckNotComputable, id.Check())
}

func TestPublishedIdentifiersAreValid(t *testing.T) {
	t.Parallel()
	for _, behindRoot := range []string{
		"11100000000013338W011.11430000006122244L.20230000403.002.S",
		"11100000000013338W011.11430000006122244L.20230000403.001.U",
		"11100000000013338W032.11220000013544541J.2430599.001.F",
		"11100000000013338W087.11370800MB28559184.37080001202411010001.001.3",
		"11100000000013338W009.11330105002500287C.2025052201.002.0",
		"11100000MB03271699022.340100.000000016.001.9",
		"11999999MB0000000X001.11999999000000000Q.202400000001.002.2",
		"11999999MB0000000X999.11999999000000000Q.ABCDEF0123456789.001.6",
	} {
		id, err := certificate.ParseIdentifier(certificate.IdentifierRoot + "." + behindRoot)
		require.NoError(t, err, behindRoot)
		assert.Equal(t, certificate.CheckValid, id.Check(), behindRoot)
	}
	id, err := certificate.ParseIdentifier("1.2.156.3005.2.11100000000013338W050.91610800064834709T.2023000001.001.X")
	require.NoError(t, err)
	assert.Equal(t, certificate.CheckWrong, id.Check(), "X is a placeholder in this sample; 2 is computed")
}

func TestLegacyCheckCharacterIsOptIn(t *testing.T) {
	t.Parallel()
	id, err := certificate.ParseIdentifier(legacySample)
	require.NoError(t, err)
	require.Equal(t, certificate.CheckWrong, id.Check())
	_, err = certificate.IdentifierRules{Strict: true}.Parse(legacySample)
	require.ErrorIs(t, err, certificate.PartCheck)

	lenient := certificate.IdentifierRules{Strict: true, AllowLegacyCheckDigit: true}
	id, err = lenient.Parse(legacySample)
	require.NoError(t, err)
	require.Equal(t, certificate.CheckValid, id.Check())
	id, err = lenient.Parse(goodIdentifier)
	require.NoError(t, err)
	require.Equal(t, certificate.CheckValid, id.Check(), "the standard's character stays valid")
	_, err = lenient.Parse(strings.TrimSuffix(legacySample, "M") + "N")
	require.ErrorIs(t, err, certificate.PartCheck)

	made, err := certificate.NewIdentifier(mustParse(t, legacySample).TypeCode(), "113700000045046442", "209FA4E88F9E4C878F3E9BED2CE7EA49", 1)
	require.NoError(t, err)
	require.Equal(t, byte('D'), made.CheckCharacter(), "never generated")
}

func mustParse(t *testing.T, text string) certificate.Identifier {
	t.Helper()
	id, err := certificate.ParseIdentifier(text)
	require.NoError(t, err)
	return id
}

// The system finds every single wrong character and every swap of neighbours.
func TestCheckCharacterFindsSlips(t *testing.T) {
	t.Parallel()
	const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	from := len(certificate.IdentifierRoot) + 1
	slips := 0
	for i := from; i < len(goodIdentifier); i++ {
		if goodIdentifier[i] == '.' {
			continue // dots do not count
		}
		var wrong []string
		for _, c := range alphabet {
			wrong = append(wrong, goodIdentifier[:i]+string(c)+goodIdentifier[i+1:])
		}
		if i+1 < len(goodIdentifier) && !strings.Contains(goodIdentifier[i:i+2], ".") {
			wrong = append(wrong, goodIdentifier[:i]+goodIdentifier[i+1:i+2]+goodIdentifier[i:i+1]+goodIdentifier[i+2:])
		}
		for _, text := range wrong {
			id, err := certificate.ParseIdentifier(text)
			if err != nil || text == goodIdentifier {
				continue // the shape gave it away
			}
			slips++
			require.NotEqual(t, certificate.CheckValid, id.Check(), "character %d", i)
		}
	}
	require.Greater(t, slips, 1500)
}

func TestNewIdentifier(t *testing.T) {
	t.Parallel()
	id, err := certificate.NewIdentifier("11999999MB0000000X001", "11999999000000000Q", "202400000001", 2)
	require.NoError(t, err)
	require.Equal(t, "1.2.156.3005.2.11999999MB0000000X001.11999999000000000Q.202400000001.002.2", id.Reveal())
	for _, c := range []struct {
		typeCode, issuer, serial string
		version                  int
		part                     certificate.Part
	}{
		{"11999999MB0000000W001", "11999999000000000Q", "1", 1, certificate.PartType},
		{"11999999MB0000000X001", "999999", "1", 1, certificate.PartIssuer},
		{"11999999MB0000000X001", "11999999000000000Q", "", 1, certificate.PartSerial},
		{"11999999MB0000000X001", "11999999000000000Q", "京1", 1, certificate.PartSerial},
		{"11999999MB0000000X001", "11999999000000000Q", "1", -1, certificate.PartVersion},
		{"11999999MB0000000X001", "11999999000000000Q", "1", 1000, certificate.PartVersion},
		{"11999999MB0000000X001", "11999999000000000Q", strings.Repeat("1", 300), 1, certificate.PartShape},
	} {
		_, err := certificate.NewIdentifier(c.typeCode, c.issuer, c.serial, c.version)
		assert.ErrorIs(t, err, c.part)
	}
}

func TestIdentifierPrintsWithoutItsSerial(t *testing.T) {
	t.Parallel()
	id := mustParse(t, goodIdentifier)
	holder := struct {
		ID     certificate.Identifier
		hidden certificate.Identifier
	}{id, id}
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&out, verb+"\n", id)
		fmt.Fprintf(&out, verb+"\n", holder)
	}
	slog.New(slog.NewTextHandler(&out, nil)).Info("found", "id", id)
	require.NoError(t, json.NewEncoder(&out).Encode(holder))
	assert.NotContains(t, out.String(), "202400000001")
	assert.NotContains(t, out.String(), fmt.Sprintf("%x", "202400000001"))
	assert.Equal(t, "1.2.156.3005.2.11999999MB0000000X001.11999999000000000Q.****", id.String())
	odd := mustParse(t, "1.2.156.3005.2.测试人.11999999000000000Q.1.001.0")
	assert.Equal(t, "1.2.156.3005.2.****", odd.String(), "a type code that is none may be anything")
}

func FuzzParseIdentifier(f *testing.F) {
	f.Fuzz(func(t *testing.T, text string) {
		id, err := certificate.ParseIdentifier(text)
		strictly, strictErr := certificate.IdentifierRules{Strict: true}.Parse(text)
		if err != nil {
			require.Error(t, strictErr, "strict refuses what lenient refuses")
			require.True(t, id.IsZero())
			if len(text) > 40 {
				require.NotContains(t, err.Error(), text)
			}
			return
		}
		require.Equal(t, strings.TrimSpace(text), id.Reveal())
		again, err := certificate.ParseIdentifier(id.Reveal())
		require.NoError(t, err)
		require.True(t, again.Equal(id))
		require.Equal(t, strings.Join([]string{certificate.IdentifierRoot, id.TypeCode(), id.IssuerCode(), id.Serial(), fmt.Sprintf("%03d", id.Version()), string(id.CheckCharacter())}, "."),
			upper(id.Reveal()), "the parts are the whole")
		if strictErr == nil {
			require.NotEqual(t, certificate.CheckWrong, strictly.Check())
		}
	})
}

// upper makes capitals of a to z alone.
func upper(text string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' {
			r -= 'a' - 'A'
		}
		return r
	}, text)
}
