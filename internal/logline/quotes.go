package logline

import (
	"encoding/binary"
	"math/bits"
)

// quotes knows where the quotes of a line stand: a string's end is then found in a few instructions, however long it is.
type quotes struct {
	words [maxQuoteWords + 1]uint64 // a bit for each byte of the line, 0 after it
	count int                       // words in use
}

// maxQuoteWords bounds the lines whose quotes are marked.
const maxQuoteWords = 32

// mark makes q ready for a line. It reports false, and q is of no use, where the line is very short or long, or holds a
// backslash or a control character: in all others, a string ends at its first quote.
func (q *quotes) mark(line []byte) bool {
	if len(line) < 64 || len(line) > 64*maxQuoteWords {
		return false
	}
	q.count = (len(line) + 63) >> 6
	return !markQuotes(&q.words, line)
}

// next returns where the first quote at or behind i is, or -1 if there is none. i is at most the line's length.
func (q *quotes) next(i int) int {
	if w := q.words[i>>6] >> (i & 63); w != 0 {
		return i + bits.TrailingZeros64(w)
	}
	return q.later(i>>6 + 1)
}

// later returns where the first quote in the words from k on is, or -1 if there is none.
func (q *quotes) later(k int) int {
	for ; k < q.count; k++ {
		if w := q.words[k]; w != 0 {
			return k<<6 + bits.TrailingZeros64(w)
		}
	}
	return -1
}

// markQuotesGo sets a bit in words for each quote of the line, which has 64 to 64*maxQuoteWords bytes, and a word of 0
// after them. It reports whether the line holds a backslash or a control character.
func markQuotesGo(words *[maxQuoteWords + 1]uint64, line []byte) (odd bool) {
	const rest = ^uint64(tops)
	var marks uint64
	for i := 0; i < len(line); i += 64 {
		var word uint64
		for k := i; k < min(i+64, len(line)); k += 8 {
			at := min(k, len(line)-8) // the last eight bytes are read together with what precedes them
			w := binary.LittleEndian.Uint64(line[at:])
			marks |= (((w ^ ones*'\\') - ones) | (w - ones*0x20)) &^ w
			q := w ^ ones*'"'
			quote := ^((q&rest + rest) | q | rest) // the top bit of each byte that is a quote
			word |= (quote >> 7 * 0x0102040810204080) >> 56 >> (k - at) << (k - i)
		}
		words[i>>6] = word
	}
	words[(len(line)+63)>>6] = 0
	return marks&tops != 0
}
