//go:build unix

package ingest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"errtop/internal/ingest"
	"errtop/internal/logline"
	"errtop/tracker"
)

// script returns the command of a shell script.
func script(text string) ingest.Command {
	return ingest.Command{Name: "script", Args: []string{"sh", "-c", text}}
}

// commanded runs a command until the test ends, and returns what it tells and the function that ends it.
func commanded(t *testing.T, c ingest.Command) (w *watcher, end func()) {
	t.Helper()
	w = newWatcher()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- ingest.RunCommand(ctx, c, ingest.Options{}, w.sink()) }()
	ended := false
	end = func() {
		t.Helper()
		if ended {
			return
		}
		ended = true
		cancel()
		select {
		case err := <-done:
			if err != nil {
				t.Error(err)
			}
		case <-time.After(5 * time.Second):
			t.Error("the command does not end")
		}
	}
	t.Cleanup(end)
	return w, end
}

func echo(target string) string { return "echo '" + strings.TrimSpace(line(target)) + "'; " }

// gone waits until a process is gone.
func gone(t *testing.T, pid int) {
	t.Helper()
	deadline := time.Now().Add(5 * time.Second)
	for syscall.Kill(pid, 0) == nil {
		if stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)); err == nil && strings.Contains(string(stat), ") Z ") {
			return // it was not waited for
		}
		if time.Now().After(deadline) {
			t.Fatalf("process %d is still there", pid)
		}
		runtime.Gosched()
	}
}

func TestACommandsLinesAreReadAndItsProcessGroupEndsWithIt(t *testing.T) {
	for name, trap := range map[string]string{"polite": "", "deaf": "trap '' TERM; "} {
		t.Run(name, func(t *testing.T) {
			c := script(trap + `sleep 1000 & echo "{\"status\":500,\"target\":\"pid$!\"}"; ` + echo("a") + "wait")
			c.Machine = "web1"
			var labels []*tracker.Labels
			w, end := commanded(t, c)
			w.onResult = func(r *tracker.Result) { labels = append(labels, r.Labels) }
			w.wait(t, "lines", func() bool { return len(w.targets) == 2 })
			pid, err := strconv.Atoi(strings.TrimPrefix(w.targets[0], "pid"))
			if err != nil {
				t.Fatal(err)
			}
			end()
			gone(t, pid)
			if h := w.health["script"]; h.State != tracker.SourceEnded || h.Results != 2 {
				t.Errorf("%+v", h)
			}
			want := tracker.Labels{{Name: "machine", Value: "web1"}}
			if len(labels) != 2 || labels[0] != labels[1] || !reflect.DeepEqual(*labels[0], want) {
				t.Errorf("labels %v", labels)
			}
		})
	}
}

func TestACommandThatFailsSaysWhyAndIsStartedAgain(t *testing.T) {
	state := filepath.Join(t.TempDir(), "runs")
	w, end := commanded(t, script("echo x >>"+state+"; if [ $(wc -l <"+state+") = 1 ]; then "+echo("a")+"echo 'connect: \x1b[31mno route' >&2; exit 3; fi; "+echo("b")+"sleep 1000"))
	w.wait(t, "failed", func() bool {
		h := w.health["script"]
		return h.State == tracker.SourceFailed && strings.Contains(h.Problem, "connect: ") && strings.Contains(h.Problem, "no route; starts again in 1s") && !strings.Contains(h.Problem, "\x1b")
	})
	w.wait(t, "back", func() bool {
		return strings.Join(w.targets, "") == "ab" && w.health["script"].State == tracker.SourceReading && w.health["script"].Problem == ""
	})
	end()
}

func TestWhatACommandWritesToItsStandardErrorIsShownWhileItRuns(t *testing.T) {
	w, end := commanded(t, script("echo 'waiting for the pod' >&2; sleep 1000"))
	w.wait(t, "complaint", func() bool {
		return w.health["script"].Problem == "waiting for the pod" && w.health["script"].State == tracker.SourceWaiting
	})
	end()
}

func TestACommandThatIsNotThereIsNamed(t *testing.T) {
	w, end := commanded(t, ingest.Command{Name: "pods", Args: []string{"/nowhere/kubectl", "logs"}})
	w.wait(t, "named", func() bool {
		h := w.health["pods"]
		return h.State == tracker.SourceFailed && strings.HasPrefix(h.Problem, "kubectl is not installed, or not on the PATH; starts again in ")
	})
	end()
}

func TestACommandThatRunsOnceReturnsItsFailure(t *testing.T) {
	for text, want := range map[string]string{
		echo("a"):                        "",
		echo("a") + "exit 2":             "script: sh ended with exit status 2",
		"echo 'no such unit' >&2; false": "script: no such unit",
		"echo prose":                     "script: no request log",
		"kill -9 $$":                     "script: sh ended with signal: killed",
	} {
		c := script(text)
		c.Once = true
		err := ingest.RunCommand(t.Context(), c, ingest.Options{}, newWatcher().sink())
		if want == "" && err != nil || want != "" && (err == nil || !strings.HasPrefix(err.Error(), want)) {
			t.Errorf("%s: %v", text, err)
		}
		if _, ok := errors.AsType[*logline.SourceError](err); err != nil && !ok {
			t.Errorf("%s: a %T", text, err)
		}
	}
	if err := ingest.RunCommand(t.Context(), script("true"), ingest.Options{Options: logline.Options{Format: "nonsense"}}, newWatcher().sink()); err == nil {
		t.Error("a wrong option is no error")
	}
}

func TestOutputThatOutlivesItsProgramDoesNotHoldUpTheNextStart(t *testing.T) {
	c := script("sleep 1000 & " + echo("a") + "exit 0")
	c.Once = true
	w := newWatcher()
	began := time.Now()
	if err := ingest.RunCommand(t.Context(), c, ingest.Options{}, w.sink()); err != nil || len(w.targets) != 1 {
		t.Errorf("%v, %v", err, w.targets)
	}
	if took := time.Since(began); took > 30*time.Second {
		t.Errorf("it took %v", took)
	}
}

// onPath puts a stand-in for a program before the others on the PATH. It notes its arguments in the returned file, one run
// a line.
func onPath(t *testing.T, program, text string) (arguments string) {
	t.Helper()
	folder := t.TempDir()
	arguments = filepath.Join(folder, "arguments")
	body := "#!/bin/sh\necho \"$@\" >>" + arguments + "\n" + text + "\n"
	if err := os.WriteFile(filepath.Join(folder, program), []byte(body), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", folder+string(os.PathListSeparator)+os.Getenv("PATH"))
	return arguments
}

// shorthand returns the one command that a URL stands for.
func shorthand(t *testing.T, name string) ingest.Command {
	t.Helper()
	commands, err := ingest.Shorthand(name, ingest.Options{})
	if err != nil || len(commands) != 1 {
		t.Fatalf("%v, %v", commands, err)
	}
	return commands[0]
}

func TestPodsContainersAndUnitsAreReadThroughTheirPrograms(t *testing.T) {
	const at = `"2026-11-22T12:00:0`
	request := func(second int) string {
		return fmt.Sprintf(`{"ts":%s%dZ","status":500,"target":"pod%d"}`, at, second, second)
	}
	for name, c := range map[string]struct {
		url, program, output, arguments string
	}{
		"kubectl": {
			"k8s://shop/app=api", "kubectl",
			"echo '[pod/api-7d4b9c-x2x4z/api] " + request(1) + "'; echo '[pod/api-7d4b9c-q8q8q/api] " + request(2) + "'",
			"logs --all-containers --prefix --tail=5000 --follow --namespace=shop --max-log-requests=100 --selector=app=api",
		},
		"docker": {
			"docker://api-1", "docker",
			"echo '" + request(1) + "'; echo '" + request(2) + "' >&2",
			"logs --tail 5000 --follow api-1",
		},
		"journalctl": {
			"journal://api.service", "journalctl",
			`echo '{"__REALTIME_TIMESTAMP":"1795348801000000","MESSAGE":"` + strings.ReplaceAll(request(1), `"`, `\"`) + `"}'; ` +
				`echo '{"__REALTIME_TIMESTAMP":"1795348802000000","MESSAGE":"` + strings.ReplaceAll(request(2), `"`, `\"`) + `"}'`,
			"--output=json --no-pager --quiet --unit=api.service --lines=5000 --follow",
		},
	} {
		t.Run(name, func(t *testing.T) {
			arguments := onPath(t, c.program, c.output+"; sleep 1000")
			w, end := commanded(t, shorthand(t, c.url))
			w.wait(t, "both lines", func() bool { return len(w.targets) == 2 })
			end()
			if got, err := os.ReadFile(arguments); err != nil || strings.TrimSpace(string(got)) != c.arguments {
				t.Errorf("ran with %q, %v\nwant      %q", got, err, c.arguments)
			}
			if h := w.health[c.url]; h.Unreadable != 0 {
				t.Errorf("%+v", h)
			}
		})
	}
}

func TestLinesThatComeAgainAfterANewStartAreLeftOut(t *testing.T) {
	log := filepath.Join(t.TempDir(), "log")
	appendTo(t, log, line("a")+line("b"))
	// Two pods, whose lines come in another order the second time, and the connection that is lost once.
	onPath(t, "docker", "if mkdir "+log+".first 2>/dev/null; then cat "+log+"; exit 1; fi; sed '1!G;h;$!d' "+log+"; echo '"+strings.TrimSpace(line("c"))+"'; sleep 1000")
	w, end := commanded(t, shorthand(t, "docker://api"))
	w.wait(t, "the line after", func() bool { return strings.HasSuffix(strings.Join(w.targets, ""), "c") })
	end()
	if got := strings.Join(w.targets, ""); got != "abc" || w.health["docker://api"].Lines != 3 {
		t.Errorf("read %q: %+v", got, w.health["docker://api"])
	}
}

// TestALostMachineIsNamedAndComesBack reads a log through a real ssh server on loopback.
func TestALostMachineIsNamedAndComesBack(t *testing.T) {
	server, err := exec.LookPath("sshd")
	if err != nil {
		if server = "/usr/sbin/sshd"; exec.Command(server, "-V").Run() != nil && !exists(server) {
			t.Skip("no sshd here")
		}
	}
	client, err := exec.LookPath("ssh")
	if err != nil {
		t.Skip("no ssh here")
	}
	folder := t.TempDir()
	at := func(name string) string { return filepath.Join(folder, name) }
	for _, key := range []string{"host", "user"} {
		if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", at(key)).CombinedOutput(); err != nil {
			t.Skipf("no keys: %v %s", err, out)
		}
	}
	port := freePort(t)
	appendTo(t, at("sshd_config"), fmt.Sprintf("ListenAddress 127.0.0.1\nPort %d\nHostKey %s\nAuthorizedKeysFile %s\nStrictModes no\nUsePAM no\nPidFile none\n",
		port, at("host"), at("user.pub")))
	appendTo(t, at("ssh_config"), fmt.Sprintf("Host web1\n HostName 127.0.0.1\n Port %d\n IdentityFile %s\n IdentitiesOnly yes\n StrictHostKeyChecking no\n UserKnownHostsFile %s\n LogLevel ERROR\n",
		port, at("user"), at("known_hosts")))
	_ = os.MkdirAll("/run/sshd", 0o755) // sshd's, where it is root that runs it
	start := func() func() {
		daemon := exec.Command(server, "-D", "-e", "-f", at("sshd_config"))
		daemon.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		if err := daemon.Start(); err != nil {
			t.Skip(err)
		}
		return func() {
			for _, pid := range append(descendants(daemon.Process.Pid), daemon.Process.Pid) {
				_ = syscall.Kill(pid, syscall.SIGKILL)
			}
			_ = daemon.Wait()
		}
	}
	stop := start()
	defer func() { stop() }()
	onPath(t, "ssh", "exec "+client+" -F "+at("ssh_config")+` "$@"`)
	log := at("access log.json")
	appendTo(t, log, line("a")+line("b"))
	name := "ssh://web1" + log
	w, end := commanded(t, shorthand(t, name))
	w.wait(t, "first lines", func() bool {
		if h := w.health[name]; strings.Contains(h.Problem, "Permission denied") {
			t.Skip("sshd lets nobody in here: " + h.Problem)
		}
		return len(w.targets) == 2
	})
	appendTo(t, log, line("c"))
	w.wait(t, "a line that is written then", func() bool { return len(w.targets) == 3 })
	stop()
	w.wait(t, "lost", func() bool { return w.health[name].State == tracker.SourceFailed })
	appendTo(t, log, line("d"))
	stop = start()
	w.wait(t, "back", func() bool { return len(w.targets) == 4 && w.health[name].State == tracker.SourceReading })
	end()
	if got := strings.Join(w.targets, ""); got != "abcd" {
		t.Errorf("read %q", got)
	}
}

// descendants returns the processes that a process started, and those that they did.
func descendants(pid int) (all []int) {
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range stats {
		text, _ := os.ReadFile(path)
		_, fields, _ := strings.Cut(string(text), ") ")
		if words := strings.Fields(fields); len(words) > 1 && words[1] == strconv.Itoa(pid) {
			child, _ := strconv.Atoi(strings.Split(path, "/")[2])
			all = append(append(all, descendants(child)...), child)
		}
	}
	return all
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// freePort returns a loopback port with no listener.
func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() //nolint:errcheck // a test's listener
	return l.Addr().(*net.TCPAddr).Port
}

// TestACommandMayEndAfterItsOutput: a program closes its output a moment before it ends, and is not ended for that.
func TestACommandMayEndAfterItsOutput(t *testing.T) {
	c := script(`echo '{"status":500,"target":"a"}'; exec 1>&- 2>&-; sleep 0.02`)
	c.Once = true
	if err := ingest.RunCommand(t.Context(), c, ingest.Options{}, ingest.Sink{Emit: func([]tracker.Result) {}}); err != nil {
		t.Error(err)
	}
}

func TestWhatACommandWritesIsReadToItsEnd(t *testing.T) {
	read := func(text string) (string, error) {
		log, err := ingest.OpenCommand(t.Context(), script(text))
		if err != nil {
			return "", err
		}
		all, err := io.ReadAll(log)
		return string(all), errors.Join(err, log.Close())
	}
	if got, err := read("echo a; echo b | gzip -c >/dev/null; echo c"); err != nil || got != "a\nc\n" {
		t.Errorf("%q, %v", got, err)
	}
	if got, err := read("echo a | gzip -c"); err != nil || got != "a\n" {
		t.Errorf("compressed: %q, %v", got, err)
	}
	if got, err := read("echo a; echo no such host >&2; exit 3"); got != "a\n" || err == nil || err.Error() != "no such host" {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := read("exit 3"); err == nil || !strings.Contains(err.Error(), "exit status 3") {
		t.Errorf("%v", err)
	}
	log, err := ingest.OpenCommand(t.Context(), script("while echo a; do :; done"))
	if err != nil {
		t.Fatal(err)
	}
	if err := log.Close(); err != nil { // it ends with who reads it
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	if log, err = ingest.OpenCommand(ctx, script("echo aaaa; exec sleep 1000")); err != nil {
		t.Fatal(err)
	}
	cancel()
	_, _ = io.ReadAll(log) // returns
	_ = log.Close()
}
