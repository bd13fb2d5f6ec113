package ingest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fsnotify/fsnotify"

	"errtop/tracker"
)

// followed is what Follow runs, without its goroutines: tests take its turns and set its clock.
type followed struct {
	*following
	t     *testing.T
	space *workspace
	now   time.Time
	lines []string // targets of the results that came
	last  map[string]tracker.Source
}

func newFollowed(t *testing.T, patterns ...string) *followed {
	t.Helper()
	f := &followed{t: t, now: time.Now(), last: map[string]tracker.Source{}}
	sink := Sink{
		Emit: func(batch []tracker.Result) {
			for _, r := range batch {
				f.lines = append(f.lines, r.Target)
			}
		},
		Health: func(s tracker.Source) { f.last[s.Name] = s },
	}
	f.start(sink, patterns...)
	return f
}

func (f *followed) start(sink Sink, patterns ...string) {
	f.t.Helper()
	a, err := newFollowing(Options{}, sink, patterns, 2)
	if err != nil {
		f.t.Fatal(err)
	}
	f.following = a
	if f.space, err = newWorkspace(Options{}); err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() { _ = a.finish(true) })
}

// turn lets every follower that is due read.
func (f *followed) turn() {
	for {
		due := f.schedule.next(f.now)
		if due == nil {
			return
		}
		f.took(f.serve(context.Background(), due, f.space, f.now), f.now)
	}
}

// search looks for files of the patterns, then takes turns.
func (f *followed) search() {
	f.t.Helper()
	files, _, err := expand(f.patterns)
	if err != nil {
		f.t.Fatal(err)
	}
	f.matched(files)
	f.turn()
}

// pass lets time pass, with looks in between.
func (f *followed) pass(d time.Duration) {
	for end := f.now.Add(d); f.now.Before(end); f.now = f.now.Add(250 * time.Millisecond) {
		f.turn()
	}
}

func (f *followed) write(path, text string) {
	f.t.Helper()
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err == nil {
		_, err = file.WriteString(text)
	}
	if err != nil || file.Close() != nil {
		f.t.Fatal(err)
	}
}

func (f *followed) remove(path string) {
	f.t.Helper()
	if err := os.Remove(path); err != nil {
		f.t.Fatal(err)
	}
}

// result is a line of a request log.
func result(target string) string { return `{"status":500,"target":"` + target + "\"}\n" }

// descriptors returns how many files the process has open, or 0 if the system does not say.
func descriptors() int {
	open, _ := os.ReadDir("/proc/self/fd")
	return len(open)
}

// heap returns the bytes in use once garbage is collected.
func heapBytes() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// TestTenThousandFilesThatComeAndGoLeaveNothingBehind has pods come and go: each logs, some rotate, all are deleted.
func TestTenThousandFilesThatComeAndGoLeaveNothingBehind(t *testing.T) {
	files, wave := 10_000, 100
	if testing.Short() {
		files = 1000
	}
	folder := t.TempDir()
	f := &followed{t: t, now: time.Now()}
	counts := tracker.New(tracker.Settings{})
	f.start(Sink{
		Emit:   func(batch []tracker.Result) { counts.Record(f.now, batch) },
		Health: func(s tracker.Source) { counts.UpdateSource(f.now, s) },
	}, filepath.Join(folder, "*", "*.log"))
	began, beganRoutines, beganHeap := descriptors(), runtime.NumGoroutine(), int64(0)
	for first := 0; first < files; first += wave {
		pods := filepath.Join(folder, fmt.Sprint(first))
		if err := os.Mkdir(pods, 0o700); err != nil {
			t.Fatal(err)
		}
		for i := range wave {
			f.write(filepath.Join(pods, fmt.Sprintf("%d.log", i)), result("pods")+result("pods"))
		}
		f.search()
		if len(f.files) != wave {
			t.Fatalf("%d files are followed, want %d", len(f.files), wave)
		}
		for i := range wave {
			path := filepath.Join(pods, fmt.Sprintf("%d.log", i))
			if f.write(path, result("pods")); i%10 == 0 {
				if err := os.Rename(path, path+".1"); err != nil {
					t.Fatal(err)
				}
				f.write(path, result("pods"))
			}
		}
		f.pass(time.Second)
		if err := os.RemoveAll(pods); err != nil {
			t.Fatal(err)
		}
		f.search()
		f.pass(2 * drainFor)
		if len(f.files)+len(f.watch.byName)+len(f.watch.folders)+len(f.schedule.live)+len(f.passed) > 0 {
			t.Fatalf("after %d files, %d are followed, %d names and %d folders watched, %d in the schedule", first+wave,
				len(f.files), len(f.watch.byName), len(f.watch.folders), len(f.schedule.live))
		}
		if first+wave == files/2 {
			beganHeap = heapBytes()
		}
	}
	snap := counts.Snapshot(f.now)
	if want := uint64(files*3 + files/10); len(snap.Sources) != 0 || len(snap.Gone) != 100 || snap.GoneCount != uint64(files) || snap.Overall.Day.Requests != want {
		t.Errorf("%d sources, %d gone of %d; %d requests, want %d", len(snap.Sources), len(snap.Gone), snap.GoneCount, snap.Overall.Day.Requests, want)
	}
	if now := descriptors(); now > began {
		t.Errorf("%d descriptors are open, %d were", now, began)
	}
	if now := runtime.NumGoroutine(); now > beganRoutines {
		t.Errorf("%d goroutines run, %d did", now, beganRoutines)
	}
	if grown := heapBytes() - beganHeap; grown > 1<<20 {
		t.Errorf("the heap grew by %d bytes", grown)
	}
	if len(f.left) > maxLeft || len(f.leftList) > maxLeft {
		t.Errorf("%d positions are kept", len(f.left))
	}
}

func TestADeletedFileIsReadWhileItsWriterGoesOnAndThenClosed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.log")
	for _, pattern := range []bool{false, true} {
		f := newFollowed(t, path+"*")
		writer, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		log := func(target string) {
			t.Helper()
			if _, err := writer.WriteString(result(target)); err != nil {
				t.Fatal(err)
			}
		}
		log("a")
		if !pattern {
			f.add([]string{path}, []string{path})
		}
		f.search()
		f.remove(path)
		f.pass(9 * time.Second)
		log("b")
		f.pass(9 * time.Second)
		if open := f.files[path].now; open == nil {
			t.Fatal("closed although its writer went on")
		}
		log("c")
		f.pass(12 * time.Second)
		if got := strings.Join(f.lines, ""); got != "abc" {
			t.Errorf("read %q", got)
		}
		if err := writer.Close(); err != nil {
			t.Fatal(err)
		}
		if pattern {
			if f.files[path] != nil || f.last[path].State != tracker.SourceGone || f.last[path].Results != 3 {
				t.Errorf("not gone: %+v", f.last[path])
			}
			continue
		}
		if waiting := f.files[path]; waiting == nil || waiting.now != nil || f.last[path].State != tracker.SourceWaiting {
			t.Fatalf("a file that was named is not waited for: %+v", f.last[path])
		}
		f.write(path, result("d"))
		f.pass(time.Second)
		if got := strings.Join(f.lines, ""); got != "abcd" {
			t.Errorf("read %q", got)
		}
		f.remove(path)
	}
}

func TestAFileThatWasGoneAndIsBackIsReadOn(t *testing.T) {
	folder := t.TempDir()
	path, away := filepath.Join(folder, "app.log"), filepath.Join(t.TempDir(), "away")
	f := newFollowed(t, filepath.Join(folder, "*.log"))
	f.write(path, result("a")+result("b"))
	f.search()
	if err := os.Rename(path, away); err != nil {
		t.Fatal(err)
	}
	f.search()
	f.pass(15 * time.Second)
	if f.files[path] != nil {
		t.Fatal("it is not gone")
	}
	f.write(away, result("c"))
	if err := os.Rename(away, path); err != nil {
		t.Fatal(err)
	}
	f.search()
	if got := strings.Join(f.lines, ""); got != "abc" {
		t.Errorf("read %q, want each line once", got)
	}
}

func TestRotationsOfAPatternAreReadOnceAndLetGo(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.log")
	f := newFollowed(t, path+"*")
	f.write(path+".1", result("a"))
	yesterday := time.Now().Add(-24 * time.Hour)
	if err := os.Chtimes(path+".1", yesterday, yesterday); err != nil {
		t.Fatal(err)
	}
	f.write(path, result("b"))
	f.search()
	for _, target := range []string{"c", "d"} {
		for _, step := range []error{os.Rename(path+".1", path+".2"), os.Rename(path, path+".1")} {
			if step != nil {
				t.Fatal(step)
			}
		}
		f.write(path, result(target))
		f.search()
		f.pass(15 * time.Second)
		f.search()
	}
	if slices.Sort(f.lines); strings.Join(f.lines, "") != "abcd" {
		t.Errorf("read %q", f.lines)
	}
	if len(f.files) != 1 || len(f.passed) != 2 {
		t.Errorf("%d files are followed, %d passed over", len(f.files), len(f.passed))
	}
}

func TestAFileAtRestHoldsNoBuffer(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.log")
	f := newFollowed(t)
	line := `{"status":500,"note":"` + strings.Repeat("n", 700<<10) + `","target":"long"}` + "\n"
	for _, piece := range []string{result("a"), line[:300<<10], line[300<<10 : 600<<10], line[600<<10:] + "half a line"} {
		f.write(path, piece)
		f.add([]string{path}, []string{path})
		f.pass(time.Second)
		at := f.files[path]
		if held := cap(at.now.lines.carry); held > maxCarry || at.pump.work != nil {
			t.Errorf("holds %d bytes of a line, workspace %v", held, at.pump.work != nil)
		}
	}
	f.write(path, "\n"+result("b"))
	f.pass(time.Second)
	if got := strings.Join(f.lines, " "); got != "a long b" {
		t.Errorf("read %q", got)
	}
	info, err := os.Stat(path)
	if h := f.last[path]; err != nil || h.BytesRead != info.Size() || h.Lines != 4 || h.Unreadable != 1 {
		t.Errorf("%d bytes: %+v", info.Size(), h)
	}
}

func TestAChangeConcernsOneFile(t *testing.T) {
	folder := t.TempDir()
	pattern := filepath.Join(folder, "*.log")
	f := newFollowed(t, pattern)
	name := func(i int) string { return filepath.Join(folder, fmt.Sprintf("%d.log", i)) }
	for i := range 50 {
		f.write(name(i), result("a"))
	}
	f.search()
	f.turn()
	f.now = f.now.Add(pollUnwatched / 2)
	for _, change := range []struct {
		path string
		op   fsnotify.Op
		want string
	}{
		{name(7), fsnotify.Write, name(7)},
		{name(8) + ".1", fsnotify.Write, name(8)},
		{filepath.Join(folder, "other"), fsnotify.Create, ""},
	} {
		f.changed(fsnotify.Event{Name: change.path, Op: change.op}, f.now)
		f.changed(fsnotify.Event{Name: change.path, Op: change.op}, f.now)
		due := f.schedule.next(f.now.Add(gather))
		switch {
		case due == nil && change.want != "", due != nil && due.path != change.want:
			t.Fatalf("after a change of %s, %v is looked at", change.path, due)
		case due != nil:
			f.took(f.serve(t.Context(), due, f.space, f.now), f.now)
		}
		if more := f.schedule.next(f.now.Add(gather)); more != nil {
			t.Fatalf("after a change of %s, %s is looked at too", change.path, more.path)
		}
	}
	f.write(filepath.Join(folder, "new.log"), result("new"))
	f.changed(fsnotify.Event{Name: filepath.Join(folder, "new.log"), Op: fsnotify.Create}, f.now)
	f.turn()
	if !slices.Contains(f.lines, "new") {
		t.Error("a new file that matches the pattern is not read at once")
	}
}

func TestManyFilesAreLookedAtLessOftenAndTogether(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.log")
	f := newFollowed(t)
	f.write(path, result("a"))
	f.add([]string{path}, []string{path})
	f.turn()
	at := f.files[path]
	if !f.watch.covers(at) {
		t.Skip("the system tells of no changes here")
	}
	if at.interval != pollWatched {
		t.Errorf("one file is looked at every %v", at.interval)
	}
	for i := range 4999 {
		f.files[fmt.Sprint(i)] = &follower{finished: true}
	}
	f.settle(at, f.now)
	if next := at.nextLook(f.now); at.interval != 10*time.Second || next.Sub(f.now) < 9*time.Second || next.Nanosecond()%int(pollTick) != 0 {
		t.Errorf("one of 5,000 is looked at every %v, next at %v", at.interval, next)
	}
	// What the watch did not report: such a file is looked at often for a while.
	f.write(path, result("b"))
	f.now = f.now.Add(10 * time.Second)
	f.turn()
	if at.interval != pollUnwatched || f.restless != 1 {
		t.Errorf("a file whose changes nobody tells of is looked at every %v", at.interval)
	}
	f.pass(2 * time.Minute)
	if at.interval != 10*time.Second || f.restless != 0 {
		t.Errorf("after two quiet minutes it is looked at every %v", at.interval)
	}
	clear(f.files)
	f.files[path] = at
}

func TestFollowingManyFilesTakesFewGoroutines(t *testing.T) {
	folder := t.TempDir()
	f := followed{t: t}
	for i := range 200 {
		f.write(filepath.Join(folder, fmt.Sprintf("%d.log", i)), result("a"))
	}
	before, most, read := runtime.NumGoroutine(), atomic.Int64{}, atomic.Int64{}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	err := Follow(ctx, []string{filepath.Join(folder, "*.log")}, Options{}, Sink{Emit: func(batch []tracker.Result) {
		most.Store(max(most.Load(), int64(runtime.NumGoroutine()-before)))
		if read.Add(int64(len(batch))) == 200 {
			cancel()
		}
	}})
	if n := most.Load(); err != nil || read.Load() != 200 || n > 20 {
		t.Errorf("%v: %d results, %d goroutines", err, read.Load(), n)
	}
}
