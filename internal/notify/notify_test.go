package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"errtop/internal/alert"
)

var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

func firing() *alert.Notification {
	return &alert.Notification{
		ID: 7, Receiver: "team", Group: "incident 2a", Reason: alert.ReasonFiring, Created: noon,
		Alerts: []alert.Alert{{
			ID: 0xabc, Rule: "incident", Severity: alert.Critical, Labels: alert.Labels{Target: "billing", Incident: 42}, Phase: alert.Firing,
			FiredAt: noon.Add(-time.Minute), Text: "billing fails: connection refused", Failed: 120, Advice: "See whether it runs.", URL: "https://wiki.example/billing",
		}},
	}
}

func resolved() *alert.Notification {
	n := firing()
	n.Reason = alert.ReasonResolved
	n.Alerts[0].Phase, n.Alerts[0].EndedAt = alert.Resolved, noon.Add(9*time.Minute)
	return n
}

// answering returns a server that answers with a status and keeps what it got.
func answering(t *testing.T, status int, header string) (url string, got func() []string) {
	t.Helper()
	var mu sync.Mutex
	var bodies []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		bodies = append(bodies, r.Method+" "+r.URL.Path+" "+r.Header.Get("Authorization")+" "+string(body))
		mu.Unlock()
		if header != "" {
			w.Header().Set("Location", header)
		}
		w.WriteHeader(status)
	}))
	t.Cleanup(server.Close)
	return server.URL, func() []string { mu.Lock(); defer mu.Unlock(); return bodies }
}

func TestAWebhookGetsAlertmanagersPayload(t *testing.T) {
	url, got := answering(t, http.StatusOK, "")
	hook, err := NewWebhook(Endpoint{URL: url + "/hook", Headers: map[string]string{"Authorization": "Bearer x"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := hook.Send(t.Context(), firing()); err != nil {
		t.Fatal(err)
	}
	const want = `POST /hook Bearer x {"version":"4","groupKey":"incident 2a","truncatedAlerts":0,"status":"firing","receiver":"team","groupLabels":{"group":"incident 2a"},` +
		`"commonLabels":{"alertname":"incident","incident":"2a","severity":"critical","target":"billing"},` +
		`"commonAnnotations":{"description":"See whether it runs.","failed_requests":"120","runbook_url":"https://wiki.example/billing","summary":"billing fails: connection refused"},"externalURL":"",` +
		`"alerts":[{"status":"firing","labels":{"alertname":"incident","incident":"2a","severity":"critical","target":"billing"},` +
		`"annotations":{"description":"See whether it runs.","failed_requests":"120","runbook_url":"https://wiki.example/billing","summary":"billing fails: connection refused"},` +
		`"startsAt":"2026-11-25T11:59:00Z","endsAt":"0001-01-01T00:00:00Z","generatorURL":"","fingerprint":"0000000000000abc"}]}`
	if bodies := got(); len(bodies) != 1 || bodies[0] != want {
		t.Errorf("got  %s\nwant %s", bodies, want)
	}
}

func TestAlertmanagerGetsAnEndThatHasNotPassed(t *testing.T) {
	url, got := answering(t, http.StatusOK, "")
	sender, err := NewAlertmanager(Endpoint{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []*alert.Notification{firing(), resolved()} {
		if err := sender.Send(t.Context(), n); err != nil {
			t.Fatal(err)
		}
	}
	bodies := got()
	if !strings.HasPrefix(bodies[0], "POST /api/v2/alerts") || !strings.Contains(bodies[0], `"endsAt":"2026-11-25T20:00:00Z"`) || !strings.Contains(bodies[1], `"endsAt":"2026-11-25T12:09:00Z"`) {
		t.Errorf("%s", bodies)
	}
}

func TestWhatAReceiverAnswersDecidesWhetherItIsTriedAgain(t *testing.T) {
	for _, c := range []struct {
		status   int
		location string
		final    bool
	}{
		{500, "", false},
		{503, "", false},
		{429, "", false},
		{408, "", false},
		{400, "", true},
		{404, "", true},
		{302, "http://169.254.169.254/latest/meta-data", true},
	} {
		url, got := answering(t, c.status, c.location)
		hook, err := NewWebhook(Endpoint{URL: url})
		if err != nil {
			t.Fatal(err)
		}
		err = hook.Send(t.Context(), firing())
		_, final := errors.AsType[*RefusedError](err)
		if err == nil || final != c.final || len(got()) != 1 || strings.Contains(err.Error(), url) {
			t.Errorf("%d: %v, final %v, %d requests", c.status, err, final, len(got()))
		}
	}
}

func TestNothingGoesToForbiddenAddresses(t *testing.T) {
	for address, want := range map[string][2]bool{ // forbidden, and forbidden where private ones are allowed
		"169.254.169.254": {true, true}, "fe80::1": {true, true}, "0.0.0.0": {true, true}, "224.0.0.1": {true, true},
		"10.0.0.1": {true, false}, "192.168.1.1": {true, false}, "fd00::1": {true, false},
		"127.0.0.1": {false, false}, "::1": {false, false}, "93.184.216.34": {false, false},
	} {
		at := netip.MustParseAddr(address)
		if got := [2]bool{forbidden(at, false), forbidden(at, true)}; got != want {
			t.Errorf("%s: %v, want %v", address, got, want)
		}
	}
	for _, url := range []string{"http://169.254.169.254/", "http://[fe80::1]/", "http://[::ffff:169.254.169.254]/", "http://10.1.2.3/"} {
		hook, err := NewWebhook(Endpoint{URL: url})
		if err != nil {
			t.Fatal(err)
		}
		err = hook.Send(t.Context(), firing())
		if _, final := errors.AsType[*RefusedError](err); !final {
			t.Errorf("%s: %v", url, err)
		}
	}
	for _, url := range []string{"", "ftp://a.example", "https://", "a.example/x", "http://a b"} {
		if _, err := NewWebhook(Endpoint{URL: url}); err == nil {
			t.Errorf("%q was accepted", url)
		}
	}
}

func TestACommandGetsThePayloadOnItsStandardInput(t *testing.T) {
	file := filepath.Join(t.TempDir(), "got")
	command, err := NewCommand([]string{"sh", "-c", `cat > "$0"`, file})
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Send(t.Context(), firing()); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	var p payload
	if err != nil || json.Unmarshal(text, &p) != nil || p.Alerts[0].Labels["target"] != "billing" {
		t.Errorf("%v %s", err, text)
	}
	failing, err := NewCommand([]string{"sh", "-c", "echo password=hunter2 is wrong >&2; exit 3"})
	if err != nil {
		t.Fatal(err)
	}
	if err := failing.Send(t.Context(), firing()); err == nil || strings.Contains(err.Error(), "hunter2") || !strings.Contains(err.Error(), "exit status 3") {
		t.Errorf("%v", err)
	}
	missing, _ := NewCommand([]string{"/no/such/program-at-all"})
	if err := missing.Send(t.Context(), firing()); err == nil {
		t.Error("a missing program took it")
	}
}

func TestAServiceOfShoutrrrIsToldInWords(t *testing.T) {
	url, got := answering(t, http.StatusOK, "")
	service, err := NewService("generic+"+url+"/s3cr3t?disabletls=yes&template=json", false)
	if err != nil {
		t.Fatal(err)
	}
	if err := service.Send(t.Context(), resolved()); err != nil {
		t.Fatal(err)
	}
	if bodies := got(); len(bodies) != 1 || !strings.Contains(bodies[0], "RESOLVED: billing fails: connection refused (after 10m0s, 120 requests failed)") {
		t.Errorf("%s", bodies)
	}
	for _, bad := range []string{"slack", "nope://s3cr3t", "slack://s3cr3t"} {
		if _, err := NewService(bad, false); err == nil || strings.Contains(err.Error(), "s3cr3t") {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

// box is an outbox in memory.
type box struct {
	mu      sync.Mutex
	waiting []alert.Notification
	done    []uint64
	failed  []string
	changed chan struct{}
}

func (b *box) Due(receiver string, now time.Time) (due []alert.Notification) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, n := range b.waiting {
		if n.Receiver == receiver && !n.NextTry.After(now) {
			due = append(due, n)
		}
	}
	return due
}

func (b *box) Delivered(id uint64, _ time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.done = append(b.done, id)
	b.remove(id)
}

func (b *box) Failed(id uint64, why string, again, _ time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.failed = append(b.failed, why)
	if again.IsZero() {
		b.remove(id)
		return
	}
	for i := range b.waiting {
		if b.waiting[i].ID == id {
			b.waiting[i].Attempts++
			b.waiting[i].NextTry = again
		}
	}
}

func (b *box) remove(id uint64) {
	for i := range b.waiting {
		if b.waiting[i].ID == id {
			b.waiting = append(b.waiting[:i:i], b.waiting[i+1:]...)
			return
		}
	}
}

func (b *box) Changed() (<-chan struct{}, func()) { return b.changed, func() {} }

// senderFunc is a function that sends.
type senderFunc func(context.Context, *alert.Notification) error

func (f *senderFunc) Send(ctx context.Context, n *alert.Notification) error { return (*f)(ctx, n) }

func sending(f senderFunc) Sender { return &f }

func only(senders map[string]Sender) func() map[string]Sender {
	return func() map[string]Sender { return senders }
}

func TestAReceiverThatHangsDelaysNoOtherAndFailuresAreTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		b := &box{waiting: []alert.Notification{{ID: 1, Receiver: "hangs"}, {ID: 2, Receiver: "flaky"}, {ID: 3, Receiver: "refuses"}, {ID: 4, Receiver: "well"}}}
		tries := 0
		var wellAt time.Duration
		began := time.Now()
		senders := map[string]Sender{
			"hangs": sending(func(ctx context.Context, _ *alert.Notification) error { <-ctx.Done(); return ctx.Err() }),
			"flaky": sending(func(context.Context, *alert.Notification) error {
				if tries++; tries < 4 {
					return errors.New("answers 500")
				}
				return nil
			}),
			"refuses": sending(func(context.Context, *alert.Notification) error { return &RefusedError{"answers 404"} }),
			"well":    sending(func(context.Context, *alert.Notification) error { wellAt = time.Since(began); return nil }),
		}
		ended := make(chan error, 1)
		go func() { ended <- Run(ctx, only(senders), nil, b) }()
		time.Sleep(time.Minute)
		synctest.Wait()
		if wellAt > time.Second || len(b.done) != 2 || tries != 4 || len(b.waiting) != 1 || b.waiting[0].ID != 1 {
			t.Errorf("well after %v, done %v, %d tries, waiting %+v, failed %v", wellAt, b.done, tries, b.waiting, b.failed)
		}
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// Receivers may change while errtop runs: one that is gone is sent nothing more, one that is changed is sent to by its new sender once
// the attempt on its way has ended, so that it hears nothing twice, and the others go on.
func TestReceiversThatChangeAreTakenUpAndNothingIsSentTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var sent []string
		began := time.Now()
		to := func(name string, takes time.Duration) Sender {
			return sending(func(ctx context.Context, n *alert.Notification) error {
				select {
				case <-time.After(takes):
				case <-ctx.Done():
					return ctx.Err()
				}
				mu.Lock()
				defer mu.Unlock()
				sent = append(sent, fmt.Sprintf("%d by %s after %v", n.ID, name, time.Since(began).Round(time.Second)))
				return nil
			})
		}
		senders := map[string]Sender{"slow": to("slow 1", 10*time.Second), "gone": to("gone", 0), "same": to("same", 0)}
		b := &box{waiting: []alert.Notification{{ID: 1, Receiver: "slow"}}}
		changed := make(chan struct{}, 1)
		ended := make(chan error, 1)
		ctx, cancel := context.WithCancel(t.Context())
		go func() { ended <- Run(ctx, func() map[string]Sender { return senders }, changed, b) }()
		time.Sleep(3 * time.Second)
		synctest.Wait()
		senders = map[string]Sender{"slow": to("slow 2", 0), "new": to("new", 0), "same": senders["same"]}
		changed <- struct{}{}
		synctest.Wait()
		b.mu.Lock()
		b.waiting = append(b.waiting, alert.Notification{ID: 2, Receiver: "slow"}, alert.Notification{ID: 3, Receiver: "gone"},
			alert.Notification{ID: 4, Receiver: "new"}, alert.Notification{ID: 5, Receiver: "same"})
		b.mu.Unlock()
		time.Sleep(time.Minute)
		synctest.Wait()
		mu.Lock()
		defer mu.Unlock()
		slices.Sort(sent)
		want := []string{"1 by slow 1 after 10s", "2 by slow 2 after 10s", "4 by new after 4s", "5 by same after 4s"}
		if !slices.Equal(sent, want) {
			t.Errorf("sent %q, want %q", sent, want)
		}
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// What shoutrrr calls is held to the same addresses: by the transport, where a redirect leads too, and by a look at the host where a
// service makes its own connections.
func TestServicesAreHeldToAddressesToo(t *testing.T) {
	redirect := httptest.NewServer(http.RedirectHandler("http://169.254.169.254/latest", http.StatusTemporaryRedirect))
	defer redirect.Close()
	at := strings.TrimPrefix(redirect.URL, "http://")
	for _, url := range []string{
		"generic+http://169.254.169.254/hook?disabletls=yes", "generic+http://10.255.255.1/hook?disabletls=yes", "generic+" + redirect.URL + "/hook?disabletls=yes",
		"generic+http://[fe80::1]/hook?disabletls=yes", "generic+http://[::ffff:169.254.169.254]/hook?disabletls=yes",
		"smtp://169.254.169.254:25/?from=a@example.org&to=b@example.org&auth=None&encryption=None&usestarttls=no", "smtp://192.168.1.1:25/?from=a@example.org&to=b@example.org&auth=None",
		"gotify://10.1.2.3/Aaa.bbb.ccc.ddd", "mattermost://user@172.16.0.1/s3cr3ts3cr3ts3cr3ts3cr3t", "ntfy://:s3cr3t@10.1.2.3/topic",
	} {
		service, err := NewService(url, false)
		if err != nil {
			t.Fatalf("%s: %v", url, err)
		}
		if err := service.Send(t.Context(), firing()); err == nil || !strings.Contains(err.Error(), errForbiddenAddress.Error()) {
			t.Errorf("%s: %v", url, err)
		}
	}
	t.Setenv("HTTPS_PROXY", "http://10.0.0.9:3128")
	t.Setenv("http_proxy", "proxy.example.org")
	if got := environmentProxies(); !slices.Equal(got, []string{"proxy.example.org:80", "10.0.0.9:3128"}) {
		t.Errorf("%v, and %s is not one", got, at)
	}
}
