package triage

import (
	"os"
	"slices"
	"strconv"
	"testing"
	"time"
)

// TestHeadlinesAreRight draws every kind with many seeds and counts how often each answer is right. Bars: 95 % each, and at
// most 1 % wrong with confidence. TRIAGE_SEEDS sets how many seeds of each kind are drawn, 8 by default, 1 with -short; TRIAGE_FIRST
// which is the first.
func TestHeadlinesAreRight(t *testing.T) {
	seeds := 8
	if testing.Short() {
		seeds = 1
	}
	if n, err := strconv.Atoi(os.Getenv("TRIAGE_SEEDS")); err == nil {
		seeds = n
	}
	first := uint64(1)
	if n, err := strconv.ParseUint(os.Getenv("TRIAGE_FIRST"), 10, 32); err == nil {
		first = n
	}
	only := os.Getenv("TRIAGE_KIND")
	var all, what, since, why, trend, wrong int
	var off []time.Duration
	for _, kind := range Kinds() {
		if only != "" && only != kind.Name {
			continue
		}
		var score [6]int
		for seed := range uint64(seeds) {
			scene := kind.Draw(first + seed)
			s := scene.Play()
			v := Judge(&scene.Truth, s)
			for i, right := range []bool{v.What, v.Since, v.Why, v.Trend, v.Wrong, v.Right()} {
				if right {
					score[i]++
				}
			}
			if !scene.Truth.Quiet && v.What && !scene.Truth.Before && kind.Name != "gradual" && kind.Name != "pool" {
				off = append(off, v.Error)
			}
			if !v.Right() && (only != "" || os.Getenv("TRIAGE_VERBOSE") != "") {
				t.Logf("%s %d at %s\n  truth %s\n  said  %s", kind.Name, first+seed, scene.Now.Format("15:04:05"), scene.Truth.String(), Describe(v.Said))
			}
		}
		t.Logf("%-20s what %3d  since %3d  why %3d  trend %3d  wrong %2d  all %3d of %d", kind.Name, score[0], score[1], score[2], score[3], score[4], score[5], seeds)
		all, what, since, why, trend, wrong = all+seeds, what+score[0], since+score[1], why+score[2], trend+score[3], wrong+score[4]
	}
	percent := func(n int) float64 { return 100 * float64(n) / float64(all) }
	t.Logf("%d scenes: what %.1f %%, since %.1f %%, why %.1f %%, trend %.1f %%, wrong %.1f %%", all, percent(what), percent(since), percent(why), percent(trend), percent(wrong))
	if slices.Sort(off); len(off) > 0 {
		t.Logf("since off by: median %s, 95 %%: %s", off[len(off)/2].Round(time.Second), off[len(off)*95/100].Round(time.Second))
	}
	if only == "" && (percent(what) < 95 || percent(since) < 95 || percent(why) < 95 || percent(trend) < 95 || percent(wrong) > 1) {
		t.Error("below the bars")
	}
}
