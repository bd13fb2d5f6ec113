package ingest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"errtop/internal/safetext"
)

const explained = 10 // lines that are explained

// Explain writes which format the first lines of a log were recognised as and how each of their fields was understood.
// Lines are at most width cells. The error is a [SourceError] where the log can't be read, else a wrong option.
func Explain(ctx context.Context, input Input, o Options, w io.Writer, width int) error {
	d, err := newDecoder(o, time.Now())
	if err != nil {
		return err
	}
	reader := input.Reader
	if reader == nil {
		file, err := openLog(input.Name)
		if err != nil {
			return &SourceError{Name: input.Name, Err: bare(err)}
		}
		defer file.Close() //nolint:errcheck // only read from
		reader = file
	}
	if file, ok := reader.(*os.File); ok {
		var release func()
		var cancel func() bool
		reader, cancel, release = cancellable(file)
		defer release()
		defer context.AfterFunc(ctx, func() { cancel() })()
	}
	buffered := bufio.NewReaderSize(reader, maxLine)
	head, _ := buffered.Peek(4) // an error comes again when reading
	plain, release, err := decompress(buffered, compressionOf(head))
	if err != nil {
		return &SourceError{Name: input.Name, Err: err}
	}
	defer release()
	e := explainer{decoder: d, out: bufio.NewWriter(w), width: max(width, 40)}
	if err := e.lines(bufio.NewReaderSize(plain, maxLine)); err != nil {
		return &SourceError{Name: input.Name, Err: bare(err)}
	}
	if err := e.out.Flush(); err != nil {
		return fmt.Errorf("explain: %w", err)
	}
	return nil
}

// explainer writes what a decoder understands.
type explainer struct {
	decoder *decoder
	maker   resultMaker
	out     *bufio.Writer
	width   int
}

// lines explains the first lines of r.
func (e *explainer) lines(r *bufio.Reader) error {
	for number, shown := 1, 0; shown < explained; number++ {
		line, err := r.ReadSlice('\n')
		if len(line) > 0 && e.line(number, strings.TrimRight(string(line), "\r\n")) {
			shown++
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.Is(err, bufio.ErrBufferFull):
			return nil // a line beyond the limit: said, and nothing after it
		case err != nil:
			return err //nolint:wrapcheck // named by whoever knows the source
		}
	}
	return nil
}

// line explains one line, unless there is nothing in it to explain.
func (e *explainer) line(number int, text string) bool {
	v, reason := e.decoder.decode([]byte(text))
	switch v {
	case verdictNothing:
		if text == "" {
			return false
		}
		e.write(fmt.Sprintf("line %d: says how to read others", number))
	case verdictUnreadable:
		e.write(fmt.Sprintf("line %d: not understood: %s", number, reason))
		e.write("    " + safeLine([]byte(text), maxSample))
	case verdictResult:
		e.write(fmt.Sprintf("line %d: %s", number, e.decoder.found))
		e.fields()
	}
	return true
}

// fields writes what was understood of the record.
func (e *explainer) fields() {
	d := e.decoder
	result := e.maker.make(d)
	r := &d.rec
	if r.hasTime {
		e.field(fieldTime, result.Time.Format(time.RFC3339Nano))
	} else {
		e.field(fieldTime, "not understood, or none")
	}
	e.field(fieldTarget, result.Target)
	outcome := result.Kind.String()
	if result.Status != 0 {
		outcome = fmt.Sprintf("%d, %s", result.Status, outcome)
	}
	e.field(fieldStatus, outcome)
	if r.latency > 0 {
		e.field(fieldDuration, max(result.Latency, time.Microsecond).String())
	}
	if result.Route != "" {
		e.field(fieldPath, result.Route)
	}
	for f := field(1); f < fieldCount; f++ {
		switch f {
		case fieldTime, fieldTarget, fieldStatus, fieldDuration, fieldPath, fieldRequest: // above, or in pieces
		default:
			if r.has(f) {
				e.field(f, safeLine(r.text(f), maxSample))
			}
		}
	}
}

// field writes one field, with the text it was read from where that is another.
func (e *explainer) field(f field, understood string) {
	line := fmt.Sprintf("    %-11s %s", f, understood)
	if raw := e.decoder.rec.raw(f); len(raw) > 0 {
		if text := safeLine(raw, maxSample); text != understood {
			line += "   <- " + text
		}
	}
	e.write(line)
}

// write writes a line, cut to the width.
func (e *explainer) write(line string) {
	fmt.Fprintln(e.out, safetext.Truncate(line, e.width, "…")) //nolint:errcheck // Flush tells
}
