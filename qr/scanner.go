package qr

import (
	"context"
	"errors"
	"fmt"
	"image"
	"slices"
	"time"
)

// Scanner reads the frames of one camera (摄像头扫码). It looks for a code where
// the last frame had it, and elsewhere when it is gone; it reports a code once
// while it stays in view; and it keeps its memory from frame to frame. It is
// for one goroutine at a time: use one for each camera.
type Scanner struct {
	limits  decodeSettings
	repeats *Repeats
	view    view
	last    image.Rectangle // where the code was, in pixels of the frame
	by      int             // and which of the readings found it
	frames  int
}

// ScannerOption changes a [Scanner].
type ScannerOption func(*scannerSettings) error

type scannerSettings struct {
	limits decodeSettings
	window time.Duration
	now    func() time.Time
}

// WithRepeatWindow sets how long a code counts as the same scan after it was
// last seen, above 0; [DefaultRepeatWindow] without it.
func WithRepeatWindow(d time.Duration) ScannerOption {
	return func(s *scannerSettings) error {
		if d <= 0 {
			return fmt.Errorf("repeat window is %v, expected more than 0", d)
		}
		s.window = d
		return nil
	}
}

// WithClock sets what tells the time for the repeat window; [time.Now] without
// it.
func WithClock(now func() time.Time) ScannerOption {
	return func(s *scannerSettings) error {
		if now == nil {
			return errors.New("clock is nil")
		}
		s.now = now
		return nil
	}
}

// WithFrameLimits sets limits as for a picture, such as [WithMaxPixels] and, for
// one frame, [WithTimeLimit].
func WithFrameLimits(opts ...DecodeOption) ScannerOption {
	return func(s *scannerSettings) (err error) {
		s.limits, err = applyDecode(opts)
		return err
	}
}

// NewScanner returns a Scanner that has seen nothing yet, or the option that it
// refuses.
func NewScanner(opts ...ScannerOption) (*Scanner, error) {
	limits, err := applyDecode(nil)
	if err != nil {
		return nil, fmt.Errorf("qr: scanner: %w", err)
	}
	s := scannerSettings{limits: limits, window: DefaultRepeatWindow, now: time.Now}
	for _, opt := range opts {
		if opt == nil {
			return nil, fmt.Errorf("qr: scanner: %w", errNilOption)
		}
		if err := opt(&s); err != nil {
			return nil, fmt.Errorf("qr: scanner: %w", err)
		}
	}
	repeats, err := NewRepeats(s.window, s.now)
	if err != nil {
		return nil, err
	}
	return &Scanner{limits: s.limits, repeats: repeats}, nil
}

// Repeats is what the scanner goes by to report a code once; tell it what became
// of a scan.
func (s *Scanner) Repeats() *Repeats { return s.repeats }

// Scan reads one frame. Errors: [ErrNoCode], the usual one; [ErrRepeated] for a
// code that was reported and stays in view; [ErrSeveralCodes]; [ErrEmptyImage],
// [ErrNotImage], [ErrTooLarge]; a time limit or context that ended.
//
// To keep up with the camera a frame is looked at in one or two ways, and the
// other ways take turns, frame after frame. Of a code that was reported and
// stays in view only the surroundings are looked at: a second code elsewhere in
// the frame goes unseen until then. Before any code is reported the whole frame
// is looked at, and a second one seen there makes it [ErrSeveralCodes].
func (s *Scanner) Scan(ctx context.Context, frame Plane) (Result, error) {
	result, err := s.scan(ctx, frame)
	if err != nil {
		return Result{}, fmt.Errorf("qr: scan: %w", err)
	}
	return result, nil
}

func (s *Scanner) scan(ctx context.Context, frame Plane) (Result, error) {
	if err := frame.check(); err != nil {
		return Result{}, err
	}
	if err := s.limits.allow(int64(frame.Width), int64(frame.Height)); err != nil {
		return Result{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, s.limits.timeLimit)
	defer cancel()
	found, err := s.find(ctx, frame)
	s.view.grey = Plane{} // the pixels are the caller's
	if err != nil {
		return Result{}, err
	}
	result, err := onlyOne(found)
	if err != nil {
		return Result{}, err
	}
	if s.repeats.Seen(result.Text) {
		return Result{}, ErrRepeated
	}
	return result, nil
}

// find looks where the code was, and at the whole frame unless what is there was
// reported already.
func (s *Scanner) find(ctx context.Context, frame Plane) ([]Result, error) {
	whole := image.Rect(0, 0, frame.Width, frame.Height)
	var near []Result
	if part := s.last.Intersect(whole); !part.Empty() {
		s.last = image.Rectangle{}
		var err error
		if near, err = s.findIn(ctx, frame, part, s.by); err != nil {
			return nil, err
		}
		if len(near) == 1 && s.repeats.again(near[0].Text) {
			return nil, ErrRepeated
		}
	}
	all, err := s.look(ctx, frame, whole, len(near) > 0)
	if err != nil {
		return nil, err
	}
	for _, r := range near {
		if !slices.ContainsFunc(all, func(other Result) bool { return other.Text == r.Text }) {
			all = append(all, r)
		}
	}
	if len(all) == 0 {
		return nil, ErrNoCode
	}
	if len(all) > 1 {
		s.last = image.Rectangle{} // which one to follow is not known
	}
	return all, nil
}

// look looks at the whole frame in the first way and a second: the one that
// found a code nearby, else the next in turn.
func (s *Scanner) look(ctx context.Context, frame Plane, whole image.Rectangle, nearby bool) ([]Result, error) {
	second := s.by
	if !nearby || second == 0 {
		second = 1 + s.frames%(len(readings)-1)
		s.frames++
	}
	for _, by := range []int{0, second} {
		if found, err := s.findIn(ctx, frame, whole, by); err != nil || len(found) > 0 {
			return found, err
		}
	}
	return nil, nil
}

// findIn looks at a part of the frame and remembers where the code is.
func (s *Scanner) findIn(ctx context.Context, frame Plane, part image.Rectangle, by int) ([]Result, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	r := readings[by]
	cut := Plane{frame.Pix[part.Min.Y*frame.Stride+part.Min.X:], frame.Stride, part.Dx(), part.Dy()}
	if r.scale > 1 && min(cut.Width, cut.Height)/r.scale < leastSide {
		return nil, nil
	}
	found, _, err := s.view.readAs(ctx, cut, r)
	for i := range found {
		for j := range found[i].Corners {
			found[i].Corners[j] = found[i].Corners[j].Add(part.Min)
		}
	}
	if len(found) == 1 {
		s.last, s.by = surroundings(found[0].Corners), by
	}
	return found, err
}

// surroundings is the code and half its size on every side: how far a hand
// moves from one frame to the next.
func surroundings(corners [4]image.Point) image.Rectangle {
	var r image.Rectangle
	for i, p := range corners {
		here := image.Rectangle{Min: p, Max: p.Add(image.Pt(1, 1))}
		if i == 0 {
			r = here
		}
		r = r.Union(here)
	}
	return r.Inset(-max(r.Dx(), r.Dy()) / 2)
}
