//go:build linux

package cli

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
)

// The measures of what a terminal gets to see, and of what it costs, taken from outside on programs as they are shipped, in
// pseudo-terminals of 160×45:
//
//	go test ./internal/cli -run '^$' -bench Measured -benchtime 1x
//
// They depend on the machine; what tests hold are counts (tui's TestAThousandResultsASecondCostFewBytes,
// TestAnIdleMinuteWakesOnlyForTheClock, TestAPictureOfFiftyTargetsMakesFewAllocations).

// measured is a program in a terminal of its own.
type measured struct {
	b       *testing.B
	command *exec.Cmd
	master  *os.File
	began   time.Time

	mu            sync.Mutex
	bytes, writes int
	first         time.Duration // until something was drawn
	ended         chan struct{}
}

// build compiles a package of this module.
func build(b *testing.B, name, path string) string {
	b.Helper()
	program := filepath.Join(b.TempDir(), name)
	if out, err := exec.CommandContext(b.Context(), "go", "build", "-o", program, path).CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	return program
}

// run starts a program. With answers, the terminal answers what it is asked, as far as Bubble Tea asks.
func run(b *testing.B, text string, answers bool, env []string, program string, args ...string) *measured {
	b.Helper()
	master, tty, err := pty.Open()
	if err != nil {
		b.Skipf("no pseudo-terminal here: %v", err)
	}
	if err := pty.Setsize(master, &pty.Winsize{Rows: 45, Cols: 160}); err != nil {
		b.Fatal(err)
	}
	m := &measured{b: b, master: master, ended: make(chan struct{}), command: exec.CommandContext(b.Context(), program, args...)}
	m.command.Dir = b.TempDir()
	m.command.Env = append(slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "SSH_") }),
		"TERM=xterm-256color", "LC_ALL=C.UTF-8", "XDG_CONFIG_HOME="+m.command.Dir)
	m.command.Env = append(m.command.Env, env...)
	m.command.Stdin, m.command.Stdout, m.command.Stderr = tty, tty, tty
	m.command.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 1}
	m.began = time.Now()
	if err := m.command.Start(); err != nil {
		b.Fatal(err)
	}
	_ = tty.Close()
	go m.read(text, answers)
	return m
}

func (m *measured) read(text string, answers bool) {
	defer close(m.ended)
	buf, seen := make([]byte, 1<<16), []byte{}
	for {
		n, err := m.master.Read(buf)
		if err != nil {
			return
		}
		m.mu.Lock()
		m.bytes, m.writes = m.bytes+n, m.writes+1
		if m.first == 0 {
			seen = append(seen, buf[:n]...)
			if bytes.Contains(seen, []byte(text)) {
				m.first = time.Since(m.began)
			}
		}
		m.mu.Unlock()
		for query, answer := range map[string]string{
			"\x1b[?2026$p": "\x1b[?2026;2$y", "\x1b[?2027$p": "\x1b[?2027;2$y", "\x1b[c": "\x1b[?62c", "\x1b[>0q": "\x1bP>|x\x1b\\",
		} {
			if answers && bytes.Contains(buf[:n], []byte(query)) {
				_, _ = io.WriteString(m.master, answer) // what comes of it is seen
			}
		}
	}
}

// costs are what a process has used up so far.
type costs struct {
	at                      time.Time
	cpu                     time.Duration
	switches, bytes, writes int
}

func (m *measured) costs() costs {
	m.mu.Lock()
	c := costs{at: time.Now(), bytes: m.bytes, writes: m.writes}
	m.mu.Unlock()
	threads, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*", m.command.Process.Pid))
	for _, thread := range threads {
		stat, _ := os.ReadFile(thread + "/schedstat")
		if fields := strings.Fields(string(stat)); len(fields) > 0 {
			n, _ := strconv.ParseInt(fields[0], 10, 64)
			c.cpu += time.Duration(n)
		}
		status, _ := os.ReadFile(thread + "/status")
		for line := range strings.Lines(string(status)) {
			if name, value, _ := strings.Cut(line, ":"); strings.HasSuffix(name, "_ctxt_switches") {
				n, _ := strconv.Atoi(strings.TrimSpace(value))
				c.switches += n
			}
		}
	}
	return c
}

// resident returns the memory in use, in MB.
func (m *measured) resident() float64 {
	statm, _ := os.ReadFile(fmt.Sprintf("/proc/%d/statm", m.command.Process.Pid))
	fields := strings.Fields(string(statm))
	if len(fields) < 2 {
		return 0
	}
	pages, _ := strconv.Atoi(fields[1])
	return float64(pages*os.Getpagesize()) / 1e6
}

func (m *measured) quit() {
	m.b.Helper()
	if _, err := io.WriteString(m.master, "q"); err != nil {
		m.b.Fatal(err)
	}
	if err := m.command.Wait(); err != nil {
		m.b.Error(err)
	}
	<-m.ended
	_ = m.master.Close()
}

// rest waits; a benchmark of a program that is idle has nothing else to do.
func rest(b *testing.B, d time.Duration) {
	b.Helper()
	select {
	case <-b.Context().Done():
	case <-time.After(d):
	}
}

// flow appends results of 20 targets to a log, rate a second, a twentieth of them errors, until ctx ends.
func flow(ctx context.Context, b *testing.B, path string, rate int) {
	b.Helper()
	log, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		b.Error(err)
		return
	}
	defer func() { _ = log.Close() }()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for n := 0; ; {
		select {
		case <-ctx.Done():
			return
		case now := <-tick.C:
			if _, err := log.Write(lines(now, n, rate/20)); err != nil {
				b.Error(err)
				return
			}
			n += rate / 20
		}
	}
}

func lines(now time.Time, from, count int) []byte {
	var text []byte
	for n := from; n < from+count; n++ {
		rest := `"status":200}`
		if n%20 == 7 {
			rest = fmt.Sprintf(`"status":500,"error":"Generation failed","message":"upstream timed out after %d ms"}`, n%3000)
		}
		text = fmt.Appendf(text, `{"ts":%q,"target":"service-%02d","method":"POST","url":"/v1/things","duration_ms":%d,%s`+"\n",
			now.UTC().Format(time.RFC3339Nano), n*7%20, 20+n*31%700, rest)
	}
	return text
}

// calm returns the arguments for a dashboard on which hardly more than the clock changes: results of 20 targets that are too
// old to slide through any window, and one target that is asked once an hour, which makes the clock run.
func calm(b *testing.B, log string) []string {
	b.Helper()
	if err := os.WriteFile(log, lines(time.Now().Add(-2*time.Hour), 0, 2000), 0o600); err != nil {
		b.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = listener.Close() }) // the kernel takes the connection, nobody else
	config := filepath.Join(b.TempDir(), "errtop.toml")
	text := fmt.Sprintf("[[targets]]\nname = \"asked\"\nurl = \"tcp://%s\"\ninterval = \"1h\"\n", listener.Addr())
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		b.Fatal(err)
	}
	return []string{"--config", config, log}
}

// The bars: idle 60 B/s and 0.5 % of a core (0.3 % over SSH); 1000 results a second 8 KB/s (2 KB/s over SSH) and 3 %.
func BenchmarkMeasuredDashboard(b *testing.B) {
	errtop := build(b, "errtop", "../..")
	for _, c := range []struct {
		name string
		rate int
		env  []string
	}{
		{"idle", 0, nil},
		{"idle over SSH", 0, []string{"SSH_CONNECTION=192.0.2.1 1 192.0.2.2 22"}},
		{"1000 results a second", 1000, nil},
		{"1000 results a second over SSH", 1000, []string{"SSH_CONNECTION=192.0.2.1 1 192.0.2.2 22"}},
	} {
		b.Run(c.name, func(b *testing.B) {
			path := filepath.Join(b.TempDir(), "live.ndjson")
			args := []string{path}
			if c.rate == 0 {
				args = calm(b, path)
			} else if err := os.WriteFile(path, lines(time.Now().Add(-time.Minute), 0, 2000), 0o600); err != nil {
				b.Fatal(err)
			}
			ctx, stop := context.WithCancel(b.Context())
			fed := make(chan struct{})
			go func() {
				defer close(fed)
				if c.rate > 0 {
					flow(ctx, b, path, c.rate)
				}
			}()
			m := run(b, "overview", false, c.env, errtop, args...)
			rest(b, 20*time.Second) // until charts and lists have filled
			before := m.costs()
			for b.Loop() {
				rest(b, 20*time.Second)
			}
			after := m.costs()
			seconds := after.at.Sub(before.at).Seconds()
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(float64(after.bytes-before.bytes)/seconds, "B/s")
			b.ReportMetric(float64(after.writes-before.writes)/seconds, "writes/s")
			b.ReportMetric(float64(after.switches-before.switches)/seconds, "wake-ups/s")
			b.ReportMetric(100*(after.cpu-before.cpu).Seconds()/seconds, "%CPU")
			b.ReportMetric(m.resident(), "MB")
			stop()
			<-fed
			m.quit()
		})
	}
}

// The bar: at most twice a bare Bubble Tea hello in the same run.
func BenchmarkMeasuredFirstPicture(b *testing.B) {
	errtop, hello := build(b, "errtop", "../.."), build(b, "hello", "./testdata/hello")
	empty := filepath.Join(b.TempDir(), "empty.ndjson")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		b.Fatal(err)
	}
	for name, answers := range map[string]bool{"terminal answers": true, "terminal answers nothing": false} {
		b.Run(name, func(b *testing.B) {
			var ours, theirs []time.Duration
			first := func(text, program string, args ...string) time.Duration {
				m := run(b, text, answers, nil, program, args...)
				rest(b, 300*time.Millisecond)
				m.quit()
				return m.first
			}
			for b.Loop() {
				for range 15 { // in turn, so that both meet the same machine
					theirs = append(theirs, first("hello, world", hello))
					ours = append(ours, first("overview", errtop, empty))
				}
			}
			slices.Sort(ours)
			slices.Sort(theirs)
			us, them := ours[len(ours)/2], theirs[len(theirs)/2]
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(us.Seconds()*1000, "ms")
			b.ReportMetric(them.Seconds()*1000, "hello-ms")
			b.ReportMetric(us.Seconds()/them.Seconds(), "×hello")
		})
	}
}

// The bars with 10,000 targets asked every 30 s, over new connections, with the server in another process: 25 % of a core, 150 MB, 2 KB a
// second to a terminal over SSH.
func BenchmarkMeasuredManyTargets(b *testing.B) {
	errtop := build(b, "errtop", "../..")
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer server.Close()
	var config strings.Builder
	config.WriteString("[tracker]\nmax_targets = 10001\n")
	for i := range 10_000 {
		fmt.Fprintf(&config, "[[targets]]\nname = \"target-%05d\"\nurl = \"%s/%d\"\n", i, server.URL, i)
	}
	path := filepath.Join(b.TempDir(), "errtop.toml")
	if err := os.WriteFile(path, []byte(config.String()), 0o600); err != nil {
		b.Fatal(err)
	}
	m := run(b, "overview", false, []string{"SSH_CONNECTION=192.0.2.1 1 192.0.2.2 22"}, errtop, "--config", path)
	rest(b, 90*time.Second) // until every target has been asked three times
	before := m.costs()
	for b.Loop() {
		rest(b, 60*time.Second)
	}
	after := m.costs()
	seconds := after.at.Sub(before.at).Seconds()
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(after.bytes-before.bytes)/seconds, "B/s")
	b.ReportMetric(100*(after.cpu-before.cpu).Seconds()/seconds, "%CPU")
	b.ReportMetric(m.resident(), "MB")
	m.quit()
}
