package recording

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"errtop/tracker"
)

var noon = time.Date(2026, 11, 25, 12, 0, 0, 123456789, time.UTC)

// fill sets every field of v to something that is not its zero value.
func fill(t *testing.T, v reflect.Value, n *int) {
	t.Helper()
	*n++
	switch v.Kind() {
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(noon.Add(time.Duration(*n) * time.Millisecond)))
			return
		}
		for _, field := range v.Fields() {
			fill(t, field, n)
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(t, v.Elem(), n)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range 2 {
			fill(t, v.Index(i), n)
		}
	case reflect.String:
		v.SetString("ä<&\"\\" + string(rune('a'+*n%26)))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(*n)*1_000_001 + 1)
	case reflect.Uint64:
		v.SetUint(uint64(*n))
	case reflect.Float64:
		v.SetFloat(float64(*n) + 0.25)
	case reflect.Uint8, reflect.Uint16:
		v.SetUint(uint64(*n)%2 + 1) // within every enumeration
	default:
		t.Fatalf("%s: how is a %s filled?", v.Type(), v.Kind())
	}
}

func filled[T any](t *testing.T) (v T) {
	t.Helper()
	n := 0
	fill(t, reflect.ValueOf(&v).Elem(), &n)
	return v
}

// read returns the entries of what an encoder has written, without the header.
func read(t *testing.T, e *Encoder) []Entry {
	t.Helper()
	var text bytes.Buffer
	head := NewEncoder(nil)
	head.Header(noon, Header{Version: Version, Name: "prod"})
	text.Write(head.Take(nil))
	text.Write(e.Take(nil))
	r, err := NewReader(&text)
	if err != nil {
		t.Fatal(err)
	}
	var all []Entry
	for {
		entry, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, entry)
	}
	if r.Skipped > 0 || all[0].Header == nil || all[0].Header.Name != "prod" || !all[0].At.Equal(noon) {
		t.Errorf("%d lines skipped, first %+v", r.Skipped, all[0])
	}
	return all[1:]
}

func TestEveryFieldOfAResultIsReadAsItWasWritten(t *testing.T) {
	full := filled[tracker.Result](t)
	full.Labels = &tracker.Labels{{Name: "host", Value: "h"}, {Name: "version", Value: "4.2.1"}, {Name: "plan", Value: "free"}}
	results := []tracker.Result{full, {Time: noon, Target: "a"}, {Time: noon, Target: "a", Latency: time.Nanosecond, Evidence: &tracker.Evidence{}}}
	for _, kind := range tracker.Kinds() {
		results = append(results, tracker.Result{Time: noon, Target: "a", Kind: kind, Origin: tracker.OriginMonitor, Breaker: tracker.BreakerHalfOpen, Latency: 12345 * time.Microsecond})
	}
	e := NewEncoder(nil)
	for i := range results {
		e.Result(noon.Add(time.Hour), &results[i])
	}
	got := read(t, e)
	if len(got) != len(results) {
		t.Fatalf("%d entries of %d", len(got), len(results))
	}
	for i := range results {
		if !reflect.DeepEqual(*got[i].Result, results[i]) {
			t.Errorf("read    %+v\nwritten %+v", *got[i].Result, results[i])
		}
		if !got[i].Moment().Equal(results[i].Time) {
			t.Errorf("result %d is of %v", i, got[i].Moment())
		}
	}
}

func TestEveryOtherEntryIsReadAsItWasWritten(t *testing.T) {
	mark, note, gap, info, source := filled[tracker.Mark](t), filled[tracker.Note](t), filled[tracker.Gap](t), filled[tracker.TargetInfo](t), filled[tracker.Source](t)
	source.Samples = nil
	e := NewEncoder(nil)
	e.Mark(noon, mark)
	e.Note(noon, note)
	e.Gap(noon, gap)
	e.Target(noon, info)
	e.Source(noon, source)
	e.Gone(noon, "billing")
	want := []Entry{{At: noon, Mark: &mark}, {At: noon, Note: &note}, {At: noon, Gap: &gap}, {At: noon, Target: &info}, {At: noon, Source: &source}, {At: noon, Gone: "billing"}}
	if got := read(t, e); !reflect.DeepEqual(got, want) {
		t.Errorf("read    %+v\nwritten %+v", got, want)
	}
}

func TestAResultWithoutAPlausibleTimeIsOfWhenItCame(t *testing.T) {
	e := NewEncoder(nil)
	times := []time.Time{{}, noon.Add(2 * time.Minute), time.Unix(0, 0).UTC(), time.Date(12026, 1, 1, 0, 0, 0, 0, time.UTC), noon.Add(time.Second), noon.Add(-time.Hour)}
	for _, at := range times {
		e.Result(noon, &tracker.Result{Time: at, Target: "a", Kind: tracker.KindServer})
	}
	for i, entry := range read(t, e) {
		want := noon
		if i >= 4 {
			want = times[i]
		}
		if !entry.Moment().Equal(want) || !entry.Result.Time.Equal(times[i]) {
			t.Errorf("%v is of %v, time %v", times[i], entry.Moment(), entry.Result.Time)
		}
	}
}

func TestEqualLabelsShareOnePointer(t *testing.T) {
	e := NewEncoder(nil)
	for range 2 {
		e.Result(noon, &tracker.Result{Time: noon, Target: "a", Labels: &tracker.Labels{{Name: "host", Value: "h"}, {Name: "x", Value: "y"}}})
	}
	e.Result(noon, &tracker.Result{Time: noon, Target: "a", Labels: &tracker.Labels{{Name: "host", Value: "other"}}})
	got := read(t, e)
	if got[0].Result.Labels != got[1].Result.Labels || got[0].Result.Labels == got[2].Result.Labels {
		t.Error("labels are not shared as they should be")
	}
}

func TestEveryTextIsMasked(t *testing.T) {
	e := NewEncoder(func(s string) string { return strings.ReplaceAll(s, "hunter2", "***") })
	var r tracker.Result
	n := 0
	fill(t, reflect.ValueOf(&r).Elem(), &n)
	texts(reflect.ValueOf(&r).Elem(), func(string) string { return "my hunter2" })
	r.Evidence.Proto, r.Evidence.TLSVersion, r.Evidence.Request.Method = "", "", "" // of fixed sets
	for _, headers := range [][]tracker.Header{r.Evidence.Headers, r.Evidence.Request.Headers} {
		for i := range headers {
			headers[i].Name = "X"
		}
	}
	for i := range *r.Labels {
		(*r.Labels)[i].Name = []string{"host", "plan"}[i]
	}
	e.Result(noon, &r)
	e.Mark(noon, tracker.Mark{Text: "hunter2", Target: "hunter2", Version: "hunter2", Source: "hunter2"})
	e.Gap(noon, tracker.Gap{Why: "hunter2"})
	e.Note(noon, tracker.Note{Text: "hunter2", By: "hunter2", Target: "hunter2"})
	e.Target(noon, tracker.TargetInfo{Name: "hunter2", URL: "hunter2"})
	e.Gone(noon, "hunter2")
	e.Source(noon, tracker.Source{Name: "hunter2", Problem: "hunter2", Samples: []tracker.Unreadable{{Text: "hunter2"}}})
	e.Header(noon, Header{Name: "hunter2"})
	if text := string(e.Take(nil)); strings.Contains(text, "hunter2") || strings.Count(text, "***") < 30 {
		t.Error(text)
	}
}

// texts replaces every string in v.
func texts(v reflect.Value, with func(string) string) {
	switch v.Kind() {
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return
		}
		for _, field := range v.Fields() {
			texts(field, with)
		}
	case reflect.Pointer:
		if !v.IsNil() {
			texts(v.Elem(), with)
		}
	case reflect.Slice:
		for i := range v.Len() {
			texts(v.Index(i), with)
		}
	case reflect.String:
		v.SetString(with(v.String()))
	default:
	}
}

// write makes a recording of n results in parts of 10.
func write(t *testing.T, path string, n int) {
	t.Helper()
	f, err := Create(path)
	if err != nil {
		t.Fatal(err)
	}
	e := NewEncoder(nil)
	e.Header(noon, Header{Version: Version})
	for i := range n {
		e.Result(noon, &tracker.Result{Time: noon.Add(time.Duration(i) * time.Second), Target: "a", Kind: tracker.KindServer, Message: strings.Repeat("x", i)})
		if i%10 == 9 {
			if _, err := f.Write(e.Take(nil)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

func count(t *testing.T, path string) (n int, r *Reader) {
	t.Helper()
	r, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close() //nolint:errcheck // only read from
	for {
		e, err := r.Next()
		if errors.Is(err, io.EOF) {
			return n, r
		}
		if err != nil {
			t.Fatal(err)
		}
		if e.Result != nil {
			n++
		}
	}
}

func TestAFileCutAnywhereIsReadUpToThere(t *testing.T) {
	for _, name := range []string{"a.ndjson", "a.ndjson.gz", "a.ndjson.zst"} {
		path := filepath.Join(t.TempDir(), name)
		write(t, path, 100)
		if n, r := count(t, path); n != 100 || r.Cut || r.Skipped > 0 {
			t.Fatalf("%s: %d results, cut %v", name, n, r.Cut)
		}
		info, _ := os.Stat(path)
		if info.Mode().Perm() != 0o600 && os.PathSeparator == '/' {
			t.Errorf("%s has mode %v", name, info.Mode())
		}
		last := 100
		for size := info.Size() - 1; size > 200; size -= 37 {
			if err := os.Truncate(path, size); err != nil {
				t.Fatal(err)
			}
			n, _ := count(t, path)
			if n > last || size > info.Size()*9/10 && n < 80 {
				t.Errorf("%s cut at %d: %d results", name, size, n)
			}
			last = n
		}
	}
}

func TestAFileIsNeverOverwritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a")
	if err := os.WriteFile(path, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Create(path); !errors.Is(err, fs.ErrExist) {
		t.Error(err)
	}
	if text, _ := os.ReadFile(path); string(text) != "mine" {
		t.Errorf("%q", text)
	}
}

func TestWhatIsNoRecordingIsRefused(t *testing.T) {
	dir := t.TempDir()
	for i, text := range []string{"", "{}", `{"ts":"2026-11-25T12:00:00Z","target":"a","status":500}` + "\n", "\x1f\x8b", "\x28\xb5\x2f\xfd"} {
		path := filepath.Join(dir, string(rune('a'+i)))
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(path); err == nil || Is(path) {
			t.Errorf("%q is taken for a recording", text)
		}
	}
	if _, err := Open(dir); !errors.Is(err, ErrNotRecording) {
		t.Error(err)
	}
}

func TestDamagedAndNewerLinesAreLeftOutAndCounted(t *testing.T) {
	text := magic + `,"version":9}` + "\n" + strings.Join([]string{
		`{"errtop":"hologram","at":"2026-11-25T12:00:00Z"}`, `{`, ``, `{"ts":"2026-11-25T12:00:00Z","target":"a","kind":"nonsense"}`, `{"errtop":"mark"}`,
		`{"ts":"2026-11-25T12:00:00Z","kind":"ok"}`, `{"target":"a","kind":"ok"}`, `{"ts":"2026-11-25T12:00:00Z","target":"a","kind":"ok","latency_ms":1e999999999}`,
		`{"ts":"` + strings.Repeat("x", 5<<20) + `"}`, `{"ts":"2026-11-25T12:00:00Z","target":"a","kind":"ok","hue":3}`,
	}, "\n") + "\n"
	r, err := NewReader(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	var got []Entry
	for {
		e, err := r.Next()
		if err != nil {
			break
		}
		got = append(got, e)
	}
	if len(got) != 2 || got[1].Result == nil || r.Skipped != 9 {
		t.Errorf("%d entries, %d skipped", len(got), r.Skipped)
	}
}

func TestWhatIsReadIsHarmlessAndItsSecretsMasked(t *testing.T) {
	hostile := "password=C4N4RYx7Q \x1b]0;x\a\u202e"
	var r tracker.Result
	n := 0
	fill(t, reflect.ValueOf(&r).Elem(), &n)
	texts(reflect.ValueOf(&r).Elem(), func(string) string { return hostile })
	e := NewEncoder(nil)
	e.Result(noon, &r)
	e.Mark(noon, tracker.Mark{Text: hostile, Target: hostile, Version: hostile, Source: hostile})
	e.Gap(noon, tracker.Gap{Why: hostile})
	e.Note(noon, tracker.Note{Text: hostile, By: hostile, Target: hostile})
	e.Target(noon, tracker.TargetInfo{Name: hostile, URL: hostile})
	e.Gone(noon, hostile)
	e.Source(noon, tracker.Source{Name: hostile, Problem: hostile, Format: hostile})
	found := 0
	for _, entry := range read(t, e) {
		texts(reflect.ValueOf(&entry).Elem(), func(s string) string {
			if strings.Contains(s, "C4N4") || strings.ContainsAny(s, "\x1b\a\u202e") {
				t.Errorf("%q", s)
			}
			found++
			return s
		})
	}
	if found < 40 {
		t.Errorf("only %d texts", found)
	}
}

func FuzzDecode(f *testing.F) {
	e := NewEncoder(nil)
	e.Result(noon, &tracker.Result{Time: noon, Target: "a", Kind: tracker.KindServer, Evidence: &tracker.Evidence{Line: "x", Errors: []string{"y"}}})
	e.Mark(noon, tracker.Mark{Text: "deploy"})
	for line := range bytes.Lines(e.Take(nil)) {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		entry, ok, err := NewDecoder().parse(line)
		if !ok || err != nil || entry.Result == nil {
			return
		}
		again := NewEncoder(nil)
		again.Result(entry.Moment(), entry.Result)
		second, _, err := NewDecoder().parse(again.Take(nil))
		if err != nil {
			t.Fatal(err)
		}
		second.At, entry.At = time.Time{}, time.Time{}
		if labels := entry.Result.Labels; labels != nil {
			sorted := func(l *tracker.Labels) []tracker.Label {
				return slices.SortedFunc(slices.Values(*l), func(a, b tracker.Label) int { return strings.Compare(a.Name+"\x00"+a.Value, b.Name+"\x00"+b.Value) })
			}
			if !slices.Equal(sorted(labels), sorted(second.Result.Labels)) {
				t.Errorf("%v became %v", *labels, *second.Result.Labels)
			}
			entry.Result.Labels, second.Result.Labels = nil, nil
		}
		one := NewEncoder(nil)
		one.Result(noon, entry.Result)
		two := NewEncoder(nil)
		two.Result(noon, second.Result)
		if a, b := string(one.Take(nil)), string(two.Take(nil)); a != b {
			t.Errorf("%s\nbecame %s", a, b)
		}
	})
}

// A dashboard at 1000 results a second is to spend less than a hundredth of a core on this: 10 µs a result.
func BenchmarkResult(b *testing.B) {
	e := NewEncoder(nil)
	r := tracker.Result{
		Time: noon, Target: "billing", Source: "access.log", Method: "POST", Route: "/v1/charges", Status: 200, Latency: 12 * time.Millisecond,
		Labels: &tracker.Labels{{Name: "host", Value: "api-1"}, {Name: "agent", Value: "okhttp/4"}},
	}
	buffer := make([]byte, 0, 1<<20)
	b.ReportAllocs()
	for b.Loop() {
		e.Result(noon, &r)
		if e.Len() > 1<<19 {
			buffer = e.Take(buffer[:0])
		}
	}
}

func BenchmarkRead(b *testing.B) {
	e := NewEncoder(nil)
	e.Header(noon, Header{Version: Version})
	for range 1000 {
		e.Result(noon, &tracker.Result{
			Time: noon, Target: "billing", Source: "access.log", Method: "POST", Route: "/v1/charges", Status: 200, Latency: 12 * time.Millisecond,
			Labels: &tracker.Labels{{Name: "host", Value: "api-1"}, {Name: "agent", Value: "okhttp/4"}},
		})
	}
	text := e.Take(nil)
	b.ReportAllocs()
	for b.Loop() {
		r, _ := NewReader(bytes.NewReader(text))
		for {
			if _, err := r.Next(); err != nil {
				break
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1000, "ns/result")
}
