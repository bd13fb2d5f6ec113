package notify

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"errtop/internal/alert"
	"errtop/internal/safego"
)

// manager is a real Alertmanager on loopback, and what it tells its own receiver.
type manager struct {
	t    *testing.T
	url  string
	told chan payload
}

// startManager starts Debian's Alertmanager, which tells a webhook of ours at once.
func startManager(t *testing.T) *manager {
	t.Helper()
	program, err := exec.LookPath("prometheus-alertmanager")
	if err != nil {
		t.Skip("prometheus-alertmanager is not installed: nothing is posted to a real one")
	}
	m := &manager{t: t, told: make(chan payload, 10)}
	hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var p payload
		if err := json.NewDecoder(r.Body).Decode(&p); err == nil {
			m.told <- p
		}
	}))
	t.Cleanup(hook.Close)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	_ = listener.Close()
	folder := t.TempDir()
	config := fmt.Sprintf("route: {receiver: hook, group_by: [target], group_wait: 1s, group_interval: 1s, repeat_interval: 1h}\n"+
		"receivers:\n- name: hook\n  webhook_configs: [{url: '%s', send_resolved: true}]\n", hook.URL)
	if err := os.WriteFile(filepath.Join(folder, "am.yml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), program, "--config.file="+filepath.Join(folder, "am.yml"), "--storage.path="+folder,
		"--web.listen-address="+address, "--cluster.listen-address=")
	said, err := command.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = command.Process.Kill(); _ = command.Wait() })
	lines := bufio.NewScanner(said)
	for lines.Scan() {
		if strings.Contains(lines.Text(), "Listening on") || strings.Contains(lines.Text(), "listen-address") || strings.Contains(lines.Text(), "Listening") {
			m.url = "http://" + address
			safego.Start(func() error { _, err := io.Copy(io.Discard, said); return err })
			return m
		}
	}
	t.Fatal("it ended")
	return nil
}

// ask calls its API.
func (m *manager) ask(method, path string, body, into any) {
	m.t.Helper()
	encoded, _ := json.Marshal(body)
	request, err := http.NewRequestWithContext(m.t.Context(), method, m.url+path, bytes.NewReader(encoded))
	if err != nil {
		m.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		m.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	answer, _ := io.ReadAll(response.Body)
	if response.StatusCode != http.StatusOK {
		m.t.Fatalf("%s %s: %s: %s", method, path, response.Status, answer)
	}
	if into != nil {
		if err := json.Unmarshal(answer, into); err != nil {
			m.t.Fatalf("%v: %s", err, answer)
		}
	}
}

// state returns what it says of its one alert: "active", "suppressed", or "" where it has none that fires.
func (m *manager) state() string {
	m.t.Helper()
	var alerts []struct {
		Labels map[string]string
		Status struct{ State string }
	}
	m.ask(http.MethodGet, "/api/v2/alerts", nil, &alerts)
	if len(alerts) == 0 {
		return ""
	}
	if len(alerts) != 1 || alerts[0].Labels["target"] != "billing" {
		m.t.Fatalf("%+v", alerts)
	}
	return alerts[0].Status.State
}

// wait waits until it tells its receiver something.
func (m *manager) wait(status string) payload {
	m.t.Helper()
	ctx, stop := context.WithTimeout(m.t.Context(), time.Minute)
	defer stop()
	select {
	case p := <-m.told:
		if p.Status != status {
			m.t.Fatalf("told %+v, wanted %s", p, status)
		}
		return p
	case <-ctx.Done():
		m.t.Fatalf("nobody was told: wanted %s", status)
	}
	return payload{}
}

func TestARealAlertmanagerIsToldAndSilencedAndResolves(t *testing.T) {
	if testing.Short() {
		t.Skip("runs Alertmanager")
	}
	m := startManager(t)
	sender, err := NewAlertmanager(Endpoint{URL: m.url})
	if err != nil {
		t.Fatal(err)
	}
	send := func(n *alert.Notification) {
		t.Helper()
		if err := sender.Send(t.Context(), n); err != nil {
			t.Fatal(err)
		}
	}
	now := time.Now()
	n := firing()
	n.Created, n.Alerts[0].FiredAt = now, now.Add(-time.Minute)
	send(n)
	if p := m.wait("firing"); p.Alerts[0].Labels["alertname"] != "incident" || p.Alerts[0].Annotations["summary"] != n.Alerts[0].Text {
		t.Errorf("%+v", p)
	}
	if state := m.state(); state != "active" {
		t.Errorf("it is %q", state)
	}

	var silence struct{ SilenceID string }
	m.ask(http.MethodPost, "/api/v2/silences", map[string]any{
		"matchers": []map[string]any{{"name": "target", "value": "bill.*", "isRegex": true, "isEqual": true}},
		"startsAt": now.UTC(), "endsAt": now.Add(time.Hour).UTC(), "createdBy": "ann", "comment": "deploy",
	}, &silence)
	n.Reason = alert.ReasonRefresh
	send(n)
	if state := m.state(); state != "suppressed" {
		t.Errorf("with a silence there it is %q", state)
	}
	m.ask(http.MethodDelete, "/api/v2/silence/"+silence.SilenceID, nil, nil)
	if state := m.state(); state != "active" {
		t.Errorf("with the silence gone it is %q", state)
	}

	n.Reason, n.Alerts[0].Phase, n.Alerts[0].EndedAt = alert.ReasonResolved, alert.Resolved, time.Now()
	n.Alerts[0].Text = "the text is no part of what it knows an alert by"
	send(n)
	if p := m.wait("resolved"); p.Alerts[0].Status != "resolved" {
		t.Errorf("%+v", p)
	}
	if state := m.state(); state != "" {
		t.Errorf("after its end it is %q", state)
	}
}
