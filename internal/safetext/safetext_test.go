package safetext_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"errtop/internal/safetext"
)

func TestLineShowsWhatItRemoves(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"clean", "connection refused", "connection refused"},
		{"escape", "a\x1b[2Jb", "a^[[2Jb"},
		{"NUL run", "a\x00\x00b", "a^@^@b"},
		{"DEL and BS", "a\x7f\bb", "a^?^Hb"},
		{"VT and FF", "a\v\fb", "a^K^Lb"},
		{"raw C1", "a\x9b2Jb", `a\x9b2Jb`},
		{"encoded C1", "a\u009b2Jb", `a\x9b2Jb`},
		{"next line", "a\u0085b", `a\x85b`},
		{"line feed and tab", "a\n\tb", "a  b"},
		{"carriage return and line feed", "a\r\nb", "a b"},
		{"lone carriage return", "100%\rfake", "100%^Mfake"},
		{"unterminated OSC", "x\x1b]0;title and the rest", "x^[]0;title and the rest"},
		{"terminated OSC", "x\x1b]0;title\x07y", "x^[]0;title^Gy"},
		{"unterminated DCS", "x\x1bPq rest", "x^[Pq rest"},
		{"raw APC", "x\x9f rest", `x\x9f rest`},
		{"encoded PM and SOS", "\u009e a \u0098 b", `\x9e a \x98 b`},
		{"SGR", "\x1b[1;38:5:1mred\x1b[0m \x1b[mx", "red x"},
		{"SGR in 8 bits", "\x9b31mred\u009b0m", "red"},
		{"SGR that ends early", "red\x1b[31", "red^[[31"},
		{"SGR with a foreign byte", "\x1b[3 1m", "^[[3 1m"},
		{"SGR that joins nothing", "\x1b\x1b[0m[31m", "^[[31m"},
		{"bidi override", "a\u202etxt.exe", `a\u202etxt.exe`},
		{"isolates", "\u2066a\u2069", `\u2066a\u2069`},
		{"zero width", "pay\u200bpal", `pay\u200bpal`},
		{"byte order mark", "\ufeffx", `\ufeffx`},
		{"tags", "x\U000e0041", `x\U000e0041`},
		{"separators", "a\u2028b\u2029c", `a\u2028b\u2029c`},
		{"soft hyphen", "a\u00adb", `a\u00adb`},
		{"Hangul filler", "a\u3164b", `a\u3164b`},
		{"noncharacter", "a\ufffeb", `a\ufffeb`},
		{"letters whose bytes look like C1", "ė ě Û 一 ő", "ė ě Û 一 ő"},
		{"invalid", "a\xffb\xc4", "a\ufffdb\ufffd"},
		{"surrogate", "\xed\xa0\x80", "\ufffd\ufffd\\x80"},
		{"overlong escape", "\xc0\x9b[31m", "\ufffd\\x9b[31m"},
		{"accents", "e\u0301a\u0308\u0304", "e\u0301a\u0308\u0304"},
		{"private use", "\ue0b0", "\ue0b0"},
		{"emoji", "⚠️ disk ✔", "⚠ disk ✔"},
		{"joined emoji", "👩🏽‍💻 ❤️‍🔥", "👩🏽💻 ❤🔥"},
		{"joiner between letters", "ab\u200dcd", `ab\u200dcd`},
		{"joiner at the end", "👩\u200d", `👩\u200d`},
		{"mark without a letter", "\u0301x", "◌\u0301x"},
		{"marks", "a" + strings.Repeat("\u0300", 300) + "b", "a" + strings.Repeat("\u0300", 6) + "b"},
		{"marks around SGR", "a" + strings.Repeat("\u0300\x1b[m", 300), "a" + strings.Repeat("\u0300", 6)},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := safetext.Line(c.in); got != c.want {
				t.Errorf("Line(%q)\n got %q\nwant %q", c.in, got, c.want)
			}
		})
	}
}

func TestBlockKeepsItsLinesApart(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"line feeds", "a\nb\n", "a\nb\n"},
		{"carriage returns", "a\r\nb\rc", "a\nb^Mc"},
		{"stack", "panic: x\n\tmain.go:7\n", "panic: x\n    main.go:7\n"},
		{"mark at the start of a line", "a\n\u0301b", "a\n◌\u0301b"},
		{"other separators", "a\u2028b\vc\u0085d", `a\u2028b^Kc\x85d`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := safetext.Block(c.in); got != c.want {
				t.Errorf("Block(%q)\n got %q\nwant %q", c.in, got, c.want)
			}
		})
	}
}

// Every control, in every encoding it can arrive in, at every place and with every introducer's open end.
func TestNoControlSurvivesInAnyEncoding(t *testing.T) {
	controls := []rune{0x7f}
	for r := range rune(0x20) {
		controls = append(controls, r, 0x80+r)
	}
	for _, control := range controls {
		var encodings []string
		if control < 0x80 {
			encodings = append(encodings, string(control))
		}
		if control >= 0x80 {
			encodings = append(encodings, string([]byte{byte(control)}), "\x1b"+string(control-0x40))
		}
		var fromJSON string
		if err := json.Unmarshal(fmt.Appendf(nil, `"\u%04x"`, control), &fromJSON); err != nil {
			t.Fatal(err)
		}
		encodings = append(encodings, string(control), fromJSON)
		for _, e := range encodings {
			texts := []string{e + "left right", "left " + e + " right", "left right" + e, "left" + e + "0;right", "left" + e + "31mright", strings.Repeat("left right"+e, 3)}
			for _, text := range texts {
				check(t, text, true)
				for split := range len(text) {
					check(t, text[:split], false)
					check(t, text[split:], false)
				}
			}
		}
	}
}

// check holds what Line and Block made of text against the promise. With words, "left" and "right" must have stayed.
func check(t *testing.T, text string, words bool) {
	t.Helper()
	line, block := safetext.Line(text), safetext.Block(text)
	if bad := firstStranger(line); bad >= 0 {
		t.Fatalf("Line(%q) = %q holds %q", text, line, bad)
	}
	if bad := firstStranger(strings.ReplaceAll(block, "\n", "")); bad >= 0 {
		t.Fatalf("Block(%q) = %q holds %q", text, block, bad)
	}
	if words && (!strings.Contains(line, "left") || !strings.Contains(line, "right")) {
		t.Fatalf("Line(%q) = %q swallowed text", text, line)
	}
	if again := safetext.Line(line); again != line {
		t.Fatalf("Line(%q) = %q, and again %q", text, line, again)
	}
	if again := safetext.Block(block); again != block {
		t.Fatalf("Block(%q) = %q, and again %q", text, block, again)
	}
}

// firstStranger returns the first character that must not reach a terminal, written without a look at the package's own
// rules, and -1 where there is none.
func firstStranger(s string) rune {
	if !utf8.ValidString(s) {
		return utf8.RuneError
	}
	marks := 0
	for i, r := range s {
		switch {
		case r < 0x20, r >= 0x7f && r <= 0x9f, // C0, DEL, C1
			r >= 0x200b && r <= 0x200f, r >= 0x2028 && r <= 0x202e, r >= 0x2060 && r <= 0x206f,
			r == 0xfeff, r == 0x00ad, r == 0x061c, r == 0x180e, r == 0x034f, r == 0x115f, r == 0x1160, r == 0x3164, r == 0xffa0,
			r >= 0xfe00 && r <= 0xfe0f, r >= 0xfff9 && r <= 0xfffb, r >= 0xe0000 && r <= 0xe0fff:
			return r
		case unicode.Is(unicode.M, r):
			if marks++; marks > 8 || i == 0 {
				return r
			}
		default:
			marks = 0
		}
	}
	return -1
}

func TestHarmlessTextIsReturnedAsItIs(t *testing.T) {
	for _, s := range []string{"", "plain ASCII ~", "Größe ė 一二三 שלום e\u0301 👍🏽"} {
		if n := testing.AllocsPerRun(10, func() { _ = safetext.Line(s); _ = safetext.Block(s) }); n != 0 {
			t.Errorf("%q: %v allocations", s, n)
		}
		if got := safetext.Line(s); got != s {
			t.Errorf("Line(%q) = %q", s, got)
		}
	}
}

func TestNaughtyStringsAreHarmless(t *testing.T) {
	corpus := cmp.Or(os.Getenv("ERRTOP_CORPUS"), "testdata/corpus")
	b, err := os.ReadFile(filepath.Join(corpus, "naughty", "blns.json"))
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	if err := json.Unmarshal(b, &texts); err != nil {
		t.Fatal(err)
	}
	if len(texts) < 180 {
		t.Fatalf("only %d strings", len(texts))
	}
	for _, text := range texts {
		check(t, text, false)
		check(t, safetext.MaskURL(text), false)
	}
}

func FuzzHarmless(f *testing.F) {
	for _, s := range []string{"", "a\x1b[31mb\x9b0m", "\u0301\r\n\t\u200d\ufe0f👩\u200d💻", "\xc4\x97\xc0\x9b\xff", "\x1b]0;x", "a\U000e0041\u202e"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		check(t, s, false)
		if strings.Contains(safetext.Line(s), "\n") {
			t.Fatal("more than one line")
		}
	})
}

// The bar: clean text costs a scan and no allocation, text that has to change one allocation where it does not grow, and at
// most twenty times the scan.
func BenchmarkLine(b *testing.B) {
	for name, s := range map[string]string{
		"ascii":   strings.Repeat("connection refused ", 10),
		"letters": strings.Repeat("Größe 一二三 ", 10),
		"escapes": strings.Repeat("\x1b[31mconnection\x1b[0m\trefused ", 7),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(s)))
			for b.Loop() {
				_ = safetext.Line(s)
			}
		})
	}
}
