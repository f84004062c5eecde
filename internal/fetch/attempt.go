package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/zwfw-go/zwfw"
)

func (d *download) attemptOnce(ctx, parent context.Context) *zwfw.Error {
	d.attempts++
	ctx, ended := d.observe(ctx, d.attempts)
	began := d.f.settings.Clock.Now()
	err := d.attempt(ctx, parent)
	seen := d.result(began, err)
	ended(seen)
	d.logAttempt(ctx, seen)
	return err
}

// attempt asks once and takes what comes.
func (d *download) attempt(ctx, parent context.Context) *zwfw.Error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	w := newWatch(d.f.config.Idle, func(err error) { cancel(err) })
	head := make(http.Header)
	if d.size > 0 && d.origin.Validator != "" {
		head.Set("Range", fmt.Sprintf("bytes=%d-", d.size))
		head.Set("If-Range", d.origin.Validator)
	}
	arrived := w.head(d.f.config.Head)
	a, err := d.f.ask(ctx, d.url, head)
	arrived()
	d.where = a.url.Host
	if err != nil {
		return d.lineFailure(ctx, parent, a.sent, err)
	}
	defer a.resp.Body.Close()
	body := &watched{watch: w, body: a.resp.Body}
	if refused := d.judgeHead(ctx, parent, a.resp, body, head.Get("Range") != ""); refused != nil {
		refused.HTTPStatus = a.resp.StatusCode
		return refused
	}
	if failed := d.readBody(a.resp, body); failed != nil {
		if failed.Err != nil && failed.Kind == "" { // the line
			failed = d.lineFailure(ctx, parent, true, failed.Err)
		}
		failed.HTTPStatus = a.resp.StatusCode
		return failed
	}
	return nil
}

// judgeHead decides by status and headers whether the body is (the rest of) the file.
func (d *download) judgeHead(ctx, parent context.Context, resp *http.Response, body io.Reader, asked bool) *zwfw.Error {
	if problem := d.coding(resp); problem != "" {
		return unexpected(problem)
	}
	switch {
	case resp.StatusCode == http.StatusPartialContent && asked:
		if !d.continues(resp) {
			return d.afresh("the server's part does not continue the part at hand")
		}
	case resp.StatusCode == http.StatusRequestedRangeNotSatisfiable && asked:
		return d.afresh("the server has no more of this file than the part at hand")
	case resp.StatusCode == http.StatusOK:
		if err := d.restart(); err != nil {
			return err
		}
		d.origin = origin{Address: d.origin.Address, Validator: validator(resp), Total: resp.ContentLength}
		d.out.follows(d.origin)
	default:
		return d.statusFailure(ctx, parent, resp, body)
	}
	if d.origin.Total > d.f.config.MaxSize {
		return d.tooLarge()
	}
	return nil
}

// coding refuses compressed bodies: their size says nothing and their cut is not seen. A
// character set in this header is a common mistake and does no harm.
func (d *download) coding(resp *http.Response) string {
	switch c := strings.ToLower(strings.TrimSpace(resp.Header.Get("Content-Encoding"))); c {
	case "", "identity":
		return ""
	case "utf-8", "utf8", "gbk", "gb2312", "gb18030":
		d.warnings = append(d.warnings, zwfw.Warning{Field: "Content-Encoding", Problem: "names a character set"})
		return ""
	}
	return "the answer is compressed, although it was asked for as it is"
}

// afresh drops the part at hand, so that the next attempt begins anew.
func (d *download) afresh(why string) *zwfw.Error {
	if err := d.restart(); err != nil {
		return err
	}
	d.origin = origin{Address: d.origin.Address, Total: -1}
	return &zwfw.Error{Kind: zwfw.Upstream, Sent: true, Expected: why}
}

// continues reports whether a 206 is the rest of the file at hand.
func (d *download) continues(resp *http.Response) bool {
	first, last, total, ok := contentRange(resp.Header.Get("Content-Range"))
	if !ok || first != d.size || d.origin.Total >= 0 && total >= 0 && total != d.origin.Total {
		return false
	}
	named := resp.Header.Get("Last-Modified")
	if strings.HasPrefix(d.origin.Validator, `"`) {
		named = resp.Header.Get("ETag")
	}
	if named != "" && named != d.origin.Validator { // a server may not know If-Range
		return false
	}
	if total >= 0 {
		d.origin.Total = total
		if last != total-1 {
			return false
		}
	}
	return resp.ContentLength < 0 || resp.ContentLength == last-first+1
}

// contentRange reads "bytes 100-199/200"; total is -1 for "*".
func contentRange(text string) (first, last, total int64, ok bool) {
	span, ofAll, ok1 := strings.Cut(strings.TrimPrefix(text, "bytes "), "/")
	from, to, ok2 := strings.Cut(span, "-")
	first, err1 := strconv.ParseInt(from, 10, 64)
	last, err2 := strconv.ParseInt(to, 10, 64)
	total = -1
	var err3 error
	if ofAll != "*" {
		total, err3 = strconv.ParseInt(ofAll, 10, 64)
	}
	ok = strings.HasPrefix(text, "bytes ") && ok1 && ok2 && errors.Join(err1, err2, err3) == nil && first >= 0 && last >= first
	return first, last, total, ok
}

// validator is what a later request can name this very file by, "" when there is nothing
// to rely on: a weak tag, or a time too close to now.
func validator(resp *http.Response) string {
	if strings.EqualFold(resp.Header.Get("Accept-Ranges"), "none") || resp.ContentLength < 0 {
		return ""
	}
	if tag := resp.Header.Get("ETag"); tag != "" {
		if len(tag) > 256 || len(tag) < 2 || tag[0] != '"' {
			return ""
		}
		return tag
	}
	changed := resp.Header.Get("Last-Modified")
	at, err1 := http.ParseTime(changed)
	now, err2 := http.ParseTime(resp.Header.Get("Date"))
	if err1 != nil || err2 != nil || now.Sub(at) < time.Minute {
		return ""
	}
	return changed
}
