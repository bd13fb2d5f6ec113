package config

import (
	"reflect"
	"strings"
	"testing"

	"github.com/pelletier/go-toml/v2"

	"errtop/internal/safetext"
)

func TestWrittenForATerminalItIsHarmlessAndMeansTheSame(t *testing.T) {
	for _, hostile := range []string{"\u009b31mx", "a\u202etxt", "\u200b", "\u2066x\u2069", "\ufeff", "\u0085", "e\u0301 ok", "\u0301", "a\x7fb", "line\nfeed\ttab", `quo"te\`, "\U000e0041", "ż 東京 🙂", "\u001b[2J"} {
		source := map[string]any{"name": hostile, "a" + hostile: 1, "list": []any{hostile, "plain"}, "table": map[string]any{"k" + hostile: map[string]any{"deep": hostile}}}
		text, err := toml.Marshal(source)
		if err != nil {
			t.Fatal(err)
		}
		for _, document := range []string{string(text), "x = { y = ['" + strings.NewReplacer("\n", "", "\x1b", "", "\x7f", "", "'", "").Replace(hostile) + "', 1.5, 2026-01-01] } # c\n[[t]]\nz = true\n"} {
			got := string(EscapeTOML([]byte(document)))
			if safetext.Block(got) != got && !strings.Contains(hostile, "\t") {
				t.Errorf("%q is not harmless:\n%s", hostile, got)
			}
			var before, after any
			if err := toml.Unmarshal([]byte(document), &before); err != nil {
				t.Fatal(err)
			}
			if err := toml.Unmarshal([]byte(got), &after); err != nil || !reflect.DeepEqual(before, after) {
				t.Errorf("%q: %v\n%s\nwas\n%s", hostile, err, got, document)
			}
		}
	}
	plain := "name = 'x' # comment\n"
	if got := string(EscapeTOML([]byte(plain))); got != plain {
		t.Errorf("%q became %q", plain, got)
	}
}
