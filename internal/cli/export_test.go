//go:build unix

package cli

import (
	"os"
	"path/filepath"
	"testing"
)

// files returns what is in the dashboard's working directory.
func (s *screen) files() []string {
	s.t.Helper()
	entries, err := os.ReadDir(s.command.Dir)
	if err != nil {
		s.t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestAReportThatCannotBeWrittenWholeLeavesNothing(t *testing.T) {
	t.Parallel()
	s := start(t, nil, "sh", "-c", "ulimit -f 0; exec errtop demo")
	s.waitFor("overview")
	s.press("x")
	s.waitFor("file too large")
	if names := s.files(); len(names) > 0 {
		t.Errorf("the folder holds %q", names)
	}
	s.press("q")
	if status := s.waitExit(); status != 0 {
		t.Errorf("exit status %d", status)
	}
}

func TestEveryReportIsWrittenHoweverSoonItFollows(t *testing.T) {
	t.Parallel()
	s := start(t, nil, "errtop", "demo")
	s.waitFor("overview")
	s.press("x")
	s.waitFor("report written to")
	s.press("xx") // most likely within one second
	for {
		markdown, _ := filepath.Glob(filepath.Join(s.command.Dir, "*.md"))
		both, _ := filepath.Glob(filepath.Join(s.command.Dir, "*.json"))
		if len(markdown) == 3 && len(both) == 3 {
			break
		}
		<-s.grown
	}
	s.press("q")
	if status := s.waitExit(); status != 0 {
		t.Errorf("exit status %d", status)
	}
}
