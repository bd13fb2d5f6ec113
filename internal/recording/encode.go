package recording

import (
	"bytes"
	"encoding/json"
	"time"

	"errtop/tracker"
)

// maxInterned bounds the texts that an encoder or decoder remembers.
const maxInterned = 4096

// Encoder writes entries as lines into its buffer. It is for one goroutine at a time.
type Encoder struct {
	// Mask masks secrets in every text; nil changes nothing.
	Mask func(string) string

	buffer bytes.Buffer
	json   *json.Encoder
	masked map[string]string // names that come again and again
}

// NewEncoder returns an encoder with an empty buffer.
func NewEncoder(mask func(string) string) *Encoder {
	e := &Encoder{Mask: mask, masked: map[string]string{}}
	e.json = json.NewEncoder(&e.buffer)
	e.json.SetEscapeHTML(false)
	return e
}

// Len returns the number of bytes in the buffer.
func (e *Encoder) Len() int { return e.buffer.Len() }

// Take appends the buffer to a slice and empties it.
func (e *Encoder) Take(to []byte) []byte {
	to = append(to, e.buffer.Bytes()...)
	e.buffer.Reset()
	return to
}

// Header writes the first entry.
func (e *Encoder) Header(at time.Time, h Header) {
	e.put(&line{Is: isHeader, At: stampOf(at), Version: h.Version, Name: e.text(h.Name)})
}

// Result writes a result that came at a moment.
func (e *Encoder) Result(at time.Time, r *tracker.Result) { e.put(e.ofResult(r, at)) }

// Mark writes something that was done.
func (e *Encoder) Mark(at time.Time, m tracker.Mark) {
	m.Text, m.Target, m.Version, m.Source, m.At = e.text(m.Text), e.text(m.Target), e.text(m.Version), e.text(m.Source), m.At.UTC()
	e.put(&line{Is: isMark, At: stampOf(at), Mark: &m})
}

// Note writes what somebody wrote down.
func (e *Encoder) Note(at time.Time, n tracker.Note) {
	n.Text, n.By, n.Target, n.At = e.text(n.Text), e.text(n.By), e.text(n.Target), n.At.UTC()
	e.put(&line{Is: isNote, At: stampOf(at), Note: &n})
}

// Gap writes time that nobody lived through.
func (e *Encoder) Gap(at time.Time, g tracker.Gap) {
	g.From, g.To, g.Why = g.From.UTC(), g.To.UTC(), e.text(g.Why)
	e.put(&line{Is: isGap, At: stampOf(at), Gap: &g})
}

// Target writes a target that was declared or changed.
func (e *Encoder) Target(at time.Time, info tracker.TargetInfo) {
	info.Name, info.URL = e.text(info.Name), e.text(info.URL)
	e.put(&line{Is: isTarget, At: stampOf(at), Info: &info})
}

// Gone writes that a target was removed with its history.
func (e *Encoder) Gone(at time.Time, name string) {
	e.put(&line{Is: isGone, At: stampOf(at), Name: e.text(name)})
}

// Source writes the health of a source, without the lines that could not be read.
func (e *Encoder) Source(at time.Time, s tracker.Source) {
	s.Name, s.Problem, s.LastSeen, s.Samples = e.text(s.Name), e.text(s.Problem), s.LastSeen.UTC(), nil
	e.put(&line{Is: isSource, At: stampOf(at), Health: &s})
}

// put writes a line. Nothing in one can fail to be written as JSON.
func (e *Encoder) put(l *line) { _ = e.json.Encode(l) }

func (e *Encoder) text(s string) string {
	if e.Mask == nil || s == "" {
		return s
	}
	return e.Mask(s)
}

// name is text for what comes again and again.
func (e *Encoder) name(s string) string {
	if e.Mask == nil || s == "" {
		return s
	}
	masked, ok := e.masked[s]
	if !ok {
		if len(e.masked) >= maxInterned {
			clear(e.masked)
		}
		masked = e.Mask(s)
		e.masked[s] = masked
	}
	return masked
}

// Forget makes the encoder mask every name anew: more secrets are known now.
func (e *Encoder) Forget() { clear(e.masked) }
