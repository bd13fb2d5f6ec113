//go:build unix

package cli

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// No door of errtop watch shows a secret, whether of its settings or in what it reads.
func TestNoSecretReachesWhoLooksAtAWatch(t *testing.T) {
	if testing.Short() {
		t.Skip("every view of a viewer")
	}
	folder := canaryWorld(t)
	t.Setenv("OWN", ownCanary)
	config, err := os.ReadFile(filepath.Join(folder, "errtop.toml"))
	if err != nil {
		t.Fatal(err)
	}
	b := newBastion(t, folder, string(config))
	if out, status := b.ask("act", "mark", "deploy", "password="+otherCanary, ownCanary); status != 0 {
		t.Errorf("mark: %d %s", status, out)
	}
	s := start(t, nil, "ssh", append([]string{"-t"}, b.args("act")...)...)
	s.waitFor("others0")
	for _, view := range []string{"1", "2", "3", "4", "5", "6", "7"} {
		for _, inside := range []string{"", "\r"} {
			for _, key := range []string{"", "y", "Y", "x", "e", "a", "?"} {
				from := len(s.text())
				s.press("BBB" + view + inside + key + "\x0c")
				s.waitForAfter(from, "\x1b[2J")
			}
		}
	}
	s.press("BBBq")
	s.waitExit()
	seen(t, "a screen over SSH", s.text())
	if n := strings.Count(s.text(), "***"); n < 20 {
		t.Errorf("%d masks on the screen", n)
	}
	for _, command := range []string{"stats", "stats --json", "report", "report --json", "report --html", "alerts", "alerts --json", "who", "who --json", "password=" + otherCanary} {
		out, _ := b.ask("view", command)
		if len(out) == 0 {
			t.Errorf("%s prints nothing", command)
		}
		seen(t, command+" over SSH", out)
	}
	for _, path := range []string{"/metrics", "/healthz", "/readyz", "/?token=" + otherCanary} {
		seen(t, path, overSocket(t, filepath.Join(folder, "push"), path))
	}
	b.signal(15)
	var log strings.Builder
	for line := range b.lines {
		fmt.Fprintln(&log, line)
	}
	seen(t, "the log", log.String())
	if !strings.Contains(log.String(), "viewer asks") {
		t.Errorf("the log is %s", &log)
	}
}

// overSocket returns what a path answers over a socket.
func overSocket(t *testing.T, socket, path string) string {
	t.Helper()
	client := &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var dialer net.Dialer
		return dialer.DialContext(ctx, "unix", socket)
	}}}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://errtop"+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+ownCanary)
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close() //nolint:errcheck // only read from
	text, _ := io.ReadAll(response.Body)
	return string(text)
}
