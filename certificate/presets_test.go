package certificate_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/certificate"
	"github.com/zwfw-go/zwfw/sandbox"
)

// Every call of the contract's chapter 3.2, in the order of a visit, in each preset.
func TestEveryCallIsMadeInEveryPreset(t *testing.T) {
	t.Parallel()
	const cause = certificate.CauseSharing
	national, err := certificate.Dialect(certificate.DialectNational) // the others extend it
	require.NoError(t, err)
	for _, name := range []string{certificate.DialectNational, certificate.DialectGBT36906, certificate.DialectGateway} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dialect, err := certificate.Dialect(name)
			require.NoError(t, err)
			p, client := startWith(t, sandbox.CertificateSetup{Dialect: dialect}, zwfw.WithClock(new(leaping)))
			ctx, citizen := t.Context(), p.Citizens()[0]
			held := p.Certificates(citizen)[0]

			_, err = client.Search(ctx, searchFor(citizen))
			require.NoError(t, err)
			_, err = client.InfoByHolder(ctx, certificate.InfoByHolderRequest{Holder: holderOf(citizen), TypeName: held.TypeName, Number: held.Number, Cause: cause})
			require.NoError(t, err)
			_, err = client.InfoByID(ctx, infoOf(held))
			require.NoError(t, err)
			ids, err := client.EncryptedIDs(ctx, certificate.EncryptedIDsRequest{Holder: holderOf(citizen)})
			require.NoError(t, err)
			code, err := client.QRCode(ctx, certificate.QRCodeRequest{EncryptedID: ids.List[0].EncryptedID, WorkID: "2024-1"})
			require.NoError(t, err)
			require.NotEmpty(t, code.Image)

			var file bytes.Buffer
			for _, apply := range []func() (*certificate.FileAddresses, error){
				func() (*certificate.FileAddresses, error) {
					return client.FileAddressByHolder(ctx, certificate.FileByHolderRequest{Holder: holderOf(citizen), TypeName: held.TypeName, Number: held.Number, Cause: cause})
				},
				func() (*certificate.FileAddresses, error) {
					return client.FileAddressByEncryptedID(ctx, certificate.FileByEncryptedIDRequest{EncryptedID: ids.List[0].EncryptedID, WorkID: "2024-1", Cause: cause})
				},
				func() (*certificate.FileAddresses, error) { return client.FileAddressByID(ctx, fileOf(held)) },
			} {
				files, err := apply()
				require.NoError(t, err)
				file.Reset()
				got, err := client.Fetch(ctx, files.Files[0], &file)
				require.NoError(t, err)
				require.Equal(t, certificate.FormatOFD, got.Format)
			}

			fields, err := client.VerifyFields(ctx, certificate.VerifyFieldsRequest{
				Holder: holderOf(citizen), TypeCode: held.TypeCode, TypeName: held.TypeName, Name: held.TypeName, Number: held.Number, HolderName: citizen.Name,
				Issuer: held.Issuer, IssuerCode: held.IssuerCode, IssueDate: certificate.NewDate(2024, 1, 1), ValidFrom: certificate.NewDate(2024, 1, 1),
				ValidUntil: certificate.LongTerm(), Cause: cause,
			})
			require.NoError(t, err)
			require.True(t, fields.Valid())
			verdict, err := client.VerifyFile(ctx, certificate.VerifyFileRequest{TypeCode: held.TypeCode, Content: file.Bytes(), Cause: cause})
			require.NoError(t, err)
			require.True(t, verdict.Passed())

			consent, err := client.StartConsent(ctx, certificate.StartConsentRequest{Code: p.MintConsentCode(citizen), TypeCodes: []string{held.TypeCode}, Cause: cause})
			require.NoError(t, err)
			state, err := client.ConsentState(ctx, consent.Transaction)
			require.NoError(t, err)
			require.Equal(t, certificate.ConsentWaiting, state)
			infos, err := client.ReadConsented(ctx, certificate.ReadConsentedRequest{Transaction: consent.Transaction, TypeCode: held.TypeCode, Cause: cause})
			require.NoError(t, err)
			require.Equal(t, citizen.Name.Reveal(), infos.Certificates[0].Holder.Reveal())

			seen := make(map[string]bool)
			for _, r := range p.Requests() {
				require.Equal(t, "OK", r.Answer, r.Op)
				seen[r.Op] = true
			}
			require.Len(t, seen, len(national.Ops)+1, "the download too")
		})
	}
}
