package recording

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"errtop/tracker"
)

// tape writes a recording of results with these ages in seconds, messages of the given length, and opens it.
func tape(t *testing.T, name string, length int, ages ...int) *Tape {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	f, err := Create(path)
	if err != nil {
		t.Fatal(err)
	}
	e := NewEncoder(nil)
	e.Header(noon, Header{Version: Version, Name: "prod"})
	for i, age := range ages {
		e.Result(noon, &tracker.Result{Time: noon.Add(-time.Duration(age) * time.Second), Target: fmt.Sprint(i), Kind: tracker.KindServer, Message: strings.Repeat("x", length)})
		if _, err := f.Write(e.Take(nil)); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	tp, err := OpenTape(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := tp.Close(); err != nil {
			t.Error(err)
		}
	})
	return tp
}

func TestATapeIsInTheOrderOfItsMoments(t *testing.T) {
	for _, name := range []string{"a.ndjson", "a.ndjson.gz", "a.ndjson.zst"} {
		for _, length := range []int{0, 300 << 10} {
			tp := tape(t, name, length, 5, 3, 9, 3, 0, 100)
			var order []string
			for i := range tp.Len() {
				e, ok, err := tp.Entry(i)
				if !ok || err != nil {
					t.Fatal(ok, err)
				}
				order = append(order, e.Result.Target)
				if !tp.Moment(i).Equal(e.Result.Time) || len(e.Result.Message) != length {
					t.Errorf("%s: entry %d is of %v, a result of %v", name, i, tp.Moment(i), e.Result.Time)
				}
			}
			if got := strings.Join(order, ""); got != "520134" {
				t.Errorf("%s: order %s", name, got)
			}
			if tp.Header.Name != "prod" || !tp.Last().Equal(noon) || !tp.First().Equal(noon.Add(-100*time.Second)) {
				t.Errorf("%+v, %v to %v", tp.Header, tp.First(), tp.Last())
			}
			for seconds, want := range map[int]int{200: 0, 100: 0, 99: 1, 3: 3, 2: 5, 0: 5, -1: 6} {
				if got := tp.Find(noon.Add(-time.Duration(seconds) * time.Second)); got != want {
					t.Errorf("%d s before noon is entry %d, want %d", seconds, got, want)
				}
			}
		}
	}
}

func TestATapeLeavesOutWhatIsDamagedAndKeepsTheRest(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a")
	text := magic + "}\n" + `{"ts":"2026-11-25T12:00:00Z","target":"a","kind":"ok"}` + "\n" + `{"ts":"2026-11-25T12:00:01Z","target":"b","ki` + "\n" +
		`{"ts":"2026-11-25T12:00:02Z","target":"c","kind":"ok" ]}` + "\nnonsense\n" + `{"ts":"2026-11-25T12:00:03Z","target":"d","kind":"ok"}` + "\n" + `{"ts":"2026-11-2`
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	tp, err := OpenTape(path)
	if err != nil {
		t.Fatal(err)
	}
	defer tp.Close() //nolint:errcheck // only read from
	var kept []string
	for i := range tp.Len() {
		if e, ok, err := tp.Entry(i); err != nil {
			t.Error(err)
		} else if ok {
			kept = append(kept, e.Result.Target)
		}
	}
	if strings.Join(kept, "") != "ad" || tp.Skipped != 2 || !tp.Cut {
		t.Errorf("%v, %d skipped, cut %v", kept, tp.Skipped, tp.Cut)
	}
	// The file may become shorter while it is open.
	if err := os.Truncate(path, 150); err != nil {
		t.Fatal(err)
	}
	again, err := OpenTape(path)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close() //nolint:errcheck // only read from
	if err := os.Truncate(path, 30); err != nil {
		t.Fatal(err)
	}
	if _, ok, _ := again.Entry(0); ok {
		t.Error("an entry that is gone was read")
	}
}

func TestAnEmptyRecordingIsSaid(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a")
	if err := os.WriteFile(path, []byte(magic+"}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenTape(path); err == nil || !strings.Contains(err.Error(), "empty") || errors.Is(err, ErrNotRecording) {
		t.Error(err)
	}
}

func TestARecordingOfAnOldLogEndsWithItsLastResult(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a")
	f, err := Create(path)
	if err != nil {
		t.Fatal(err)
	}
	e := NewEncoder(nil)
	e.Header(noon, Header{Version: Version})
	log := tracker.Source{Name: "access.log", State: tracker.SourceReading}
	e.Source(noon, log)
	e.Target(noon, tracker.TargetInfo{Name: "a"})
	for i := range 3 {
		e.Result(noon, &tracker.Result{Time: noon.AddDate(0, 0, i-10), Target: "a", Kind: tracker.KindServer})
		e.Source(noon, log)
	}
	e.Source(noon, tracker.Source{Name: "access.log", State: tracker.SourceEnded})
	if _, err := f.Write(e.Take(nil)); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	tp, err := OpenTape(path)
	if err != nil {
		t.Fatal(err)
	}
	defer tp.Close() //nolint:errcheck // only read from
	if !tp.First().Equal(noon.AddDate(0, 0, -10)) || !tp.Last().Equal(noon.AddDate(0, 0, -8)) || tp.Len() != 9 {
		t.Errorf("%d entries from %v to %v", tp.Len(), tp.First(), tp.Last())
	}
	if last, _, _ := tp.Entry(8); last.Source == nil || last.Source.State != tracker.SourceEnded {
		t.Errorf("the last entry is %+v", last)
	}
}
