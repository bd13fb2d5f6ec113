package config

import (
	"fmt"
	"strings"
)

// suggest returns what to try instead of a name that is none of those known: the nearest of them, or all where none is near.
func suggest(name string, known []string) string {
	best, least := "", 1+(len(name)+1)/3 // a third of the letters may be wrong
	for _, k := range known {
		if n := distance(strings.ToLower(name), strings.ToLower(k)); n < least {
			best, least = k, n
		}
	}
	if best != "" && len(name) > 1 {
		return fmt.Sprintf("did you mean %q?", best)
	}
	return "expected one of " + strings.Join(known, ", ")
}

// distance returns how many letters have to be put in, left out, replaced or swapped with their neighbour to make a of b
// (optimal string alignment).
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	var before []int
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i := range x {
		next := make([]int, len(y)+1)
		next[0] = i + 1
		for j := range y {
			replace := row[j]
			if x[i] != y[j] {
				replace++
			}
			next[j+1] = min(row[j+1]+1, next[j]+1, replace)
			if i > 0 && j > 0 && x[i] == y[j-1] && x[i-1] == y[j] {
				next[j+1] = min(next[j+1], before[j-1]+1)
			}
		}
		before, row = row, next
	}
	return row[len(y)]
}
