package ingest

import (
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"errtop/internal/logline"
)

func TestNewestIsTheTimeOfTheLastLineThatHasOne(t *testing.T) {
	dir := t.TempDir()
	line := func(at string) string { return `{"ts":"` + at + `","target":"flux","status":500}` + "\n" }
	plain := line("2026-11-22T12:00:00Z") + strings.Repeat(line("2026-11-22T12:00:01Z"), 5000) + line("2026-11-22T13:00:00Z") + "no request\n" + `{"target":"flux","status":500}` + "\n\n"
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, _ = w.Write([]byte(plain + `{"ts":"2026-11-22T14:00:00Z","target":"flux","status":500}`)) // without a line end
	_ = w.Close()
	for name, text := range map[string]string{"a.log": plain, "b.log.gz": packed.String(), "empty.log": "", "timeless.log": `{"target":"a","status":500}` + "\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	at := func(hour int) time.Time { return time.Date(2026, 11, 22, hour, 0, 0, 0, time.UTC) }
	for _, c := range []struct {
		paths []string
		want  time.Time
	}{
		{[]string{"a.log"}, at(13)},
		{[]string{"b.log.gz"}, at(14)},
		{[]string{"b.log.gz", "a.log", "missing.log"}, at(14)},
		{[]string{"*.log"}, at(13)},
		{[]string{"empty.log", "timeless.log"}, time.Time{}},
		{[]string{"."}, time.Time{}},
	} {
		var paths []string
		for _, name := range c.paths {
			paths = append(paths, filepath.Join(dir, name))
		}
		if got, ok := NewestOf(t.Context(), paths, logline.Options{}); !got.Equal(c.want) || ok == c.want.IsZero() {
			t.Errorf("%v: %v %t, want %v", c.paths, got, ok, c.want)
		}
	}
}
