package logline

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

func TestQuotesAreFoundWhereTheyAre(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	var q quotes
	for n := 64; n <= 64*maxQuoteWords; n += 1 + n/50*r.IntN(2) {
		line := make([]byte, n)
		for i := range line {
			line[i] = [...]byte{'"', '"', '#', '!', ' ', 'a', 0x7f, 0x80, '"' | 0x80, '\\' | 0x80, 0x9f, 0xff}[r.IntN(12)]
		}
		if q.words[0] = 1; !q.mark(line) {
			t.Fatalf("%q is not plain", line)
		}
		for i := 0; i <= n; i++ {
			want := bytes.IndexByte(line[i:], '"')
			if want >= 0 {
				want += i
			}
			if got := q.next(i); got != want {
				t.Fatalf("%q: behind %d there is a quote at %d, not at %d", line, i, want, got)
			}
		}
		for c := range byte(0x20) {
			i := r.IntN(n)
			was := line[i]
			if line[i] = c; q.mark(line) {
				t.Fatalf("%q is plain, with %q at %d", line, c, i)
			}
			line[i] = was
		}
		line[r.IntN(n)] = '\\'
		if q.mark(line) {
			t.Fatalf("%q is plain", line)
		}
	}
}

func FuzzQuotesAreMarkedAlikeOnEveryProcessor(f *testing.F) {
	f.Add([]byte(`{"ts":"2026-11-20T00:00:00.061Z","target":"upscale","method":"POST","url":"/api/v1/upscale/dev"}`))
	f.Add(bytes.Repeat([]byte(`"\`), 99))
	f.Fuzz(func(t *testing.T, line []byte) {
		if len(line) < 64 || len(line) > 64*maxQuoteWords {
			t.Skip("marked nowhere")
		}
		var fast, plain [maxQuoteWords + 1]uint64
		if a, b := markQuotes(&fast, line), markQuotesGo(&plain, line); a != b || fast != plain {
			t.Fatalf("%q: %v %x, and in Go %v %x", line, a, fast, b, plain)
		}
	})
}
