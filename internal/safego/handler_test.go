package safego_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"errtop/internal/safego"
)

func TestAPanicInAHandlerIsHandedOverAndCutsTheConnection(t *testing.T) {
	for name, c := range map[string]struct {
		value any
		fails bool
	}{"ours": {"boom", true}, "net/http's own": {http.ErrAbortHandler, false}} {
		failed := make(chan error, 1)
		server := httptest.NewServer(safego.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(c.value) }), func(err error) { failed <- err }))
		if resp, err := server.Client().Get(server.URL); err == nil {
			_ = resp.Body.Close()
			t.Errorf("%s: it was answered", name)
		}
		server.Close()
		select {
		case err := <-failed:
			if _, ok := errors.AsType[*safego.PanicError](err); !ok || !c.fails {
				t.Errorf("%s: failed with %v", name, err)
			}
		default:
			if c.fails {
				t.Errorf("%s: did not fail", name)
			}
		}
	}
}
