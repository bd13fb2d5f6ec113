package ingest

import (
	"fmt"
	"io"
)

// maxXZWindow bounds the dictionary of an xz file: xz -9 makes 64 MiB.
const maxXZWindow = 128 << 20

// xzGuard hands on an xz file as long as no block of it asks for a larger dictionary than that: the library makes each as large as
// the block's header says. It follows the file's structure (https://tukaani.org/xz/xz-file-format.txt, and for LZMA2's chunks
// XZ Embedded's xz_dec_lzma2.c); what is wrong in it, the library says.
type xzGuard struct {
	r     io.Reader
	err   error
	skip  int64                         // bytes that mean nothing here
	need  int                           // bytes that the next part has
	part  []byte                        // as many of these as have come
	next  func(g *xzGuard, part []byte) // reads the part when it is whole; nil: nothing is looked for any more
	check int64                         // bytes of each block's check
	size  int64                         // bytes of the block's data, or of the index
	left  uint64                        // numbers that the index still has
	value uint64                        // of the number that is being read
	shift uint
}

// newXZGuard guards r, which starts with an xz file.
func newXZGuard(r io.Reader) *xzGuard { return &xzGuard{r: r, need: 4, next: (*xzGuard).stream} }

// Read reads from what is guarded.
func (g *xzGuard) Read(b []byte) (int, error) {
	if g.err != nil {
		return 0, g.err
	}
	n, err := g.r.Read(b)
	if g.follow(b[:n]); g.err != nil {
		return 0, g.err
	}
	return n, err //nolint:wrapcheck // whoever unpacks says what is wrong
}

// follow looks at what comes next of the file.
func (g *xzGuard) follow(b []byte) {
	for len(b) > 0 && g.next != nil && g.err == nil {
		if g.skip > 0 {
			n := min(g.skip, int64(len(b)))
			g.skip -= n
			b = b[n:]
			continue
		}
		n := min(g.need-len(g.part), len(b))
		g.part, b = append(g.part, b[:n]...), b[n:]
		if len(g.part) == g.need {
			g.next(g, g.part)
			g.part = g.part[:0]
		}
	}
}

// then says what comes next: a part of that many bytes, behind what is skipped.
func (g *xzGuard) then(need int, next func(*xzGuard, []byte)) { g.need, g.next = need, next }

// stream reads a stream's first four bytes, or zeros between streams.
func (g *xzGuard) stream(part []byte) {
	if [4]byte(part) == [4]byte{} {
		return
	}
	g.then(8, (*xzGuard).flags)
}

// flags reads the rest of a stream's header.
func (g *xzGuard) flags(part []byte) {
	g.check = 0
	if id := part[3] & 0x0f; id > 0 {
		g.check = 4 << ((id - 1) / 3)
	}
	g.then(1, (*xzGuard).block)
}

// block reads the first byte of a block's header, or of the index.
func (g *xzGuard) block(part []byte) {
	if part[0] == 0 {
		g.size, g.left, g.value, g.shift = 1, 0, 0, 0
		g.then(1, (*xzGuard).indexCount)
		return
	}
	g.then(int(part[0])*4+3, (*xzGuard).header)
}

// header reads the rest of a block's header.
func (g *xzGuard) header(part []byte) {
	switch size := xzWindow(part); {
	case size < 0:
		g.next = nil // the library refuses its filters
	case size > maxXZWindow:
		g.err = fmt.Errorf("xz: needs a dictionary of %d MiB; at most %d MiB are used", size>>20, maxXZWindow>>20)
	default:
		g.size = 0
		g.then(1, (*xzGuard).chunk)
	}
}

// chunk reads the control byte of an LZMA2 chunk.
func (g *xzGuard) chunk(part []byte) {
	g.size++
	switch control := part[0]; {
	case control == 0: // no more; padding and check follow
		g.skip = (4-g.size%4)%4 + g.check
		g.then(1, (*xzGuard).block)
	case control <= 2:
		g.then(2, (*xzGuard).plainChunk)
	case control >= 0xc0:
		g.then(5, (*xzGuard).packedChunk)
	case control >= 0x80:
		g.then(4, (*xzGuard).packedChunk)
	default:
		g.next = nil
	}
}

// plainChunk reads the size of a chunk that is not compressed.
func (g *xzGuard) plainChunk(part []byte) { g.passChunk(part, part[:2]) }

// packedChunk reads the sizes of a compressed chunk.
func (g *xzGuard) packedChunk(part []byte) { g.passChunk(part, part[2:4]) }

// passChunk skips a chunk's data.
func (g *xzGuard) passChunk(head, size []byte) {
	g.skip = int64(size[0])<<8 + int64(size[1]) + 1
	g.size += int64(len(head)) + g.skip
	g.then(1, (*xzGuard).chunk)
}

// indexCount reads how many records the index has, a byte of it at a time.
func (g *xzGuard) indexCount(part []byte) {
	g.size++
	if g.shift < 63 {
		g.value |= uint64(part[0]&0x7f) << g.shift
	}
	g.shift += 7
	if part[0]&0x80 != 0 {
		return
	}
	g.left = 2 * min(g.value, 1<<62)
	g.indexEnd()
}

// indexNumber reads a byte of a number in the index.
func (g *xzGuard) indexNumber(part []byte) {
	g.size++
	if part[0]&0x80 == 0 {
		g.left--
		g.indexEnd()
	}
}

// indexEnd goes on after a number of the index.
func (g *xzGuard) indexEnd() {
	const sum, footer = 4, 12
	if g.left > 0 {
		g.then(1, (*xzGuard).indexNumber)
		return
	}
	g.skip = (4-g.size%4)%4 + sum + footer
	g.then(4, (*xzGuard).stream)
}

// xzWindow returns the dictionary size that a block asks for, in bytes, by its header after the first byte; -1 if it has other
// filters than LZMA2 (xz-file-format 3.1 and 5.3.1).
func xzWindow(header []byte) int64 {
	const lzma2 = 0x21
	if len(header) == 0 {
		return -1
	}
	flags, fields := header[0], header[1:]
	for _, present := range []byte{0x40, 0x80} { // sizes of the block, in base 128
		if flags&present == 0 {
			continue
		}
		for len(fields) > 0 && fields[0]&0x80 != 0 {
			fields = fields[1:]
		}
		if len(fields) > 0 {
			fields = fields[1:]
		}
	}
	if flags&3 != 0 || len(fields) < 3 || fields[0] != lzma2 {
		return -1
	}
	bits := fields[2] & 0x3f
	return int64(2|bits&1) << (bits/2 + 11)
}
