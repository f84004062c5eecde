package certificate

import (
	"context"
	"errors"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/wire/certificatewire"
)

// StartConsentRequest asks a citizen on the telephone for consent.
type StartConsentRequest struct {
	// Code is the text of the code that the citizen shows. It is normalised (scanner
	// prefix, line ends and outer spaces go). Required.
	Code zwfw.CodeText

	TypeCodes []string // 证照类型代码 of the certificates that are asked for; at least one
	Cause     Cause    // required
	Context   CallContext
}

// Consent is a question that was put to a citizen.
type Consent struct {
	Transaction zwfw.Secret // for ConsentState and ReadConsented

	Answer
}

// StartConsent puts the question to the citizen whose code was scanned. It is one-shot: a
// lost answer is not asked for again, or the citizen would be asked twice.
//
// Errors: CodeMalformed (refused here), NotFound (10, an unknown code; some platforms say
// 99, which is Upstream), PermissionDenied (100), and those of every call.
//
// Source: public practice of one vendor, as is the whole flow; the path is an assumption.
func (c *Client) StartConsent(ctx context.Context, r StartConsentRequest) (*Consent, error) {
	const op = "StartConsent"
	code, err := c.engine.CodeText(op, r.Code)
	if err != nil {
		return nil, err
	}
	k := checker{c: c, op: op}
	if len(r.TypeCodes) == 0 {
		k.refuse("TypeCodes", "is required")
	}
	for _, typeCode := range r.TypeCodes {
		k.needed("TypeCodes", typeCode, maxTypeCode)
	}
	k.cause(r.Cause)
	in := certificatewire.StartConsent{Code: code, TypeCodes: r.TypeCodes, Cause: string(r.Cause), Context: k.context(r.Context)}
	if k.err != nil {
		return nil, k.err
	}
	var out certificatewire.Consent
	meta, err := c.engine.Call(ctx, op, &in, &out)
	if err != nil {
		return nil, err
	}
	return &Consent{Transaction: out.Transaction, Answer: answerOf(meta)}, nil
}

// ConsentState is where a consent stands (verifyStatus). The enumeration is open: what is
// neither of the two known values is a no.
type ConsentState string

// The states.
const (
	ConsentWaiting ConsentState = "1" // the citizen has not answered yet
	ConsentGranted ConsentState = "2"
)

// Refused reports a no.
func (s ConsentState) Refused() bool { return s != ConsentWaiting && s != ConsentGranted }

// ConsentState asks once whether the citizen has answered; a lost answer is not asked for
// again. Ask at least a second apart; ReadConsented does.
//
// Errors: NotFound (10, an unknown transaction), and those of every call.
func (c *Client) ConsentState(ctx context.Context, transaction zwfw.Secret) (ConsentState, error) {
	const op = "ConsentState"
	if err := c.engine.CheckSecret(op, "transaction", transaction, maxSecret); err != nil {
		return "", err
	}
	var out certificatewire.ConsentState
	if _, err := c.engine.Call(ctx, op, &certificatewire.Consent{Transaction: transaction}, &out); err != nil {
		return "", err
	}
	return ConsentState(out.State), nil
}

// ReadConsentedRequest reads what a citizen consents to.
type ReadConsentedRequest struct {
	Transaction zwfw.Secret // of StartConsent; required
	TypeCode    string      // 证照类型代码, one of those asked for; required
	Cause       Cause       // required
	Context     CallContext

	Wait  time.Duration // how long the citizen may take; default 2 min. The context's deadline also ends the wait
	Every time.Duration // pause between two questions; at least 1 s, default 2 s; longer when the platform asks for more
}

const (
	defaultWait  = 2 * time.Minute
	defaultEvery = 2 * time.Second
)

// ReadConsented waits until the citizen has answered, and reads the certificate once. A
// failure of the line while waiting does not end the wait. The reading is one-shot: a lost
// answer is not asked for again.
//
// Errors: ConsentRequired when the citizen said no or nothing in time (Error.Code is the
// state, "1" while nothing was said), NotFound (an unknown or spent transaction), Canceled,
// those of the line when the last question failed, and those of InfoByID.
//
// Source: public practice of one vendor.
func (c *Client) ReadConsented(ctx context.Context, r ReadConsentedRequest) (*Infos, error) {
	k := checker{c: c, op: "ReadConsented"}
	k.secret("Transaction", r.Transaction)
	k.needed("TypeCode", r.TypeCode, maxTypeCode)
	k.cause(r.Cause)
	k.pace(&r.Wait, &r.Every, defaultWait, defaultEvery)
	in := certificatewire.ReadConsented{Transaction: r.Transaction, TypeCode: r.TypeCode, Cause: string(r.Cause), Context: k.context(r.Context)}
	if k.err != nil {
		return nil, k.err
	}
	if err := k.consent(ctx, r); err != nil {
		return nil, err
	}
	return k.infos(ctx, &in)
}

// consent waits for a yes.
func (k *checker) consent(parent context.Context, r ReadConsentedRequest) error {
	ctx, cancel := context.WithTimeout(parent, r.Wait)
	defer cancel()
	for {
		state, err := k.c.ConsentState(ctx, r.Transaction)
		ended := ctx.Err() != nil
		switch {
		case err == nil && state == ConsentGranted:
			return nil
		case err == nil && state.Refused():
			return k.unconsented(state, "the citizen said no")
		case err != nil && !ended && !passing(err):
			return err
		}
		if !ended && k.c.clock.Sleep(ctx, max(r.Every, retryAfter(err))) == nil {
			continue
		}
		switch {
		case errors.Is(parent.Err(), context.Canceled):
			return k.canceled()
		case err != nil && !ended:
			return err // the last thing heard was a failure of the line
		}
		return k.unconsented(ConsentWaiting, "the citizen has not answered in time")
	}
}

// unconsented is the error of a reading that was never sent.
func (k *checker) unconsented(state ConsentState, why string) *zwfw.Error {
	e := k.c.engine.Refuse(k.op, "", why)
	e.Kind, e.Code = zwfw.ConsentRequired, string(state)
	return e
}
