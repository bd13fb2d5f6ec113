package ingest

import (
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"errtop/internal/logline"
	"errtop/tracker"
)

// logWorld is a program that logs, a rotator, and a follower, all taking their steps in turn.
type logWorld struct {
	t       *testing.T
	r       *rand.Rand
	path    string
	writer  *os.File
	half    string // rest of a line that was begun
	written int
	rotated int
	unseen  int  // rotations since the last look
	moved   bool // the path is no longer what the writer has open
	seen    map[string]int
	f       *follower
	now     time.Time
}

func newLogWorld(t *testing.T, seed uint64) *logWorld {
	w := &logWorld{t: t, r: rand.New(rand.NewPCG(seed, 1)), path: filepath.Join(t.TempDir(), "app.log"), seen: map[string]int{}, now: time.Unix(1e9, 0)}
	f, err := newFollower(w.path, Options{All: true}, Sink{Emit: func(batch []tracker.Result) {
		for _, r := range batch {
			w.seen[r.Target]++
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	w.f = f
	t.Cleanup(f.close)
	return w
}

func (w *logWorld) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// write writes whole lines, and sometimes the first half of one more.
func (w *logWorld) write() {
	if w.writer == nil {
		file, err := os.OpenFile(w.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		w.must(err)
		w.writer, w.moved = file, false
	}
	text := w.half
	w.half = ""
	for range w.r.IntN(4) {
		w.written++
		text += fmt.Sprintf(`{"status":200,"target":"line%d"}`+"\n", w.written)
	}
	if w.r.IntN(4) == 0 {
		w.written++
		line := fmt.Sprintf(`{"status":200,"target":"line%d"}`+"\n", w.written)
		cut := 1 + w.r.IntN(len(line)-1)
		text, w.half = text+line[:cut], line[cut:]
	}
	_, err := w.writer.WriteString(text)
	w.must(err)
}

// end finishes a line that was begun.
func (w *logWorld) end() {
	if w.half != "" {
		_, err := w.writer.WriteString(w.half)
		w.must(err)
		w.half = ""
	}
}

// read lets the follower read all there is.
func (w *logWorld) read() {
	for w.f.step(w.now) {
		continue
	}
	w.unseen = 0
}

func (w *logWorld) step() {
	switch w.r.IntN(12) {
	case 0: // rename; the writer goes on writing to what it has open, until it reopens
		if w.writer != nil && !w.moved {
			if w.f.now == nil || w.unseen == 2 {
				w.read() // before there was a first, and beyond what is kept of the rotated, nothing is promised
			}
			w.rotated++
			w.unseen++
			w.must(os.Rename(w.path, fmt.Sprintf("%s.%d", w.path, w.rotated%3)))
			w.moved = true
		}
	case 1: // delete
		if w.writer != nil && !w.moved {
			w.read() // what is deleted before anybody looked can't be read
			w.must(os.Remove(w.path))
			w.moved = true
		}
	case 2: // reopen
		if w.writer != nil && w.moved {
			w.end()
			w.must(w.writer.Close())
			w.writer = nil
			w.write()
		}
	case 3: // copytruncate, its own race left out
		if w.writer != nil && !w.moved {
			w.end()
			name := w.path + ".7"
			if w.r.IntN(2) == 0 || w.unseen > 0 || w.f.now == nil || len(w.f.now.head) < headSize {
				w.read() // what was read needs no copy under a rotation's name; nor can be told what hardly began
				name = w.path + ".copy"
			}
			_ = os.Remove(name) // where there is one
			copied, err := os.Create(name)
			w.must(err)
			source, err := os.Open(w.path)
			w.must(err)
			_, err = io.Copy(copied, source)
			w.must(err)
			w.must(copied.Close())
			w.must(source.Close())
			w.must(os.Truncate(w.path, 0))
			if w.r.IntN(2) == 0 {
				w.write()
			}
			w.read()
		}
	case 4, 5, 6:
		w.read()
	case 7:
		w.now = w.now.Add(time.Duration(w.r.IntN(3000)) * time.Millisecond)
	default:
		w.write()
	}
}

func TestFollowReadsEveryLineOnceWhateverTheRotationDoes(t *testing.T) {
	steps := 10000
	if testing.Short() {
		steps = 1000
	}
	for seed := range uint64(4) {
		w := newLogWorld(t, seed)
		for range steps / 4 {
			w.step()
		}
		if w.writer != nil {
			w.end()
		}
		w.read()
		for i := 1; i <= w.written; i++ {
			if n := w.seen[fmt.Sprintf("line%d", i)]; n != 1 {
				t.Fatalf("seed %d: line %d of %d came %d times", seed, i, w.written, n)
			}
		}
		if u := w.f.pump.health.Unreadable; u != 0 {
			t.Fatalf("seed %d: %d unreadable: %+v", seed, u, w.f.pump.health.Samples)
		}
		if len(w.f.old) > 20 {
			t.Errorf("seed %d: %d files are still open", seed, len(w.f.old))
		}
		if w.writer != nil {
			w.must(w.writer.Close())
		}
	}
}

func TestWhatARotationPutsInAnothersPlaceIsReadOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.log")
	seen := ""
	write := func(name, target string) {
		t.Helper()
		if err := os.WriteFile(name, []byte(`{"status":200,"target":"`+target+"\"}\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(path, "b")
	write(path+".1", "a")
	yesterday := time.Now().Add(-24 * time.Hour)
	if err := os.Chtimes(path+".1", yesterday, yesterday); err != nil {
		t.Fatal(err)
	}
	var followers []*follower
	for _, name := range []string{path, path + ".1"} {
		f, err := newFollower(name, Options{}, Sink{Emit: func(batch []tracker.Result) {
			for _, r := range batch {
				seen += r.Target
			}
		}})
		if err != nil {
			t.Fatal(err)
		}
		defer f.close()
		f.rotated = isRotation(name, path)
		followers = append(followers, f)
	}
	look := func() {
		for i := range 20 {
			for _, f := range followers {
				for f.step(time.Unix(int64(i), 0)) {
					continue
				}
			}
		}
	}
	look()
	for _, step := range []error{os.Rename(path+".1", path+".2"), os.Rename(path, path+".1")} {
		if step != nil {
			t.Fatal(step)
		}
	}
	write(path, "c")
	look()
	if seen != "bac" {
		t.Errorf("saw %q", seen)
	}
	if f := followers[1]; f.now != nil || len(f.old) != 0 || f.pump.health.State != tracker.SourceEnded {
		t.Errorf("the rotated file is still open: %+v", f.pump.health)
	}
	for name, want := range map[string]bool{"a.log.1": true, "a.log-20260102.gz": true, "a.log": false, "a.log.err": false, "b.log.1": false, "a.log1": false} {
		if got := isRotation(name, "a.log"); got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestFollowSwitchesWithASymbolicLink(t *testing.T) {
	dir := t.TempDir()
	link := filepath.Join(dir, "current")
	seen := ""
	f, err := newFollower(link, Options{}, Sink{Emit: func(batch []tracker.Result) {
		for _, r := range batch {
			seen += r.Target
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer f.close()
	for _, name := range []string{"a", "b", "c"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(`{"status":200,"target":"`+name+"\"}\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		_ = os.Remove(link)
		if err := os.Symlink(filepath.Join(dir, name), link); err != nil {
			t.Fatal(err)
		}
		for f.step(time.Unix(0, 0)) {
			continue
		}
	}
	if seen != "abc" {
		t.Errorf("saw %q", seen)
	}
}

// hourly returns a log of an hour a line, oldest first, with a line that has no time now and then.
func hourly(hours int) string {
	var b strings.Builder
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range hours {
		fmt.Fprintf(&b, `{"ts":"%s","status":200,"target":"t","note":"%s"}`+"\n", start.Add(time.Duration(i)*time.Hour).Format(time.RFC3339), strings.Repeat("n", 1000))
		if i%7 == 0 {
			b.WriteString("no request\n")
		}
	}
	return b.String()
}

func TestTheWindowIsFoundByBisection(t *testing.T) {
	const hours = 20000
	log := hourly(hours)
	newest := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add((hours - 1) * time.Hour)
	d, err := logline.NewDecoder(logline.Options{}, newest)
	if err != nil {
		t.Fatal(err)
	}
	for _, since := range []time.Duration{time.Minute, 24 * time.Hour, 1000 * time.Hour, 19998 * time.Hour, 30000 * time.Hour} {
		reads := &countingReader{ReaderAt: strings.NewReader(log)}
		w := findWindow(reads, int64(len(log)), Options{Since: since}, d, make([]byte, readSize))
		when, start, ok := firstTime(strings.NewReader(log), max(0, w.start-1), int64(len(log)), d, make([]byte, readSize))
		if !ok || start != w.start {
			t.Fatalf("since %v: %d is no line's start (%d)", since, w.start, start)
		}
		want := newest.Add(-since)
		if w.start > 0 && (when.Before(want) || when.Sub(want) >= time.Hour) {
			t.Errorf("since %v: starts at %v, want %v", since, when, want)
		}
		if reads.n > 80 {
			t.Errorf("since %v: %d reads", since, reads.n)
		}
	}
	if w := findWindow(strings.NewReader(log), int64(len(log)), Options{All: true}, d, make([]byte, readSize)); w.start != 0 || w.recent != 0 {
		t.Errorf("all: %+v", w)
	}
	if w := findWindow(strings.NewReader("no\nrequest\n"), 11, Options{}, d, make([]byte, readSize)); w.start != 0 {
		t.Errorf("without a time: %+v", w)
	}
}

func TestTheWindowIsFoundBehindTheHoleOfASparseFile(t *testing.T) {
	const hole = 50 << 30
	log := hourly(100)
	path := filepath.Join(t.TempDir(), "sparse.log")
	file, err := os.Create(path)
	if err == nil {
		_, err = file.WriteAt([]byte("\n"+log), hole)
	}
	if err != nil {
		t.Skip("no sparse files here:", err)
	}
	defer file.Close() //nolint:errcheck // a test's file
	d, err := logline.NewDecoder(logline.Options{}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	reads := &countingReader{ReaderAt: file}
	w := findWindow(reads, hole+1+int64(len(log)), Options{}, d, make([]byte, readSize))
	when, _, ok := firstTime(file, w.start-1, hole+1+int64(len(log)), d, make([]byte, readSize))
	if want := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(75 * time.Hour); !ok || !when.Equal(want) || reads.n > 3000 {
		t.Errorf("starts at %v, want %v; %d reads", when, want, reads.n)
	}
}

func TestFollowGoesOnWhereItWasLeft(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.log")
	var kept Position
	seen := ""
	run := func() {
		t.Helper()
		o := Options{Resume: func(string) (Position, bool) { return kept, kept.Offset > 0 || len(kept.Older) > 0 }}
		f, err := newFollower(path, o, Sink{
			Place: func(_ string, batch []tracker.Result, at Position, exact bool) {
				for _, r := range batch {
					seen += r.Target
				}
				if exact {
					kept = at
				}
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		defer f.close()
		for f.step(time.Now()) {
			continue
		}
		f.step(time.Now().Add(time.Hour)) // the rotated file has been quiet for long
		for f.step(time.Now().Add(time.Hour)) {
			continue
		}
	}
	write := func(path, targets string, end bool) {
		t.Helper()
		var text strings.Builder
		for _, target := range targets {
			fmt.Fprintf(&text, `{"status":200,"target":"%c"}`+"\n", target)
		}
		file, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err == nil {
			_, err = file.WriteString(strings.TrimSuffix(text.String(), map[bool]string{false: "}\n"}[end]))
		}
		if err == nil {
			err = file.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	write(path, "ab", true)
	run()
	write(path, "cd", false) // d is not finished
	run()
	file, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err == nil {
		_, err = file.WriteString("}\n")
	}
	if err != nil || file.Close() != nil {
		t.Fatal(err)
	}
	write(path, "e", true)
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	write(path, "fg", true)
	run()
	run()
	if seen != "abcdefg" {
		t.Errorf("saw %q", seen)
	}
}

// countingReader counts reads.
type countingReader struct {
	io.ReaderAt
	n int
}

func (c *countingReader) ReadAt(b []byte, at int64) (int, error) {
	c.n++
	return c.ReaderAt.ReadAt(b, at)
}

func TestTheNewestHourComesFirstThenTheRestOfTheWindow(t *testing.T) {
	var b strings.Builder
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	const lines = 20000
	for i := range lines {
		fmt.Fprintf(&b, `{"ts":"%s","status":200,"target":"t","note":"%s"}`+"\n", start.Add(time.Duration(i)*6*time.Second).Format(time.RFC3339), strings.Repeat("n", 1000))
	}
	path := filepath.Join(t.TempDir(), "big.log")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	newest := start.Add((lines - 1) * 6 * time.Second)
	var first, oldest time.Time
	seen := map[time.Time]int{}
	err := Follow(t.Context(), []string{path}, Options{NoFollow: true}, Sink{Emit: func(batch []tracker.Result) {
		for _, r := range batch {
			if first.IsZero() {
				first = r.Time
			}
			if oldest.IsZero() || r.Time.Before(oldest) {
				oldest = r.Time
			}
			seen[r.Time]++
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	if age := newest.Sub(first); age < time.Hour || age > 90*time.Minute {
		t.Errorf("the first result is %v old", age)
	}
	if age := newest.Sub(oldest); age < 24*time.Hour || age > 25*time.Hour {
		t.Errorf("the oldest result is %v old", age)
	}
	for at := oldest; !at.After(newest); at = at.Add(6 * time.Second) {
		if seen[at] != 1 {
			t.Fatalf("%v came %d times", at, seen[at])
		}
	}
}

// newFollower returns a follower with a workspace of its own that has not looked yet.
func newFollower(path string, o Options, sink Sink) (*follower, error) {
	p, err := newPump(path, o, sink)
	if err != nil {
		return nil, err
	}
	f := &follower{path: path, options: o, pump: p, listings: new(listings)}
	f.tellPlaces()
	return f, nil
}
