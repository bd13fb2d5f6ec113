//go:build unix

package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"errtop/internal/ingest"
)

func TestEachSetOfLogsHasAStoreOfItsOwn(t *testing.T) {
	name := func(names ...string) string {
		return storeNameOfLogs(names, &lineFlags{}, &ingest.Options{}, defaultBounds())
	}
	all := map[string]string{}
	for _, names := range [][]string{{"/a/access.log"}, {"/b/access.log"}, {"/a/access.log", "/b/access.log"}, {"ssh://web1/var/log/a.log"}, {"-x/ü\n.log"}} {
		n := name(names...)
		if other, twice := all[n]; twice || n == "" || filepath.Base(n) != n || strings.ContainsAny(n, "\n/") || strings.HasPrefix(n, ".") || strings.HasPrefix(n, "-") {
			t.Errorf("%q has %q, as %q", names, n, other)
		}
		all[n] = fmt.Sprint(names)
	}
	t.Chdir(t.TempDir())
	folder, _ := os.Getwd()
	if a, b := filepath.Join(folder, "access.log"), filepath.Join(filepath.Dir(folder), "b.log"); name("access.log") != name(a) || name("../b.log", "access.log") != name(a, b) {
		t.Error("a store depends on where errtop is started")
	}
	if n := storeNameOfLogs([]string{"/a/access.log"}, &lineFlags{target: "{host}"}, &ingest.Options{}, defaultBounds()); n == name("/a/access.log") {
		t.Error("lines that are understood otherwise share a store")
	}
	for _, n := range []string{
		name("-"), name("a.log", "-"), name(),
		storeNameOfLogs([]string{"a"}, &lineFlags{}, &ingest.Options{NoFollow: true}, defaultBounds()),
		storeNameOfLogs([]string{"a"}, &lineFlags{}, &ingest.Options{All: true}, defaultBounds()),
		storeNameOfLogs([]string{"a"}, &lineFlags{}, &ingest.Options{}, sinceUntil{since: "2h"}),
	} {
		if n != "" {
			t.Errorf("%q is kept", n)
		}
	}
}

// writeLog writes lines of an access log, the last of them of a moment.
func writeLog(t *testing.T, path string, lines int, last time.Time) {
	t.Helper()
	var b strings.Builder
	for i := range lines {
		fmt.Fprintf(&b, `{"time":%q,"target":"api%d","status":500,"message":"went wrong"}`+"\n", last.Add(-time.Duration(lines-1-i)*time.Second).Format(time.RFC3339Nano), lines)
	}
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestAFinishedLogLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	log := filepath.Join(t.TempDir(), "access.log")
	writeLog(t, log, 30, time.Now().Add(-3*time.Hour))
	s := start(t, nil, "errtop", log)
	s.waitFor("went wrong")
	for _, view := range []string{"2", "3", "4", "5", "6", "7", "1"} { // for as long as a store would need to be made
		from := len(s.text())
		s.press(view)
		s.press("\x0c")
		s.waitForAfter(from, "\x1b[2J")
	}
	s.press("q")
	if status := s.waitExit(); status != 0 {
		t.Errorf("exit status %d", status)
	}
	if names := s.files(); len(names) > 0 {
		t.Errorf("the folder holds %q", names)
	}
}

// TestALiveLogIsKeptByDefault follows a log that is written, and starts again; then another log has its name.
func TestALiveLogIsKeptByDefault(t *testing.T) {
	t.Parallel()
	log, state := filepath.Join(t.TempDir(), "access.log"), t.TempDir()
	run := func(text string) (screenText string) {
		t.Helper()
		s := start(t, nil, "env", "XDG_STATE_HOME="+state, "errtop", log)
		s.waitFor(text)
		for kept := false; !kept; { // until it is kept
			names, _ := filepath.Glob(filepath.Join(state, "errtop", "access.log-*.db"))
			kept = len(names) == 1
			select {
			case <-s.grown:
			case <-s.exited:
				t.Fatalf("ended: %q", s.tail())
			}
		}
		if err := s.command.Process.Signal(syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
		<-s.exited
		return s.text()
	}
	writeLog(t, log, 30, time.Now())
	run("api30")
	if text := run("api30"); strings.Contains(text, "nothing is kept") {
		t.Errorf("%q", text)
	}
	path, _ := filepath.Glob(filepath.Join(state, "errtop", "access.log-*.db"))
	if n := countedIn(t, path[0]); n != 30 {
		t.Errorf("%d of 30 lines are kept", n)
	}
	if err := os.Remove(log); err != nil {
		t.Fatal(err)
	}
	writeLog(t, log, 20, time.Now())
	run("api20")
	if n := countedIn(t, path[0]); n != 20 {
		t.Errorf("of another log of that name %d of 20 lines are kept", n)
	}
}
