package tracker

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// names are words that no rule of Normalise knows for ids.
func nameOf(i int) string {
	syllables := [...]string{"ba", "ke", "lo", "mi", "nu", "ra", "se", "ti", "vo", "zu"}
	return syllables[i/100%10] + syllables[i/10%10] + syllables[i%10] + "n"
}

func folding300(format string) (out []Result) {
	for i := range 300 {
		x := traffic(noon.Add(time.Duration(i)*time.Second), "t", 500)
		x.Message = fmt.Sprintf(format, nameOf(i))
		out = append(out, x)
	}
	return out
}

func messagesOf(s *Snapshot) (out []string) {
	for _, g := range s.Groups {
		out = append(out, fmt.Sprintf("%s %s %s ×%d", g.Method, g.Route, g.Message, g.Count))
	}
	slices.Sort(out)
	return out
}

// TestGroupsThatDifferInOnePlaceAreFolded records errors that differ in one name, in any order: one group counts them all, says how many
// it was made of, and kept errors belong to it.
func TestGroupsThatDifferInOnePlaceAreFolded(t *testing.T) {
	for _, c := range []struct{ format, want string }{
		{"bucket %s does not exist", "bucket {any} does not exist"},
		{"upload to s3://%s/photos failed: access denied", "upload to s3://{any}/photos failed: access denied"},
		{"no such queue: %s", "no such queue: {any}"},
		{"worker name=%s, restarting after crash", "worker name={any}, restarting after crash"},
	} {
		for seed := range uint64(3) {
			results := folding300(c.format)
			rand.New(rand.NewPCG(seed, 1)).Shuffle(len(results), func(i, j int) { results[i], results[j] = results[j], results[i] })
			tr := live()
			for i := range results {
				tr.Record(noon.Add(5*time.Minute), results[i:i+1])
			}
			s := tr.Snapshot(noon.Add(5 * time.Minute))
			if len(s.Groups) != 1 || s.Groups[0].Message != c.want || s.Groups[0].Count != 300 || s.Groups[0].Folded < FoldAfter {
				t.Fatalf("%q: %d groups, the first %+q ×%d of %d", c.format, len(s.Groups), s.Groups[0].Message, s.Groups[0].Count, s.Groups[0].Folded)
			}
			if !s.Groups[0].First.Equal(noon) || !s.Groups[0].Last.Equal(noon.Add(299*time.Second)) || len(s.Groups[0].Exemplars) != 1+newestKept {
				t.Errorf("%q: from %s to %s, %d exemplars", c.format, s.Groups[0].First, s.Groups[0].Last, len(s.Groups[0].Exemplars))
			}
			for i := range s.Errors {
				if s.Errors[i].Group != s.Groups[0].ID {
					t.Fatalf("an error of group %x", s.Errors[i].Group)
				}
			}
		}
	}
}

// TestRoutesAreFoldedLikeMessages records 404s of routes with a name in one place.
func TestRoutesAreFoldedLikeMessages(t *testing.T) {
	tr := live()
	for i := range 250 {
		x := traffic(noon.Add(time.Duration(i)*time.Second), "t", 404)
		x.Route, x.Message = "/shops/"+nameOf(i)+"/items", "no such shop"
		tr.Record(noon.Add(5*time.Minute), []Result{x})
	}
	if got, want := messagesOf(tr.Snapshot(noon.Add(5*time.Minute))), []string{"POST /shops/{any}/items no such shop ×250"}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

// TestDifferentFaultsStayApart records hundreds of errors that are different faults, and others that differ in more than one place, beside
// some that are folded: the former stay what they are.
func TestDifferentFaultsStayApart(t *testing.T) {
	apart := map[string]func(i int) (message, route string, status int){
		"codes of a database": func(i int) (string, string, int) { return fmt.Sprintf("query failed with ORA-%05d", 1+i), "/q", 500 },
		"codes with letters":  func(i int) (string, string, int) { return fmt.Sprintf("request failed with E%03d", i), "/q", 500 },
		"exceptions": func(i int) (string, string, int) {
			return "unhandled exception " + strings.ToUpper(nameOf(i)[:1]) + nameOf(i)[1:] + "Error", "/q", 500
		},
		"nothing but a name":    func(i int) (string, string, int) { return nameOf(i), "/q", 500 },
		"a name and a word":     func(i int) (string, string, int) { return nameOf(i) + " unavailable", "/q", 500 },
		"routes of one segment": func(i int) (string, string, int) { return "not there", "/" + nameOf(i), 404 },
		"two places": func(i int) (string, string, int) {
			return "table " + nameOf(i) + " has no column " + nameOf(i+400), "/q", 500
		},
		"fewer than a hundred": func(i int) (string, string, int) { return "bucket " + nameOf(i%99) + " does not exist", "/q", 500 },
		"a hundred of several methods": func(i int) (string, string, int) {
			return "bucket " + nameOf(i%60) + " does not exist", fmt.Sprint("/", nameOf(900+i/60)), 500
		},
	}
	for name, draw := range apart {
		tr := liveWith(Settings{MaxGroups: 1000})
		want := map[string]bool{}
		for i := range 180 {
			x := traffic(noon.Add(time.Duration(i)*time.Second), "t", 500)
			x.Message, x.Route, x.Status = draw(i)
			x.Kind = KindOf(x.Status)
			want[x.Message+x.Route] = true
			tr.Record(noon.Add(5*time.Minute), []Result{x})
		}
		for _, r := range folding300("disk of node %s is full") {
			tr.Record(noon.Add(5*time.Minute), []Result{r})
		}
		s := tr.Snapshot(noon.Add(5 * time.Minute))
		if len(s.Groups) != len(want)+1 {
			t.Errorf("%s: %d groups, want %d: %q", name, len(s.Groups), len(want)+1, messagesOf(s)[:5])
		}
	}
}

// TestFoldedGroupsAreKeptAndSummed restores a state with a folded group, and adds one to a tracker that has not folded: what comes later
// is counted there, too.
func TestFoldedGroupsAreKeptAndSummed(t *testing.T) {
	now := noon.Add(5 * time.Minute)
	results := folding300("bucket %s does not exist")
	tr := live()
	tr.Record(now, results[:200])
	restored := New(Settings{})
	if err := restored.Restore(now, tr.State(now, Part{})); err != nil {
		t.Fatal(err)
	}
	restored.Record(now, results[200:])
	if got, want := messagesOf(restored.Snapshot(now)), []string{"POST /api/v1/t bucket {any} does not exist ×300"}; !slices.Equal(got, want) {
		t.Errorf("restored: %q", got)
	}
	few := live()
	few.Record(now, results[200:250])
	for _, names := range [][2]OriginID{{"a", "b"}, {"b", "a"}} {
		view, err := View(now, Settings{}, map[OriginID]State{names[0]: tr.State(now, Part{}), names[1]: few.State(now, Part{})})
		if err != nil {
			t.Fatal(err)
		}
		if got, want := messagesOf(view.Snapshot(now)), []string{"POST /api/v1/t bucket {any} does not exist ×250"}; !slices.Equal(got, want) {
			t.Errorf("summed: %q", got)
		}
	}
}
