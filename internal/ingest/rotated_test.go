package ingest

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"errtop/tracker"
)

// lineAt is a request's line whose target is the hour it was logged in.
func lineAt(hour int) string {
	at := time.Date(2026, 11, 22, hour, 30, 0, 0, time.UTC)
	return fmt.Sprintf(`{"ts":%q,"status":200,"target":"hour%d"}`+"\n", at.Format(time.RFC3339), hour)
}

// linesOf returns the lines of hours from to to.
func linesOf(from, to int) string {
	var b strings.Builder
	for hour := from; hour <= to; hour++ {
		b.WriteString(lineAt(hour))
	}
	return b.String()
}

// hoursIn follows app.log in a folder with these files until all that is there is read, and goes on after each of the
// functions in between; it returns the hours read, each as often as it was.
func hoursIn(t *testing.T, o Options, files map[string]string, between ...func(folder string)) []string {
	t.Helper()
	folder := t.TempDir()
	for i, name := range slices.Sorted(maps.Keys(files)) { // "app.log" before "app.log.1" before "app.log.2": older by name
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(files[name]), 0o600); err != nil {
			t.Fatal(err)
		}
		written := time.Now().Add(-time.Duration(i) * time.Minute)
		if err := os.Chtimes(path, written, written); err != nil {
			t.Fatal(err)
		}
	}
	var hours []string
	f, err := newFollower(filepath.Join(folder, "app.log"), o, Sink{Emit: func(batch []tracker.Result) {
		for _, r := range batch {
			hours = append(hours, r.Target)
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer f.close()
	f.reaches = true
	now := time.Now()
	for _, then := range append([]func(string){func(string) {}}, between...) {
		then(folder)
		for f.step(now) {
			continue
		}
	}
	slices.Sort(hours)
	return hours
}

// names returns what hoursIn returns where each of the hours from to to was read once.
func names(from, to int) []string {
	var hours []string
	for hour := from; hour <= to; hour++ {
		hours = append(hours, fmt.Sprintf("hour%d", hour))
	}
	slices.Sort(hours)
	return hours
}

func TestTheWindowReachesBackIntoRotations(t *testing.T) {
	appended := func(name, text string) func(string) {
		return func(folder string) {
			file, err := os.OpenFile(filepath.Join(folder, name), os.O_APPEND|os.O_WRONLY, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer file.Close() //nolint:errcheck // the test would fail
			if _, err := file.WriteString(text); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, c := range map[string]struct {
		options Options
		files   map[string]string
		between []func(string)
		want    []string
	}{
		"an hour after midnight": {
			files: map[string]string{"app.log": lineAt(24), "app.log.1": linesOf(0, 23)},
			want:  names(0, 24),
		},
		"only as far as the window goes": {
			options: Options{Since: 3 * time.Hour},
			files:   map[string]string{"app.log": linesOf(20, 21), "app.log.1": linesOf(10, 19), "app.log.2": linesOf(0, 9)},
			want:    names(18, 21),
		},
		"not where the file holds the window": {
			options: Options{Since: 2 * time.Hour},
			files:   map[string]string{"app.log": linesOf(10, 21), "app.log.1": linesOf(0, 9)},
			want:    names(19, 21),
		},
		"through several": {
			files: map[string]string{"app.log": lineAt(12), "app.log.1": linesOf(8, 11), "app.log.2": linesOf(4, 7), "app.log.3": linesOf(0, 3)},
			want:  names(0, 12),
		},
		"behind a new file": {
			options: Options{Since: 2 * time.Hour},
			files:   map[string]string{"app.log": "", "app.log.1": linesOf(0, 9)},
			want:    names(7, 9),
		},
		"not into a copy of the file": {
			files: map[string]string{"app.log": linesOf(5, 9), "app.log-20261122": linesOf(5, 8)},
			want:  names(5, 9),
		},
		"not into other files": {
			files: map[string]string{"app.log": lineAt(5), "app.log.old": lineAt(4), "app.log.1.json": "{}\n", "app.log.2": "\x1f\x8b\x08", "app.log.3": ""},
			want:  names(5, 5),
		},
		"whose writer has not noticed yet": {
			files:   map[string]string{"app.log": lineAt(5), "app.log.1": linesOf(0, 2) + lineAt(3)[:20]},
			between: []func(string){appended("app.log.1", lineAt(3)[20:]+lineAt(4)), appended("app.log", lineAt(6))},
			want:    names(0, 6),
		},
	} {
		t.Run(name, func(t *testing.T) {
			if got := hoursIn(t, c.options, c.files, c.between...); !slices.Equal(got, c.want) {
				t.Errorf("read %v\nwant %v", got, c.want)
			}
		})
	}
}

// TestARotationIsFoundThoughItsStampIsBehind: of a machine that stood still for a moment, or a file system that counts in seconds.
func TestARotationIsFoundThoughItsStampIsBehind(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.log")
	var targets []string
	f, err := newFollower(path, Options{All: true}, Sink{Emit: func(batch []tracker.Result) {
		for _, r := range batch {
			targets = append(targets, r.Target)
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.close)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	write := func(path, name string) {
		t.Helper()
		must(os.WriteFile(path, []byte(fmt.Sprintf(`{"status":200,"target":"%s","path":"/a/long/enough/path/to/tell/files/apart"}`+"\n", name)), 0o600))
	}
	read := func() {
		for f.step(time.Now()) {
			continue
		}
	}
	write(path+".1", "before") // just rotated when the following begins: not asked for
	write(path, "first")
	read()
	must(os.Rename(path, path+".2"))
	write(path, "between")
	behind := time.Now().Add(-1500 * time.Millisecond)
	must(os.Chtimes(path, behind, behind))
	must(os.Rename(path, path+".3"))
	write(path, "last")
	read()
	if want := []string{"first", "between", "last"}; !slices.Equal(targets, want) {
		t.Errorf("read %v, want %v", targets, want)
	}
}
