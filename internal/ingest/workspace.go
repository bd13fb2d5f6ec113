package ingest

import (
	"time"

	"errtop/internal/logline"
	"errtop/internal/safetext"
	"errtop/tracker"
)

// readSize is how many bytes of a file are read at once.
const readSize = 256 << 10

// workspace is what reading takes beyond what is known of one source: buffers, tables and caches, about half a megabyte. A
// stream has its own; followed files are lent one of a few while there is something to read.
type workspace struct {
	buffer  []byte
	batch   []tracker.Result
	decoder *logline.Decoder
	names   logline.Interner
	text    []byte // what was read, converted to UTF-8

	bad      [logline.MaxSamples]badLine // the last unreadable lines since samples were made of them, in turn
	badLines uint64                      // how many there were
}

// badLine is a line that no decoder understood, as it came.
type badLine struct {
	number uint64
	text   []byte
	reason string
}

// newWorkspace returns a workspace for sources that are read with these options.
func newWorkspace(o Options) (*workspace, error) {
	d, err := logline.NewDecoder(o.Options, time.Now())
	if err != nil {
		return nil, err
	}
	return &workspace{decoder: d}, nil
}

// chunk returns the buffer that files are read into.
func (w *workspace) chunk() []byte {
	if w.buffer == nil {
		w.buffer = make([]byte, readSize)
	}
	return w.buffer
}

// addBad keeps an unreadable line among the last ones.
func (w *workspace) addBad(number uint64, text []byte, reason string) {
	bad := &w.bad[w.badLines%logline.MaxSamples]
	w.badLines++
	bad.number, bad.text, bad.reason = number, append(bad.text[:0], safetext.Cut(text, logline.MaxSample+safetext.Lookahead)...), reason
}

// takeSamples returns the last unreadable lines made harmless, in a new slice: those before, and those since.
func (w *workspace) takeSamples(before []tracker.Unreadable) []tracker.Unreadable {
	fresh := min(w.badLines, logline.MaxSamples)
	kept := before[max(0, len(before)+int(fresh)-logline.MaxSamples):]
	samples := append(make([]tracker.Unreadable, 0, logline.MaxSamples), kept...)
	for i := w.badLines - fresh; i < w.badLines; i++ {
		bad := &w.bad[i%logline.MaxSamples]
		samples = append(samples, tracker.Unreadable{
			Number: bad.number, Text: logline.SafeLine(bad.text, logline.MaxSample), Reason: bad.reason,
		})
	}
	w.badLines = 0
	return samples
}
