package certificate_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/certificate"
	"github.com/zwfw-go/zwfw/sandbox"
)

// faults are the ways in which one call can go wrong, and what its caller must be told
// when it is not repeated.
var faults = []struct {
	fault   sandbox.Fault
	outcome zwfw.Outcome
	kind    zwfw.Kind
}{
	{sandbox.DropBefore(), zwfw.OutcomeUnknown, zwfw.Upstream},
	{sandbox.DropAfter(), zwfw.OutcomeUnknown, zwfw.Upstream},
	{sandbox.HalfBody(), zwfw.OutcomeUnknown, zwfw.Upstream},
	{sandbox.HTML(502), zwfw.OutcomeUnknown, zwfw.Upstream},
	{sandbox.HTML(200), zwfw.OutcomeUnknown, zwfw.ProtocolMismatch},
	{sandbox.Maintenance(), zwfw.OutcomeUnknown, zwfw.ProtocolMismatch},
	{sandbox.Body(200, "{}"), zwfw.OutcomeUnknown, zwfw.ProtocolMismatch},
	{sandbox.Body(200, "申请失败"), zwfw.OutcomeUnknown, zwfw.ProtocolMismatch},
	{sandbox.Body(200, `{"head":{"status":77,"message":"?"}}`), zwfw.OutcomeRefused, zwfw.Unclassified},
	{sandbox.Body(500, `{"head":{"status":0,"message":"接口调用成功"},"data":{"dataList":[{"fileUrl":"/download?id=1"}]}}`), zwfw.OutcomeUnknown, zwfw.ProtocolMismatch},
	{sandbox.Refuse(zwfw.Upstream), zwfw.OutcomeUnknown, zwfw.Upstream},
	{sandbox.Refuse(zwfw.PermissionDenied), zwfw.OutcomeRefused, zwfw.PermissionDenied},
	{sandbox.Body(413, "<html>"), zwfw.OutcomeRefused, zwfw.TooLarge},
	{sandbox.Delay(5 * time.Second), zwfw.OutcomeUnknown, zwfw.Timeout},
	{sandbox.Endless(), zwfw.OutcomeUnknown, zwfw.TooLarge},
	{sandbox.GzipBomb(1 << 30), zwfw.OutcomeUnknown, zwfw.TooLarge},
}

func TestEveryFaultHasItsOutcomeAndIsNoSuccess(t *testing.T) {
	t.Parallel()
	for _, x := range faults {
		t.Run(x.fault.String(), func(t *testing.T) {
			t.Parallel()
			timeout := time.Minute
			if x.kind == zwfw.Timeout {
				timeout = time.Second // a fault that outlasts the caller
			}
			p, client := start(t, zwfw.WithTimeout(timeout), zwfw.WithAttemptTimeout(timeout), zwfw.WithMaxResponse(64<<10), zwfw.WithRetry(zwfw.Retry{MaxAttempts: 1}))
			citizen := p.Citizens()[0]
			held := p.Certificates(citizen)[0]
			for name, call := range map[string]func() (any, error){
				"Search":          func() (any, error) { return client.Search(t.Context(), searchFor(citizen)) },
				"InfoByID":        func() (any, error) { return client.InfoByID(t.Context(), infoOf(held)) },
				"FileAddressByID": func() (any, error) { return client.FileAddressByID(t.Context(), fileOf(held)) },
				"StartConsent": func() (any, error) {
					return client.StartConsent(t.Context(), certificate.StartConsentRequest{Code: p.MintConsentCode(citizen), TypeCodes: []string{certificateType}, Cause: certificate.CauseSharing})
				},
			} {
				p.Faults().Next("certificate."+name, x.fault)
				_, err := call()
				var e *zwfw.Error
				require.ErrorAs(t, err, &e, name)
				require.Equal(t, x.kind, e.Kind, "%s: %v", name, err)
				require.Equal(t, x.outcome, e.Outcome, name)
				require.LessOrEqual(t, p.Effects("certificate."+name), 1)
				advice := zwfw.AdviceFor(err)
				require.LessOrEqual(t, len([]rune(advice.Citizen.ZH)), 20)
				require.NotEmpty(t, advice.Staff.EN)
			}
		})
	}
}

func TestAReadAndAnApplicationAreRepeatedAfterALostAnswer(t *testing.T) {
	t.Parallel()
	p, client := start(t, quick)
	citizen := p.Citizens()[0]
	held := p.Certificates(citizen)[0]
	p.Faults().Next("certificate.Search", sandbox.DropAfter())
	_, err := client.Search(t.Context(), searchFor(citizen))
	require.NoError(t, err)

	// A second address beside a first that nobody saw does no harm.
	p.Faults().Next("certificate.FileAddressByID", sandbox.DropAfter())
	files, err := client.FileAddressByID(t.Context(), fileOf(held))
	require.NoError(t, err)
	require.Len(t, files.Files, 1)
	require.Equal(t, 2, p.Effects("certificate.FileAddressByID"))

	p.Faults().Always("certificate.FileAddressByID", sandbox.DropAfter())
	_, err = client.FileAddressByID(t.Context(), fileOf(held))
	var e *zwfw.Error
	require.ErrorAs(t, err, &e)
	require.Contains(t, e.SettledBy, "a new address")
}

// statuses is the whole list of the contract.
var statuses = map[string]zwfw.Kind{
	"2": zwfw.NotSupported, "10": zwfw.NotFound, "11": zwfw.TokenInvalid, "12": zwfw.BadRequest, "13": zwfw.NotFound,
	"21": zwfw.CertificateUnavailable, "22": zwfw.CertificateUnavailable, "23": zwfw.CertificateUnavailable, "24": zwfw.CertificateUnavailable,
	"99": zwfw.Upstream, "100": zwfw.PermissionDenied, "101": zwfw.Unclassified, "102": zwfw.BadRequest, "103": zwfw.BadRequest,
	"105": zwfw.BadRequest, "109": zwfw.BadRequest, "110": zwfw.BadRequest, "111": zwfw.BadRequest, "113": zwfw.BadRequest, "60001": zwfw.Unclassified,
}

func TestEveryStatusHasItsKindAsNumberAndAsText(t *testing.T) {
	t.Parallel()
	p, client := start(t, zwfw.WithRetry(zwfw.Retry{MaxAttempts: 1}))
	for status, kind := range statuses {
		for _, form := range []string{"%s", "%q"} {
			p.Faults().Always("certificate.Search", sandbox.Body(200, fmt.Sprintf(`{"head":{"status":`+form+`,"message":"说明"},"data":{}}`, status)))
			_, err := client.Search(t.Context(), searchFor(p.Citizens()[0]))
			require.ErrorIs(t, err, kind, status)
			require.Equal(t, certificate.Status(status), certificate.StatusOf(err))
		}
	}
	require.Empty(t, certificate.StatusOf(nil))
}

func TestTheSandboxRefusesAsThePlatformDoes(t *testing.T) {
	t.Parallel()
	p := sandbox.Start(t, sandbox.WithCertificates(sandbox.CertificateSetup{Accounts: []sandbox.CertificateAccount{
		{ID: "A1", Types: []string{"11999999MB0000000X002"}}, {ID: "A2", Blocked: true},
	}}))
	citizen := p.Citizens()[0]
	client := newClient(t, p.CertificateConfig())
	status := func(err error) string { require.Error(t, err); return string(certificate.StatusOf(err)) }

	found, err := client.Search(t.Context(), searchFor(citizen))
	require.NoError(t, err)
	require.Len(t, found.Rows, 1, "the types that the account may see")
	_, err = client.InfoByID(t.Context(), infoOf(p.Certificates(citizen)[0]))
	require.Equal(t, "100", status(err))
	_, err = newClient(t, p.CertificateConfigOf(1)).Search(t.Context(), searchFor(citizen))
	require.Equal(t, "11", status(err))

	r := searchFor(citizen)
	r.Holder.Code = zwfw.NewIDNumber("999999198001010038")
	_, err = client.Search(t.Context(), r)
	require.Equal(t, "10", status(err))
	r = searchFor(citizen)
	r.TypeName = "没有的证照"
	_, err = client.Search(t.Context(), r)
	require.Equal(t, "13", status(err))
	r = searchFor(citizen)
	r.Holder.CodeType = "777"
	_, err = client.Search(t.Context(), r)
	require.Equal(t, "103", status(err))
	r = searchFor(citizen)
	r.Cause = "办理业务"
	_, err = client.Search(t.Context(), r)
	require.Equal(t, "102", status(err))
	_, err = client.InfoByID(t.Context(), certificate.InfoByIDRequest{ID: zwfw.NewIDNumber("1.2.3"), Cause: certificate.CauseSharing})
	require.Equal(t, "10", status(err))
}
