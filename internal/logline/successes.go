package logline

import (
	"bytes"
	"encoding/binary"
	"time"
)

// Nearly every line of a log is of a request that a client made and that went well, in the shape of the line before. Totals need few
// of its fields: when, how long, which status, and what its target follows from. Successes reads such lines many at a time, without
// a record. What it does not accept, Known or Decode reads.

// Success is a request of a client that went well, as far as totals need it.
type Success struct {
	Sec          int64
	Latency      time.Duration // 0 if it is not known
	Nsec, Status int32
	KeyLo, KeyHi int32 // where in the chunk the text stands that the target follows from,
	Key          Key   // and what it is
}

// Key is what a target follows from.
type Key uint8

// The keys.
const (
	KeyTarget Key = iota // the target itself, or the service
	KeyHost              // a host that has a name
	KeyPath
)

// When successes are no longer looked for, because there are few.
const (
	vainMost  = 32  // failed attempts, counted twice, less the successes since
	vainPause = 512 // attempts that are skipped then
)

// Successes reads lines of c from a place on, as long as they are successes of a known shape and to has room. It returns how many
// there are, and where the next line starts.
func (d *Decoder) Successes(c *Chunk, at int, to []Success) (n, next int) {
	if at+64 > len(c.data) || len(d.target.parts) > 0 {
		return 0, at
	}
	isJSON := c.data[at] == '{'
	switch {
	case isJSON && d.format != "",
		!isJSON && (d.Format != Access || d.format != "" && d.format != Access || d.w3c.active()):
		return 0, at
	}
	if d.vainPause > 0 {
		d.vainPause--
		return 0, at
	}
	if !c.marked {
		c.mark()
	}
	if c.carriage {
		return 0, at
	}
	for next = at; n < len(to) && next+64 <= len(c.data); n++ {
		var end int
		if isJSON {
			end = d.objectAt(c, next, &to[n])
		} else {
			end = d.plainAccessAt(c, next, &to[n])
		}
		if end < 0 || end-next > MaxLine {
			break
		}
		next = end + 1
	}
	if n == 0 {
		if d.vain += 2; d.vain > vainMost {
			d.vain, d.vainPause = 0, vainPause
		}
	} else {
		d.vain = max(d.vain-n, 0)
		d.start()
		if d.Format = Access; isJSON {
			d.Format = JSON
		}
	}
	return n, next
}

// Recall makes the record hold what the target of a success follows from.
func (d *Decoder) Recall(c *Chunk, s *Success) {
	d.sender = SenderClient
	d.Rec.reset(c.data)
	field := [...]Field{KeyTarget: FieldTarget, KeyHost: FieldHost, KeyPath: FieldPath}[s.Key]
	d.Rec.putText(field, int(s.KeyLo), int(s.KeyHi))
}

// role is what a value means for a success.
type role uint8

const (
	roleNone role = iota // nothing
	roleTime
	roleStatus
	roleDuration
	roleTarget
	roleService
	roleHost
	rolePath
	roleAgent

	roles = 16 // a power of two, so that no index is checked
)

// fieldRoles are the roles of fields.
var fieldRoles = [64]role{
	FieldTime: roleTime, FieldStatus: roleStatus, FieldDuration: roleDuration, FieldTarget: roleTarget, FieldService: roleService,
	FieldHost: roleHost, FieldPath: rolePath, FieldAgent: roleAgent,
}

// roleOf returns the role of a field.
func roleOf(at slot) role { return fieldRoles[at.field&63] }

// plan says how the lines of a shape are read as successes.
type plan struct {
	possible bool
	target   role // of what the target follows from
	agent    bool
	duration bool
	unit     unit
}

// harmless are the fields that say nothing of a success that totals need.
const harmless uint64 = 1<<FieldNone | 1<<FieldMethod | 1<<FieldUpstream | 1<<FieldError | 1<<FieldMessage | 1<<FieldLevel | 1<<FieldStack |
	1<<FieldRequestID | 1<<FieldBreaker | 1<<FieldResetAt | 1<<FieldClient | 1<<FieldVersion | 1<<FieldRegion | 1<<FieldLogger | 1<<FieldUser

// planOf returns the plan of a shape with these values, whose keys give these hints.
func planOf(scalars []scalar, hints uint32) plan {
	var p plan
	if hints>>hintTracing&1 != 0 {
		return p
	}
	var known Record
	known.hints = hints
	for _, sc := range scalars {
		at := sc.slot
		if at.meta == 0 {
			continue
		}
		bit := uint64(1) << at.field
		if roleOf(at) == roleNone && harmless&bit == 0 || roleOf(at) != roleNone && known.set&bit != 0 {
			return p
		}
		known.set |= bit
		known.span[at.field] = span{meta: at.meta.withForm(formNumber)}
	}
	const needed uint64 = 1<<FieldTime | 1<<FieldStatus
	if known.set&needed != needed || known.span[FieldStatus].meta.rank() >= levelRank {
		return p
	}
	if p.target = targetRole(known.set); p.target == roleNone {
		return p
	}
	if p.duration = known.Has(FieldDuration); p.duration {
		if p.unit, _ = known.sureUnit(known.span[FieldDuration]); p.unit == unitGuess {
			return p
		}
	}
	p.agent, p.possible = known.Has(FieldAgent), true
	return p
}

// value is where in a chunk a value stands, without quotes. A number has text in its place in the line.
type value struct {
	lo, hi int
	text   bool // it stood in quotes
}

// objectAt reads the line at a place as a success. It returns where the line ends, or -1 if it is not one, or not a simple one.
func (d *Decoder) objectAt(c *Chunk, start int, to *Success) (end int) {
	var values [roles]value
	end, shape := d.findValues(c, start, &values)
	if end < 0 || !shape.possible {
		return -1
	}
	data := c.data
	status := &values[roleStatus]
	if status.text || status.hi-status.lo != 3 {
		return -1
	}
	number, ok := threeDigits(binary.LittleEndian.Uint32(data[status.lo-1:])&^0xff | ' ')
	if !ok || number >= 400 {
		return -1
	}
	to.Status = number
	if !d.timeAt(data, &values[roleTime], to) {
		return -1
	}
	to.Latency = 0
	if shape.duration {
		if s := &values[roleDuration]; s.text || !d.latencyAt(data, s, shape.unit, to) {
			return -1
		}
	}
	if !targetAt(data, &values[shape.target], shape.target, to) {
		return -1
	}
	if shape.agent {
		s := &values[roleAgent]
		if !s.text || d.agentOf(data[s.lo:s.hi]).sender != SenderClient {
			return -1
		}
	}
	return end
}

// findValues finds the values of the line at a place, by its shape or, where lines have none, in any order.
func (d *Decoder) findValues(c *Chunk, start int, values *[roles]value) (end int, shape plan) {
	known := &d.json.shape
	switch {
	case known.pause > 0: // shapes do not come again
		return d.anyOrderAt(c, start, values)
	case len(known.pieces) == 0:
		return -1, shape
	}
	end, found := known.valuesAt(c, start, values)
	if end < 0 {
		return -1, shape
	}
	known.tried++
	known.fitted++
	return end, *found
}

// targetAt takes the value that the target of a success follows from, and reports whether the target follows from nothing else.
func targetAt(data []byte, v *value, is role, to *Success) bool {
	text := data[v.lo:v.hi]
	if !v.text || len(text) == 0 {
		return false
	}
	to.Key = KeyTarget
	if is == rolePath {
		to.Key = KeyPath
	}
	if is == roleHost {
		if to.Key = KeyHost; hostName(text) == nil {
			return false
		}
	}
	if is == roleService && (string(text) == "-" || bytes.IndexByte(text, '|') >= 0) { // Envoy's cluster
		return false
	}
	to.KeyLo, to.KeyHi = int32(v.lo), int32(v.hi) //nolint:gosec // within a chunk
	return true
}

// timeAt reads a value as the time of a success.
func (d *Decoder) timeAt(data []byte, v *value, to *Success) (ok bool) {
	b := data[v.lo:v.hi]
	switch {
	case !v.text:
		to.Sec, to.Nsec, ok = epoch(b)
	case len(b) == 24 && d.clock.isMinute(b) && b[19] == '.' && b[23] == 'Z': // the common case: milliseconds, of the minute of the line before
		second, isSecond := twoDigits(b[17], b[18])
		hundreds := b[20] - '0'
		milli, isMilli := twoDigits(b[21], b[22])
		to.Sec, to.Nsec = d.clock.isoBase+int64(second), (int32(hundreds)*100+int32(milli))*1e6 //nolint:gosec // two digits
		ok = isSecond && isMilli && hundreds <= 9 && second <= 60
	default:
		to.Sec, to.Nsec, ok = d.clock.stamp(b)
	}
	return ok && to.Sec >= earliestStamp && to.Sec < latestStamp
}

// latencyAt reads a number of units as the latency of a success.
func (d *Decoder) latencyAt(data []byte, v *value, u unit, to *Success) bool {
	n := v.hi - v.lo
	if n <= 8 && v.lo+8 <= len(data) {
		number, ok := parseShortDecimal(binary.LittleEndian.Uint64(data[v.lo:]), n)
		if shift := unitPlaces[u] - number.places; ok && shift >= 0 {
			to.Latency = time.Duration(number.digits * pow10[shift]) // below 1e17 nanoseconds
			if to.Latency <= MaxLatency {
				to.Latency = max(to.Latency, 1)
				return true
			}
			return false
		}
	}
	latency, ok := parseDuration(data[v.lo:v.hi], u)
	to.Latency = max(latency, 1)
	return ok
}

// valuesAt finds the values of the line at a place by its shape. It returns where the line ends, or -1 if it does not know its shape or
// a value needs a second look. It does what readAt does, and no more than successes need.
func (s *shapes) valuesAt(c *Chunk, start int, values *[roles]value) (end int, shape *plan) {
	data := c.data
	i, at := start, s.pieces[0].child
	for {
		if i+24 > len(data) {
			return -1, nil
		}
		both := data[i : i+16]
		head, tail := binary.LittleEndian.Uint64(both), binary.LittleEndian.Uint64(both[8:])
		var p *piece
		for {
			if at == 0 {
				return -1, nil
			}
			p = &s.pieces[at]
			if (head&p.inHead^p.head)|(tail&p.inTail^p.tail) == 0 && (!p.odd || p.startsAt(data, i)) {
				break
			}
			at = p.sibling
		}
		i += p.length
		if p.last {
			return i, &p.plan
		}
		at = p.child
		v := &values[p.role&(roles-1)]
		if data[i] == '"' {
			closing := c.next(i + 1)
			if closing < 0 || data[closing] != '"' {
				return -1, nil
			}
			v.lo, v.hi, v.text = i+1, closing, true
			i = closing + 1
			continue
		}
		v.lo, v.text = i, false
		if v.hi = shortNumberEnd(data, i); v.hi < 0 {
			if v.hi = longScalarEnd(data, i); v.hi < 0 {
				return -1, nil
			}
		}
		i = v.hi
	}
}

// longScalarEnd returns where the number or word that starts at i ends, or -1 if none does.
func longScalarEnd(data []byte, i int) int {
	if data[i] == '-' || data[i]-'0' <= 9 {
		return numberEnd(data, i)
	}
	return wordEnd(data, i)
}

// shortNumberEnd returns where the number that starts at i ends, if it has at most seven digits; else -1. An exponent is not part of it,
// and no piece starts with one. After i there are at least eight bytes.
func shortNumberEnd(data []byte, i int) int {
	x := binary.LittleEndian.Uint64(data[i:]) ^ ones*'0'
	others := (x + ones*(0x80-10) | x) & tops // a bit for each byte that is not a digit
	n := lowestBit(others)
	if n == 0 || n == 8 || n > 1 && data[i] == '0' {
		return -1
	}
	if data[i+n] == '.' {
		point := n
		if n = lowestBit(others & (others - 1)); n == point+1 || n == 8 {
			return -1
		}
	}
	return i + n
}
