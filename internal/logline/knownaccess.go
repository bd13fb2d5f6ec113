package logline

import (
	"encoding/binary"
	"math/bits"
)

// accessAt is access for the line that starts somewhere in a chunk, if it has the usual shape, with or without referer and agent:
//
//	client - - [02/Jan/2006:15:04:05 -0700] "GET /path HTTP/1.1" 200 134 "referer" "agent"
//
// It returns where the line ends, or -1 if it is not of that shape.
func (d *Decoder) accessAt(c *Chunk, start int, r *Record) (end int) {
	data := c.data
	request := c.quote(start)
	open := request - 29
	if open < start+6 || !anonymousAt(data, start, open) || data[request-1] != ' ' || data[request-2] != ']' || data[open+3] != '/' {
		return -1
	}
	closing := c.quote(request + 1)
	if closing < 0 || closing+16 > len(data) {
		return -1
	}
	method, path, ok := usualRequest(data, request+1, closing)
	if !ok {
		return -1
	}
	// ` 200 134 "` or ` 200 -`, and the line's end
	status, ok := threeDigits(binary.LittleEndian.Uint32(data[closing+1:]))
	if !ok || data[closing+5] != ' ' {
		return -1
	}
	size := closing + 6
	if data[size] == '-' {
		size++
	} else {
		digits := digitRun(binary.LittleEndian.Uint64(data[size:]))
		if size += digits; digits == 0 || digits == 8 {
			return -1
		}
	}
	sec, nsec, ok := d.clock.clf(data[open+1 : request-2])
	if !ok {
		return -1
	}
	end = size
	if data[size] != '\n' {
		if end = d.refererAndAgent(c, start, size, r); end < 0 {
			return -1
		}
	}
	r.line = data[start:end]
	r.Sec, r.Nsec, r.HasTime = sec, nsec, true
	r.setStatus(status)
	at := int32(start) //nolint:gosec // within a chunk
	r.first(FieldMethod, span{lo: method.lo - at, hi: method.hi - at})
	r.first(FieldPath, span{lo: path.lo - at, hi: path.hi - at})
	return end
}

// refererAndAgent reads `"referer" "agent"` up to the end of a line, after the blank at i, and returns where that is.
func (d *Decoder) refererAndAgent(c *Chunk, start, i int, r *Record) (end int) {
	data := c.data
	if i+2 > len(data) || data[i] != ' ' || data[i+1] != '"' {
		return -1
	}
	closing := c.quote(i + 2)
	if closing < 0 || closing+3 >= len(data) || data[closing+1] != ' ' || data[closing+2] != '"' {
		return -1
	}
	agent := closing + 3
	closing = c.quote(agent)
	if closing < 0 || closing+1 >= len(data) || data[closing+1] != '\n' {
		return -1
	}
	r.first(FieldAgent, makeSpan(slot{}, agent-start, closing-start, formText))
	d.tailSender, d.tailRead = d.agentOf(data[agent:closing]).sender, true
	d.agent = d.agent[:0] // that of another line
	return closing + 1
}

// anonymousAt reports whether a client, a word, stands between start and " - - [", whose bracket is at open.
func anonymousAt(data []byte, start, open int) bool {
	const before = " - - ["
	client := open + 1 - len(before)
	if string(data[client:open+1]) != before || data[start] == byteOrderMark[0] || data[start] == '{' {
		return false
	}
	for i := start; ; i += 16 {
		head := blankOrBracket(binary.LittleEndian.Uint64(data[i:]))
		if head == 8 {
			head += blankOrBracket(binary.LittleEndian.Uint64(data[i+8:]))
		}
		switch first := i + head; {
		case first >= client: // the blank before the first "-"
			return true
		case head < 16:
			return false
		}
	}
}

// blankOrBracket returns where in w the first blank or "[" is, or 8 if there is none.
func blankOrBracket(w uint64) int {
	blank, bracket := w^ones*' ', w^ones*'['
	return bits.TrailingZeros64(((blank-ones)&^blank|(bracket-ones)&^bracket)&tops) >> 3
}

// usualRequest finds method and path in the request line data[lo:hi], which splitRequestLine would find too.
func usualRequest(data []byte, lo, hi int) (method, path span, ok bool) {
	const protocol = " HTTP/1."
	end := hi - len(protocol) - 1
	if end < lo+2 || string(data[end:hi-1]) != protocol {
		return method, path, false
	}
	blank := lo + lowestByte(binary.LittleEndian.Uint64(data[lo:]), ' ')
	if blank == lo || blank >= end || blank == lo+8 {
		return method, path, false
	}
	word := binary.LittleEndian.Uint64(data[lo:])
	own := uint64(1)<<(8*(blank-lo)) - 1
	if letters := word&own | (ones*'A')&^own; ((letters-ones*'A')|(letters+ones*(0x7f-'Z'))|letters)&tops != 0 { // no other than A to Z
		return method, path, false
	}
	return span{lo: int32(lo), hi: int32(blank)}, span{lo: int32(blank + 1), hi: int32(end)}, true //nolint:gosec // within a chunk
}

// threeDigits reads a status of 100 or more from the upper three bytes of a word whose lowest is a blank.
func threeDigits(w uint32) (status int32, ok bool) {
	a, b, c := w>>8&0xff-'0', w>>16&0xff-'0', w>>24-'0'
	if w&0xff != ' ' || a-1 > 8 || b > 9 || c > 9 {
		return 0, false
	}
	return int32(a*100 + b*10 + c), true
}
