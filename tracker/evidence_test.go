package tracker

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// stacked is an error of one of many groups with a long stack, and many headers.
func stacked(at time.Time, target, i int) Result {
	x := traffic(at, fmt.Sprint("t", target), 500)
	x.Message = "it went wrong " + strings.Repeat(string(rune('a'+i%26)), 1+i/26)
	x.RequestID = fmt.Sprint(target, " ", i, " ", at.Unix())
	x.Evidence = &Evidence{Stack: strings.Repeat("at main.go:42\n", 1200), Host: "api.example.com", Headers: []Header{{"Server", "x"}}}
	return x
}

// TestEvidenceStaysWithinItsBudget fills 4,900 groups with stacks of 16 KB, again and again.
func TestEvidenceStaysWithinItsBudget(t *testing.T) {
	const budget = 16 << 20
	before := heap()
	tr := liveWith(Settings{EvidenceBytes: budget})
	now := noon
	for round := range 7 {
		for i := range 4900 {
			tr.Record(now, []Result{stacked(now, i%50, i/50)})
		}
		now = now.Add(10 * time.Second)
		if use := tr.Snapshot(now).Evidence; use.Bytes > budget || use.Bytes < budget/2 || use.Cut == 0 || use.Budget != budget {
			t.Fatalf("round %d: %+v", round, use)
		}
	}
	tr.view = view{stale: true}
	if used := heap() - before; used > 3*budget {
		t.Errorf("%.1f MB are in use", float64(used)/1e6)
	}
	s := tr.Snapshot(now)
	if len(s.Groups) != 4900 {
		t.Fatalf("%d groups", len(s.Groups))
	}
	whole := 0
	for _, g := range s.Groups {
		if len(g.Exemplars) < 2 {
			t.Fatalf("%d exemplars", len(g.Exemplars))
		}
		for _, f := range g.Exemplars {
			v := f.Evidence
			if f.RequestID == "" || v.Host == "" || v.Cut != (v.Stack == "") {
				t.Fatalf("an exemplar has lost more than what is long: %+v", f)
			}
		}
		if !g.Example.Evidence.Cut {
			whole++
		}
	}
	if whole < 100 {
		t.Errorf("the newest error of %d groups is whole", whole)
	}
	if newest := s.Errors[len(s.Errors)-1]; newest.Evidence.Cut {
		t.Error("the newest error is cut")
	}
	tr.RemoveTargets(now, func() (names []string) {
		for _, tg := range s.Targets {
			names = append(names, tg.Name)
		}
		return names
	}()...)
	if use := tr.Snapshot(now).Evidence; use.Bytes != 0 {
		t.Errorf("without a target %d bytes are still counted", use.Bytes)
	}
}

// TestOneErrorTakesNoMoreThanItsShare answers with 11,000 headers.
func TestOneErrorTakesNoMoreThanItsShare(t *testing.T) {
	tr := live()
	x := traffic(noon, "t", 429)
	x.Evidence = &Evidence{Body: strings.Repeat("é", 50_000), Line: "short"}
	for i := range 11_000 {
		x.Evidence.Headers = append(x.Evidence.Headers, Header{fmt.Sprintf("X-RateLimit-%d", i), "1"})
	}
	tr.Record(noon, []Result{x})
	s := tr.Snapshot(noon)
	f := s.Errors[0]
	if size := f.size(); size > 32<<20/oneOfMany || size < 32<<20/oneOfMany/2 || !f.Evidence.Cut || f.Evidence.Line != "short" {
		t.Errorf("%d bytes, %d headers, body of %d", size, len(f.Evidence.Headers), len(f.Evidence.Body))
	}
	if s.Evidence.Cut != 1 || len(x.Evidence.Headers) != 11_000 || x.Evidence.Cut {
		t.Errorf("%+v; the result that came has %d headers", s.Evidence, len(x.Evidence.Headers))
	}
}

// TestAGroupKeepsTheEvidenceThatMattersMost: a quiet group is cut before one that fails now, and the exemplars in the midst
// before the first and the newest.
func TestAGroupKeepsTheEvidenceThatMattersMost(t *testing.T) {
	tr := liveWith(Settings{EvidenceBytes: 512 << 10, Ring: 1})
	now := noon
	for i := range 6 {
		now = noon.Add(time.Duration(i) * time.Second)
		for group := range 4 {
			tr.Record(now, []Result{stacked(now, group, 0)})
		}
	}
	for _, g := range tr.Snapshot(now).Groups {
		kept := ""
		for _, f := range g.Exemplars {
			kept += map[bool]string{true: "-", false: "#"}[f.Evidence.Cut]
		}
		if kept[0] != '#' || kept[5] != '#' {
			t.Errorf("%s keeps %s", g.Target, kept)
		}
	}
	now = now.Add(time.Hour)
	for i := range 40 {
		tr.Record(now, []Result{stacked(now, 9, i)})
	}
	for _, g := range tr.Snapshot(now).Groups {
		last := strings.HasPrefix(g.Example.RequestID, "9 39 ")
		if cut := g.Example.Evidence.Cut; last && cut || g.Target != "t9" && !cut {
			t.Errorf("%s, %s: cut %v", g.Target, g.Message, g.Example.Evidence.Cut)
		}
	}
}
