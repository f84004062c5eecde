package crypto

import (
	"fmt"
	"strings"
	"text/tabwriter"
)

// ReportEntry is one use of cryptography, in the terms an assessor of commercial
// cryptography (商用密码应用安全性评估, 密评) asks for. It holds no key material.
type ReportEntry struct {
	Use     Use
	Suite   string
	Grade   Grade
	KeyKind KeyKind
	KeyBits int // 0 where there is no key or its size is unknown
}

// ReportOf describes a suite with the keys it works with; o matters to the AES and
// SM4 suites, whose keys are derived. Of several keys the smallest counts. An
// unknown suite is reported as Weak, without a key.
func ReportOf(suite string, m Material, o CipherOptions) ReportEntry {
	s, ok := FindSuite(suite)
	if !ok {
		return ReportEntry{Suite: suite, Grade: Weak}
	}
	entry := ReportEntry{Use: s.Use, Suite: s.Name, Grade: GradeOf(suite, m), KeyKind: s.Key}
	switch s.Key {
	case KeyRSA, KeySM2:
		entry.KeyBits = m.bits(s.Key)
	case KeySecret:
		entry.KeyBits = 8 * len(m.Secret)
		if s.Use == Seal {
			entry.KeyBits = derivedBits(s, m, o)
		}
	}
	return entry
}

func derivedBits(s Suite, m Material, o CipherOptions) int {
	sizes := aesKeys
	if strings.HasPrefix(s.Name, "sm4-") {
		sizes = sm4Keys
	}
	key, err := deriveKey(o.Derive, m.Secret, sizes)
	if err != nil || len(m.Secret) == 0 {
		return 0
	}
	return 8 * len(key)
}

// described is a signer that tells what it signs with.
type described struct {
	Signer
	entry ReportEntry
}

func (d described) report() Report { return Report{d.entry} }

// ReportOfSigner describes a signer that is to sign with a suite: one from
// [NewSigner] or [RemoteSigner], or a [Keyring] with the keys it holds now. A signer
// made elsewhere is reported by its suite alone. An error says that the signer is for
// another suite: its signatures would all be refused.
func ReportOfSigner(suite string, s Signer) (Report, error) {
	known, ok := s.(interface{ report() Report })
	if !ok {
		return Report{ReportOf(suite, Material{}, CipherOptions{})}, nil
	}
	entries := known.report()
	for _, e := range entries {
		if e.Suite != suite {
			return nil, fmt.Errorf("crypto: suite %s: the signer given is for %s", suite, e.Suite)
		}
	}
	return entries, nil
}

// Report lists every use of cryptography of one client.
type Report []ReportEntry

// Worst returns the worst grade in the report, Modern when it is empty.
func (r Report) Worst() Grade {
	worst := Modern
	for _, e := range r {
		worst = max(worst, e.Grade)
	}
	return worst
}

// String writes the report as a table for people.
func (r Report) String() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "USE\tSUITE\tGRADE\tKEY\tBITS")
	for _, e := range r {
		bits := "-"
		if e.KeyBits > 0 {
			bits = fmt.Sprint(e.KeyBits)
		}
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", e.Use, e.Suite, e.Grade, e.KeyKind, bits)
	}
	_ = w.Flush() // a strings.Builder takes everything
	return b.String()
}
