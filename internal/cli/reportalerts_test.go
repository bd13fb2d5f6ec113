//go:build unix

package cli

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	reports "errtop/internal/report"
)

// troubledLog writes a log of eight hours with an outage of one target for forty minutes.
func troubledLog(t *testing.T, path string) {
	t.Helper()
	var b strings.Builder
	first := time.Date(2026, 3, 4, 6, 0, 0, 0, time.UTC)
	for i := range 8 * 360 {
		at := first.Add(time.Duration(i) * 10 * time.Second)
		for _, target := range []string{"billing", "search"} {
			status, message := 200, ""
			if minute := i / 6; target == "billing" && minute >= 300 && minute < 340 && i%2 == 0 {
				status, message = 503, "no connection left in the pool"
			}
			fmt.Fprintf(&b, `{"time":%q,"target":%q,"status":%d,"message":%q,"duration_ms":30}`+"\n", at.Format(time.RFC3339), target, status, message)
		}
	}
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestAReportOfALogHoldsTheAlertsOfItsRules reports on one log as a file, through standard input and as what a remote machine prints.
func TestAReportOfALogHoldsTheAlertsOfItsRules(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	log := filepath.Join(folder, "app.log")
	troubledLog(t, log)
	ssh := "#!/bin/sh\ncat " + log + "\n"
	if err := os.WriteFile(filepath.Join(folder, "ssh"), []byte(ssh), 0o700); err != nil {
		t.Fatal(err)
	}
	run := func(shell string) (out []byte) {
		t.Helper()
		command := exec.CommandContext(t.Context(), "sh", "-c", shell)
		command.Dir = folder
		command.Env = append(os.Environ(), "PATH="+folder+":"+os.Getenv("PATH"), "XDG_CONFIG_HOME="+folder, "TMPDIR="+folder)
		out, err := command.CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v: %s", shell, err, out)
		}
		return out
	}
	for _, source := range []string{"errtop report --format json app.log", "errtop report --format json < app.log", "errtop report --format json ssh://web1/var/log/app.log"} {
		var made reports.Report
		if err := json.Unmarshal(run(source), &made); err != nil {
			t.Fatal(err)
		}
		if len(made.Incidents) != 1 || len(made.Incidents[0].Alerts) != 1 {
			t.Fatalf("%s: %d incidents, %+v", source, len(made.Incidents), made.Alerts)
		}
		a := made.Incidents[0].Alerts[0]
		if a.Rule != "incident" || !a.Afterwards || a.Phase != "resolved" || len(a.Told) != 2 || a.Told[0].At.Sub(time.Date(2026, 3, 4, 11, 0, 0, 0, time.UTC)) > 10*time.Minute {
			t.Errorf("%s: %+v", source, a)
		}
	}
	for _, format := range []string{"md", "html"} {
		if out := string(run("errtop report --format " + format + " app.log")); !strings.Contains(out, "would have told") {
			t.Errorf("%s does not say that nobody was told", format)
		}
	}
	for _, source := range []string{"app.log", "ssh://web1/var/log/app.log"} {
		if out := string(run("errtop backtest --since 6h " + source)); !strings.Contains(out, "billing fails") {
			t.Errorf("%s: %s", source, out)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(folder, "errtop-*")); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}
