package sandbox

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"maps"
	"strings"
)

// The faults of this file bend the shape of an answer as platforms do; what it says
// stays the same, and a client reads it as if nothing were odd.

// reshaped changes a JSON answer. One that is no object passes as it is.
func reshaped(name string, change func(answer map[string]any)) Fault {
	return Mangle(name, func(body []byte) []byte {
		var answer map[string]any
		d := json.NewDecoder(strings.NewReader(string(body)))
		d.UseNumber()
		if d.Decode(&answer) != nil {
			return body
		}
		change(answer)
		if changed, err := json.Marshal(answer); err == nil {
			return changed
		}
		return body
	})
}

// Flattened lifts the members of "response" beside the code.
func Flattened() Fault {
	return reshaped("flat answer", func(answer map[string]any) {
		if inner, ok := answer["response"].(map[string]any); ok {
			delete(answer, "response")
			maps.Copy(answer, inner)
		}
	})
}

// JSONInText sends "response" as a JSON text within JSON.
func JSONInText() Fault {
	return reshaped("JSON in a text", func(answer map[string]any) {
		if _, sealed := answer["response"].(string); !sealed && answer["response"] != nil {
			inner, _ := json.Marshal(answer["response"])
			answer["response"] = string(inner)
		}
	})
}

// Renamed sends members under other names, at any depth.
func Renamed(names map[string]string) Fault {
	return reshaped("other names", func(answer map[string]any) { rename(answer, names) })
}

func rename(v any, names map[string]string) {
	switch v := v.(type) {
	case map[string]any:
		for _, inner := range v {
			rename(inner, names)
		}
		for from, to := range names {
			if value, ok := v[from]; ok {
				delete(v, from)
				v[to] = value
			}
		}
	case []any:
		for _, inner := range v {
			rename(inner, names)
		}
	}
}

// NumbersAsText sends every number in quotes.
func NumbersAsText() Fault {
	return reshaped("numbers as text", func(answer map[string]any) { quoteNumbers(answer) })
}

func quoteNumbers(v any) any {
	switch v := v.(type) {
	case json.Number:
		return v.String()
	case map[string]any:
		for name, inner := range v {
			v[name] = quoteNumbers(inner)
		}
	case []any:
		for i, inner := range v {
			v[i] = quoteNumbers(inner)
		}
	}
	return v
}

// DataPrefix puts "data:image/png;base64," in front of a picture and breaks its lines.
func DataPrefix() Fault {
	return reshaped("picture with data: prefix", func(answer map[string]any) {
		for _, level := range []any{answer, answer["response"]} {
			if members, ok := level.(map[string]any); ok {
				if text, ok := members["qrcodeBase64"].(string); ok {
					members["qrcodeBase64"] = "data:image/png;base64," + wrapped(text)
				}
			}
		}
	})
}

// wrapped breaks a text into lines as old Java encoders do.
func wrapped(text string) string {
	const columns = 76
	var b strings.Builder
	for len(text) > columns {
		b.WriteString(text[:columns] + "\r\n")
		text = text[columns:]
	}
	return b.String() + text
}

// HexCipher sends a sealed "response" in hex in place of Base64.
func HexCipher() Fault {
	return reshaped("ciphertext in hex", func(answer map[string]any) {
		if sealed, ok := answer["response"].(string); ok {
			if raw, err := base64.StdEncoding.DecodeString(sealed); err == nil {
				answer["response"] = hex.EncodeToString(raw)
			}
		}
	})
}

// ExpiredInside answers success, and inside it says that the code has expired.
func ExpiredInside() Fault { return StatusInside("EXPIRED") }

// StatusInside answers success with a status of the code inside it (codeStatus). It is
// for yimatong.DecodeQRCode.
func StatusInside(status string) Fault {
	return Fault{name: "status " + status + " inside a success", inside: status}
}
