package dock

import (
	"fmt"
	"io/fs"
	"strings"

	"github.com/zwfw-go/zwfw"
)

// Presets reads documents that ship inside the binary from the folder "dialects". They
// are checked by tests; a damaged one panics.
func Presets(files fs.FS, names ...string) []*zwfw.Dialect {
	presets := make([]*zwfw.Dialect, len(names))
	for i, name := range names {
		data, err := fs.ReadFile(files, "dialects/"+name+".json")
		if err == nil {
			presets[i], err = zwfw.ParseDialect(data)
		}
		if err != nil {
			panic(err)
		}
	}
	return presets
}

// Preset gives a copy of a preset to alter and hand to zwfw.WithDialect.
func (m Manifest) Preset(name string) (*zwfw.Dialect, error) {
	var names []string
	for _, p := range m.Presets {
		if p.Name == name {
			return p.Clone(), nil
		}
		names = append(names, p.Name)
	}
	return nil, fmt.Errorf("%s: no dialect %q; there is %s", m.Platform, name, strings.Join(names, " and "))
}
