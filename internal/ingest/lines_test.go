package ingest

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"errtop/internal/logline/testlog"
)

func TestSplitsChangeNothing(t *testing.T) {
	log := testlog.RandomLog(rand.New(rand.NewPCG(5, 6)), 25)
	var want []string
	for line := range strings.Lines(log) {
		want = append(want, strings.TrimSuffix(line, "\n"))
	}
	for at := range len(log) {
		var got []string
		line := func(text []byte, _ bool) { got = append(got, string(text)) }
		var s splitter
		s.feed([]byte(log[:at]), line)
		s.feed([]byte(log[at:]), line)
		s.end(line)
		if fmt.Sprintf("%q", got) != fmt.Sprintf("%q", want) {
			t.Fatalf("split at %d\ngot  %q\nwant %q", at, got, want)
		}
	}
}
