package portal

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// RowRules are what may differ in the rules for rows. The zero value is good.
type RowRules struct {
	// TaskTypes are the types that an item may have; another one is rejected. Default: any,
	// because local tables differ. [NationalTaskTypes] gives the national table.
	TaskTypes []TaskType

	// WithoutItems takes cases whose items are unknown, for a site that keeps no items.
	WithoutItems bool
}

// NationalTaskTypes gives 01 to 10, 20 and 99, what local types are squeezed to (public
// practice).
func NationalTaskTypes() []TaskType {
	return []TaskType{"01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "20", "99"}
}

// Codes of rejected rows (assumption).
const (
	rejectMissing = "4001"
	rejectValue   = "4002"
	rejectLong    = "4003"
	rejectTime    = "4004"
	rejectOlder   = "4092"
	rejectState   = "4093"
)

// Reject is a row that was not taken (拒收): which, why, and the field at fault.
type Reject struct {
	RowGUID string // of a pushed row; of a case that was read its project number
	Code    string
	Field   string
}

func (r Reject) message() string {
	return map[string]string{
		rejectMissing: "必填项缺失", rejectValue: "值不在代码表内", rejectLong: "超出长度", rejectTime: "时间格式或顺序错误",
		rejectOlder: "版本过旧", rejectState: "当前状态不允许",
	}[r.Code]
}

// incoming is one row as it came, of a page or of a batch.
type incoming struct {
	name string // what a rejection calls it
	item *Item
	kase *Case
	// bare: a withdrawal without content.
	bare bool
	// deleted: a case that is to be deleted.
	deleted bool
}

// text is a field and how long it may be.
type text struct {
	name, value string
	most        int
	required    bool
}

func checkTexts(name string, texts ...text) *Reject {
	for _, t := range texts {
		switch {
		case t.required && strings.TrimSpace(t.value) == "":
			return &Reject{name, rejectMissing, t.name}
		case utf8.RuneCountInString(t.value) > t.most:
			return &Reject{name, rejectLong, t.name}
		case strings.ContainsRune(t.value, 0) || !utf8.ValidString(t.value): // what no database keeps
			return &Reject{name, rejectValue, t.name}
		}
	}
	return nil
}

// checkItem applies the data-quality rules (5.4) to an item by itself.
func (r RowRules) checkItem(in incoming) *Reject {
	i := in.item
	if no := checkTexts(in.name, text{"rowGuid", i.RowGUID, 50, true}); no != nil || in.bare {
		return no
	}
	if len(r.TaskTypes) > 0 && !slices.Contains(r.TaskTypes, i.Type) {
		return &Reject{in.name, rejectValue, "taskType"}
	}
	if no := checkTexts(in.name,
		text{"taskCode", i.TaskCode, 36, true}, text{"taskHandleItem", i.HandleItem, 50, false}, text{"taskName", i.Name, 1000, true},
		text{"areaCode", i.AreaCode, 20, false}, text{"taskType", string(i.Type), 32, false}, text{"taskState", i.State, 32, false},
		text{"deptCode", i.DeptCode, 50, false},
	); no != nil {
		return no
	}
	switch {
	case i.Version < 0:
		return &Reject{in.name, rejectValue, "taskVersion"}
	case !areaCode(i.AreaCode):
		return &Reject{in.name, rejectValue, "areaCode"}
	case len(i.TaskCode) == taskLength && len(i.HandleItem) == handleLength && i.HandleItem[:taskLength] != i.TaskCode:
		return &Reject{in.name, rejectValue, "taskHandleItem"}
	}
	return nil
}

// areaCode takes 6 digits and more: towns and villages have longer codes than the 12 of the
// rule, and old tables the 6 (public practice). Rows without one are taken.
func areaCode(code string) bool {
	if code == "" {
		return true
	}
	return len(code) >= 6 && strings.Trim(code, "0123456789") == ""
}

// checkCase applies the rules to a case, or the part of it that came.
func (r RowRules) checkCase(in incoming) *Reject {
	k := in.kase
	switch {
	case in.deleted: // process information is never deleted
		return &Reject{in.name, rejectState, "operation"}
	case k.Acceptance == nil && len(k.Stages) == 0 && len(k.Procedures) == 0 && k.Result == nil:
		return &Reject{in.name, rejectMissing, "accept"}
	case k.Version < 0:
		return &Reject{in.name, rejectValue, "version"}
	case !areaCode(k.AreaCode):
		return &Reject{in.name, rejectValue, "areaCode"}
	}
	if no := checkTexts(in.name, text{"projectNo", k.ProjectNo, 50, true}, text{"areaCode", k.AreaCode, 20, false}); no != nil {
		return no
	}
	for i := range k.Stages { // events and types are in the keys of rows
		if no := checkTexts(in.name, text{"process.eventName", k.Stages[i].Event, 1000, false}); no != nil {
			return no
		}
	}
	for i := range k.Procedures {
		if no := checkTexts(in.name, text{"special.specialType", k.Procedures[i].Type, 1000, false}); no != nil {
			return no
		}
	}
	if a := k.Acceptance; a != nil {
		if no := checkTexts(in.name,
			text{"accept.taskCode", a.TaskCode, 36, a.HandleItem == ""}, text{"accept.taskHandleItem", a.HandleItem, 50, false},
			text{"accept.proStatus", string(a.Status), 10, true},
		); no != nil {
			return no
		}
		if a.ProjectNo != "" && a.ProjectNo != k.ProjectNo {
			return &Reject{in.name, rejectValue, "accept.projectNo"}
		}
	}
	return checkOrder(in.name, k)
}

// checkOrder wants applyDate ≤ acceptDate ≤ times of stages ≤ resultDate, as far as they
// are in the row; equal is good, 即办件 carry the same second.
func checkOrder(name string, k *Case) *Reject {
	var late time.Time
	if a := k.Acceptance; a != nil {
		if !a.Accepted.IsZero() && a.Accepted.Before(a.Applied) {
			return &Reject{name, rejectTime, "accept.acceptDate"}
		}
		late = a.Applied
		if !a.Accepted.IsZero() {
			late = a.Accepted
		}
	}
	begin := late
	for _, s := range k.Stages {
		if !s.Start.IsZero() && s.Start.Before(begin) {
			return &Reject{name, rejectTime, "process.startTime"}
		}
		if !s.End.IsZero() && s.End.Before(s.Start) {
			return &Reject{name, rejectTime, "process.endTime"}
		}
		if s.Start.After(late) {
			late = s.Start
		}
	}
	if r := k.Result; r != nil && !r.Time.IsZero() && r.Time.Before(late) {
		return &Reject{name, rejectTime, "result.resultDate"}
	}
	return nil
}

// verdict is what the rules say of one row against what is stored.
type verdict int

const (
	unchanged verdict = iota
	put
	raise // the same content under a newer version
	tooOld
	falls // the state of a case would fall
)

// judge compares a row with the state under its key.
func judge(r *Row, stored RowState, known bool) verdict {
	accept := r.Case != nil && r.Case.Acceptance != nil
	switch {
	case !known:
		return put
	case r.Version < stored.Version:
		if r.Case != nil && !accept && r.Digest == stored.Digest {
			return unchanged // a stage stays what it was while its case goes on
		}
		return tooOld
	case r.Version == stored.Version && r.Digest == stored.Digest:
		if r.Updated.After(stored.Updated) {
			return raise
		}
		return unchanged
	case r.Version == stored.Version && r.Updated.Before(stored.Updated):
		return tooOld
	case r.Version == stored.Version && accept:
		if now, was := statusRank(r.Case.Acceptance.Status), statusRank(stored.Status); now != 0 && now < was {
			return falls
		}
		return put // static text changes without a new version, and so do corrections
	case r.Version == stored.Version:
		return put
	case r.Digest == stored.Digest && r.Case != nil:
		return raise
	}
	return put
}

// codesOf are the codes by which cases name an item.
func codesOf(i *Item) []string {
	var codes []string
	for _, code := range []string{i.TaskCode, i.HandleItem} {
		if code != "" {
			codes = append(codes, code)
		}
	}
	return codes
}

// waitsFor names what a row that came early waits for.
func waitsForItem(code string) string   { return "item/" + code }
func waitsForCase(number string) string { return "case/" + number }

// awaited gives the codes and the version of the item that an acceptance needs; nil when it
// needs none: a home-made item is never pushed up.
func (r RowRules) awaited(a *Acceptance) []string {
	if r.WithoutItems {
		return nil
	}
	if code, err := ParseItemCode(a.TaskCode); err == nil && code.HomeMade() {
		return nil
	}
	return codesOf(&Item{TaskCode: a.TaskCode, HandleItem: a.HandleItem})
}
