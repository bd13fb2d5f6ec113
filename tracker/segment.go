package tracker

import "strings"

// appendSegment appends a path's segment to dst, with what names one thing among many in it folded. before is the segment before
// it: in /users/user-7 it tells that 7 is a user's, while the 2 of /models/veo-2 belongs to a name.
func appendSegment(dst []byte, segment, before string) []byte {
	if strings.IndexByte(segment, '_') < 0 {
		if name := segmentClass(segment); name != "" {
			return append(dst, name...)
		}
	}
	if len(segment) > maxMessage || !segmentOfWords(segment) {
		return append(dst, segment...)
	}
	if owner := podOwner(segment); owner > 0 && strings.ContainsAny(segment[owner:], "2456789") {
		return append(append(dst, segment[:owner]...), "-{id}"...)
	}
	numbers, digits, letters := 0, 0, 0
	for i := range len(segment) {
		switch {
		case digitByte(segment[i]):
			digits++
		case letterByte(segment[i]):
			letters++
		}
		if digitByte(segment[i]) && (i == 0 || !digitByte(segment[i-1])) {
			numbers++
		}
	}
	if digits == 0 && !madeUp(lastPart(segment)) || letters == 0 && digits < 8 {
		return append(dst, segment...)
	}
	if word := strings.TrimRight(segment, "0123456789"); letters == len(word) && isAbout(word, before) { // /orders/o17
		return append(append(dst, word...), "{n}"...)
	}
	return appendParts(dst, segment, before, numbers)
}

// appendParts folds the parts of a segment that joints part.
func appendParts(dst []byte, segment, before string, numbers int) []byte {
	start := len(dst)
	for i, word := 0, ""; i <= len(segment); {
		end := i
		for end < len(segment) && segment[end] != '-' && segment[end] != '_' {
			end++
		}
		part := segment[i:end]
		switch {
		case allDigits(part) && foldsNumber(word, part, before, numbers):
			dst = append(dst, "{n}"...)
		case !allDigits(part) && (madeUp(part) || len(part) >= 8 && allHex(part)):
			if i > 0 && segment[i-1] == '_' { // as in messages: the prefix belongs to the id
				return append(dst[:start], "{id}"...)
			}
			dst = append(dst, "{id}"...)
		default:
			dst = append(dst, part...)
		}
		if end < len(segment) {
			dst = append(dst, segment[end])
		}
		i, word = end+1, part
	}
	return dst
}

// foldsNumber reports whether a number in a segment is an id: one with a few digits, one among several, or one behind a word that is
// about the segment before.
func foldsNumber(word, number, before string, numbers int) bool {
	switch strings.ToLower(word) {
	case "east", "west", "north", "south", "central", "northeast", "southeast", "northwest", "southwest": // regions
		return false
	}
	if keptBefore[strings.ToLower(word)] {
		return false
	}
	return len(number) >= 2 || numbers > 1 || isAbout(word, before)
}

// isAbout reports whether a word is what a collection holds: user of users, inv of invoices, o of orders. The v of a version is not.
func isAbout(word, collection string) bool {
	return word != "" && len(word) <= len(collection) && strings.EqualFold(word, collection[:len(word)]) && !strings.EqualFold(word, "v")
}

// lastPart returns what follows the last joint.
func lastPart(s string) string { return s[strings.LastIndexAny(s, "-_")+1:] }

// segmentOfWords reports whether a segment has only letters, digits and joints.
func segmentOfWords(s string) bool {
	for i := range len(s) {
		if c := s[i]; c >= 0x80 || !wordByte(c) && c != '-' {
			return false
		}
	}
	return s != ""
}
