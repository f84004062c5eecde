package zwfw_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const module = "github.com/zwfw-go/zwfw"

// The rooms of the house and what each may import, whole list: our packages by their
// path in the module, "zwfw" being the root, others by the path of their module. The
// standard library is free to all. Rooms may stand here before they are built.
var rooms = map[string][]string{
	"crypto":             {"internal/nearest", "github.com/emmansun/gmsm", "golang.org/x/crypto", "software.sslmate.com/src/go-pkcs12"},
	"internal/nearest":   {},
	"internal/wiretime":  {},
	"internal/codetext":  {},
	"internal/linefault": {},
	"internal/jsonx":     {"internal/nearest", "internal/wiretime"},
	"zwfw":               {"crypto", "internal/nearest", "internal/wiretime"},
	"internal/dock": {
		"zwfw", "crypto", "internal/codetext", "internal/jsonx", "internal/linefault", "internal/nearest", "internal/wiretime",
		"github.com/go-resty/resty/v2", "golang.org/x/text",
	},
	"internal/fetch": {"zwfw", "internal/linefault"},
	"qr":             {"zwfw", "internal/codetext", "github.com/makiuchi-d/gozxing"},
	"outbox":         {"zwfw", "crypto", "internal/nearest", "internal/wiretime", "go.etcd.io/bbolt", "golang.org/x/crypto"},
	"lutong":         clientImports("internal/wire/lutongwire"),
	"yimatong":       clientImports("internal/wire/yimatongwire"),
	// Also files by address, and names in GBK in OFD files.
	"certificate": append(clientImports("internal/wire/certificatewire"), "internal/fetch", "golang.org/x/text"),
	"hotline":     clientImports("internal/wire/hotlinewire"),
	"portal":      clientImports("internal/wire/portalwire"),

	// What a client and the sandbox share of its operations and dialects.
	"internal/wire/lutongwire":      {"zwfw", "internal/dock"},
	"internal/wire/yimatongwire":    {"zwfw", "internal/dock"},
	"internal/wire/certificatewire": {"zwfw", "internal/dock"},
	"internal/wire/hotlinewire":     {"zwfw", "internal/dock"},
	"internal/wire/portalwire":      {"zwfw", "internal/dock"},
	"internal/marker":               {"zwfw"}, // test support, as wireproof is
	// What the tests of these packages and of the clients share; nothing that ships
	// imports it.
	"internal/wire/wireproof": {
		"zwfw", "crypto", "internal/dock", "internal/jsonx", "github.com/stretchr/testify", "golang.org/x/text",
	},

	"sandbox": {
		"zwfw", "crypto", "qr", "outbox", "internal/dock", "internal/jsonx", "internal/codetext", "internal/nearest", "internal/wiretime",
		"lutong", "yimatong", "certificate", "hotline", "portal",
		"internal/wire/lutongwire", "internal/wire/yimatongwire", "internal/wire/certificatewire", "internal/wire/hotlinewire", "internal/wire/portalwire",
		"golang.org/x/text",
	},
	// What an engine of the outbox has to pass.
	"outbox/outboxtest": {"outbox"},

	"internal/bench": {anything},
	"examples":       {anything}, // and all below it
}

// clients never import qr, the sandbox or each other.
func clientImports(wire string) []string {
	return []string{"zwfw", "crypto", "internal/dock", "internal/jsonx", "internal/codetext", "internal/nearest", "internal/wiretime", "outbox", wire, "golang.org/x/text"}
}

const anything = "*"

// onlyIn names the one room of a heavy dependency; examples and benchmarks are no
// exception for these.
var onlyIn = map[string]string{
	"github.com/go-resty/resty/v2":  "internal/dock",
	"github.com/makiuchi-d/gozxing": "qr",
	"github.com/emmansun/gmsm":      "crypto",
}

// testImports are free to test files beside the room's own list.
var testImports = []string{"github.com/stretchr/testify", "go.uber.org/goleak", "pgregory.net/rapid", "golang.org/x/text"}

// source is one file's imports.
type source struct {
	room, file string
	test       bool // a test file
	outside    bool // of an external test package, which may import any room
	imports    []string
}

func TestRoomsImportOnlyWhatTheTableSays(t *testing.T) {
	t.Parallel()
	files := sources(t, os.DirFS("."))
	require.NotEmpty(t, files)
	for _, f := range files {
		for _, i := range f.imports {
			if complaint := judge(f, i); complaint != "" {
				assert.Fail(t, complaint)
			}
		}
	}
}

// judge says what is wrong with an import, "" when nothing is.
func judge(f source, imported string) string {
	if first, _, _ := strings.Cut(imported, "/"); !strings.Contains(first, ".") {
		return "" // the standard library
	}
	name, ours := roomOf(imported)
	for dependency, room := range onlyIn {
		if below(imported, dependency) && f.room != room && !(f.test && f.room == "internal/bench") {
			return "package " + f.room + " imports " + imported + " (" + f.file + "), which only " + room + " may import"
		}
	}
	allowed, known := rooms[f.room]
	if strings.HasPrefix(f.room, "examples/") {
		allowed, known = rooms["examples"], true
	}
	if !known {
		return "package " + f.room + " is not in the table of rooms (" + f.file + "): add it and what it may import"
	}
	if slices.Contains(allowed, anything) || ours && name == f.room && f.outside {
		return ""
	}
	if f.outside && ours || f.test && slices.ContainsFunc(testImports, func(m string) bool { return below(imported, m) }) {
		return ""
	}
	for _, a := range allowed {
		if ours && a == name || !ours && below(imported, a) {
			return ""
		}
	}
	if ours {
		imported = name
	}
	return "package " + f.room + " must not import " + imported + " (" + f.file + ")"
}

func roomOf(imported string) (string, bool) {
	if imported == module {
		return "zwfw", true
	}
	return strings.CutPrefix(imported, module+"/")
}

func below(imported, dependency string) bool {
	return imported == dependency || strings.HasPrefix(imported, dependency+"/")
}

// sources parses every Go file of the module, whatever its build tags.
func sources(t *testing.T, root fs.FS) []source {
	t.Helper()
	var all []source
	require.NoError(t, fs.WalkDir(root, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			base := entry.Name()
			if name != "." && (strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_") || base == "testdata") {
				return fs.SkipDir
			}
			if _, err := fs.Stat(root, path.Join(name, "go.mod")); err == nil && name != "." {
				return fs.SkipDir // a module of its own
			}
			return nil
		}
		if path.Ext(name) != ".go" {
			return nil
		}
		text, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, text, parser.ImportsOnly)
		if err != nil {
			return err
		}
		s := source{room: path.Dir(name), file: filepath.ToSlash(name), test: strings.HasSuffix(name, "_test.go")}
		s.outside = s.test && strings.HasSuffix(file.Name.Name, "_test")
		if s.room == "." {
			s.room = "zwfw"
		}
		for _, spec := range file.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			s.imports = append(s.imports, imported)
		}
		all = append(all, s)
		return nil
	}))
	return all
}

func TestRoomsOfTheTableStandOnLowerFloors(t *testing.T) {
	t.Parallel()
	var visit func(room string, way []string)
	visit = func(room string, way []string) {
		require.NotContains(t, way, room, "a circle")
		for _, next := range rooms[room] {
			if _, ours := rooms[next]; ours {
				visit(next, append(slices.Clone(way), room))
			} else {
				require.True(t, next == anything || strings.Contains(strings.Split(next, "/")[0], "."), "%s may import %s, which is neither a room nor a module", room, next)
			}
		}
	}
	for room := range rooms {
		visit(room, nil)
	}
}

func TestForbiddenImportsAreNamed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		f        source
		imported string
		want     string
	}{
		{source{room: "lutong", file: "lutong/a.go"}, module + "/qr", "package lutong must not import qr (lutong/a.go)"},
		{source{room: "lutong", file: "lutong/a.go"}, module + "/hotline", "package lutong must not import hotline (lutong/a.go)"},
		{source{room: "hotline", file: "hotline/a.go"}, module + "/internal/wire/lutongwire", "package hotline must not import internal/wire/lutongwire (hotline/a.go)"},
		{source{room: "portal", file: "portal/a_test.go", test: true}, module + "/sandbox", "package portal must not import sandbox (portal/a_test.go)"},
		{source{room: "portal", file: "portal/a_test.go", test: true, outside: true}, module + "/sandbox", ""},
		{source{room: "crypto", file: "crypto/a.go"}, module, "package crypto must not import zwfw (crypto/a.go)"},
		{source{room: "lutong", file: "lutong/a.go"}, "github.com/go-resty/resty/v2", "package lutong imports github.com/go-resty/resty/v2 (lutong/a.go), which only internal/dock may import"},
		{source{room: "examples/kiosk", file: "examples/kiosk/main.go"}, "github.com/makiuchi-d/gozxing/qrcode", "package examples/kiosk imports github.com/makiuchi-d/gozxing/qrcode (examples/kiosk/main.go), which only qr may import"},
		{source{room: "internal/bench", file: "internal/bench/a_test.go", test: true}, "github.com/makiuchi-d/gozxing", ""},
		{source{room: "examples/kiosk", file: "examples/kiosk/main.go"}, module + "/sandbox", ""},
		{source{room: "internal/jsonx", file: "internal/jsonx/a.go"}, "golang.org/x/text/width", "package internal/jsonx must not import golang.org/x/text/width (internal/jsonx/a.go)"},
		{source{room: "internal/jsonx", file: "internal/jsonx/a.go"}, "github.com/stretchr/testify/require", "package internal/jsonx must not import github.com/stretchr/testify/require (internal/jsonx/a.go)"},
		{source{room: "internal/dock", file: "internal/dock/a.go"}, "golang.org/x/text/encoding/simplifiedchinese", ""},
		{source{room: "utils", file: "utils/a.go"}, module, "package utils is not in the table of rooms (utils/a.go): add it and what it may import"},
		{source{room: "zwfw", file: "a.go"}, "net/http", ""},
	} {
		require.Equal(t, c.want, judge(c.f, c.imported), "%s imports %s", c.f.file, c.imported)
	}
}
