package hotline_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/zwfw-go/zwfw/sandbox"
)

// sandboxAnswer carries a request to a sandbox without a network, for tests in a bubble of
// their own time.
func sandboxAnswer(p *sandbox.Platform, q *http.Request) (answer *http.Response, err error) {
	w := httptest.NewRecorder()
	q = q.Clone(q.Context())
	for name, values := range q.Header { // as a server reads them
		delete(q.Header, name)
		q.Header[http.CanonicalHeaderKey(name)] = values
	}
	defer func() {
		if recover() != nil {
			answer, err = nil, fmt.Errorf("the line broke")
		}
	}()
	p.ServeHTTP(w, q)
	return w.Result(), nil
}
