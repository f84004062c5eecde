package zwfw

import "slices"

// Kind classifies what came back, the same for every platform. A Kind is an
// error, so that errors.Is(err, zwfw.CodeExpired) works on any wrapped [*Error].
type Kind string

// Kinds about the request and the caller.
const (
	BadRequest       Kind = "BadRequest"       // a field is missing or malformed; Error.Field names it when refused locally
	Signature        Kind = "Signature"        // the platform did not accept the signature
	ClockSkew        Kind = "ClockSkew"        // the clocks differ by more than the platform allows
	Replay           Kind = "Replay"           // the platform has seen this nonce or request
	CallerDenied     Kind = "CallerDenied"     // organisation, merchant or application not admitted
	DeviceDenied     Kind = "DeviceDenied"     // device unknown or disabled
	RateLimited      Kind = "RateLimited"      // too many calls; Error.RetryAfter when the platform says
	PermissionDenied Kind = "PermissionDenied" // no right to this interface or resource
	NotSupported     Kind = "NotSupported"     // the dialect or the platform has no such operation; nothing was sent
	TooLarge         Kind = "TooLarge"         // a body, batch or picture over a limit
)

// Kinds about a shown code.
const (
	CodeMalformed       Kind = "CodeMalformed"       // the text is no code of the platform, or was refused here; Error.Field is "Code" then
	CodeExpired         Kind = "CodeExpired"         // past its life: the citizen refreshes it
	CodeUsed            Kind = "CodeUsed"            // spent by an earlier call
	CodeNotFound        Kind = "CodeNotFound"        // the platform does not know it, or it was revoked
	CodeTypeUnsupported Kind = "CodeTypeUnsupported" // a code of another kind
	CodeNotYetValid     Kind = "CodeNotYetValid"     // its life has not begun; mostly a matter of clocks
	SceneDenied         Kind = "SceneDenied"         // the organisation has no right to this use
	EmergencyInvalid    Kind = "EmergencyInvalid"    // an emergency code that is wrong or not accepted now
)

// Kinds about a citizen, a token or a business object.
const (
	TokenInvalid           Kind = "TokenInvalid"           // a token of caller or citizen is unknown or expired
	ConsentRequired        Kind = "ConsentRequired"        // the citizen has not authorised
	NotRealName            Kind = "NotRealName"            // the citizen was never verified
	UserNotFound           Kind = "UserNotFound"           // the platform does not know the citizen
	DuplicateTicket        Kind = "DuplicateTicket"        // a ticket for the same was taken before
	Conflict               Kind = "Conflict"               // same business key, other content
	WrongState             Kind = "WrongState"             // the object does not allow this now
	LimitReached           Kind = "LimitReached"           // a number or period is used up
	Stale                  Kind = "Stale"                  // the platform holds something newer
	InvalidRows            Kind = "InvalidRows"            // rows of a batch were rejected
	NotFound               Kind = "NotFound"               // no such record
	CertificateUnavailable Kind = "CertificateUnavailable" // revoked, expired, restricted or not active
)

// Kinds about the line and the answer.
const (
	Busy             Kind = "Busy"             // the platform asks to come again
	Upstream         Kind = "Upstream"         // platform or line down, or an internal error behind it
	Timeout          Kind = "Timeout"          // no answer within the time allowed
	DecryptFailed    Kind = "DecryptFailed"    // a sealed value could not be opened
	ProtocolMismatch Kind = "ProtocolMismatch" // the answer is not what the dialect describes
	EmergencyAllowed Kind = "EmergencyAllowed" // the platform is closed for now and says that emergency codes may be accepted
	Unclassified     Kind = "Unclassified"     // refused with a code or text that no table knows
	Canceled         Kind = "Canceled"         // the caller's context was cancelled
	Closed           Kind = "Closed"           // the client was closed before the call
	KeyMismatch      Kind = "KeyMismatch"      // a configured key cannot serve the dialect
)

type kindInfo struct {
	kind Kind
	text string // our wording in errors
}

var kindTable = []kindInfo{
	{BadRequest, "bad request"},
	{Signature, "signature not accepted"},
	{ClockSkew, "clock differs too much"},
	{Replay, "request already seen"},
	{CallerDenied, "caller not admitted"},
	{DeviceDenied, "device not admitted"},
	{RateLimited, "too many calls"},
	{PermissionDenied, "no permission"},
	{NotSupported, "not supported"},
	{TooLarge, "too large"},
	{CodeMalformed, "code malformed"},
	{CodeExpired, "code expired"},
	{CodeUsed, "code already used"},
	{CodeNotFound, "code not found"},
	{CodeTypeUnsupported, "code type not supported"},
	{CodeNotYetValid, "code not yet valid"},
	{SceneDenied, "scene not permitted"},
	{EmergencyInvalid, "emergency code invalid"},
	{TokenInvalid, "token invalid"},
	{ConsentRequired, "citizen has not authorised"},
	{NotRealName, "citizen not real-name verified"},
	{UserNotFound, "user not found"},
	{DuplicateTicket, "ticket already taken"},
	{Conflict, "same key with other content"},
	{WrongState, "not allowed in this state"},
	{LimitReached, "limit reached"},
	{Stale, "older than what the platform holds"},
	{InvalidRows, "rows rejected"},
	{NotFound, "not found"},
	{CertificateUnavailable, "certificate not available"},
	{Busy, "platform busy"},
	{Upstream, "platform or line down"},
	{Timeout, "no answer in time"},
	{DecryptFailed, "sealed value cannot be opened"},
	{ProtocolMismatch, "answer not understood"},
	{EmergencyAllowed, "closed for now, emergency codes may be accepted"},
	{Unclassified, "for a reason no table lists"},
	{Canceled, "cancelled by the caller"},
	{Closed, "client is closed"},
	{KeyMismatch, "key does not fit"},
}

// Error makes a Kind usable as the target of errors.Is.
func (k Kind) Error() string {
	for _, i := range kindTable {
		if i.kind == k {
			return i.text
		}
	}
	return string(k)
}

// Kinds lists every kind this version knows, in the order of the documentation.
func Kinds() []Kind {
	kinds := make([]Kind, len(kindTable))
	for i, k := range kindTable {
		kinds[i] = k.kind
	}
	return kinds
}

func knownKind(k Kind) bool {
	return slices.ContainsFunc(kindTable, func(i kindInfo) bool { return i.kind == k })
}
