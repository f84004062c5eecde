// Package certificate speaks to the sharing services of electronic certificates (电子证照;
// DB51/T 2942—2022 and the GB/T 36906 family): find a citizen's certificates, read them,
// apply for their files, verify them, and read them with the citizen's consent.
//
// A hall's back end makes one client for each account and keeps it:
//
//	client, err := certificate.New(certificate.Config{
//	        BaseURL: "https://…", AccountID: "…", AccessToken: zwfw.NewSecret("…"),
//	})
//	found, err := client.Search(ctx, certificate.SearchRequest{
//	        Holder: certificate.Holder{Code: number, CodeType: certificate.HolderResident},
//	        Cause:  certificate.CauseSharing,
//	})
//
// What is promised:
//
//   - A cause (事由) is always asked for where the platform takes one: it is what an auditor
//     reads, and without it some platforms give an address that leads nowhere.
//   - A certificate type's name (TypeName, 证照类型名称) and code (TypeCode, 证照类型代码)
//     are different fields, never one for the other.
//   - A negative verification is a result. An error means that nothing was verified.
//   - An address serves once and for about ten minutes. It is a credential and prints
//     masked; so do names, numbers, identifiers and the texts of a certificate's face.
//   - Empty or masked input sends nothing.
//   - Certificates of other provinces arrive by forwarding: rows say where they are from,
//     and a call may take 5 to 10 s.
//   - Clients are immutable, safe for concurrent use, and keep nothing of a citizen.
//
// What the standard's text states and what is public practice or assumption stands in
// docs/standing.md. Everything that can differ between platforms is in the dialect.
package certificate
