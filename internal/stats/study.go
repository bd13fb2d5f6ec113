package stats

import (
	"bufio"
	"bytes"
	"io"

	"errtop/internal/logline"
)

// studySize is how much of a log's start and end is looked at before it is read.
const studySize = 64 << 10

// study lets a decoder learn what no single line says: units from the log's start, the zone from its newest line. It returns the log,
// to be read from its start.
func study(log io.Reader, d *logline.Decoder) (io.Reader, error) {
	file, ok := log.(RandomAccess)
	if !ok {
		buffered := bufio.NewReaderSize(log, studySize)
		head, err := buffered.Peek(studySize)
		d.Learn(wholeOnly(head), len(head) < studySize)
		if err != nil {
			return io.MultiReader(bytes.NewReader(head), failing{err}), nil //nolint:nilerr // it comes when it is read that far, and would not come twice
		}
		return buffered, nil
	}
	buffer := make([]byte, studySize)
	head, err := readSection(file, buffer, 0)
	if err != nil {
		return nil, err
	}
	d.Learn(head, file.Size() <= studySize)
	if file.Size() <= studySize {
		return log, nil
	}
	tail, err := readSection(file, buffer, file.Size()-studySize)
	if err != nil {
		return nil, err
	}
	_, tail, _ = bytes.Cut(tail, []byte{'\n'})
	d.Learn(tail, true)
	return log, nil
}

// wholeOnly returns b up to its last line end, all of it where it has none.
func wholeOnly(b []byte) []byte {
	if end := bytes.LastIndexByte(b, '\n'); end >= 0 && len(b) == studySize {
		return b[:end]
	}
	return b
}

// failing is a reader that fails, or ends.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }
