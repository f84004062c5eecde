package sandbox

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/zwfw-go/zwfw/internal/jsonx"
)

// Request is one entry of the request log. Values are masked: names, types and
// lengths stay.
type Request struct {
	At          time.Time
	Op          string // "lutong.VerifyCode", "" when no operation fits
	Method      string
	Path        string
	Caller      string // the access id or application id, as claimed
	Header      map[string]string
	Body        string
	Status      int
	Answer      string // the platform's code, "OK" when done
	Fault       string // the script's fault, "" for none
	Effect      bool   // the request changed something
	Explanation string // why a signature did not fit
}

// Curl gives the request as a command line with its values masked.
func (r Request) Curl(base string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "curl -X %s '%s%s'", r.Method, base, r.Path)
	names := make([]string, 0, len(r.Header))
	for name := range r.Header {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		fmt.Fprintf(&b, " \\\n  -H '%s: %s'", name, quoteShell(r.Header[name]))
	}
	if r.Body != "" {
		fmt.Fprintf(&b, " \\\n  --data '%s'", quoteShell(r.Body))
	}
	return b.String()
}

func quoteShell(s string) string { return strings.ReplaceAll(s, "'", `'\''`) }

// plainHeaders may stand in a log as they are; of every other header only the length
// is kept.
var plainHeaders = []string{"Content-Type", "X-Sop-Pinid", "X-Sop-Timestamp"}

func maskHeaders(h http.Header) map[string]string {
	masked := make(map[string]string, len(h))
	for name, values := range h {
		if len(values) == 0 || name == "User-Agent" || name == "Accept-Encoding" || name == "Content-Length" {
			continue
		}
		if slices.Contains(plainHeaders, name) {
			masked[name] = values[0]
		} else {
			masked[name] = mask(values[0])
		}
	}
	return masked
}

func mask(s string) string { return fmt.Sprintf("‹%d›", utf8.RuneCountInString(s)) }

// maskBody keeps names, shape and lengths of a JSON body, and names of a form.
func maskBody(body []byte) string {
	if len(body) == 0 {
		return ""
	}
	doc, err := jsonx.Parse(body)
	if err != nil {
		if form := maskForm(string(body)); form != "" {
			return form
		}
		return fmt.Sprintf("‹%d bytes›", len(body))
	}
	return string(maskValue(nil, doc.Root()))
}

func maskValue(dst []byte, v jsonx.Value) []byte {
	switch v.Kind() {
	case jsonx.Object:
		dst = append(dst, '{')
		first := true
		for name, member := range v.Members() {
			if !first {
				dst = append(dst, ',')
			}
			first = false
			dst = append(jsonx.AppendString(dst, name), ':')
			dst = maskValue(dst, member)
		}
		return append(dst, '}')
	case jsonx.Array:
		dst = append(dst, '[')
		first := true
		for element := range v.Elements() {
			if !first {
				dst = append(dst, ',')
			}
			first = false
			dst = maskValue(dst, element)
		}
		return append(dst, ']')
	case jsonx.String:
		return jsonx.AppendString(dst, mask(v.Text()))
	case jsonx.Number:
		return append(dst, '0') // a number may be a telephone
	}
	return append(dst, v.Raw()...)
}

func maskForm(text string) string {
	var parts []string
	for pair := range strings.SplitSeq(text, "&") {
		name, value, ok := strings.Cut(pair, "=")
		if !ok || strings.ContainsAny(name, " {}\"") {
			return ""
		}
		parts = append(parts, name+"="+mask(value))
	}
	return strings.Join(parts, "&")
}
