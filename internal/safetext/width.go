package safetext

import "github.com/clipperhouse/displaywidth"

// Width returns how many cells of a terminal s takes, counted by grapheme clusters, ambiguous characters as one. s has been
// through [Line] and is not styled yet: it holds no escape sequences. For such text it agrees with ansi.StringWidth of
// github.com/charmbracelet/x/ansi, which styled text needs, at a fraction of the cost.
func Width(s string) int { return displaywidth.String(s) }

// Truncate returns s as it is where it fits into cells, and otherwise as much of its start as fits together with tail. A
// tail that alone is too wide is left out. Both have been through [Line]. The result is never wider than cells, but may be
// narrower by one where a wide character would have been cut in two.
func Truncate(s string, cells int, tail string) string {
	if len(s) <= cells && ascii(s) || Width(s) <= cells {
		return s
	}
	room := cells - Width(tail)
	if room < 0 {
		room, tail = cells, ""
	}
	if room <= 0 {
		return tail
	}
	if head := s[:min(room+1, len(s))]; ascii(head) {
		// One more than there is room for, because a mark after the last would belong to it.
		return head[:room] + tail
	}
	return displaywidth.TruncateString(s, room, "") + tail
}

func ascii(s string) bool {
	for i := range len(s) {
		if !printableASCII(s[i]) {
			return false
		}
	}
	return true
}
