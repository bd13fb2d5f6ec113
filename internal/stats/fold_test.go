package stats

import (
	"fmt"
	"testing"

	"errtop/tracker"
)

// TestGroupsAreFoldedAsOnTheDashboard counts errors that differ in one name, and some that are different faults, in two sets that are
// merged, below and above the bound: the first are one group, with every error.
func TestGroupsAreFoldedAsOnTheDashboard(t *testing.T) {
	for _, n := range []int{250, maxGroups + 500} {
		sets := [2]groups{newGroups(), newGroups()}
		count := func(i int, message string) {
			set := &sets[i%2]
			set.group("t", &tracker.Result{Method: "GET", Route: "/", Status: 500, Kind: tracker.KindServer, Message: message}).count++
		}
		for i := range n {
			count(i, "bucket "+word(i)+" does not exist")
		}
		for i := range 60 {
			count(i, "query failed with "+fmt.Sprintf("ORA-%05d", i))
			count(i, word(i)+" is "+word(i+7)+" of "+word(i+11))
		}
		sets[0].merge(&sets[1])
		s := &Summary{tally: &tally{groups: sets[0]}}
		list := s.Groups(1000)
		if _, all := s.groups(1); all != len(list) {
			t.Errorf("%d groups are said to be there, %d are", all, len(list))
		}
		if len(list) != 121 || list[0].Message != "bucket {any} does not exist" || list[0].Count != uint64(n) || list[0].Folded < tracker.FoldAfter {
			t.Errorf("%d: %d groups, the first %q ×%d of %d", n, len(list), list[0].Message, list[0].Count, list[0].Folded)
		}
	}
}

// word is a name that no rule knows for an id.
func word(i int) string {
	syllables := [...]string{"ba", "ke", "lo", "mi", "nu", "ra", "se", "ti", "vo", "zu"}
	return syllables[i/10000%10] + syllables[i/1000%10] + syllables[i/100%10] + syllables[i/10%10] + syllables[i%10]
}
