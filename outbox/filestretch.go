package outbox

// The file is written with zeros ahead of what is in use. A commit then overwrites
// blocks that the disk has given already: it needs no room, and no entry in the journal
// of the file system, which would make its syncs several times slower.
const (
	// stretchMargin is what messages may not use: settling those that are stored takes
	// new pages before it frees old ones.
	stretchMargin = 1 << 20
	stretchStep   = 1 << 20
)

// stretch sees to it that more than the margin is written ahead of the used part.
func (f *file) stretch() error {
	var used int64
	if err := f.view(func(l *look) error { used = l.tx.Size(); return nil }); err != nil {
		return err
	}
	if used+stretchMargin < f.ahead {
		return nil
	}
	to := used + stretchMargin + stretchStep
	if limit := f.options.maxFile; limit > 0 {
		to = max(min(to, limit), f.ahead) // fileFull refuses in time
	}
	if to <= f.ahead {
		return nil
	}
	zeros := make([]byte, 64<<10)
	for at := max(used, f.ahead); at < to; at += int64(len(zeros)) {
		if _, err := f.raw.WriteAt(zeros[:min(int64(len(zeros)), to-at)], at); err != nil {
			return err
		}
	}
	if err := f.raw.Sync(); err != nil {
		return err
	}
	f.ahead = to
	return nil
}
