package stats

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"errtop/internal/logline"
	"errtop/internal/safetext"
)

const explained = 10 // lines that are explained

// Explain writes which format the first lines of a log were recognised as and how each of their fields was understood.
// Lines are at most width cells. The error is a [SourceError] where the log can't be read, else a wrong option.
func Explain(ctx context.Context, input Input, o logline.Options, w io.Writer, width int) error {
	d, err := logline.NewDecoder(o, time.Now())
	if err != nil {
		return err
	}
	log, err := input.Open(ctx)
	if err != nil {
		return &logline.SourceError{Name: input.Name, Err: logline.PlainError(err)}
	}
	defer log.Close() //nolint:errcheck // only read from
	if file, ok := log.(RandomAccess); ok {
		d.Restart(file.ModTime())
	}
	all, err := study(log, d)
	if err != nil {
		return &logline.SourceError{Name: input.Name, Err: logline.PlainError(err)}
	}
	e := explainer{decoder: d, out: bufio.NewWriter(w), width: max(width, 40)}
	if err := e.lines(bufio.NewReaderSize(all, logline.MaxLine)); err != nil {
		return &logline.SourceError{Name: input.Name, Err: logline.PlainError(err)}
	}
	if err := e.out.Flush(); err != nil {
		return fmt.Errorf("explain: %w", err)
	}
	return nil
}

// explainer writes what a decoder understands.
type explainer struct {
	decoder *logline.Decoder
	maker   logline.ResultMaker
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
	v, reason := e.decoder.Decode([]byte(text))
	switch v {
	case logline.LineBlank:
		if text == "" {
			return false
		}
		if reason != "" {
			e.write(fmt.Sprintf("line %d: not counted: %s", number, reason))
			return true
		}
		e.write(fmt.Sprintf("line %d: says how to read others", number))
	case logline.LineReason:
		e.write(fmt.Sprintf("line %d: not counted: %s", number, reason))
	case logline.LineRelated: // only where that is asked for
	case logline.LineLeftOut:
		e.write(fmt.Sprintf("line %d: left out: %s", number, reason))
	case logline.LineUnreadable:
		e.write(fmt.Sprintf("line %d: not understood: %s", number, reason))
		e.write("    " + logline.SafeLine([]byte(text), logline.MaxSample))
	case logline.LineResult:
		e.write(fmt.Sprintf("line %d: %s", number, e.decoder.Format))
		e.fields()
		if text := e.decoder.Ambiguity(); text != "" {
			e.write("    " + text)
		}
	}
	return true
}

// fields writes what was understood of the record.
func (e *explainer) fields() {
	d := e.decoder
	result := e.maker.Make(d)
	r := &d.Rec
	if r.HasTime {
		e.field(logline.FieldTime, result.Time.Format(time.RFC3339Nano), "")
		if why := d.WhyZone(); why != "" {
			e.write(fmt.Sprintf("    %-11s %s", "zone", why))
		}
	} else {
		e.field(logline.FieldTime, "not understood, or none", "")
	}
	e.field(logline.FieldTarget, result.Target, "")
	outcome := result.Kind.String()
	if result.Status != 0 {
		outcome = fmt.Sprintf("%d, %s", result.Status, outcome)
	}
	e.field(logline.FieldStatus, outcome, "")
	switch why := d.WhyLatency(); {
	case r.Latency > 0:
		e.field(logline.FieldDuration, max(result.Latency, time.Microsecond).String(), why)
	case why != "":
		e.field(logline.FieldDuration, why, "")
	}
	if result.Route != "" {
		e.field(logline.FieldPath, result.Route, "")
	}
	for f := logline.Field(1); f < logline.FieldCount; f++ {
		switch f {
		case logline.FieldTime, logline.FieldTarget, logline.FieldStatus, logline.FieldDuration, logline.FieldPath, logline.FieldRequest, logline.FieldAgent: // above, or in pieces
		case logline.FieldUser:
			if r.Has(f) {
				e.write(fmt.Sprintf("    %-11s %s", f, logline.SafeLine([]byte(d.UserName()), logline.MaxSample))) // without what it was read from
			}
		default:
			if r.Has(f) {
				e.field(f, logline.SafeLine(r.Text(f), logline.MaxSample), "")
			}
		}
	}
}

// field writes one field with the reason why it is understood so, if there is one to tell, and the text it was read from where that
// is another.
func (e *explainer) field(f logline.Field, understood, why string) {
	line := fmt.Sprintf("    %-11s %s", f, understood)
	if why != "" {
		line += " (" + why + ")"
	}
	if raw := e.decoder.Rec.Raw(f); len(raw) > 0 {
		if text := logline.SafeLine(raw, logline.MaxSample); text != understood {
			line += "   <- " + text
		}
	}
	e.write(line)
}

// write writes a line, cut to the width.
func (e *explainer) write(line string) {
	fmt.Fprintln(e.out, safetext.Truncate(line, e.width, "…")) //nolint:errcheck // Flush tells
}
