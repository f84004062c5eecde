// Package sandbox is the other side of the line: a stand-in for the platforms, with
// synthetic citizens and halls, real signature and cipher checks, a settable clock and
// faults on demand. It is no real platform and holds no real person's data.
//
// In a test:
//
//	p := sandbox.Start(t)
//	client, err := lutong.New(p.LutongConfig())
//	code := p.MintCode(p.Citizens()[0])
//	user, err := client.VerifyCode(ctx, lutong.VerifyRequest{Code: code})
//
// A day of bad luck:
//
//	p.Faults().Next("lutong.VerifyCode", sandbox.DropAfter(), sandbox.HTML(502))
//	p.Clock().Advance(61 * time.Second)
//
// Certificates (电子证照) are there for every citizen; more are issued, revoked and asked
// for with a citizen's consent:
//
//	k := p.IssueCertificate(citizen, sandbox.Certificate{TypeName: "测试许可证", Format: "pdf"})
//	p.SetCertificateState(k.ID, sandbox.CertificateRevoked)
//	p.SetConsentHabit(citizen, sandbox.ConsentSilent)
//
// When a signature does not fit, the request's log entry says what should have been
// signed and, when a known mistake reproduces the signature, which one:
//
//	fmt.Println(p.Requests()[0].Explanation)
//
// The same seed gives the same citizens, codes and tokens.
package sandbox
