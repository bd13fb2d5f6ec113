package logline

import "errtop/internal/safetext"

// How much is kept of the parts of a log line.
const (
	MaxName    = 128  // targets, methods, hosts, request ids
	MaxRoute   = 512  // paths
	MaxMessage = 2048 // messages
	MaxStack   = 16 << 10
	MaxSample  = 400 // lines that could not be read
	MaxSamples = 10  // as many of them
	MaxRaw     = 2048
)

// Interner makes log text harmless and keeps one string for each text it sees. When it is full it starts anew, so a log
// of endlessly different texts costs no endless memory.
type Interner struct {
	known map[string]Interned
	folds map[string]Interned                  // what came of folding
	fold  func(dst []byte, text string) []byte // what is done to harmless text before it is kept; nil: nothing
	last  uint64                               // number given last

	buffer []byte

	labels labelSets // of the results whose texts it keeps
}

// Interned is a text as an interner keeps it.
type Interned struct {
	Text   string
	Number uint64 // of this text and no other of its interner; 0 is the empty text's
}

// MaxInterned bounds the texts an interner keeps.
const MaxInterned = 8192

// NewInterner returns an interner that folds texts before it keeps them.
func NewInterner(fold func(dst []byte, text string) []byte) Interner { return Interner{fold: fold} }

// Line returns b as one harmless line of at most limit bytes.
func (t *Interner) Line(b []byte, limit int) string { return t.Text(b, limit).Text }

// Text returns b as one harmless line of at most limit bytes, with a number that no other text has. A text that comes
// again may have another one.
func (t *Interner) Text(b []byte, limit int) Interned {
	if len(b) == 0 {
		return Interned{}
	}
	if known, ok := t.known[string(b)]; ok {
		return known
	}
	text := t.folded(SafeLine(b, limit))
	if len(b) > MaxRoute {
		return text
	}
	if t.known == nil || len(t.known) >= MaxInterned {
		t.known = make(map[string]Interned, 64)
	}
	t.known[string(b)] = text
	return text
}

// folded returns a harmless text as the interner keeps it: those that fold alike get one number.
func (t *Interner) folded(s string) Interned {
	if t.fold == nil {
		t.last++
		return Interned{s, t.last}
	}
	t.buffer = t.fold(t.buffer[:0], s)
	if known, ok := t.folds[string(t.buffer)]; ok {
		return known
	}
	t.last++
	text := Interned{string(t.buffer), t.last}
	if t.folds == nil || len(t.folds) >= MaxInterned {
		t.folds = make(map[string]Interned, 64)
	}
	t.folds[text.Text] = text
	return text
}

// SafeLine returns b as one harmless line of at most limit bytes, without secrets. They are masked before b is cut.
func SafeLine(b []byte, limit int) string {
	return safetext.MaskedLine(string(safetext.Cut(b, limit+safetext.Lookahead)), limit)
}

// SafeBlock returns b as harmless lines of at most limit bytes together, without secrets.
func SafeBlock(b []byte, limit int) string {
	return safetext.MaskedBlock(string(safetext.Cut(b, limit+safetext.Lookahead)), limit)
}
