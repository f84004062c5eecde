package zwfw

// Outcome says whether a call had an effect on the platform. The zero value is
// OutcomeUnknown, so that a forgotten assignment never claims anything.
type Outcome uint8

const (
	// OutcomeUnknown: the request may have left and no answer settled it.
	OutcomeUnknown Outcome = iota
	// OutcomeDone: the platform said that it is done.
	OutcomeDone
	// OutcomeRefused: certainly no effect. Rejected locally, not sent, or the
	// platform said no; Error.Sent tells which.
	OutcomeRefused
)

// String gives "unknown", "done" or "refused".
func (o Outcome) String() string {
	switch o {
	case OutcomeDone:
		return "done"
	case OutcomeRefused:
		return "refused"
	}
	return "unknown"
}
