package notify

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"errtop/internal/alert"
	"errtop/internal/safego"
)

// listen runs serve for every connection to a loopback address.
func listen(t *testing.T, serve func(net.Conn)) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	safego.Start(func() error {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return nil //nolint:nilerr // the test is over
			}
			serve(conn)
		}
	})
	return listener.Addr().String()
}

func TestAReceiverInTroubleIsTriedAgainOrGivenUp(t *testing.T) {
	hanging := make(chan struct{})
	defer close(hanging)
	hangs := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-hanging }))
	defer hangs.CloseClientConnections()
	away, _ := answering(t, http.StatusFound, "http://169.254.169.254/latest/meta-data/")
	broken, _ := answering(t, http.StatusInternalServerError, "")
	for name, c := range map[string]struct {
		url   string
		final bool
		says  string
	}{
		"500":                         {broken, false, "500"},
		"hangs":                       {hangs.URL, false, "cannot be reached"},
		"closes":                      {"http://" + listen(t, func(c net.Conn) { _ = c.Close() }), false, "cannot be reached"},
		"resets":                      {"http://" + listen(t, reset), false, "cannot be reached"},
		"speaks something else":       {"http://" + listen(t, func(c net.Conn) { _, _ = c.Write([]byte("SSH-2.0-x\r\n")); _ = c.Close() }), false, "cannot be reached"},
		"redirects to the metadata":   {away, true, "redirect"},
		"is the metadata":             {"http://169.254.169.254/latest", true, "link-local"},
		"is a private address":        {"http://10.1.2.3/", true, "private"},
		"is the metadata, in IPv6":    {"http://[::ffff:169.254.169.254]/", true, "link-local"},
		"is nobody, on this computer": {"http://127.0.0.1:1/", false, "cannot be reached"},
	} {
		for kind, create := range map[string]func() (Sender, error){
			"webhook":      func() (Sender, error) { return NewWebhook(Endpoint{URL: c.url + "?key=s3cr3t"}) },
			"alertmanager": func() (Sender, error) { return NewAlertmanager(Endpoint{URL: c.url}) },
		} {
			sender, err := create()
			if err != nil {
				t.Fatal(err)
			}
			patience := 10 * time.Second
			if name == "hangs" {
				patience = 100 * time.Millisecond
			}
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			err = sender.Send(ctx, firing())
			cancel()
			if _, final := errors.AsType[*RefusedError](err); err == nil || final != c.final || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "s3cr3t") {
				t.Errorf("%s that %s: %v, final %v", kind, name, err, final)
			}
		}
	}
}

func reset(c net.Conn) {
	if tcp, ok := c.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = c.Close()
}

// mails is an SMTP server that keeps what it gets.
func mails(t *testing.T, got chan<- string) string {
	t.Helper()
	return listen(t, func(c net.Conn) {
		defer func() { _ = c.Close() }()
		lines := bufio.NewScanner(c)
		say := func(text string) { _, _ = fmt.Fprintf(c, "%s\r\n", text) }
		say("220 mail.example")
		var mail strings.Builder
		for data := false; lines.Scan(); {
			line := lines.Text()
			switch {
			case data && line == ".":
				data = false
				got <- mail.String()
				say("250 taken")
			case data:
				mail.WriteString(line + "\n")
			case strings.HasPrefix(line, "DATA"):
				data = true
				say("354 go on")
			case strings.HasPrefix(line, "QUIT"):
				say("221 bye")
				return
			default:
				mail.WriteString(line + "\n")
				say("250 ok")
			}
		}
	})
}

func TestMailIsSentThroughShoutrrr(t *testing.T) {
	got := make(chan string, 1)
	service, err := NewService("smtp://"+mails(t, got)+"/?from=errtop@example.org&to=ann@example.org&auth=None&encryption=None&usestarttls=no", false)
	if err != nil {
		t.Fatal(err)
	}
	if err := service.Send(t.Context(), resolved()); err != nil {
		t.Fatal(err)
	}
	mail := <-got
	for _, want := range []string{"ann@example.org", "Subject: RESOLVED: billing fails: connection refused", "120 requests failed"} {
		if !strings.Contains(mail, want) {
			t.Errorf("no %q in\n%s", want, mail)
		}
	}
}

// A service that never answers costs one attempt, not the process: the next attempts say so at once.
func TestAServiceThatHangsEndsWithItsDeadline(t *testing.T) {
	connections := make(chan net.Conn, 10)
	service, err := NewService("smtp://"+listen(t, func(c net.Conn) { connections <- c })+"/?from=a@example.org&to=b@example.org&auth=None&encryption=None&usestarttls=no", false)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := safego.Start(func() error { return service.Send(ctx, firing()) })
	held := <-connections
	cancel()
	if err := <-ended; err == nil || !strings.Contains(err.Error(), "does not answer") {
		t.Errorf("%v", err)
	}
	if err := service.Send(t.Context(), firing()); err == nil || !strings.Contains(err.Error(), "the message before") {
		t.Errorf("%v", err)
	}
	_ = held.Close()
}

// https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
func TestThePayloadHasEveryFieldOfVersionFour(t *testing.T) {
	for _, n := range []*alert.Notification{firing(), resolved()} {
		encoded, err := json.Marshal(payloadOf(n))
		if err != nil {
			t.Fatal(err)
		}
		var p map[string]any
		if err := json.Unmarshal(encoded, &p); err != nil {
			t.Fatal(err)
		}
		fields := func(of map[string]any) (names []string) {
			for name, value := range of {
				if value == nil {
					t.Errorf("%s is null", name)
				}
				names = append(names, name)
			}
			slices.Sort(names)
			return names
		}
		if got := fields(p); !slices.Equal(got, []string{"alerts", "commonAnnotations", "commonLabels", "externalURL", "groupKey", "groupLabels", "receiver", "status", "truncatedAlerts", "version"}) {
			t.Errorf("%q", got)
		}
		first, _ := p["alerts"].([]any)[0].(map[string]any)
		if got := fields(first); !slices.Equal(got, []string{"annotations", "endsAt", "fingerprint", "generatorURL", "labels", "startsAt", "status"}) {
			t.Errorf("%q", got)
		}
		over := n.Reason == alert.ReasonResolved
		if p["version"] != "4" || p["status"] != map[bool]string{false: "firing", true: "resolved"}[over] || first["status"] != p["status"] ||
			(first["endsAt"] == "0001-01-01T00:00:00Z") == over || first["fingerprint"] != "0000000000000abc" {
			t.Errorf("%s", encoded)
		}
	}
}
