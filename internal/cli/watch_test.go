//go:build unix

package cli

import (
	"bufio"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// watching is an errtop watch that a test runs, with what it logs and what it tells its service manager.
type watching struct {
	t       *testing.T
	command *exec.Cmd
	lines   chan map[string]any // closed when it has ended
	manager *net.UnixConn
	runtime string // its XDG_RUNTIME_DIR
}

// watch starts errtop watch over a config, without a terminal.
func watch(t *testing.T, config string) *watching {
	t.Helper()
	w := &watching{t: t, lines: make(chan map[string]any, 10_000), runtime: t.TempDir()}
	socket := filepath.Join(w.runtime, "notify")
	var err error
	if w.manager, err = net.ListenUnixgram("unixgram", &net.UnixAddr{Name: socket, Net: "unixgram"}); err != nil {
		t.Fatal(err)
	}
	w.command = exec.CommandContext(t.Context(), "errtop", "watch", "--log", "json", "--config", config)
	w.command.Env = append(os.Environ(), "XDG_RUNTIME_DIR="+w.runtime, "XDG_STATE_HOME="+w.runtime, "NOTIFY_SOCKET="+socket, "WATCHDOG_USEC=200000")
	log, err := w.command.StderrPipe()
	if err == nil {
		err = w.command.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(w.lines)
		for in := bufio.NewScanner(log); in.Scan(); {
			var line map[string]any
			if err := json.Unmarshal(in.Bytes(), &line); err != nil {
				line = map[string]any{"msg": in.Text()}
			}
			w.lines <- line
		}
	}()
	t.Cleanup(func() {
		_ = w.command.Process.Kill()
		_ = w.command.Wait()
		_ = w.manager.Close()
	})
	return w
}

// waitFor waits for a line of the log whose message holds a text.
func (w *watching) waitFor(text string) map[string]any {
	w.t.Helper()
	timeout := time.NewTimer(longestWait)
	defer timeout.Stop()
	var lines []string
	for {
		select {
		case line, open := <-w.lines:
			if !open {
				w.t.Fatalf("ended without %q; it logged\n%s", text, strings.Join(lines, "\n"))
			}
			message, _ := line["msg"].(string)
			lines = append(lines, message)
			if strings.Contains(message, text) {
				return line
			}
		case <-timeout.C:
			w.t.Fatalf("never logged %q; it logged\n%s", text, strings.Join(lines, "\n"))
		}
	}
}

// waitUntilTold waits until the service manager is told something.
func (w *watching) waitUntilTold(state string) {
	w.t.Helper()
	_ = w.manager.SetReadDeadline(time.Now().Add(longestWait))
	datagram := make([]byte, 4096)
	for {
		n, err := w.manager.Read(datagram)
		if err != nil {
			w.t.Fatalf("%s was never told: %v", state, err)
		}
		if strings.HasPrefix(string(datagram[:n]), state) {
			return
		}
	}
}

func (w *watching) signal(signal syscall.Signal) {
	w.t.Helper()
	if err := w.command.Process.Signal(signal); err != nil {
		w.t.Fatal(err)
	}
}

// run runs another errtop of the same user.
func (w *watching) run(args ...string) (out string, status int) {
	w.t.Helper()
	command := exec.CommandContext(w.t.Context(), "errtop", args...)
	command.Env = append(os.Environ(), "XDG_RUNTIME_DIR="+w.runtime)
	text, err := command.CombinedOutput()
	if _, exited := err.(*exec.ExitError); err != nil && !exited { //nolint:errorlint // as exec returns it
		w.t.Fatal(err)
	}
	return string(text), command.ProcessState.ExitCode()
}

func TestWatchLogsReloadsTellsSystemdAndEndsCleanly(t *testing.T) {
	t.Parallel()
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = io.WriteString(w, `{"error":"boom"}`)
	}))
	t.Cleanup(api.Close)
	path := filepath.Join(t.TempDir(), "watched.toml")
	writeConfig(t, path, api.URL, "alpha")
	w := watch(t, path)
	w.waitFor("errtop watch starts")
	w.waitUntilTold("READY=1\nSTATUS=1 target")
	w.waitUntilTold("WATCHDOG=1")
	if line := w.waitFor("failing"); line["target"] != "alpha" || line["level"] != "WARN" || line["event"] != "state" {
		t.Errorf("%v", line)
	}

	writeConfig(t, path, api.URL, "alpha", "beta")
	w.waitFor("2 targets, 1 new")
	w.signal(syscall.SIGHUP)
	w.waitUntilTold("RELOADING=1\nMONOTONIC_USEC=")
	w.waitUntilTold("READY=1\nSTATUS=2 targets")
	w.waitFor("2 targets, 0 new")
	w.signal(syscall.SIGUSR1)
	w.waitFor("2 targets, 0 new")

	replace(t, path, "[[targets]]\nname = \"alpha\"\nurll = \"x\"\n")
	w.waitFor("kept the settings as they were")
	w.signal(syscall.SIGHUP)
	if line := w.waitFor("reload"); !strings.Contains(line["error"].(string), "urll: unknown key") {
		t.Errorf("%v", line)
	}

	w.signal(syscall.SIGTERM)
	w.waitUntilTold("STOPPING=1")
	w.waitFor("errtop watch has ended")
	if err := w.command.Wait(); err != nil {
		t.Error(err)
	}
}

func TestASecondErrtopOfTheSameConfigIsSentToTheFirst(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "watched.toml")
	writeConfig(t, path, "http://127.0.0.1:1", "alpha")
	w := watch(t, path)
	w.waitUntilTold("READY=1")
	w.waitFor("source is reading") // the control socket is there
	for _, args := range [][]string{{"--plain"}, {"watch"}} {
		out, status := w.run(append(args, "--config", path)...)
		if status != 1 || !strings.Contains(out, "watches "+path+" already") || !strings.Contains(out, "hint: errtop attach") {
			t.Errorf("%v: status %d: %s", args, status, out)
		}
	}
	other := filepath.Join(t.TempDir(), "other.toml")
	if err := os.WriteFile(other, []byte("[[targets]]\nname = \"a\"\nurl = \"http://127.0.0.1:1\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, status := w.run("config", "--check", "--config", other); status != 0 {
		t.Errorf("status %d: %s", status, out)
	}
}

func TestWatchWithoutInputsSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "empty.toml")
	replace(t, path, "name = \"empty\"\n")
	w := &watching{t: t, runtime: t.TempDir()}
	if out, status := w.run("watch", "--config", path); status != 2 || !strings.Contains(out, "names nothing to watch") {
		t.Errorf("status %d: %s", status, out)
	}
	if out, status := w.run("watch", "--log", "xml", "--config", path); status != 2 {
		t.Errorf("status %d: %s", status, out)
	}
}
