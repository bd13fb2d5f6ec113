package engine

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"errtop/internal/config"
	"errtop/internal/recording"
	"errtop/tracker"
)

// entriesOf reads a recording to its end.
func entriesOf(t *testing.T, path string) (all []recording.Entry) {
	t.Helper()
	r, err := recording.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close() //nolint:errcheck // only read from
	for {
		e, err := r.Next()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, e)
	}
}

func TestARecordingHoldsWhatTheEngineWasGiven(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "a.ndjson.zst")
		settings := config.Default()
		settings.Name = "prod"
		e, err := New(Options{Settings: settings, EndWithSources: true, Sources: []Source{fill, func(_ context.Context, in Intake) error {
			in.AddMark(tracker.Mark{Text: "deploy 4.2.1", Target: "flux"})
			for range 30 { // health that only counts is not written each time
				in.Health(tracker.Source{Name: "other", State: tracker.SourceReading, Lines: 1})
				time.Sleep(time.Second)
			}
			in.Health(tracker.Source{Name: "other", State: tracker.SourceFailed, Problem: "gone away"})
			return nil
		}}})
		if err != nil {
			t.Fatal(err)
		}
		recorder, err := e.Record(path, false)
		if err != nil {
			t.Fatal(err)
		}
		if err := e.Run(t.Context()); err != nil {
			t.Error(err)
		}
		done, ok := recorder.Wait(t.Context())
		if !ok || done.Err != nil || done.Results != 1 || done.Marks != 1 || done.LeftOut != 0 || done.Bytes == 0 || done.First.IsZero() {
			t.Errorf("%+v", done)
		}
		var results, marks, health int
		var last tracker.Source
		for _, entry := range entriesOf(t, path) {
			switch {
			case entry.Result != nil:
				results++
			case entry.Mark != nil && entry.Mark.Text == "deploy 4.2.1":
				marks++
			case entry.Source != nil && entry.Source.Name == "other":
				health++
				last = *entry.Source
			}
		}
		if results != 1 || marks != 1 || health != 4 || last.Problem != "gone away" {
			t.Errorf("%d results, %d marks, %d entries of health, the last %+v", results, marks, health, last)
		}
	})
}

// disk is a file on a disk that can be full or slow.
type disk struct {
	mu      sync.Mutex
	full    bool
	slow    time.Duration
	written strings.Builder
}

func (d *disk) set(full bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.full = full
}

func (d *disk) Write(lines []byte) (int, error) {
	time.Sleep(d.slow)
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.full {
		return 0, &fs.PathError{Op: "write", Path: "/x/a", Err: syscall.ENOSPC}
	}
	return d.written.Write(lines)
}

func (d *disk) Size() int64  { return int64(d.written.Len()) }
func (d *disk) Close() error { return nil }

// recordOn makes an engine record onto a disk.
func recordOn(t *testing.T, e *Engine, d *disk, wait bool) *Recorder {
	t.Helper()
	r, err := e.Record(filepath.Join(t.TempDir(), "a"), wait)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.file.Close(); err != nil {
		t.Fatal(err)
	}
	r.file = d
	return r
}

func TestAFullDiskIsToldOnceAndNothingWaitsForIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &disk{full: true}
		began := time.Now()
		e := newEngine(t, func(_ context.Context, in Intake) error {
			for range 60 {
				in.Emit(failure("flux"))
				time.Sleep(time.Second)
			}
			d.set(false)
			for range 60 {
				in.Emit(failure("flux"))
				time.Sleep(time.Second)
			}
			return nil
		})
		e.options.EndWithSources = true
		recorder := recordOn(t, e, d, false)
		notices, stop := e.Notices()
		defer stop()
		if err := e.Run(t.Context()); err != nil {
			t.Error(err)
		}
		done, _ := recorder.Wait(t.Context())
		if time.Since(began) != 2*time.Minute || done.Results != 120 || done.LeftOut != 0 || done.Err != nil {
			t.Errorf("after %v: %+v", time.Since(began), done)
		}
		if n := strings.Count(d.written.String(), `"boom"`); n != 120 {
			t.Errorf("%d results are on the disk", n)
		}
		if len(notices) != 2 {
			t.Fatalf("%d notices", len(notices))
		}
		if first, second := <-notices, <-notices; !strings.Contains(first, "no space left") || !strings.Contains(second, "goes on") {
			t.Errorf("%q, %q", first, second)
		}
	})
}

func TestWhatWaitsForTheDiskIsBoundedAndTheRestCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &disk{full: true}
		batch := failure("flux")
		batch[0].Message = strings.Repeat("x", 1<<20)
		e := newEngine(t, func(_ context.Context, in Intake) error {
			for range 100 {
				in.Emit(batch)
				time.Sleep(time.Second)
			}
			d.set(false)
			return nil
		})
		e.options.EndWithSources = true
		recorder := recordOn(t, e, d, false)
		if err := e.Run(t.Context()); err != nil {
			t.Error(err)
		}
		done, _ := recorder.Wait(t.Context())
		if done.LeftOut == 0 || done.Results+done.LeftOut != 100 || done.Bytes > maxUnwritten+8<<20 {
			t.Errorf("%+v", done)
		}
	})
}

func TestWithWaitNothingIsLeftOutHoweverSlowTheDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &disk{slow: 200 * time.Millisecond}
		batch := failure("flux")
		batch[0].Message = strings.Repeat("x", 1<<20)
		e := newEngine(t, func(_ context.Context, in Intake) error {
			for range 100 {
				in.Emit(batch)
			}
			return nil
		})
		e.options.EndWithSources = true
		recorder := recordOn(t, e, d, true)
		if err := e.Run(t.Context()); err != nil {
			t.Error(err)
		}
		if done, _ := recorder.Wait(t.Context()); done.Results != 100 || done.LeftOut != 0 || done.Err != nil {
			t.Errorf("%+v", done)
		}
	})
}

func TestARecordingIsReadableByItsOwnerOnlyAndNeverOverAnotherFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a")
	if _, err := newEngine(t).Record(path, false); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 && os.PathSeparator == '/' {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if _, err := newEngine(t).Record(path, false); !errors.Is(err, fs.ErrExist) {
		t.Error(err)
	}
}

// What answers echo of the settings' own secrets is masked before it is written, wherever it stands.
func TestARecordingHoldsNoSecretOfTheSettings(t *testing.T) {
	const secret = "C4N4RYx9Kq2Lm5Zt"
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "a.ndjson")
		settings := config.Default()
		settings.Push.Token = config.Secret(secret)
		e, err := New(Options{Settings: settings, EndWithSources: true, Sources: []Source{func(_ context.Context, in Intake) error {
			results := failure("flux")
			result := &results[0]
			result.Message, result.Error, result.Route = "you sent "+secret, secret, "/x/"+secret
			result.Evidence = &tracker.Evidence{Body: `{"echo":"` + secret + `"}`, Line: secret, Headers: []tracker.Header{{Name: "Server", Value: secret}}}
			in.Emit(results)
			in.AddMark(tracker.Mark{Text: "deploy " + secret, Target: "flux"})
			in.Health(tracker.Source{Name: "other", State: tracker.SourceFailed, Problem: "gone away with " + secret})
			return nil
		}}})
		if err != nil {
			t.Fatal(err)
		}
		recorder, err := e.Record(path, false)
		if err != nil {
			t.Fatal(err)
		}
		if err := e.Run(t.Context()); err != nil {
			t.Error(err)
		}
		if done, ok := recorder.Wait(t.Context()); !ok || done.Results != 1 {
			t.Fatalf("%+v", done)
		}
		text, err := os.ReadFile(path)
		if err != nil || !strings.Contains(string(text), "you sent ") || strings.Contains(string(text), "C4N4RY") {
			t.Errorf("%v\n%s", err, text)
		}
	})
}
