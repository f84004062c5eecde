package fetch

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/zwfw-go/zwfw"
)

// smallBody is the longest refusal that is read and the shortest JSON that is streamed.
const smallBody = 64 << 10

// readBody takes the file out of what came. An error without a kind is the line's.
func (d *download) readBody(resp *http.Response, body io.Reader) *zwfw.Error {
	in := bufio.NewReaderSize(body, smallBody)
	if d.size > 0 {
		return d.readFile(in)
	}
	head, err := in.Peek(sniffSize)
	if sniff(head) != "" {
		return d.readFile(in)
	}
	if err == nil {
		head, err = in.Peek(smallBody)
	}
	d.origin.Total, d.origin.Validator = -1, "" // what follows is not the file as it lies there
	d.out.follows(d.origin)
	switch {
	case err != nil && err != io.EOF:
		return &zwfw.Error{Err: err}
	case err == io.EOF:
		return d.readSmall(bytes.Clone(head), resp.Header.Get("Content-Type"))
	case isJSON(head):
		return d.readEnvelope(in)
	}
	return d.notAFile(head, resp.Header.Get("Content-Type"))
}

// readSmall reads a whole body that is no file by its first bytes.
func (d *download) readSmall(body []byte, contentType string) *zwfw.Error {
	if len(bytes.TrimSpace(body)) == 0 {
		return unexpected("the answer is empty")
	}
	if isJSON(body) {
		return d.readEnvelope(bytes.NewReader(d.toUTF8(body, contentType)))
	}
	return d.notAFile(body, contentType)
}

func isJSON(head []byte) bool {
	head = bytes.TrimSpace(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")))
	return len(head) > 0 && (head[0] == '{' || head[0] == '[')
}

// readFile pours the file from its first byte or from where it was cut, and checks it.
func (d *download) readFile(in io.Reader) *zwfw.Error {
	out := &outward{d: d, done: d.size}
	n, readErr, writeErr := pour(in, d.f.config.MaxSize-d.size, d, out)
	d.size += n
	switch {
	case writeErr != nil:
		return &zwfw.Error{Kind: zwfw.BadRequest, Sent: d.url != nil, Field: d.out.problem(), Expected: "cannot be written", Err: withoutPath(writeErr)}
	case errors.Is(readErr, errTooLarge):
		return d.tooLarge()
	case readErr != nil:
		return &zwfw.Error{Err: readErr}
	case d.origin.Total >= 0 && d.size != d.origin.Total:
		return unexpected("the file is not as long as announced")
	}
	return d.checkType()
}

// checkType accepts a file of a wanted type that is whole.
func (d *download) checkType() *zwfw.Error {
	format := d.look.found()
	switch {
	case format == ZIP && !slices.Contains(d.f.config.Accept, ZIP):
		return unexpected("the file is a ZIP without OFD.xml" + d.cutHint())
	case !slices.Contains(d.f.config.Accept, format):
		return unexpected("the file is of type " + string(format) + ", which is not accepted")
	case !d.look.whole():
		return unexpected("the end of the file is missing")
	}
	return nil
}

// cutHint: a ZIP's directory stands at its end.
func (d *download) cutHint() string {
	if d.look.whole() {
		return ""
	}
	return "; its end is missing"
}

// readEnvelope takes the file out of JSON, or the refusal.
func (d *download) readEnvelope(in io.Reader) *zwfw.Error {
	var inner *zwfw.Error
	// Base64 adds a third, line breaks in JSON a little more.
	e := &envelope{in: bufio.NewReader(&capped{in, 2*d.f.config.MaxSize + smallBody})}
	e.file = func(content io.Reader) error {
		if inner = d.readBase64(content); inner != nil {
			return errInner
		}
		return nil
	}
	err := e.read()
	switch {
	case inner != nil:
		return inner
	case errors.Is(err, errTooLarge):
		return d.tooLarge()
	case errors.Is(err, errJSON), errors.Is(err, errManyFiles):
		return unexpected(err.Error())
	case err != nil:
		return &zwfw.Error{Err: err}
	case e.files == 0:
		return d.refusedInJSON(e)
	}
	return nil
}

var errInner = errors.New("the content was refused")

// readBase64 reads a file in Base64.
func (d *download) readBase64(content io.Reader) *zwfw.Error {
	in := bufio.NewReaderSize(decodeBase64(content), 4<<10)
	head, err := in.Peek(sniffSize)
	switch {
	case err != nil && err != io.EOF:
		return contentFailure(err)
	case sniff(head) == "":
		return unexpected("the content in the answer is no file of a known type")
	}
	if failed := d.readFile(in); failed != nil {
		if failed.Kind == "" {
			return contentFailure(failed.Err)
		}
		return failed
	}
	return nil
}

// contentFailure tells what is wrong with the content from a failure of the line.
func contentFailure(err error) *zwfw.Error {
	if errors.Is(err, errBase64) || errors.Is(err, errJSON) {
		return unexpected(err.Error())
	}
	return &zwfw.Error{Err: err}
}

// readEnclosed reads the file that came with the address's answer.
func (d *download) readEnclosed() *zwfw.Error {
	failed := d.readBase64(strings.NewReader(d.address.enclosed.Reveal()))
	if failed != nil {
		failed.Outcome, failed.Sent = zwfw.OutcomeRefused, false
	}
	return failed
}

// refusedInJSON makes the error of JSON without a file.
func (d *download) refusedInJSON(e *envelope) *zwfw.Error {
	if (e.code == "" || e.code == "0" || e.code == "200") && d.kindOf("", e.text) == zwfw.Unclassified {
		return unexpected("the answer is JSON and holds neither a file nor a refusal")
	}
	return d.refusal(e.code, e.text)
}

// notAFile makes the error of what is neither file nor JSON: a sentence, a web page or
// anything else.
func (d *download) notAFile(body []byte, contentType string) *zwfw.Error {
	text := strings.TrimSpace(string(d.toUTF8(body, contentType)))
	switch {
	case !readable(text):
		return unexpected("the answer is no file of a known type")
	case strings.HasPrefix(text, "<") && d.kindOf("", text) == zwfw.Unclassified:
		e := unexpected("the answer is a web page or XML, not the file")
		e.Text = zwfw.NewPlatformText(text)
		return e
	}
	return d.refusal("", text)
}

// refusal is the platform's no. What no table knows may still have spent the address.
func (d *download) refusal(code, text string) *zwfw.Error {
	e := &zwfw.Error{Kind: d.kindOf(code, text), Outcome: zwfw.OutcomeRefused, Sent: true, Code: code, Text: zwfw.NewPlatformText(text)}
	if e.Kind == zwfw.Unclassified {
		e.Expected = "a text came in place of the file"
		if d.address.IsSingleUse() {
			e.Outcome = zwfw.OutcomeUnknown
		}
	}
	return e
}

func (d *download) kindOf(code, text string) zwfw.Kind {
	if kind, ok := d.f.config.Codes[strings.TrimSpace(code)]; ok {
		return kind
	}
	for _, t := range d.f.config.Texts {
		if strings.Contains(text, t.Contains) {
			return t.Kind
		}
	}
	return zwfw.Unclassified
}

func (d *download) toUTF8(body []byte, contentType string) []byte {
	if d.f.config.ToUTF8 == nil {
		return body
	}
	return d.f.config.ToUTF8(body, contentType)
}

// readable reports whether this is text that a person wrote.
func readable(text string) bool {
	return utf8.ValidString(text) && strings.IndexFunc(text, func(r rune) bool {
		return unicode.IsControl(r) && !unicode.IsSpace(r) || r == utf8.RuneError
	}) < 0
}

// capped ends in errTooLarge.
type capped struct {
	in   io.Reader
	left int64
}

func (c *capped) Read(p []byte) (int, error) {
	if c.left <= 0 {
		return 0, errTooLarge
	}
	n, err := c.in.Read(p[:min(int64(len(p)), c.left)])
	c.left -= int64(n)
	return n, err
}
