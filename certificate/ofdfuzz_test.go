package certificate_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw/certificate"
)

// Whole files. Seeds are under testdata/fuzz.
func FuzzInspectOFD(f *testing.F) {
	f.Fuzz(func(t *testing.T, file []byte) { requireSound(t, file) })
}

// The parts by themselves, packed anew: a fuzzer seldom repairs a ZIP check sum.
func FuzzInspectOFDParts(f *testing.F) {
	f.Fuzz(func(t *testing.T, root, document, signatures, signature, value []byte, name string) {
		var entries []ofdEntry
		for _, e := range []ofdEntry{
			{name: "OFD.xml", content: string(root)}, {name: "Doc_0/Document.xml", content: string(document)},
			{name: ofdSignatures, content: string(signatures)}, {name: ofdSignature, content: string(signature)},
			{name: "Doc_0/Signs/Sign_0/SignedValue.dat", content: string(value)}, {name: name, content: name},
		} {
			if len(e.name) < 1<<16 && !(strings.HasSuffix(e.name, "/") && e.content != "") {
				entries = append(entries, e)
			}
		}
		requireSound(t, ofdPack(t, entries...))
	})
}

func requireSound(t *testing.T, file []byte) {
	t.Helper()
	info, err := ofdInspect(file)
	if err != nil {
		require.Nil(t, info)
		var e *certificate.OFDError
		require.True(t, errors.As(err, &e), "%T", err)
		require.NotEmpty(t, e.Fault)
		require.NotContains(t, err.Error(), "\n")
		require.Less(t, len(err.Error()), 300)
		return
	}
	require.NotEmpty(t, info.Documents)
	require.NotEmpty(t, info.NotChecked())
	if info.DigestsMatch() {
		for _, s := range info.Signatures() {
			require.NotEmpty(t, s.Files)
			require.NotEmpty(t, s.DigestName())
			require.NotEqual(t, certificate.OFDDiffers, s.Description)
		}
	}
}
