package portalwire

import (
	"reflect"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/dock"
)

// LogoutNotice is the platform's call to a website: a session has ended there (assumption;
// practice knows the call by its name). One of the two names it.
type LogoutNotice struct {
	Token     zwfw.Secret `zw:"token,omitempty"`
	SessionID zwfw.Secret `zw:"sessionId,omitempty"`
}

// Notices declares the calls that the platform makes, in the manner of a dialect: its
// headers, signature and envelope. path is where the website takes them. ok is false for a
// dialect that signs nothing: anybody could make such a call.
func Notices(d *zwfw.Dialect, path string) (m dock.Manifest, way *zwfw.Dialect, ok bool) {
	if d.Sign == nil || d.Sign.Suite == "none" {
		return m, nil, false
	}
	way = d.Clone()
	way.Name, way.Extends, way.Bases = "notices@1", "", nil
	way.Ops = map[string]zwfw.Operation{"LogoutNotice": {Path: path}}
	m = dock.Manifest{Platform: "portal", Presets: []*zwfw.Dialect{way}, Ops: []dock.Op{
		{Name: "LogoutNotice", Class: dock.Idempotent, In: reflect.TypeFor[LogoutNotice](), Timeout: callTimeout},
	}}
	return m, way, true
}
