package portal

import "fmt"

// Differences compares two stores row by row, columns and all.
func Differences(a, b *MemorySink) (found []string) {
	compare := func(kind string, x, y map[string]Row) {
		for _, key := range sortedKeys(x) {
			if !same(x[key], y[key]) {
				found = append(found, fmt.Sprintf("%s %s: %+v, %+v", kind, key, x[key], y[key]))
			}
		}
		for _, key := range sortedKeys(y) {
			if _, ok := x[key]; !ok {
				found = append(found, kind+" "+key+" is in one only")
			}
		}
	}
	compare("item", a.rows(), b.rows())
	compare("part", a.parts(), b.parts())
	return found
}

func same(x, y Row) bool {
	return x.Key == y.Key && x.Area == y.Area && x.Version == y.Version && x.Updated.Equal(y.Updated) && x.Digest == y.Digest && x.Withdrawn == y.Withdrawn
}

func (m *MemorySink) rows() map[string]Row {
	all := make(map[string]Row)
	for key, row := range m.items {
		all[key] = row.Row
	}
	return all
}

func (m *MemorySink) parts() map[string]Row {
	all := make(map[string]Row)
	for _, k := range m.cases {
		for key, row := range k.parts {
			all[key] = row
		}
	}
	return all
}
