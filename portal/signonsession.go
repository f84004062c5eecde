package portal

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"time"
)

// visit is what a request's cookie led to, and the context that carries it.
type visit struct {
	context.Context
	record *heldRecord // nil when nobody is signed in; never written to
	err    error       // the store's
	cache  [1]string   // Cache-Control; here, as it is on the way of every request
}

func (v *visit) keptBy(w http.ResponseWriter, cache string) {
	v.cache[0] = cache
	w.Header()["Cache-Control"] = v.cache[:]
}

type visitKey struct{}

// Value gives the visit itself under its key.
func (v *visit) Value(key any) any {
	if key == (visitKey{}) {
		return v
	}
	return v.Context.Value(key)
}

func visitOf(ctx context.Context) *visit {
	if v, ok := ctx.(*visit); ok { // nothing has been put on top
		return v
	}
	v, _ := ctx.Value(visitKey{}).(*visit)
	return v
}

// known puts the visit into the request's context.
func (s *SignOn) known(r *http.Request) *http.Request {
	v := &visit{Context: r.Context()}
	if cookie := cookieValue(r.Header["Cookie"], s.sessionCookie); cookie != "" && len(cookie) <= maxCookie {
		record, now, err := s.session(v.Context, cookie)
		switch {
		case err != nil:
			v.err = err
			s.log(r.Context(), slog.LevelError, "store", ReasonStore, err)
		case record != nil:
			v.record = record
			if record.Expires.Sub(now) <= s.config.Idle*9/10 {
				s.touch(v, now)
			}
		}
	}
	return r.WithContext(v)
}

// session finds what a cookie stands for. It is on the way of every request.
func (s *SignOn) session(ctx context.Context, cookie string) (*heldRecord, time.Time, error) {
	if s.memory != nil {
		if record, now := s.memory.session(cookie); record != nil {
			return record, now, nil
		}
	}
	session := name(classSession, cookie)
	record, ok, err := s.config.Store.Get(ctx, session)
	if err != nil || !ok || len(record.Data) <= 2 {
		return nil, time.Time{}, err
	}
	if s.memory != nil {
		s.memory.remember(cookie, session)
	}
	return &heldRecord{SessionRecord: record}, time.Now(), nil
}

// cookieValue gives the first cookie of a name, without the copies that Request.Cookie makes
// of all of them. Our values need no quotes.
func cookieValue(lines []string, name string) string {
	for _, line := range lines {
		for line != "" {
			var pair string
			pair, line, _ = strings.Cut(line, ";")
			pair = strings.TrimLeft(pair, " \t")
			if len(pair) > len(name) && pair[len(name)] == '=' && pair[:len(name)] == name {
				return strings.TrimRight(pair[len(name)+1:], " \t")
			}
		}
	}
	return ""
}

// touch lets an idle time begin anew, once a tenth of it has passed: most requests write
// nothing.
func (s *SignOn) touch(v *visit, now time.Time) {
	kept, ok := v.read()
	if !ok {
		return
	}
	later := earlier(now.Add(s.config.Idle), kept.Until)
	if !later.After(v.record.Expires) {
		return
	}
	record := v.record.SessionRecord
	record.Expires, record.Renewal = later, true
	if err := s.config.Store.Put(v, record); err != nil {
		s.log(v, slog.LevelError, "store", ReasonStore, err)
	}
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// The first two bytes of a session's data tell type and level, so that pages which ask for
// no more read no more.
func (v *visit) userType() UserType { return UserType(v.record.Data[:1]) }
func (v *visit) level() Level       { return Level(v.record.Data[1] - '0') }

// lacks says what a visit lacks of a need, "" for nothing.
func (v *visit) lacks(need Need) SignOnReason {
	switch {
	case v.err != nil:
		return ReasonStore
	case v.record == nil:
		return ReasonNotSignedIn
	case need.Type != "" && v.userType() != need.Type:
		return ReasonType
	case v.level() < need.Level:
		return ReasonLevel
	}
	return ""
}

func (v *visit) read() (*keptSession, bool) { return v.record.read() }

// admit makes a new session in place of the browser's old one and leaves the return
// address.
func (s *SignOn) admit(w http.ResponseWriter, r *http.Request, kept *keptSession) {
	ctx, now := r.Context(), time.Now()
	kept.Since, kept.Until = now, now.Add(s.config.Life)
	if !kept.Expires.IsZero() { // on the platform's clock
		kept.Until = earlier(kept.Until, now.Add(kept.Expires.Sub(s.client.Now())))
	}
	id := rand.Text()
	data, _ := json.Marshal(kept) // texts, numbers and times cannot fail
	session := name(classSession, id)
	records := []SessionRecord{
		{Name: session, Data: append([]byte(string(kept.Type[:1])+string('0'+rune(kept.Level))), data...), Expires: earlier(now.Add(s.config.Idle), kept.Until)},
		{Name: name(classAlias, kept.Token), Data: []byte(session), Expires: kept.Until},
	}
	if kept.SessionID != "" {
		records = append(records, SessionRecord{Name: name(classAlias, kept.SessionID), Data: []byte(session), Expires: kept.Until})
	}
	if browser := s.cookie(r, s.loginCookie); browser != "" {
		records = append(records, SessionRecord{Name: name(classDone, browser), Expires: now.Add(loopTime), Passing: true})
	}
	for _, record := range records {
		if err := s.config.Store.Put(ctx, record); err != nil {
			s.fail(w, r, SignOnFailure{Reason: ReasonStore, Err: err, Again: s.again(kept.Back, Need{})})
			return
		}
	}
	if old := s.cookie(r, s.sessionCookie); old != "" {
		was, err := s.config.Store.Remove(ctx, name(classSession, old))
		switch {
		case err != nil:
			s.log(ctx, slog.LevelError, "store", ReasonStore, err)
		case !was: // it has ended, or somebody planted it
			s.log(ctx, slog.LevelInfo, "unknown session replaced", "", nil)
		}
	}
	s.setCookie(w, s.sessionCookie, id, 0)
	s.setCookie(w, s.doneCookie, "1", int(loopTime/time.Second))
	s.log(ctx, slog.LevelInfo, "signed in", "", nil)
	s.leave(w, r, kept.Back)
}
