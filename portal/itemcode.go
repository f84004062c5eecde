package portal

import (
	"fmt"
	"strings"
)

// ItemCode is an item's code taken apart: 31 characters 实施编码, 33 with the serial of
// 业务办理项编码 (public practice).
type ItemCode struct {
	Organ   string // 统一社会信用代码 of the organ, 18
	Level   string // one digit: 2 province, 3 city, 4 county
	Catalog string // 基本编码, 12
	Serial  string // two digits, "" in a code of 31
}

const (
	taskLength   = 31
	handleLength = 33
	organLength  = 18
)

// ParseItemCode takes a code of 31 or 33 characters apart. Codes may have other lengths in
// local tables (up to 36 and 50); those are refused here and stay usable as they are.
func ParseItemCode(code string) (ItemCode, error) {
	if n := len(code); n != taskLength && n != handleLength {
		return ItemCode{}, fmt.Errorf("portal: item code: has %d characters, 31 or 33 are expected", n)
	}
	for i, r := range code {
		letter := r >= 'A' && r <= 'Z'
		if digit := r >= '0' && r <= '9'; !digit && (!letter || i >= organLength && (i < organLength+1 || i >= taskLength)) {
			return ItemCode{}, fmt.Errorf("portal: item code: character %d is neither a digit nor a capital letter of the organ's or the basic code", i+1)
		}
	}
	return ItemCode{Organ: code[:organLength], Level: code[organLength : organLength+1], Catalog: code[organLength+1 : taskLength], Serial: code[taskLength:]}, nil
}

// Task is the code of 31 characters.
func (c ItemCode) Task() string { return c.Organ + c.Level + c.Catalog }

// HandleItem is the code of 33 characters, "" without a serial.
func (c ItemCode) HandleItem() string {
	if c.Serial == "" {
		return ""
	}
	return c.Task() + c.Serial
}

// String is the code as it was parsed.
func (c ItemCode) String() string { return c.Task() + c.Serial }

// Province is the first two digits of the basic code: who made it, 00 the nation.
func (c ItemCode) Province() string { return c.Catalog[:min(2, len(c.Catalog))] }

// HomeMade reports whether the item was made locally and is not pushed up: eight zeros in
// a row in the basic code. Codes of organs have such runs too and do not count.
func (c ItemCode) HomeMade() bool { return strings.Contains(c.Catalog, "00000000") }

// splitCode puts a code of 33 that stands in the field for 31 where it belongs.
func splitCode(task, handle string) (string, string) {
	if len(task) == handleLength {
		if handle == "" {
			handle = task
		}
		task = task[:taskLength]
	}
	return task, handle
}
