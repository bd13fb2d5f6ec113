//go:build unix

package ingest_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"errtop/internal/ingest"
	"errtop/tracker"
)

func TestFilesAndCommandsAreReadTogetherAndOneThatFailsLeavesTheOthersAlone(t *testing.T) {
	log := filepath.Join(t.TempDir(), "a.log")
	appendTo(t, log, line("file"))
	onPath(t, "docker", `[ "$4" = gone ] && { echo "Error: No such container: gone" >&2; exit 1; }; echo '`+strings.TrimSpace(line("container"))+"'")
	w := newWatcher()
	err := ingest.Read(t.Context(), []string{log, "docker://{db,gone}"}, ingest.Options{NoFollow: true}, w.sink())
	slices.Sort(w.targets)
	if got := strings.Join(w.targets, " "); got != "container file" {
		t.Errorf("read %q", got)
	}
	if err == nil || !strings.HasPrefix(err.Error(), "docker://gone: Error: No such container: gone") || strings.Contains(err.Error(), "docker://db") {
		t.Errorf("%v", err)
	}
	if w.health["docker://gone"].State != tracker.SourceFailed || w.health["docker://db"].State != tracker.SourceEnded {
		t.Errorf("%+v", w.health)
	}
	if err := ingest.CheckNames([]string{log, "docker://db", "ftp://x/y"}); err == nil || strings.Contains(err.Error(), "docker://db") {
		t.Errorf("%v", err)
	}
	if err := ingest.Refuse([]string{"docker://db"}, ingest.Options{NoFollow: true}); err != nil {
		t.Error(err)
	}
}
