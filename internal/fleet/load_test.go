package fleet

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"errtop/internal/safego"
	"errtop/tracker"
)

// simulatedAgents are agents whose requests go on at a steady rate, every second, with two in a hundred failing.
type simulatedAgents struct {
	trackers []*tracker.ErrorTracker
	targets  int
	rate     int // results a second of each
	random   *rand.Rand
}

// newAgents runs agents in three places that have counted for a while. Where there are fewer trackers than agents, some publish the same.
func newAgents(t testing.TB, settings Settings, agents, trackers, targets, rate int, before time.Duration) *simulatedAgents {
	t.Helper()
	s := &simulatedAgents{targets: targets, rate: rate, random: rand.New(rand.NewPCG(1, 9))}
	now := time.Now()
	for i := range trackers {
		s.trackers = append(s.trackers, liveTracker())
		for at := now.Add(-before); at.Before(now); at = at.Add(time.Second) {
			s.record(i, at, now)
		}
	}
	for i := range agents {
		settings.Name, settings.Place = fmt.Sprintf("web-%d", i), fmt.Sprintf("place-%d", i%3)
		agentOn(t, settings, s.trackers[i%trackers])
	}
	return s
}

// record has an agent count a second.
func (s *simulatedAgents) record(agent int, at, now time.Time) {
	results := make([]tracker.Result, s.rate)
	for i := range results {
		status := 200
		if s.random.IntN(50) == 0 {
			status = []int{400, 429, 500, 503}[s.random.IntN(4)]
		}
		results[i] = result(at.Add(time.Duration(i)*time.Second/time.Duration(s.rate)), targetNames[s.random.IntN(s.targets)], status)
		results[i].Latency = time.Duration(float64(30*time.Millisecond) * (1 + s.random.ExpFloat64()))
	}
	s.trackers[agent].Record(now, results)
}

var targetNames = func() (names []string) {
	for i := range 1000 {
		names = append(names, fmt.Sprintf("target-%d", i))
	}
	return names
}()

// run has all of them count until ctx is done.
func (s *simulatedAgents) run(ctx context.Context) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case now := <-tick.C:
			for i := range s.trackers {
				s.record(i, now.Add(-time.Second), now)
			}
		}
	}
}

// TestWhatAViewerCosts measures the process of a dashboard over agents that run in this one, and how long a failure takes to its screen. It
// takes minutes, and is run by hand:
//
//	go build -o /tmp/errtop . && ERRTOP_MEASURE=/tmp/errtop [AGENTS=100] [TRACKERS=100] [TARGETS=50] [RATE=100] [SECONDS=180] \
//	    go test ./internal/fleet -run TestWhatAViewerCosts -v -timeout 30m
func TestWhatAViewerCosts(t *testing.T) {
	program := os.Getenv("ERRTOP_MEASURE")
	if program == "" {
		t.Skip("it takes minutes: set ERRTOP_MEASURE to the path of an errtop")
	}
	agents, seconds := fromEnvironment("AGENTS", 100), fromEnvironment("SECONDS", 180)
	server := testServer(t)
	settings := settingsOf(server, "", "")
	simulated := newAgents(t, settings, agents, min(agents, fromEnvironment("TRACKERS", agents)), fromEnvironment("TARGETS", 50), fromEnvironment("RATE", 100), 10*time.Minute)
	run(t, simulated.run)
	time.Sleep(70 * time.Second) // until each has published a whole minute

	config := filepath.Join(t.TempDir(), "errtop.toml")
	if err := os.WriteFile(config, []byte("[fleet]\nservers = [\""+server.ClientURL()+"\"]\nteam = \"shop\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	screen := &bytes.Buffer{}
	dashboard := exec.CommandContext(t.Context(), "script", "-qfc", program+" --no-store --config "+config, "/dev/null")
	dashboard.Env = append(os.Environ(), "TERM=xterm-256color", "COLUMNS=120", "LINES=40")
	dashboard.Stdout, dashboard.Stderr = screen, screen
	in, err := dashboard.StdinPipe() // kept open: at its end script would stop
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = in.Close() }()
	if err := dashboard.Start(); err != nil {
		t.Fatal(err)
	}
	ended := safego.Start(dashboard.Wait)
	time.Sleep(3 * time.Second)
	pid := childOf(t, dashboard.Process.Pid)
	before, start := processorTimeOf(t, pid), time.Now()
	for time.Since(start) < time.Duration(seconds)*time.Second {
		time.Sleep(15 * time.Second)
		used := processorTimeOf(t, pid) - before
		t.Logf("%3.0f s: %.1f %% of a core, %s, %d KB drawn; hub and agents %s", time.Since(start).Seconds(), 100*used.Seconds()/time.Since(start).Seconds(),
			memoryOf(t, pid), screen.Len()/1000, memoryOf(t, os.Getpid()))
	}
	t.Logf("the last it drew: %q", tail(screen.String(), 300))
	if process, err := os.FindProcess(pid); err == nil {
		_ = process.Signal(os.Interrupt)
	}
	select {
	case err := <-ended:
		t.Log("the dashboard ended: ", err)
	case <-time.After(10 * time.Second):
		t.Error("the dashboard does not end")
	}
}

func tail(s string, n int) string { return s[max(len(s)-n, 0):] }

func fromEnvironment(name string, usual int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return n
	}
	return usual
}

// childOf returns the errtop that script runs.
func childOf(t *testing.T, parent int) int {
	t.Helper()
	for pid := parent; ; {
		list, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
		if err != nil {
			t.Fatal(err)
		}
		fields := strings.Fields(string(list))
		if len(fields) == 0 {
			return pid
		}
		if pid, err = strconv.Atoi(fields[0]); err != nil {
			t.Fatal(err)
		}
	}
}

// processorTimeOf returns how much of it a process has used, by /proc/PID/stat.
func processorTimeOf(t *testing.T, pid int) time.Duration {
	t.Helper()
	line, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		t.Fatal(err)
	}
	_, behind, _ := strings.Cut(string(line), ") ")
	fields := strings.Fields(behind)
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * 10 * time.Millisecond
}

// memoryOf returns what a process holds and held at most, by /proc/PID/status.
func memoryOf(t *testing.T, pid int) string {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	var parts []string
	for line := range strings.Lines(string(status)) {
		if strings.HasPrefix(line, "VmRSS") || strings.HasPrefix(line, "VmHWM") {
			parts = append(parts, strings.Join(strings.Fields(line), " "))
		}
	}
	return strings.Join(parts, ", ")
}
