// Package wiretime writes and reads the time formats of the platforms. Times
// without a zone are local to the zone given, +08:00 for every platform so far.
package wiretime

import (
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// China is the zone of every contract. China has had no daylight saving since 1991,
// so a fixed zone needs no time zone database on a kiosk.
var China = time.FixedZone("+08:00", 8*60*60)

// layouts holds the named formats that are not numbers.
var layouts = map[string]string{
	"yyyyMMddHHmmss":      "20060102150405",
	"yyyyMMddHHmmssSSS":   "20060102150405.000", // the dot is taken out again
	"yyyy-MM-dd HH:mm:ss": "2006-01-02 15:04:05",
	"yyyy-MM-dd":          "2006-01-02",
	"yyyyMMdd":            "20060102",
	"yyyy年MM月dd日":         "2006年01月02日",
	"rfc3339":             time.RFC3339,
	"rfc1123":             "Mon, 02 Jan 2006 15:04:05 GMT",
}

// Formats lists the names that Format knows.
func Formats() []string {
	return slices.Sorted(slices.Values(append(slices.Collect(maps.Keys(layouts)), "ms", "s")))
}

// Valid reports whether Format knows the name.
func Valid(format string) bool {
	_, ok := layouts[format]
	return ok || format == "ms" || format == "s"
}

// Format writes t. An unknown format gives "": dialects are checked before use.
func Format(t time.Time, format string, zone *time.Location) string {
	switch format {
	case "ms":
		return strconv.FormatInt(t.UnixMilli(), 10)
	case "s":
		return strconv.FormatInt(t.Unix(), 10)
	case "rfc1123":
		return t.UTC().Format(layouts[format])
	case "yyyyMMddHHmmssSSS":
		return strings.Replace(t.In(zone).Format(layouts[format]), ".", "", 1)
	}
	return t.In(zone).Format(layouts[format])
}

// Append writes t behind dst as Format does.
func Append(dst []byte, t time.Time, format string, zone *time.Location) []byte {
	if format == "yyyy-MM-dd HH:mm:ss" { // by far the commonest
		return t.In(zone).AppendFormat(dst, time.DateTime)
	}
	return append(dst, Format(t, format, zone)...)
}

// readable is tried in order; the lengths and separators make at most one fit.
var readable = []string{
	"2006-01-02 15:04:05", "2006-01-02T15:04:05", "2006-01-0215:04:05", "2006/01/02 15:04:05",
	"2006-01-02 15:04", "2006/01/02", "2006-01-02", "2006年1月2日", "2006年1月2日 15:04:05",
	time.RFC3339Nano, "2006-01-02T15:04:05Z0700", time.RFC1123Z,
}

// errNoTime repeats nothing of the value: it may be personal.
var errNoTime = errors.New("not a time in a known format")

// Parse reads any format of the contracts: milliseconds or seconds since 1970,
// digits run together, ISO forms with a space, a T or nothing between date and time,
// Chinese dates, RFC 1123 and 3339.
func Parse(s string, zone *time.Location) (time.Time, error) {
	s = strings.TrimSpace(s)
	layouts := readable
	switch {
	case s != "" && strings.Trim(s, "0123456789") == "":
		return parseDigits(s, zone)
	case strings.HasSuffix(s, " GMT"), strings.HasSuffix(s, " UTC"):
		// Of zones in letters only these are safe: CST is China's, America's and Cuba's.
		layouts = []string{time.RFC1123}
	}
	for _, layout := range layouts {
		if t, err := time.ParseInLocation(layout, s, zone); err == nil {
			return t, nil
		}
	}
	return time.Time{}, errNoTime
}

func parseDigits(s string, zone *time.Location) (time.Time, error) {
	var layout string
	switch len(s) {
	case 8:
		layout = "20060102"
	case 12:
		layout = "200601021504"
	case 14:
		layout = "20060102150405"
	case 17:
		layout, s = "20060102150405.000", s[:14]+"."+s[14:]
	case 9, 10:
		n, _ := strconv.ParseInt(s, 10, 64) // ten digits fit
		return time.Unix(n, 0).In(zone), nil
	case 13:
		n, _ := strconv.ParseInt(s, 10, 64)
		return time.UnixMilli(n).In(zone), nil
	default:
		return time.Time{}, errNoTime
	}
	if t, err := time.ParseInLocation(layout, s, zone); err == nil {
		return t, nil
	}
	return time.Time{}, errNoTime
}
