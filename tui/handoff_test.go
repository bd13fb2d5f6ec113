package tui

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"errtop/internal/report"
	"errtop/tracker"
)

// copied returns what the terminal was told to put into the clipboard.
func (s *user) copied() string {
	s.t.Helper()
	_, rest, found := strings.Cut(s.m.tell, "\x1b]52;c;")
	if !found {
		s.t.Fatalf("nothing was copied: %q", s.m.tell)
	}
	encoded, _, _ := strings.Cut(rest, "\a")
	text, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		s.t.Fatal(err)
	}
	return string(text)
}

func TestAnErrorIsCopiedAsMarkdown(t *testing.T) {
	got := visit(t, 80, 24, incident()).press("2", "y").sees("error copied").copied()
	for _, want := range []string{
		"# ERROR kling 429\n", "## WHAT TO DO\n", "Wait for the reset, lower the rate, raise the quota.", `- request id: req\_0000`, "## ANSWER", `  "error": "Rate limit exceeded",`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in\n%s", want, got)
		}
	}
	if strings.Contains(got, "\x1b") {
		t.Errorf("there is an escape sequence in %q", got)
	}
}

func TestForeignTextMeansNothingInMarkdown(t *testing.T) {
	snap := incident()
	e := &snap.Errors[0]
	e.Message = "<img src=x> **bold** [link](http://evil) `code`"
	e.Evidence.Body = "first\n~~~~\n# a heading"
	got := visit(t, 80, 24, snap).press("2", "y").copied()
	if strings.Contains(got, "<img") && !strings.Contains(got, `\<img`) || !strings.Contains(got, `\*\*bold\*\* \[link\]`) {
		t.Errorf("markup came through:\n%s", got)
	}
	_, answer, _ := strings.Cut(got, "## ANSWER")
	if strings.Count(answer, "\n~~~~\n") != 2 {
		t.Errorf("the block was ended from inside:\n%s", answer)
	}
}

func TestTheRequestIsCopiedAsACurlLineThatAShellTakesAsItIs(t *testing.T) {
	line := visit(t, 80, 24, incident()).press("2", "Y").sees("curl line copied").copied()
	want := []string{
		"curl", "-i", "-X", "POST", "--url", "https://firemoon.studio/api/v1/kling/v2", "-H", "Authorization: ***", "-H", "Content-Type: application/json",
		"--data-raw", `{"prompt":"it's a test","num_images":1}`,
	}
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("no shell here")
	}
	out, err := exec.CommandContext(t.Context(), shell, "-c", `printf '%s\n' `+line).Output()
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Split(strings.TrimRight(string(out), "\n"), "\n"); strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("a shell makes of %s\n%q instead of\n%q", line, got, want)
	}
}

func TestHostileRequestsStayOneWordEach(t *testing.T) {
	for _, hostile := range []string{"'; rm -rf / #", "$(id)", "`id`", "a\nb", "\x1b[201~evil\r", "-o/etc/passwd"} {
		line := curlLine(&tracker.Request{Method: hostile, URL: hostile, Headers: []tracker.Header{{Name: hostile, Value: hostile}}, Body: hostile})
		if strings.ContainsAny(line, "\n\r\x1b") {
			t.Errorf("a control character is left in %q", line)
		}
		if strings.Count(strings.ReplaceAll(line, `'\''`, ""), "'")%2 != 0 {
			t.Errorf("a quote is open in %s", line)
		}
	}
}

func TestTheClipboardIsReachedThroughMultiplexers(t *testing.T) {
	for name, env := range map[string][]string{"tmux": {"TMUX=/tmp/tmux-0/default,1,0"}, "screen": {"STY=1.pts-0.host"}} {
		s := visit(t, 80, 24, incident(), func(o *Options) { o.Environ = env }).press("2", "Y")
		if !strings.Contains(s.m.tell, "\x1bP") {
			t.Errorf("%s: nothing is passed through in %q", name, s.m.tell)
		}
	}
}

func TestSomethingTooLongIsNotCopiedButSaid(t *testing.T) {
	snap := incident()
	snap.Errors[0].Evidence.Body = strings.Repeat("long ", 20_000)
	s := visit(t, 120, 24, snap).press("2", "y").sees("too long to copy")
	if s.m.tell != "" {
		t.Error("it was copied all the same")
	}
}

func TestAReportIsWrittenForItsOwnerOnlyAndNeverOverAnother(t *testing.T) {
	dir := t.TempDir()
	s := visit(t, 300, 30, incident(), func(o *Options) { o.ExportDir = dir })
	s.run("x")
	s.sees("report written to")
	for _, suffix := range []string{".md", ".json"} {
		path := filepath.Join(dir, "errtop-report-20261122T143207Z"+suffix)
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"kling", "Rate limit exceeded", "5 failures in a row", "2026-11-22T14:02:07Z"} {
			if !strings.Contains(string(content), want) {
				t.Errorf("%s lacks %q:\n%s", path, want, content)
			}
		}
		if suffix == ".json" {
			var r report.Report
			if err := json.Unmarshal(content, &r); err != nil || len(r.ByStatus) != 4 || r.ByStatus[0] != (report.StatusCount{Status: "429", Count: 1431}) {
				t.Errorf("%v %+v", err, r.ByStatus)
			}
		}
	}
	golden(t, "report", strings.TrimRight(reportOf(&Options{Title: "prod-eu", Engine: morning()}, morning().Snapshot(noon), nil, noon).Markdown(), "\n"))
	before, err := os.ReadFile(filepath.Join(dir, "errtop-report-20261122T143207Z.md"))
	if err != nil {
		t.Fatal(err)
	}
	s.run("x") // in the same second
	s.sees("errtop-report-20261122T143207Z-2.html, .md and .json")
	if after, err := os.ReadFile(filepath.Join(dir, "errtop-report-20261122T143207Z.md")); err != nil || !bytes.Equal(before, after) {
		t.Errorf("the first report is not as it was: %v", err)
	}
}
