package sandbox_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/certificate"
	"github.com/zwfw-go/zwfw/sandbox"
)

func certificateClient(t *testing.T, p *sandbox.Platform) *certificate.Client {
	t.Helper()
	c, err := certificate.New(p.CertificateConfig(), zwfw.WithRetry(zwfw.Retry{MaxAttempts: 1}))
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// The race detector is what would find a fault here.
func TestAnIssuerMayChangeACertificateWhileItIsAskedFor(t *testing.T) {
	t.Parallel()
	p := sandbox.Start(t)
	papers := certificateClient(t, p)
	citizen := p.Citizens()[0]
	held := p.Certificates(citizen)[0]
	holder := certificate.Holder{Code: citizen.IDNumber, CodeType: certificate.HolderResident}
	ids, err := papers.EncryptedIDs(t.Context(), certificate.EncryptedIDsRequest{Holder: holder})
	require.NoError(t, err)
	stop, changed := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(changed)
		for {
			select {
			case <-stop:
				return
			default:
				p.SetCertificateState(held.ID, sandbox.CertificateRevoked)
				p.SetCertificateState(held.ID, sandbox.CertificateValid)
				p.PutCertificate(held)
			}
		}
	}()
	for range 20 {
		_, err := papers.InfoByID(t.Context(), certificate.InfoByIDRequest{ID: held.ID, Cause: certificate.CauseSharing})
		require.NoError(t, err)
		_, _ = papers.FileAddressByID(t.Context(), certificate.FileByIDRequest{ID: held.ID, Cause: certificate.CauseSharing})
		_, _ = papers.FileAddressByEncryptedID(t.Context(), certificate.FileByEncryptedIDRequest{EncryptedID: ids.List[0].EncryptedID, Cause: certificate.CauseSharing})
		_, err = papers.VerifyFields(t.Context(), certificate.VerifyFieldsRequest{Holder: holder, TypeCode: held.TypeCode, Number: held.Number, Cause: certificate.CauseSharing})
		require.NoError(t, err)
	}
	close(stop)
	<-changed
}

// An encrypted identifier leads to the certificate as it is now, not as it was when the
// identifier was given.
func TestAShownCertificateThatWasRevokedMeanwhileHasNoFile(t *testing.T) {
	t.Parallel()
	p := sandbox.Start(t)
	papers := certificateClient(t, p)
	citizen := p.Citizens()[0]
	ids, err := papers.EncryptedIDs(t.Context(), certificate.EncryptedIDsRequest{Holder: certificate.Holder{Code: citizen.IDNumber}})
	require.NoError(t, err)
	p.SetCertificateState(p.Certificates(citizen)[0].ID, sandbox.CertificateRevoked)
	_, err = papers.FileAddressByEncryptedID(t.Context(), certificate.FileByEncryptedIDRequest{EncryptedID: ids.List[0].EncryptedID, Cause: certificate.CauseSharing})
	require.Equal(t, certificate.StatusRevoked, certificate.StatusOf(err))
}

// An account gets no code of a certificate that it may not see, in whatever form codes come.
func TestACodeIsRefusedToAnAccountWithoutTheRight(t *testing.T) {
	t.Parallel()
	for _, bare := range []bool{false, true} {
		p := sandbox.Start(t, sandbox.WithCertificates(sandbox.CertificateSetup{
			BareQRCode: bare, Accounts: []sandbox.CertificateAccount{{ID: "A1"}, {ID: "A2", Types: []string{"11999999MB0000000X002"}}},
		}))
		all := certificateClient(t, p)
		few, err := certificate.New(p.CertificateConfigOf(1))
		require.NoError(t, err)
		t.Cleanup(func() { _ = few.Close() })
		ids, err := all.EncryptedIDs(t.Context(), certificate.EncryptedIDsRequest{Holder: certificate.Holder{Code: p.Citizens()[0].IDNumber}})
		require.NoError(t, err)
		_, err = all.QRCode(t.Context(), certificate.QRCodeRequest{EncryptedID: ids.List[0].EncryptedID})
		require.NoError(t, err)
		_, err = few.QRCode(t.Context(), certificate.QRCodeRequest{EncryptedID: ids.List[0].EncryptedID})
		require.Equal(t, certificate.StatusNoPermission, certificate.StatusOf(err), "bare %v", bare)
	}
}
