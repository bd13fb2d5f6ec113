package filter

import (
	"path"
	"strings"
)

// Like reports whether a name matches a pattern as in a shell, in which * and ? match a slash too: names of targets hold slashes
// ("flux/dev"), and * means all of them. A pattern that is malformed matches nothing; [path.Match] says what is wrong with it.
func Like(pattern, name string) bool {
	flat := func(s string) string { return strings.ReplaceAll(s, "/", "\x1f") }
	ok, err := path.Match(flat(pattern), flat(name))
	return err == nil && ok
}
