//go:build unix

package cli

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"errtop/internal/safego"
	"errtop/internal/safetext"
	"errtop/internal/safetext/canary"
	"errtop/tracker"
)

// harmless fails where a line of text is not as safetext would have it.
func harmless(t *testing.T, what, text string) {
	t.Helper()
	for line := range strings.Lines(text) {
		if line = strings.TrimSuffix(line, "\n"); safetext.Line(line) != line {
			t.Errorf("%s: %q", what, line)
		}
	}
}

func TestErrorsArePrintedHarmlessAndMasked(t *testing.T) {
	for _, text := range append(canary.Hostile, "password=C4N4RYx7Q\x1b[2J", "https://user:C4N4RYx7Q@h/") {
		panicked := safego.Catch(func() error { panic(text) })
		for _, err := range []error{errors.New(text), usage(text, text), errors.Join(errors.New(text), errors.New(text)), panicked} {
			var out bytes.Buffer
			report(&out, err)
			if !strings.HasPrefix(out.String(), "errtop: error: ") {
				t.Errorf("%q is printed as %q", text, out.String())
			}
			harmless(t, "error", out.String())
			if strings.Contains(out.String(), "C4N4RY") {
				t.Errorf("%q is printed as %q", text, out.String())
			}
		}
	}
}

// fill puts text into every string that can be reached from v, so that no field can be forgotten.
func fill(v reflect.Value, text string) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Pointer:
		if v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
		}
		fill(v.Elem(), text)
	case reflect.Struct:
		if v.Type() != reflect.TypeFor[time.Time]() {
			for _, field := range v.Fields() {
				fill(field, text)
			}
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0), text)
	default: // holds no text
	}
}

func TestWhatCheckPrintsIsHarmless(t *testing.T) {
	for _, text := range canary.Hostile {
		var r tracker.Result
		fill(reflect.ValueOf(&r), text)
		r.Kind, r.Status = tracker.KindServer, 500
		var out strings.Builder
		writeEvidence(&out, &r)
		harmless(t, "evidence", out.String())
		harmless(t, "message", why(&r))
		if strings.Count(out.String(), "\n") < 5 {
			t.Errorf("%q: only %q", text, out.String())
		}
	}
}

func TestConfigIsPrintedWithEscapesOnATerminal(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "errtop.toml")
	if err := os.WriteFile(path, []byte("[[targets]]\nname = \"a\"\nurl = \"https://h\"\nbody = \"x\\u202ey\\u009b31m\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := start(t, nil, "errtop", "config", "--config", path)
	if status := s.waitExit(); status != 0 {
		t.Errorf("exit status %d", status)
	}
	if out := s.text(); !strings.Contains(out, `body = "x\u202Ey\u009B31m"`) || strings.ContainsAny(out, "\u202e\u009b") {
		t.Errorf("%q", out)
	}
}
