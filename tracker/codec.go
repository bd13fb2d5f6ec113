package tracker

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"time"
)

// The wire form of a [State] is made of numbers (varints; signed ones in zigzag), texts (references to one table of strings)
// and blocks: a length in four bytes, and as much content. A block is read as far as the reader knows it, so that a later
// version may append fields to it; what an older version did not write is read as zero. A section is a block with a tag; a
// reader skips those whose tag it does not know.

// encoder writes the wire form.
type encoder struct {
	b       []byte
	known   map[string]uint64
	strings []string
	brief   bool // see Part.Brief

	byMinute bool // see Part.ByMinute

	failures failureTable
}

func (e *encoder) uint(n uint64) {
	if n < 0x80 {
		e.b = append(e.b, byte(n))
		return
	}
	e.b = binary.AppendUvarint(e.b, n)
}

func (e *encoder) int(n int64) { e.b = binary.AppendVarint(e.b, n) }

func (e *encoder) instant(i instant) { e.uint(uint64(i)) } //nolint:gosec // never negative

func (e *encoder) bool(yes bool) {
	n := byte(0)
	if yes {
		n = 1
	}
	e.b = append(e.b, n)
}

// text writes the number of a string in the table.
func (e *encoder) text(s string) {
	n, ok := e.known[s]
	if !ok {
		n = uint64(len(e.strings))
		e.strings = append(e.strings, s)
		e.known[s] = n
	}
	e.uint(n)
}

// time writes a moment of any year.
func (e *encoder) time(t time.Time) {
	e.bool(!t.IsZero())
	if !t.IsZero() {
		e.int(t.Unix())
		e.uint(uint64(t.Nanosecond())) //nolint:gosec // never negative
	}
}

func (e *encoder) duration(d time.Duration) { e.int(int64(d)) }

// block writes what write writes behind its length.
func (e *encoder) block(write func()) {
	at := len(e.b)
	e.b = append(e.b, 0, 0, 0, 0)
	write()
	binary.LittleEndian.PutUint32(e.b[at:], uint32(len(e.b)-at-4)) //nolint:gosec // a state of 4 GB is refused as a whole
}

// section writes a block with a tag, which is not 0.
func (e *encoder) section(tag uint64, write func()) {
	e.uint(tag)
	e.block(write)
}

// counts writes a series of counts, of which most are 0: runs with others in them, each with how many zeroes
// lie before it.
func (e *encoder) counts(n []uint32) {
	for i := 0; i < len(n); {
		zeroes := i
		for i < len(n) && n[i] == 0 {
			i++
		}
		if i == len(n) {
			break
		}
		run := i
		for i < len(n) && (n[i] != 0 || i+1 < len(n) && n[i+1] != 0 || i+2 < len(n) && n[i+2] != 0) {
			i++ // one or two zeroes cost no more than the beginning of another run
		}
		e.uint(uint64(i - run))
		e.uint(uint64(run - zeroes))
		for _, x := range n[run:i] {
			e.uint(uint64(x))
		}
	}
	e.uint(0)
}

// errDamaged is within the error of a state that is not what was written.
var errDamaged = errors.New("damaged state")

// decoder reads the wire form. After the first fault everything reads as zero, and err says what was wrong.
type decoder struct {
	b       []byte
	err     *error // shared by the decoders of one state
	strings []string
	zone    *time.Location
}

func (d *decoder) fail(format string, args ...any) {
	if *d.err == nil {
		*d.err = fmt.Errorf("%w: "+format, append([]any{errDamaged}, args...)...)
	}
	d.b = nil
}

func (d *decoder) ok() bool { return *d.err == nil }

// more reports whether the block goes on: what a version appended is there.
func (d *decoder) more() bool { return len(d.b) > 0 && d.ok() }

func (d *decoder) uint() uint64 {
	if len(d.b) == 0 {
		return 0 // not written by an older version
	}
	if x := d.b[0]; x < 0x80 {
		d.b = d.b[1:]
		return uint64(x)
	}
	n, size := binary.Uvarint(d.b)
	if size <= 0 {
		d.fail("a number ends early or is too large")
		return 0
	}
	d.b = d.b[size:]
	return n
}

func (d *decoder) int() int64 {
	n := d.uint()
	return int64(n>>1) ^ -int64(n&1)
}

// below reads a number that must be below a limit.
func (d *decoder) below(limit uint64, what string) uint64 {
	n := d.uint()
	if n >= limit {
		d.fail("%s %d, of %d", what, n, limit)
		return 0
	}
	return n
}

// byte reads a number that must be below a limit of at most 256.
func (d *decoder) byte(limit uint64, what string) uint8 {
	return uint8(d.below(min(limit, 256), what)) //nolint:gosec // below
}

// uint32 reads a count of a step.
func (d *decoder) uint32() uint32 { return uint32(d.below(1<<32, "count")) } //nolint:gosec // below 1<<32

func (d *decoder) instant() instant {
	return instant(d.below(lastUnix*uint64(time.Second)+1, "moment")) //nolint:gosec // in range
}

func (d *decoder) bool() bool { return d.below(2, "truth value") == 1 }

func (d *decoder) text() string {
	n := d.uint()
	if n == 0 && len(d.strings) == 0 {
		return ""
	}
	if n >= uint64(len(d.strings)) {
		d.fail("string %d, of %d", n, len(d.strings))
		return ""
	}
	return d.strings[n]
}

// time reads a moment, in UTC.
func (d *decoder) time() time.Time {
	if !d.bool() {
		return time.Time{}
	}
	sec := d.int()
	return time.Unix(sec, int64(d.below(uint64(time.Second), "nanosecond"))).UTC() //nolint:gosec // below a second
}

// zoned reads a moment, in the zone that the tracker shows.
func (d *decoder) zoned() time.Time {
	t := d.time()
	if t.IsZero() || d.zone == nil {
		return t
	}
	return t.In(d.zone)
}

func (d *decoder) duration() time.Duration { return time.Duration(d.int()) }

// block returns the decoder of a block.
func (d *decoder) block() decoder {
	inner := decoder{err: d.err, strings: d.strings, zone: d.zone}
	if len(d.b) == 0 {
		return inner
	}
	if len(d.b) < 4 {
		d.fail("it ends within a length")
		return inner
	}
	n := uint64(binary.LittleEndian.Uint32(d.b))
	if n > uint64(len(d.b)-4) { //nolint:gosec // at least 4
		d.fail("a block of %d bytes in %d", n, len(d.b)-4)
		return inner
	}
	inner.b, d.b = d.b[4:4+n:4+n], d.b[4+n:]
	return inner
}

// sections hands each section of the rest to read, which ignores tags that it does not know.
func (d *decoder) sections(read func(tag uint64, d *decoder)) {
	for d.more() {
		tag := d.uint()
		inner := d.block()
		if d.ok() {
			read(tag, &inner)
		}
	}
}

// list reads a number of blocks and hands each to read.
func (d *decoder) list(read func(d *decoder)) {
	for n := d.uint(); n > 0 && d.ok(); n-- {
		if !d.more() {
			d.fail("a list ends early")
			return
		}
		inner := d.block()
		if d.ok() {
			read(&inner)
		}
	}
}

// counts reads a series of at most size counts and hands those that are not 0 to read.
func (d *decoder) counts(size int, read func(i int, n uint32)) {
	for i := 0; d.ok(); {
		run := d.uint()
		if run == 0 {
			return
		}
		skip := d.uint()
		if left := uint64(size - i); run > left || skip > left-run { //nolint:gosec // never negative
			d.fail("a series goes on beyond its end")
			return
		}
		i += int(skip) //nolint:gosec // below size
		for range run {
			n := d.uint()
			if n > math.MaxUint32 {
				d.fail("a count of %d", n)
				return
			}
			if n > 0 {
				read(i, uint32(n))
			}
			i++
		}
	}
}
