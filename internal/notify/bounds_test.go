package notify

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"errtop/internal/alert"
)

// A redirect to where a receiver may be is not followed either.
func TestNoRedirectIsFollowed(t *testing.T) {
	elsewhere, got := answering(t, http.StatusOK, "")
	for _, status := range []int{301, 302, 303, 307, 308} {
		url, _ := answering(t, status, elsewhere+"/other")
		hook, err := NewWebhook(Endpoint{URL: url, Headers: map[string]string{"Authorization": "Bearer x"}})
		if err != nil {
			t.Fatal(err)
		}
		err = hook.Send(t.Context(), firing())
		if _, final := errors.AsType[*RefusedError](err); !final || len(got()) > 0 {
			t.Errorf("%d: %v, the other server got %q", status, err, got())
		}
	}
}

// A server that never stops answering is read for 64 KB.
func TestAnAnswerWithoutEndIsNotReadToItsEnd(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		for r.Context().Err() == nil {
			if _, err := w.Write(make([]byte, 32<<10)); err != nil {
				return
			}
		}
	}))
	t.Cleanup(server.Close)
	hook, err := NewWebhook(Endpoint{URL: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := hook.Send(ctx, firing()); err != nil || ctx.Err() != nil {
		t.Errorf("%v, %v", err, ctx.Err())
	}
}

// A receiver that hangs has failed after 20 s, and what is said of a failure is harmless and shows no secret.
func TestAReceiverHasTwentySecondsAndWhatItSaysIsHarmless(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		b := &box{waiting: []alert.Notification{{ID: 1, Receiver: "hangs"}}}
		senders := map[string]Sender{"hangs": sending(func(ctx context.Context, _ *alert.Notification) error {
			<-ctx.Done()
			return errors.New("\x1b]0;owned\a at https://user:C4N4RY@h/: password=C4N4RY " + strings.Repeat("x", 500))
		})}
		ended := make(chan error, 1)
		go func() { ended <- Run(ctx, only(senders), nil, b) }()
		time.Sleep(sendTimeout + time.Second)
		synctest.Wait()
		if len(b.failed) != 1 || strings.ContainsAny(b.failed[0], "\x1b\a") || strings.Contains(b.failed[0], "C4N") || len(b.failed[0]) > 300 {
			t.Errorf("failed with %q", b.failed)
		}
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}
