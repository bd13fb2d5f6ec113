package terminal

import (
	"bytes"
	"time"
)

// replies takes what a terminal says by itself out of what a person types: answers to questions of other programs, and
// reports. Such strings (DCS, OSC, SOS, PM, APC, and CSI with a private prefix or the final byte of a report) may come in
// pieces over a slow line. Each is held until its end and dropped whole, so that no piece of it is taken for a key.
//
// A lone escape is the one byte that may be a key or the start of such a string. It is passed on after escapeWait; right
// after the start, and for a while after something came in pieces, after pieceWait.
type replies struct {
	held  []byte // an unfinished sequence; a string's content is not kept
	state seqState
	seen  int // bytes of the sequence

	last      time.Time // when the newest byte came
	began     time.Time // when the sequence began
	slowUntil time.Time // pieces are to be expected
	passed    []byte    // a lone escape, or escape and an introducer, that was passed on as a key
	passedAt  time.Time
	paste     bool // inside a bracketed paste, where every byte is text
}

// seqState says inside which kind of sequence the input stands.
type seqState uint8

const (
	ground    seqState = iota
	escape             // ESC came
	control            // ESC [
	single             // ESC O
	str                // DCS, SOS, PM, APC: until ST
	osc                // until ST or BEL
	strEscape          // an escape inside a string: the first half of ST
)

const (
	escapeWait = 60 * time.Millisecond   // for what follows an escape, on a line that is not known to be slow
	pieceWait  = 1100 * time.Millisecond // on one that may be
	stringWait = 2 * time.Second         // for the next byte of a string, then what is held is dropped
	stringMost = 10 * time.Second        // a string takes no longer, however its bytes come
	slowFor    = 30 * time.Second        // a line stays slow after a sequence came in pieces
	startSlow  = 3 * time.Second         // answers to what the shell or a multiplexer asked come now
	slowGap    = 30 * time.Millisecond   // between two bytes of a sequence
)

// newReplies begins to listen at a moment.
func newReplies(now time.Time) *replies { return &replies{slowUntil: now.Add(startSlow)} }

// feed takes the bytes that came at a moment and appends those that are keys to keys.
func (r *replies) feed(now time.Time, in, keys []byte) []byte {
	keys = r.expire(now, keys)
	if r.state != ground && now.Sub(r.last) > slowGap {
		r.slowUntil = now.Add(slowFor)
	}
	in = r.rejoin(now, in)
	for _, b := range in {
		if r.state == ground && b == 0x1b {
			r.began = now
		}
		r.last = now
		keys = r.step(b, keys)
	}
	return keys
}

// rejoin puts the escape that was passed on back before what can only be the rest of a reply.
func (r *replies) rejoin(now time.Time, in []byte) []byte {
	if len(r.passed) == 0 || r.state != ground {
		return in
	}
	whole := append(r.passed, in...)
	r.passed = nil
	if len(in) < 2 || now.Sub(r.passedAt) > stringWait || !looksLikeReply(whole[1:]) {
		return in
	}
	r.slowUntil = now.Add(slowFor)
	return whole
}

// looksLikeReply reports whether bytes that came at once are what follows the escape of a reply or of a key that is more than
// one byte: nobody types as fast.
func looksLikeReply(in []byte) bool {
	switch {
	case len(in) == 2 && in[0] == '[':
		return in[1] >= 'A' && in[1] <= 'Z' // an arrow key
	case len(in) < 3:
		return false
	}
	digit := in[1] >= '0' && in[1] <= '9'
	switch in[0] {
	case 'P':
		return digit || in[1] == '>' || in[1] == '!'
	case ']':
		return digit || in[1] == 'L' || in[1] == 'l' // titles that were asked for
	case '_', '^', 'X':
		return true
	case '[':
		return digit || in[1] == '>' || in[1] == '?'
	default:
		return false
	}
}

// step takes one byte.
func (r *replies) step(b byte, keys []byte) []byte {
	switch r.state {
	case ground:
		if b == 0x1b {
			r.state, r.seen = escape, 0
			r.held = append(r.held[:0], b)
			return keys
		}
		return append(keys, b)
	case escape:
		return r.afterEscape(b, keys)
	case single:
		return r.release(append(keys, append(r.held, b)...))
	case control:
		return r.inControl(b, keys)
	default:
		return r.inString(b, keys)
	}
}

func (r *replies) afterEscape(b byte, keys []byte) []byte {
	if r.paste && b != '[' {
		return r.release(append(keys, append(r.held, b)...))
	}
	next, known := map[byte]seqState{'[': control, 'O': single, ']': osc, 'P': str, 'X': str, '^': str, '_': str}[b]
	switch {
	case known:
		r.held, r.state = append(r.held, b), next
		return keys
	case b == 0x1b: // a key, and the next sequence
		return append(keys, b)
	default: // alt with a key
		return r.release(append(keys, append(r.held, b)...))
	}
}

// inControl takes a byte of a CSI sequence (ECMA-48, 5.4).
func (r *replies) inControl(b byte, keys []byte) []byte {
	r.held = append(r.held, b)
	switch {
	case b == '[' && len(r.held) == 3: // ESC [ [ A: function keys of the Linux console
		return keys
	case b >= 0x20 && b <= 0x3f && len(r.held) < 256:
		return keys
	case b < 0x40 || b > 0x7e: // broken; what broke it may be a key
		r.release(nil)
		return r.step(b, keys)
	}
	if bytes.Equal(r.held, []byte("\x1b[200~")) || bytes.Equal(r.held, []byte("\x1b[201~")) {
		r.paste = r.held[4] == '0'
	}
	if !r.paste && isReport(r.held) {
		return r.release(keys)
	}
	return r.release(append(keys, r.held...))
}

// isReport reports whether a whole CSI sequence is something a terminal says, not a key or a click.
func isReport(csi []byte) bool {
	switch csi[2] {
	case '?', '>', '=':
		return true
	}
	switch csi[len(csi)-1] {
	case 'c', 'n', 't', 'x', 'y': // attributes, status, window, parameters, modes
		return true
	default:
		return false
	}
}

func (r *replies) inString(b byte, keys []byte) []byte {
	r.seen++
	switch {
	case r.state == strEscape && b == '\\', r.state == osc && b == '\a':
		return r.release(keys)
	case r.state == strEscape: // the string is broken; a new sequence begins
		r.state, r.held = escape, append(r.held[:0], 0x1b)
		return r.afterEscape(b, keys)
	case b == 0x1b:
		r.state = strEscape
	case b == 0x03, b == '\r', b == 0x18, b == 0x1a: // no part of any string: ctrl+c, enter, CAN, SUB
		return append(r.release(keys), b)
	}
	return keys
}

// release forgets the sequence.
func (r *replies) release(keys []byte) []byte {
	r.state, r.held = ground, r.held[:0]
	return keys
}

// deadline returns when what is held is to be decided on, the zero time where nothing is held.
func (r *replies) deadline() time.Time {
	if r.state == ground {
		return time.Time{}
	}
	end := r.last.Add(r.wait())
	if most := r.began.Add(stringMost); most.Before(end) {
		return most
	}
	return end
}

// mayBeKey reports whether what is held may be all that was typed: escape, or alt with one of the introducers.
func (r *replies) mayBeKey() bool { return len(r.held) <= 2 && r.seen == 0 && r.state != strEscape }

func (r *replies) wait() time.Duration {
	switch {
	case !r.mayBeKey():
		return stringWait
	case r.last.Before(r.slowUntil):
		return pieceWait
	default:
		return escapeWait
	}
}

// expire appends the keys among what is held for too long, and drops the rest.
func (r *replies) expire(now time.Time, keys []byte) []byte {
	if end := r.deadline(); end.IsZero() || now.Before(end) {
		return keys
	}
	if r.mayBeKey() {
		keys = append(keys, r.held...)
		r.passed, r.passedAt = bytes.Clone(r.held), now
	}
	return r.release(keys)
}
