package portalwire

import (
	"reflect"
	"strings"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/dock"
)

// CasePushed answers a case notice.
type CasePushed struct {
	ProjectNo string `zw:"projectNo,omitempty"`
	Parked    bool   `zw:"parked,omitempty"`
	Unchanged bool   `zw:"unchanged,omitempty"`
}

// Pushes declares the calls by which the platform brings rows to a website, in the manner
// of a dialect: its headers, signature, envelope and names. They are below prefix, which is
// "" or begins with a slash. ok is false for a dialect that signs nothing or knows no
// ingestion.
func Pushes(d *zwfw.Dialect, prefix string) (m dock.Manifest, way *zwfw.Dialect, ok bool) {
	batch, known := d.Ops["IngestBatch"]
	if d.Sign == nil || d.Sign.Suite == "none" || !known {
		return m, nil, false
	}
	own := make(map[string]dock.Op)
	for _, op := range Manifest().Ops {
		own[op.Name] = op
	}
	way = d.Clone()
	way.Name, way.Extends, way.Bases = "pushes@1", "", nil
	batch.Path, batch.Base = prefix+batch.Path, ""
	way.Ops = map[string]zwfw.Operation{"IngestBatch": batch}
	m = dock.Manifest{Platform: "portal", Presets: []*zwfw.Dialect{way}, Ops: []dock.Op{own["IngestBatch"]}}
	if status, ok := d.Ops["IngestStatus"]; ok {
		status.Path, status.Base = prefix+status.Path, ""
		way.Ops["IngestStatus"] = status
		m.Ops = append(m.Ops, own["IngestStatus"])
	}
	way.Ops["CaseNotice"] = zwfw.Operation{Path: prefix + "/v1/case/notice", In: rowNames(d, "CaseChanges")}
	m.Ops = append(m.Ops, dock.Op{
		Name: "CaseNotice", Class: dock.Idempotent, In: reflect.TypeFor[Case](), Out: reflect.TypeFor[CasePushed](), Timeout: callTimeout,
	})
	return m, way, true
}

// rowNames are the names that a dialect has for the rows of a feed.
func rowNames(d *zwfw.Dialect, feed string) map[string]string {
	names := make(map[string]string)
	for path, wire := range d.Ops[feed].Out {
		if own, ok := strings.CutPrefix(path, "list."); ok && !strings.Contains(wire, "|") {
			names[own] = wire
		}
	}
	return names
}

// RowOf gives the struct of a pushed row's data and the names that its fields have, where
// they differ: it is a row as the dialect's feed of changes has it. kind is ITEM or CASE.
func RowOf(d *zwfw.Dialect, kind string) (row reflect.Type, names map[string]string) {
	if kind == "CASE" {
		return reflect.TypeFor[Case](), rowNames(d, "CaseChanges")
	}
	return reflect.TypeFor[Item](), rowNames(d, "ItemChanges")
}
