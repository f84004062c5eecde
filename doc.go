// Package zwfw holds what the platforms of Chinese government services (政务服务)
// share: errors with an outcome and advice, settings, protected personal data,
// the clock, and the dialect, the document that says how one city's platform
// differs from its neighbours.
//
// Programs link a platform package and use this one beside it:
//
//	client, err := lutong.New(lutong.Config{…}, zwfw.WithTimeout(4*time.Second))
//	user, err := client.VerifyCode(ctx, lutong.VerifyRequest{Code: zwfw.NewCodeText(scan)})
//	switch {
//	case errors.Is(err, zwfw.CodeExpired):
//	        speak(zwfw.AdviceFor(err).Citizen.ZH) // 请刷新鲁通码后重新扫码
//
// What is promised:
//
//   - Every error of a call is an [*Error]. Its Outcome says whether the call had
//     an effect: done, refused (certainly none), or unknown. Success is never
//     guessed.
//   - Personal data and secrets are kept in types that print masks. Reveal gives
//     the value; nothing in this module logs it.
//   - Clients are immutable, safe for concurrent use and start no goroutine of
//     their own.
package zwfw
