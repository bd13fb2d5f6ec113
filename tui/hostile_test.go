package tui

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"
)

// fill puts text into every string that can be reached from v, so that no field can be forgotten.
func fill(v reflect.Value, text string) {
	switch v.Kind() {
	case reflect.String:
		if v.CanSet() {
			v.SetString(text)
		}
	case reflect.Pointer:
		if !v.IsNil() && v.Type() != reflect.TypeFor[*time.Location]() {
			fill(v.Elem(), text)
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return
		}
		for _, field := range v.Fields() {
			fill(field, text)
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			fill(v.Index(i), text)
		}
	default: // holds no text
	}
}

// ours are the sequences that this package writes: styles, and nothing else.
var ours = regexp.MustCompile("\x1b\\[[0-9;:]*m")

// stranger returns the first thing in a picture that is neither text nor one of ours.
func stranger(picture string) string {
	for i, r := range ours.ReplaceAllString(picture, "") {
		if r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029' || r == '\ufeff') {
			return fmt.Sprintf("%q at %d", r, i)
		}
	}
	return ""
}

// everywhere draws all views and all pages.
func (s *user) everywhere(look func(what string)) {
	for _, view := range []string{"1", "2", "3", "4", "5", "6", "7"} {
		s.press(view)
		look("view " + view)
		s.press("enter")
		look("page of view " + view)
		s.press("G")
		look("end of the page of view " + view)
		s.press("esc", "esc")
	}
}

func TestHostileTextInEveryFieldStaysTextAndInItsPlace(t *testing.T) {
	texts := []string{
		"\x1b]0;owned\a", "\x1b[2J\x1b[H", "\x1b]52;c;AAAA", "\x1bP+q\x1b\\", "\x9b31m", "\u009b2J", "\u0085", "a\r\nb\vc\fd\be\x00f", "\x1b[31mred\x1b[0m",
		"\u202eright to left", "\u2066x\u2069", "a\u200bb\ufeffc\U000e0041", "line\u2028sep\u2029", "世界世界世界世界世界", "👨‍👩‍👧‍👦👨‍👩‍👧‍👦", "z" + strings.Repeat("\u0301", 300),
		"\xff\xfe\xfd", "ėėėė", strings.Repeat("w", 5000), "\x1b", "\x1b[", "\x1b]", "", "🏳️‍🌈 ﷽ ｆｕｌｌ", "\t\ttabs\t", "%s%d%n", "~~~~", "a'b\"c`d",
	}
	for _, text := range texts {
		snap := incident()
		fill(reflect.ValueOf(snap), text)
		for _, size := range [][2]int{{20, 5}, {80, 24}, {160, 40}} {
			s := visit(t, size[0], size[1], snap, func(o *Options) { o.Title = text })
			s.m.say(text)
			s.everywhere(func(what string) {
				picture := s.ansi()
				if odd := stranger(picture); odd != "" {
					t.Fatalf("%q: %s lets %s through: %q", text, what, odd, picture)
				}
				whole(t, picture, size[0], size[1], fmt.Sprintf("%q: %s", text, what))
			})
		}
	}
}

func TestEveryNaughtyStringStaysTextAndInItsPlace(t *testing.T) {
	corpus := cmp.Or(os.Getenv("ERRTOP_CORPUS"), "../internal/safetext/testdata/corpus")
	data, err := os.ReadFile(filepath.Join(corpus, "naughty", "blns.json"))
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	if err := json.Unmarshal(data, &texts); err != nil {
		t.Fatal(err)
	}
	for _, text := range texts {
		snap := incident()
		fill(reflect.ValueOf(snap), text)
		s := visit(t, 80, 24, snap)
		for _, keys := range [][]string{{"1"}, {"2", "enter"}, {"4", "enter"}} {
			picture := s.press(keys...).ansi()
			if odd := stranger(picture); odd != "" {
				t.Fatalf("%q: %s gets through", text, odd)
			}
			whole(t, picture, 80, 24, text)
		}
	}
	t.Logf("%d naughty strings", len(texts))
}
