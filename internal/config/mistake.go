package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"errtop/internal/safetext"
)

// Mistake is one thing that is wrong in a config file.
type Mistake struct {
	File         string
	Line, Column int    // from 1; the column counts bytes
	Key          string // "targets[1].interval"; "" where the file as a whole is meant
	Problem      string // what was found and what was expected
}

// String returns "errtop.toml:12:3: targets[1].intervall: unknown key; did you mean "interval"?", fit to be printed.
func (m Mistake) String() string {
	place := fmt.Sprintf("%s:%d:%d: ", m.File, m.Line, m.Column)
	if m.Key != "" {
		place += m.Key + ": "
	}
	return safetext.Line(place + m.Problem)
}

// Error is why a config was refused: every mistake in it, in the order of the file.
type Error struct{ Mistakes []Mistake }

// mistakesSaid bounds how many mistakes an error says: nobody reads more, and a file may hold a million.
const mistakesSaid = 100

// Error returns the first mistakes, one a line, and how many more there are.
func (e *Error) Error() string {
	said := e.Mistakes[:min(len(e.Mistakes), mistakesSaid)]
	lines := make([]string, len(said))
	for i, m := range said {
		lines[i] = m.String()
	}
	if more := len(e.Mistakes) - len(said); more > 0 {
		lines = append(lines, fmt.Sprintf("and %d more mistakes", more))
	}
	return strings.Join(lines, "\n")
}

// refusal returns the mistakes as an error, and nil without any.
func refusal(mistakes []Mistake) error {
	if len(mistakes) == 0 {
		return nil
	}
	slices.SortStableFunc(mistakes, func(a, b Mistake) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(a.Key, b.Key))
	})
	return &Error{Mistakes: mistakes}
}
