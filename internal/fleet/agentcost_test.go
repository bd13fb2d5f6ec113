package fleet

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"errtop/internal/safego"
	"errtop/tracker"
)

// An agent with 50 targets and 1000 results a second sends at most 2 KB a second in the mean of an hour, also while somebody looks. In
// virtual time; the load is drawn anew every second, two in a hundred fail.
func TestWhatAnAgentSends(t *testing.T) {
	if testing.Short() {
		t.Skip("it counts 3.6 million results, twice")
	}
	for _, looks := range []bool{false, true} {
		t.Run(fmt.Sprintf("looks=%t", looks), func(t *testing.T) {
			inVirtualTime(t, func(t *testing.T, settings Settings) { sendForAnHour(t, settings, looks) })
		})
	}
}

func sendForAnHour(t *testing.T, settings Settings, looks bool) {
	tr := liveTracker()
	load := simulatedAgents{trackers: []*tracker.ErrorTracker{tr}, targets: 50, rate: 1000, random: rand.New(rand.NewPCG(2, 4))}
	settings.Name, settings.Place = "web-1", "eu-1"
	p, err := NewPublisher(settings, tr, func(text string) { t.Log(text) })
	if err != nil {
		t.Fatal(err)
	}
	run(t, p.Run)
	if looks {
		conn, err := settings.connect("viewer", func() {})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(conn.Close)
		for _, kind := range []string{kindErr, kindLive} {
			if _, err := conn.Subscribe(prefix+"shop.*."+kind, func(*nats.Msg) {}); err != nil {
				t.Fatal(err)
			}
		}
	}
	time.Sleep(10 * time.Second)
	before, start := p.traffic.total(), time.Now()
	for range 3600 {
		now := time.Now()
		load.record(0, now.Add(-time.Second), now)
		time.Sleep(time.Second)
	}
	const most = 2000
	sent := float64(p.traffic.total()-before) / time.Since(start).Seconds()
	t.Logf("%.0f bytes a second", sent)
	if sent > most {
		t.Errorf("%.0f bytes a second, of at most %d", sent, most)
	}
}

// TestWhatAnAgentCosts measures two processes of errtop watch over one log of 1000 lines a second about 50 targets: one that publishes,
// and one that does not. It takes minutes, and is run by hand:
//
//	go build -o /tmp/errtop . && ERRTOP_MEASURE=/tmp/errtop [SECONDS=180] go test ./internal/fleet -run TestWhatAnAgentCosts -v -timeout 30m
func TestWhatAnAgentCosts(t *testing.T) {
	program := os.Getenv("ERRTOP_MEASURE")
	if program == "" {
		t.Skip("it takes minutes: set ERRTOP_MEASURE to the path of an errtop")
	}
	server, dir := testServer(t), t.TempDir()
	log, err := os.Create(filepath.Join(dir, "requests.log"))
	if err != nil {
		t.Fatal(err)
	}
	run(t, func(ctx context.Context) error { return writeLog(ctx, log) })
	source := "[[sources]]\nfiles = \"" + log.Name() + "\"\n"
	pids := map[string]int{}
	for name, fleet := range map[string]string{"alone": "", "agent": "[fleet]\nservers = [\"" + server.ClientURL() + "\"]\nteam = \"shop\"\nname = \"web-1\"\nplace = \"eu-1\"\n"} {
		config := filepath.Join(dir, name+".toml")
		if err := os.WriteFile(config, []byte(fleet+source), 0o600); err != nil {
			t.Fatal(err)
		}
		watch := exec.CommandContext(t.Context(), program, "watch", "--no-store", "--config", config)
		watch.Env = append(os.Environ(), "XDG_STATE_HOME="+filepath.Join(dir, name), "XDG_RUNTIME_DIR="+filepath.Join(dir, name))
		output := &strings.Builder{}
		watch.Stderr = output
		if err := watch.Start(); err != nil {
			t.Fatal(err)
		}
		ended := safego.Start(watch.Wait)
		t.Cleanup(func() {
			_ = watch.Process.Signal(os.Interrupt)
			if err := <-ended; err != nil {
				t.Log(err)
			}
			if t.Failed() {
				t.Log(name + ": " + output.String())
			}
		})
		pids[name] = watch.Process.Pid
	}
	conn, err := nats.Connect(server.ClientURL())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	time.Sleep(40 * time.Second)
	measure := func(what string) {
		start, before := time.Now(), map[string]time.Duration{}
		for name, pid := range pids {
			before[name] = processorTimeOf(t, pid)
		}
		time.Sleep(time.Duration(fromEnvironment("SECONDS", 180)) * time.Second)
		for name, pid := range pids {
			used := processorTimeOf(t, pid) - before[name]
			t.Logf("%s, %s: %.2f %% of a core, %s", what, name, 100*used.Seconds()/time.Since(start).Seconds(), memoryOf(t, pid))
		}
	}
	measure("nobody looks")
	for _, kind := range []string{kindErr, kindLive} {
		if _, err := conn.Subscribe(prefix+"shop.*."+kind, func(*nats.Msg) {}); err != nil {
			t.Fatal(err)
		}
	}
	measure("somebody looks")
}

// writeLog writes 1000 lines a second.
func writeLog(ctx context.Context, log *os.File) error {
	defer func() { _ = log.Close() }()
	random := rand.New(rand.NewPCG(3, 3))
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		var lines strings.Builder
		now := time.Now()
		for range 100 {
			status, why := 200, ""
			if random.IntN(50) == 0 {
				status, why = []int{400, 429, 500, 503}[random.IntN(4)], "it went wrong"
			}
			target := targetNames[random.IntN(50)]
			fmt.Fprintf(&lines, `{"ts":"%s","target":"%s","status":%d,"method":"GET","path":"/%s","duration_ms":%d,"error":"%s"}`+"\n",
				now.Format(time.RFC3339Nano), target, status, target, 30+int(30*random.ExpFloat64()), why)
		}
		if _, err := log.WriteString(lines.String()); err != nil {
			return fmt.Errorf("write the log: %w", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}
