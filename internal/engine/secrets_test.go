package engine_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"errtop/internal/config"
	"errtop/internal/engine"
	"errtop/internal/safego"
	"errtop/tracker"
)

// withCommands returns an engine of a config in a folder of its own, opened but without its secrets.
func withCommands(t *testing.T, text string) (e *engine.Engine, folder string) {
	t.Helper()
	folder = t.TempDir()
	path := filepath.Join(folder, "errtop.toml")
	if err := os.WriteFile(path, []byte(strings.ReplaceAll(text, "FOLDER", folder)), 0o600); err != nil {
		t.Fatal(err)
	}
	settings, err := config.Open(path, config.Surroundings{LookupEnv: os.LookupEnv})
	if err != nil {
		t.Fatal(err)
	}
	if e, err = engine.New(engine.Options{Settings: settings}); err != nil {
		t.Fatal(err)
	}
	return e, folder
}

func TestOnlyTheTargetThatWaitsForItsSecretIsNotProbed(t *testing.T) {
	asked := make(chan string, 100)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { asked <- r.URL.Path + " " + r.Header.Get("Key") }))
	defer server.Close()
	var text strings.Builder
	for _, name := range []string{"plain", "slow"} {
		fmt.Fprintf(&text, "[[targets]]\nname = %q\nurl = \"%s/%s\"\ninterval = \"100ms\"\n", name, server.URL, name)
	}
	text.WriteString("headers.Key = { command = [\"sh\", \"-c\", 'until [ -e FOLDER/go ]; do :; done; echo s3cr3t'], prefix = \"Pre \" }\n")
	e, folder := withCommands(t, text.String())
	ctx, stop := context.WithCancel(t.Context())
	ended := safego.Start(func() error { return e.Run(ctx) })
	for range 3 {
		if got := <-asked; got != "/plain " {
			t.Fatalf("%q was asked before its secret was there", got)
		}
	}
	if err := os.WriteFile(filepath.Join(folder, "go"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for got := ""; !strings.HasPrefix(got, "/slow"); {
		if got = <-asked; strings.HasPrefix(got, "/slow") && got != "/slow Pre s3cr3t" {
			t.Errorf("asked %q", got)
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestPushesWaitForTheirToken(t *testing.T) {
	asked := make(chan struct{}, 100)
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked <- struct{}{} }))
	defer server.Close()
	e, folder := withCommands(t, fmt.Sprintf("[[targets]]\nname = \"a\"\nurl = %q\ninterval = \"100ms\"\n", server.URL)+
		"[push]\nlisten = \"unix:FOLDER/s\"\ntoken = { command = [\"sh\", \"-c\", 'until [ -e FOLDER/go ]; do :; done; echo s3cr3t'] }\n")
	changed, stopWatching := e.Watch()
	defer stopWatching()
	ctx, stop := context.WithCancel(t.Context())
	ended := safego.Start(func() error { return e.Run(ctx) })
	for range 3 {
		<-asked
	}
	pushed := func() bool {
		return slices.ContainsFunc(e.Snapshot(time.Now()).Sources, func(s tracker.Source) bool { return strings.HasPrefix(s.Name, "push ") })
	}
	if _, err := os.Stat(filepath.Join(folder, "s")); err == nil || pushed() {
		t.Error("pushes are taken before their token is there")
	}
	if err := os.WriteFile(filepath.Join(folder, "go"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for !pushed() {
		<-changed
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestACommandThatFailsStopsTheEngine(t *testing.T) {
	e, _ := withCommands(t, "[push]\nlisten = \"127.0.0.1:0\"\ntoken = { command = [\"false\"] }\n")
	err := e.Run(t.Context())
	if _, ok := errors.AsType[*config.Error](err); !ok || !strings.Contains(err.Error(), "push.token: the command failed") {
		t.Error(err)
	}
}

func TestNoticesMaskTheSecretsOfTheSettings(t *testing.T) {
	e, err := engine.New(engine.Options{Settings: &config.Config{Push: config.Push{Token: "s3cr3t-t0ken"}}})
	if err != nil {
		t.Fatal(err)
	}
	notices, stop := e.Notices()
	defer stop()
	e.Notice("refused s3cr3t-t0ken")
	_, _ = fmt.Fprintln(e.Log("library: "), "password=hunter2 czNjcjN0LXQwa2Vu")
	for _, want := range []string{"refused ***", "library: password=*** ***"} {
		if got := <-notices; got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
