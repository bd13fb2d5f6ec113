package logline

import "encoding/binary"

// plainAccessAt reads the access line at a place as a success. It returns where the line ends, or -1 if it is not one, or not a
// simple one. It does what accessAt does, and no more than successes need.
func (d *Decoder) plainAccessAt(c *Chunk, start int, to *Success) (end int) {
	data := c.data
	request := c.next(start)
	open := request - 29
	if open < start+6 || request+40 > len(data) || data[request] != '"' || data[request-1] != ' ' || data[request-2] != ']' || data[open+3] != '/' ||
		!anonymousAt(data, start, open) {
		return -1
	}
	closing := c.next(request + 1)
	if closing < 0 || closing+16 > len(data) || data[closing] != '"' {
		return -1
	}
	_, path, ok := usualRequest(data, request+1, closing)
	if !ok {
		return -1
	}
	status, ok := threeDigits(binary.LittleEndian.Uint32(data[closing+1:]))
	if !ok || status >= 400 || data[closing+5] != ' ' {
		return -1
	}
	if end = sizeEnd(data, closing+6); end < 0 {
		return -1
	}
	if data[end] != '\n' {
		if end = d.clientsTail(c, end); end < 0 {
			return -1
		}
	}
	to.Sec, to.Nsec, ok = d.clock.clf(data[open+1 : request-2])
	if !ok {
		return -1
	}
	to.Status, to.Latency = status, 0
	to.KeyLo, to.KeyHi, to.Key = path.lo, path.hi, KeyPath
	return end
}

// sizeEnd returns where the size at i ends, "-" or up to seven digits; else -1.
func sizeEnd(data []byte, i int) int {
	if data[i] == '-' {
		return i + 1
	}
	x := binary.LittleEndian.Uint64(data[i:]) ^ ones*'0'
	digits := lowestBit((x + ones*(0x80-10) | x) & tops)
	if digits == 0 || digits == 8 {
		return -1
	}
	return i + digits
}

// clientsTail reads ` "referer" "agent"` at i up to the end of a line, and returns where that is; -1 if something else stands there, or
// the agent is not a client's.
func (d *Decoder) clientsTail(c *Chunk, i int) (end int) {
	data := c.data
	if data[i] != ' ' || data[i+1] != '"' {
		return -1
	}
	referer := c.next(i + 2)
	if referer < 0 || referer+4 > len(data) || data[referer] != '"' || data[referer+1] != ' ' || data[referer+2] != '"' {
		return -1
	}
	end = c.next(referer + 3)
	if end < 0 || end+1 >= len(data) || data[end] != '"' || data[end+1] != '\n' || d.agentOf(data[referer+3:end]).sender != SenderClient {
		return -1
	}
	return end + 1
}
