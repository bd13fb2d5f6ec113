package ingest

import (
	"bytes"
	"testing"

	"errtop/internal/logline"
)

// A line beyond the bound is cut at the same place and marked, however its bytes come, and the next line is whole.
func TestALongLineIsCutHoweverItComes(t *testing.T) {
	text := append(append(bytes.Repeat([]byte("x"), logline.MaxLine+10), '\n'), "next\n"...)
	for _, chunk := range []int{len(text), logline.MaxLine + 11, logline.MaxLine + 10, logline.MaxLine + 1, logline.MaxLine, logline.MaxLine - 1, 64 << 10, 1000} {
		var s splitter
		var lengths []int
		var cut []bool
		take := func(line []byte, tooLong bool) { lengths, cut = append(lengths, len(line)), append(cut, tooLong) }
		for rest := text; len(rest) > 0; {
			n := min(chunk, len(rest))
			s.feed(rest[:n], take)
			rest = rest[n:]
		}
		s.end(take)
		if len(lengths) != 2 || lengths[0] != logline.MaxLine || !cut[0] || lengths[1] != len("next") || cut[1] {
			t.Errorf("in chunks of %d: lines of %v bytes, cut %v", chunk, lengths, cut)
		}
		if cap(s.carry) > 2*logline.MaxLine {
			t.Errorf("in chunks of %d: %d bytes are held", chunk, cap(s.carry))
		}
	}
}
