package ingest

import (
	"bytes"

	"errtop/internal/safetext"
)

// How much is kept of the parts of a log line.
const (
	maxName    = 128  // targets, methods, hosts, request ids
	maxRoute   = 512  // paths
	maxMessage = 2048 // messages
	maxStack   = 16 << 10
	maxSample  = 400 // lines that could not be read
	maxSamples = 10  // as many of them
	maxRaw     = 2048
)

// interner makes log text harmless and keeps one string for each text it sees. When it is full it starts anew, so a log
// of endlessly different texts costs no endless memory.
type interner struct {
	known map[string]interned
	fold  func(dst []byte, text string) []byte // what is done to harmless text before it is kept; nil: nothing
	last  uint64                               // number given last
}

// interned is a text as an interner keeps it.
type interned struct {
	kept   string
	number uint64 // of this text and no other of its interner; 0 is the empty text's
}

// maxInterned bounds the texts an interner keeps.
const maxInterned = 8192

// line returns b as one harmless line of at most limit bytes.
func (t *interner) line(b []byte, limit int) string { return t.text(b, limit).kept }

// text returns b as one harmless line of at most limit bytes, with a number that no other text has. A text that comes
// again may have another one.
func (t *interner) text(b []byte, limit int) interned {
	if len(b) == 0 {
		return interned{}
	}
	if known, ok := t.known[string(b)]; ok {
		return known
	}
	s := safeLine(b, limit)
	if t.fold != nil {
		s = string(t.fold(nil, s))
	}
	t.last++
	text := interned{s, t.last}
	if len(b) > maxRoute {
		return text
	}
	if t.known == nil || len(t.known) >= maxInterned {
		t.known = make(map[string]interned, 64)
	}
	t.known[string(b)] = text
	return text
}

// safeLine returns b as one harmless line of at most limit bytes, without secrets.
func safeLine(b []byte, limit int) string {
	if plain(b) && len(b) <= limit {
		return string(b)
	}
	b = cut(b, limit)
	return string(cut([]byte(safetext.Line(string(maskSecrets(b)))), 2*limit))
}

// safeBlock returns b as harmless lines of at most limit bytes together, without secrets.
func safeBlock(b []byte, limit int) string {
	return string(cut([]byte(safetext.Block(string(maskSecrets(cut(b, limit))))), 2*limit))
}

// plain reports whether b is printable ASCII without anything that could carry a secret: the common case.
func plain(b []byte) bool {
	for _, c := range b {
		if c-0x20 >= 0x5f || c == '=' || c == '@' || c == ':' || c == '?' {
			return false
		}
	}
	return !bytes.Contains(b, []byte("earer ")) && !bytes.Contains(b, []byte("asic "))
}

// cut returns at most limit bytes of b, not ending within a character.
func cut(b []byte, limit int) []byte {
	if len(b) <= limit {
		return b
	}
	end := limit
	for end > limit-4 && end > 0 && b[end]&0xc0 == 0x80 {
		end--
	}
	return b[:end]
}
