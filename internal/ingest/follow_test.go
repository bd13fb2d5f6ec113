package ingest_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"errtop/internal/ingest"
	"errtop/internal/logline"
	"errtop/internal/stats"
	"errtop/tracker"
)

// watcher keeps what several sources tell, and lets a test wait for it.
type watcher struct {
	mu      sync.Mutex
	targets []string
	marks   []tracker.Mark
	health  map[string]tracker.Source
	changed chan struct{}

	onResult func(*tracker.Result)
}

func newWatcher() *watcher {
	return &watcher{health: map[string]tracker.Source{}, changed: make(chan struct{}, 1)}
}

func (w *watcher) sink() ingest.Sink {
	tell := func() {
		select {
		case w.changed <- struct{}{}:
		default:
		}
	}
	return ingest.Sink{
		Emit: func(batch []tracker.Result) {
			w.mu.Lock()
			for _, r := range batch {
				w.targets = append(w.targets, r.Target)
				if w.onResult != nil {
					w.onResult(&r)
				}
			}
			w.mu.Unlock()
			tell()
		},
		Health: func(s tracker.Source) {
			w.mu.Lock()
			w.health[s.Name] = s
			w.mu.Unlock()
			tell()
		},
		Mark: func(mark tracker.Mark) {
			w.mu.Lock()
			w.marks = append(w.marks, mark)
			w.mu.Unlock()
			tell()
		},
	}
}

// wait waits until done says yes.
func (w *watcher) wait(t *testing.T, what string, done func() bool) {
	t.Helper()
	deadline := time.After(20 * time.Second)
	for {
		w.mu.Lock()
		ok := done()
		w.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-w.changed:
		case <-deadline:
			t.Fatalf("never: %s; have %v, %+v", what, w.targets, w.health)
		}
	}
}

func line(target string) string { return `{"status":500,"target":"` + target + "\"}\n" }

func appendTo(t *testing.T, path, text string) {
	t.Helper()
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err == nil {
		_, err = file.WriteString(text)
		err = errors.Join(err, file.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestFollowWaitsForFilesReadsOnAndEndsWithItsContext(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "later.log")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	w := newWatcher()
	done := make(chan error, 1)
	go func() {
		done <- ingest.Follow(ctx, []string{path, filepath.Join(dir, "*.none")}, ingest.Options{}, w.sink())
	}()
	w.wait(t, "waiting", func() bool { h, ok := w.health[path]; return ok && h.State == tracker.SourceWaiting })
	appendTo(t, path, line("a"))
	w.wait(t, "first line", func() bool { return strings.Join(w.targets, "") == "a" })
	appendTo(t, path, line("b"))
	w.wait(t, "second line", func() bool { return strings.Join(w.targets, "") == "ab" })
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	appendTo(t, path+".1", line("c"))
	appendTo(t, path, line("d"))
	w.wait(t, "both files", func() bool { return len(w.targets) == 4 })
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if h := w.health[path]; h.State != tracker.SourceEnded || h.Results != 4 || h.Unreadable != 0 {
		t.Errorf("%+v", h)
	}
}

// count counts the log at a path, as errtop stats does.
func count(t *testing.T, path string) (*stats.Summary, error) {
	t.Helper()
	open := func(ctx context.Context) (io.ReadCloser, error) { return ingest.Open(ctx, path) }
	return stats.Count(t.Context(), []stats.Input{{Name: path, Open: open}}, stats.Options{})
}

func TestCompressedFilesAreReadWhole(t *testing.T) {
	dir := t.TempDir()
	text := line("a") + line("b")
	var zipped, standard bytes.Buffer
	z := gzip.NewWriter(&zipped)
	_, err := z.Write([]byte(text))
	s, err2 := zstd.NewWriter(&standard)
	_, err3 := s.Write([]byte(text))
	if err := errors.Join(err, err2, err3, z.Close(), s.Close()); err != nil {
		t.Fatal(err)
	}
	w := newWatcher()
	for name, content := range map[string][]byte{"a.gz": zipped.Bytes(), "b.zst": standard.Bytes(), "c.log": []byte(text)} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := ingest.Follow(t.Context(), []string{path}, ingest.Options{NoFollow: true}, w.sink()); err != nil {
			t.Error(err)
		}
		summary, err := count(t, path)
		if err != nil || summary.Results() != 2 || summary.Lines() != 2 {
			t.Errorf("%s: %v, %+v", name, err, summary)
		}
	}
	if len(w.targets) != 6 {
		t.Errorf("%v", w.targets)
	}
	cut := filepath.Join(dir, "cut.gz")
	if err := os.WriteFile(cut, zipped.Bytes()[:zipped.Len()-9], 0o600); err != nil {
		t.Fatal(err)
	}
	if summary, err := count(t, cut); err == nil || summary.Results() == 0 || !strings.Contains(err.Error(), "cut off") {
		t.Errorf("a file that was cut off: %d results, %v", summary.Results(), err)
	}
}

func TestWhatIsNoLogIsRefusedWithTheReason(t *testing.T) {
	dir := t.TempDir()
	garbage := filepath.Join(dir, "garbage")
	if err := os.WriteFile(garbage, bytes.Repeat([]byte{0, 1, 2, 255}, 1<<18), 0o600); err != nil {
		t.Fatal(err)
	}
	for path, reason := range map[string]string{
		dir:                       "is a directory",
		"/dev/zero":               "is a device, not a log file",
		filepath.Join(dir, "nix"): "no such file or directory",
		garbage:                   "no request log",
	} {
		_, err := count(t, path)
		source, ok := errors.AsType[*logline.SourceError](err)
		if !ok || source.Name != path || !strings.Contains(source.Err.Error(), reason) {
			t.Errorf("stats: %v", err)
		}
		err = ingest.Follow(t.Context(), []string{path}, ingest.Options{NoFollow: true}, newWatcher().sink())
		if source, ok = errors.AsType[*logline.SourceError](err); !ok || !strings.Contains(source.Err.Error(), reason) {
			t.Errorf("follow: %v", err)
		}
	}
}

func TestASourceWithoutRequestsIsFailedUntilOneComes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.log")
	const banner = "listening on :8080\nready\n"
	const words = "no request log: none of its 2 lines is a request's; line 2: no known format: ready"
	appendTo(t, path, banner)
	w := newWatcher()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- ingest.Follow(ctx, []string{path}, ingest.Options{}, w.sink()) }()
	w.wait(t, "failed", func() bool { return w.health[path].State == tracker.SourceFailed && w.health[path].Problem == words })
	appendTo(t, path, line("a"))
	w.wait(t, "mended", func() bool { return w.health[path].State == tracker.SourceReading && w.health[path].Problem == "" })
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	var c collector
	err := ingest.Stream(t.Context(), "stdin", strings.NewReader(banner), ingest.Options{}, c.sink())
	if err == nil || err.Error() != "stdin: "+words || !errors.Is(err, logline.ErrNoLog) || c.health.State != tracker.SourceFailed || c.health.Problem != words {
		t.Errorf("stream: %v, %+v", err, c.health)
	}
}

func TestRefusedIsOnlyWhatCannotBecomeARequestLog(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		appendTo(t, path, text)
		return path
	}
	prose, log, empty := file("prose", "It was a dark\nand stormy night\n"), file("log", "started\n"+line("a")), file("empty", "")
	zipped := file("prose.gz", gzipped(t, "It was a dark\n"))
	large := file("large", strings.Repeat(strings.Repeat("x", 1023)+"\n", 33<<10)+line("a"))
	pipe := filepath.Join(dir, "pipe")
	if err := makePipe(pipe); err != nil {
		t.Skip(err)
	}
	missing, pattern := filepath.Join(dir, "missing"), filepath.Join(dir, "*.none")
	for _, c := range []struct {
		paths   []string
		o       ingest.Options
		refused string
	}{
		{[]string{prose}, ingest.Options{}, prose + ": no request log: none of its 2 lines is a request's; line 2: no known format: and stormy night"},
		{[]string{zipped}, ingest.Options{}, "no request log: its only line does not belong to a request"},
		{[]string{prose, dir, zipped}, ingest.Options{}, dir + ": is a directory"},
		{[]string{"/dev/zero"}, ingest.Options{}, "is a device"},
		{[]string{missing}, ingest.Options{NoFollow: true}, "no such file"},
		{[]string{prose}, ingest.Options{Options: logline.Options{Format: logline.JSON}, NoFollow: true}, "no request log"},
		{[]string{prose}, ingest.Options{Options: logline.Options{Format: logline.JSON}}, ""},
		{[]string{prose, log}, ingest.Options{}, ""},
		{[]string{prose, missing}, ingest.Options{}, ""},
		{[]string{prose, pattern}, ingest.Options{}, ""},
		{[]string{prose, pipe}, ingest.Options{}, ""},
		{[]string{empty}, ingest.Options{}, ""},
		{[]string{large}, ingest.Options{}, ""},
	} {
		switch err := ingest.Refuse(c.paths, c.o); {
		case c.refused == "" && err != nil:
			t.Errorf("%v, %+v: %v", c.paths, c.o, err)
		case c.refused != "" && (err == nil || !strings.Contains(err.Error(), c.refused)):
			t.Errorf("%v, %+v: %v, want %q", c.paths, c.o, err, c.refused)
		}
	}
}

// gzipped returns text compressed.
func gzipped(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, err := z.Write([]byte(text))
	if err := errors.Join(err, z.Close()); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestACompressedStreamIsUnpackedWhileItComes(t *testing.T) {
	r, pipe := io.Pipe()
	var c collector
	done := make(chan error, 1)
	w := newWatcher()
	go func() { done <- ingest.Stream(t.Context(), "stdin", r, ingest.Options{}, w.sink()) }()
	z := gzip.NewWriter(pipe)
	for i, target := range []string{"a", "b", "c"} {
		write(t, z, line(target))
		if err := z.Flush(); err != nil {
			t.Fatal(err)
		}
		w.wait(t, target, func() bool { return len(w.targets) == i+1 })
	}
	if err := errors.Join(z.Close(), pipe.Close(), <-done); err != nil {
		t.Error(err)
	}
	s, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	standard := s.EncodeAll([]byte(line("a")+line("b")), nil)
	if err := ingest.Stream(t.Context(), "stdin", bytes.NewReader(standard), ingest.Options{}, c.sink()); err != nil || len(c.results) != 2 {
		t.Errorf("zstd: %d results, %v", len(c.results), err)
	}
	err = ingest.Stream(t.Context(), "stdin", bytes.NewReader(standard[:len(standard)-5]), ingest.Options{}, c.sink())
	if err == nil || c.health.State != tracker.SourceFailed {
		t.Errorf("zstd, cut off: %v, %+v", err, c.health)
	}
}

func TestOneBadFileLeavesTheOthersAlone(t *testing.T) {
	dir := t.TempDir()
	good := filepath.Join(dir, "good.log")
	appendTo(t, good, strings.Repeat(line("a"), 2000))
	w := newWatcher()
	err := ingest.Follow(t.Context(), []string{filepath.Join(dir, "none"), good, dir}, ingest.Options{NoFollow: true}, w.sink())
	if err == nil || !strings.Contains(err.Error(), "none: ") || !strings.Contains(err.Error(), "is a directory") || len(w.targets) != 2000 {
		t.Errorf("%d results, %v", len(w.targets), err)
	}
	if err := ingest.Follow(t.Context(), []string{filepath.Join(dir, "*.none")}, ingest.Options{NoFollow: true}, w.sink()); err == nil {
		t.Error("a pattern without files is no error")
	}
}

func TestAPipeOutlivesItsWriters(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	if err := makePipe(path); err != nil {
		t.Skip(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	w := newWatcher()
	done := make(chan error, 1)
	go func() { done <- ingest.Follow(ctx, []string{path}, ingest.Options{}, w.sink()) }()
	for i, target := range []string{"a", "b", "c"} {
		appendTo(t, path, line(target))
		w.wait(t, target, func() bool { return len(w.targets) == i+1 })
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// TestAnErrorLogBesideItsAccessLogSaysWhy: one request is one result, with what both logs say, when they are followed together.
func TestAnErrorLogBesideItsAccessLogSaysWhy(t *testing.T) {
	dir := t.TempDir()
	errorLog, accessLog := filepath.Join(dir, "error.log"), filepath.Join(dir, "access.log")
	now := time.Now().UTC()
	why := func(path string) string {
		return now.Format("2006/01/02 15:04:05") + ` [error] 7#7: *1 connect() failed (111: Connection refused), client: 192.0.2.1, server: a, request: "GET ` + path + ` HTTP/1.1", upstream: "http://10.0.0.2:80/", host: "a"` + "\n"
	}
	how := func(path string) string {
		return `192.0.2.1 - - [` + now.Format("02/Jan/2006:15:04:05 -0700") + `] "GET ` + path + ` HTTP/1.1" 502 157 "-" "curl/8"` + "\n"
	}
	appendTo(t, errorLog, now.Format("2006/01/02 15:04:05")+" [notice] 7#7: start worker processes\n"+why("/a"))
	appendTo(t, accessLog, how("/a"))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	w := newWatcher()
	var messages []string
	w.onResult = func(r *tracker.Result) { messages = append(messages, r.Route+" "+r.Message) }
	done := make(chan error, 1)
	go func() { done <- ingest.Follow(ctx, []string{accessLog, errorLog}, ingest.Options{}, w.sink()) }()
	w.wait(t, "the first request", func() bool { return len(messages) == 1 })
	appendTo(t, accessLog, how("/b")) // the other way round
	appendTo(t, errorLog, why("/b"))
	w.wait(t, "the second request", func() bool { return len(messages) == 2 })
	w.wait(t, "no failed source", func() bool {
		h := w.health[errorLog]
		return h.State == tracker.SourceReading && h.Problem == "" && h.Unreadable == 0
	})
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	for i, path := range []string{"/a", "/b"} {
		if want := path + " connect() failed (111: Connection refused)"; messages[i] != want {
			t.Errorf("%q, want %q", messages[i], want)
		}
	}
}
