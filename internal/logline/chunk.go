package logline

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// Chunk is a piece of a log, made of whole lines, in which every byte is marked that can end a string or a line: quotes, backslashes
// and control characters. A line of a known shape is then read from mark to mark, and there is no need to find its end first. The zero
// value is an empty chunk. A chunk serves one goroutine.
type Chunk struct {
	data   []byte
	marks  []byte // a bit for each byte of data, eight to a byte, the first one lowest; and some zeros after them
	marked bool   // marks are of data: they are made when they are first needed

	carriage bool // the first line ends with a carriage return; such lines are read one by one
}

// Reset makes c hold data, which must not change until the next Reset.
func (c *Chunk) Reset(data []byte) { c.data, c.marked = data, false }

// mark sets the marks.
func (c *Chunk) mark() {
	n := (len(c.data) + 63) >> 6
	if cap(c.marks) < 8*n+8 {
		c.marks = make([]byte, 8*n+n+64)
	}
	c.marks = c.marks[:8*n+8]
	whole := len(c.data) >> 6
	markBlocks(c.marks[:8*whole], c.data)
	if whole < n {
		var last [64]byte
		copy(last[:], c.data[whole<<6:])
		markBlocksGo(c.marks[8*whole:8*n], last[:])
		own := uint64(1)<<(len(c.data)&63) - 1
		binary.LittleEndian.PutUint64(c.marks[8*whole:], binary.LittleEndian.Uint64(c.marks[8*whole:])&own)
	}
	binary.LittleEndian.PutUint64(c.marks[8*n:], 0)
	line := bytes.IndexByte(c.data, '\n')
	c.carriage = line > 0 && c.data[line-1] == '\r'
	c.marked = true
}

// next returns where the first mark at or behind i is, or -1 if there is none. i is at most the length of the data. It looks at 57
// marks or more at once, whatever their place: the processor could not predict whether a mark stands before the next multiple of 64.
func (c *Chunk) next(i int) int {
	if w := binary.LittleEndian.Uint64(c.marks[i>>3:]) >> (i & 7); w != 0 {
		return i + bits.TrailingZeros64(w)
	}
	return c.later(i&^7 + 64)
}

// later returns where the first mark at or behind i is, a multiple of eight, or -1 if there is none.
func (c *Chunk) later(i int) int {
	for ; i>>3+8 <= len(c.marks); i += 64 {
		if w := binary.LittleEndian.Uint64(c.marks[i>>3:]); w != 0 {
			return i + bits.TrailingZeros64(w)
		}
	}
	return -1
}

// quote returns where the string that starts at i, after its quote, has its closing quote; -1 if it holds anything that needs a
// second look.
func (c *Chunk) quote(i int) int {
	end := c.next(i)
	if end < 0 || c.data[end] != '"' {
		return -1
	}
	return end
}

// markBlocksGo sets a bit in marks for each quote, backslash and control character of data, which has 64 bytes for each eight of marks.
func markBlocksGo(marks, data []byte) {
	const rest = ^uint64(tops)
	zeros := func(x uint64) uint64 { return ^((x&rest + rest) | x | rest) } // the top bit of each byte that is 0
	for k := range marks {
		w := binary.LittleEndian.Uint64(data[k<<3:])
		found := zeros(w^ones*'"') | zeros(w^ones*'\\') | zeros(w&(ones*0xe0))
		marks[k] = byte(found >> 7 * 0x0102040810204080 >> 56)
	}
}
