//go:build unix

package cli

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
)

// bastion is an errtop watch with an SSH door.
type bastion struct {
	*watching
	folder string
	port   string
}

// newBastion runs errtop watch with a config that has an SSH door added. The key "act" may act, "view" may look, and "stranger" is
// not authorized.
func newBastion(t *testing.T, folder, config string) *bastion {
	t.Helper()
	for _, tool := range []string{"ssh", "ssh-keygen"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip("no OpenSSH here")
		}
	}
	var authorized strings.Builder
	for _, name := range []string{"act", "view", "stranger"} {
		path := filepath.Join(folder, name)
		if out, err := exec.CommandContext(t.Context(), "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name+"@desk", "-f", path).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		key, err := os.ReadFile(path + ".pub")
		if err != nil {
			t.Fatal(err)
		}
		if name == "stranger" {
			continue
		}
		fmt.Fprintf(&authorized, "%s errtop=%s\n", strings.TrimSpace(string(key)), name)
	}
	address := freeAddress(t)
	_, port, _ := net.SplitHostPort(address)
	path := filepath.Join(folder, "errtop.toml")
	config += fmt.Sprintf("\n[ssh]\nlisten = %q\nauthorized_keys = \"authorized_keys\"\n", address)
	for name, text := range map[string]string{"authorized_keys": authorized.String(), "errtop.toml": config} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	b := &bastion{watching: watch(t, path), folder: folder, port: port}
	b.waitFor("ssh listens")
	b.waitUntilTold("READY=1")
	return b
}

// args are the arguments of OpenSSH's client.
func (b *bastion) args(key string, more ...string) []string {
	return append([]string{
		"-F", "none", "-p", b.port, "-i", filepath.Join(b.folder, key), "-o", "IdentitiesOnly=yes", "-o", "IdentityAgent=none", "-o", "StrictHostKeyChecking=no",
		"-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR", "-o", "SetEnv=LANG=C.UTF-8", "127.0.0.1",
	}, more...)
}

// ask runs a command over SSH.
func (b *bastion) ask(key string, more ...string) (out string, status int) {
	b.t.Helper()
	command := exec.CommandContext(b.t.Context(), "ssh", b.args(key, more...)...)
	text, _ := command.CombinedOutput()
	return string(text), command.ProcessState.ExitCode()
}

// hostile is a log whose texts want to be more than text.
func hostile(t *testing.T, folder string) (config string) {
	t.Helper()
	var log strings.Builder
	for i, text := range []string{`\u001b]0;owned\u0007`, `\u001b[2J\u001b[H`, `\u001b]52;c;b3duZWQ=\u0007`, `\u001bP+q\u001b\\`, `\u009b31m`, `a\r\nb\bc\fd`, `\u202eevil`} {
		fmt.Fprintf(&log, `{"ts":%q,"target":"app%d","status":500,"path":"/x","message":"say %s"}`+"\n", time.Now().UTC().Format(time.RFC3339), i, text)
	}
	if err := os.WriteFile(filepath.Join(folder, "app.log"), []byte(log.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return "name = \"bastion\"\n[[sources]]\nfiles = \"app.log\"\n[[rules]]\nname = \"errors\"\nwhen = 'target.errors > 0'\nseverity = \"critical\"\n"
}

// screenSequences are all that a screen may send: cells, cursor, colours, modes; titles, progress and the clipboard.
var screenSequences = regexp.MustCompile(`\x1b\[[0-9;:]*[mHGdABCDEFJKXLMPSTr@bZI]|\x1b\[\?(1049|25|2004|1000|1002|1006|7|2026)[hl]|\x1b\[[0-9;]*[ q]+q?|\x1b\[2[23];2t|\x1b[M78]|\x1b\]([02];[^\x07\x1b]*|9;4;[0-9;]*|52;c;[A-Za-z0-9+/=]*)(\x07|\x1b\\)`)

// strangersIn returns what of a screen's output is neither text nor one of ours. Backspaces are the renderer's way to a cell on the left.
func strangersIn(output string) []string {
	return regexp.MustCompile(`.{0,10}([\x00-\x07\x0b\x0c\x0e-\x1f\x7f]|\x{9b}|\x{202e}).{0,20}`).FindAllString(screenSequences.ReplaceAllString(output, ""), -1)
}

func TestOpenSSHsClientSeesAScreenOfItsOwn(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	b := newBastion(t, folder, hostile(t, folder))
	s := start(t, nil, "ssh", append([]string{"-t"}, b.args("act")...)...)
	s.waitFor("overview")
	s.waitFor("app1")
	came := b.waitFor("viewer came")
	if came["name"] != "act@desk" || came["size"] != "100x30" || came["access"] != "act" {
		t.Errorf("%v", came)
	}
	for _, view := range []string{"2", "3", "4", "5", "6", "7", "1"} {
		from := len(s.text())
		s.press(view)
		s.press("\x0c")
		s.waitForAfter(from, "\x1b[2J")
	}
	from := len(s.text())
	if err := pty.Setsize(s.master, &pty.Winsize{Rows: 50, Cols: 160}); err != nil {
		t.Fatal(err)
	}
	s.waitForAfter(from, "\x1b[1;158H") // the clock has moved to the new right edge
	from = len(s.text())
	s.press("\x1a") // nobody else may be stopped
	s.press("x")
	s.waitForAfter(from, "\x1b]52;c;")
	s.waitForAfter(from, "report copied")
	if out, status := b.ask("view", "who"); status != 0 || !strings.Contains(out, "act@desk") || !strings.Contains(out, "160x50") {
		t.Errorf("%d %s", status, out)
	}
	s.press("q")
	if status := s.waitExit(); status != 0 {
		t.Errorf("exit status %d", status)
	}
	b.waitFor("viewer left")
	if strangers := strangersIn(s.text()); len(strangers) > 0 {
		t.Errorf("%d foreign sequences: %q", len(strangers), strangers)
	}
	if reports, _ := filepath.Glob(filepath.Join(b.folder, "errtop-report*")); len(reports) > 0 {
		t.Errorf("a viewer wrote %q", reports)
	}
}

func TestOneViewerAcknowledgesAndTheOtherSeesIt(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }))
	t.Cleanup(api.Close)
	b := newBastion(t, folder, "[[targets]]\nname = \"alpha\"\nurl = \""+api.URL+"\"\ninterval = \"500ms\"\n[[rules]]\nname = \"errors\"\nwhen = 'target.errors > 0'\nseverity = \"critical\"\n")
	first := start(t, nil, "ssh", append([]string{"-t"}, b.args("act")...)...)
	second := start(t, nil, "ssh", append([]string{"-t", "-o", "SetEnv=NO_COLOR=1 LANG=C.UTF-8"}, b.args("view")...)...)
	first.waitFor("2 looking")
	second.waitFor("2 looking")
	b.waitFor("requests failed in five minutes") // the alert fires
	for _, s := range []*screen{first, second} {
		s.press("6")
		s.waitFor("errors: alpha")
	}
	second.press("a")
	second.waitFor("may not")
	first.press("a")
	for {
		line := b.waitFor("viewer")
		if line["msg"] == "viewer acknowledges" {
			if line["name"] != "act@desk" || line["alerts"] != 1.0 {
				t.Errorf("%v", line)
			}
			break
		}
	}
	second.press("\x0c")
	second.waitFor("1 acked")
	if colours := regexp.MustCompile(`\x1b\[[0-9;]*[34]8;[25];`); !colours.MatchString(first.text()) || colours.MatchString(second.text()) {
		t.Error("the viewers have not the colours that their environment says")
	}
	if out, status := b.ask("view", "alerts"); status != 0 || !strings.Contains(out, "acknowledged by act@desk") {
		t.Errorf("%d %s", status, out)
	}
}

func TestStrangersAndDropsAreDealtWith(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	b := newBastion(t, folder, hostile(t, folder))
	if out, status := b.ask("stranger", "stats"); status != 255 || !strings.Contains(out, "Permission denied (publickey)") {
		t.Errorf("%d %s", status, out)
	}
	for out := ""; !strings.Contains(out, "7 requests"); { // until the log was read
		if out, _ = b.ask("view", "stats"); t.Context().Err() != nil {
			t.Fatal(out)
		}
	}
	for command, want := range map[string]string{"stats": "7 requests, 7 failed", "report": "# Incident report", "report --html": "<!DOCTYPE html>", "alerts": "", "who": "nobody is looking", "stats --json": `"results": 7`} {
		if out, status := b.ask("view", command); status != 0 || !strings.Contains(out, want) {
			t.Errorf("%s: %d %s", command, status, out)
		} else if command == "alerts" && !strings.Contains(out, "no alerts") && !strings.Contains(out, "firing") { // as soon as a second has passed
			t.Errorf("alerts: %s", out)
		} else if strangers := strangersIn(out); len(strangers) > 0 {
			t.Errorf("%s prints %q", command, strangers)
		}
	}
	if out, status := b.ask("act", "sh"); status != 2 || !strings.Contains(out, "stats, report, alerts and who") {
		t.Errorf("%d %s", status, out)
	}
	for key, want := range map[string]int{"view": 1, "act": 0} {
		if out, status := b.ask(key, "mark", "deploy", "billing", "4.2.1"); status != want {
			t.Errorf("%s marks: %d %s", key, status, out)
		}
	}
	b.waitFor("deploy billing 4.2.1")
	if out, status := b.ask("act", "-s", "sftp"); status == 0 {
		t.Errorf("a subsystem was started: %s", out)
	}
	for range 3 {
		s := start(t, nil, "ssh", append([]string{"-t"}, b.args("view")...)...)
		s.waitFor("overview")
		b.waitFor("viewer came")
		if err := s.command.Process.Signal(syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		if left := b.waitFor("viewer left"); left["looking"] != 0.0 {
			t.Errorf("%v", left)
		}
	}
	s := start(t, nil, "ssh", append([]string{"-t"}, b.args("view")...)...)
	s.waitFor("overview")
	b.signal(syscall.SIGTERM)
	if status := s.waitExit(); status != 0 && status != 255 {
		t.Errorf("exit status %d", status)
	}
	if err := b.command.Wait(); err != nil {
		t.Error(err)
	}
}

func TestAttachNeedsNoKey(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "watched.toml")
	writeConfig(t, path, "http://127.0.0.1:1", "alpha")
	w := watch(t, path)
	w.waitUntilTold("READY=1")
	w.waitFor("source is reading")
	s := start(t, nil, "env", "XDG_RUNTIME_DIR="+w.runtime, "errtop", "attach")
	s.waitFor("alpha")
	s.press("q")
	if status := s.waitExit(); status != 0 {
		t.Errorf("exit status %d", status)
	}
	s = start(t, nil, "env", "XDG_RUNTIME_DIR="+w.runtime, "errtop", "attach")
	s.waitFor("alpha")
	if out, status := w.run("attach", filepath.Join(w.runtime, "errtop")); status != 2 || !strings.Contains(out, "not a terminal") {
		t.Errorf("%d %s", status, out)
	}
	if out, status := w.run("attach", "bastion:2222"); status != 2 || !strings.Contains(out, "ssh -p PORT HOST") {
		t.Errorf("%d %s", status, out)
	}
	w.signal(syscall.SIGKILL) // it cannot give the terminal back itself
	if status := s.waitExit(); status != 1 || !strings.Contains(s.text(), "has ended") {
		t.Errorf("exit status %d: %q", status, s.tail())
	}
	if out, status := w.run("attach"); status != 1 || !strings.Contains(out, "no errtop watch of yours runs here") {
		t.Errorf("%d %s", status, out)
	}
}
