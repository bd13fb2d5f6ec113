package logline

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// SourceError is a log that could not be read, or is not a request log.
type SourceError struct {
	Name string
	Err  error
}

// Error names the log and says what is wrong with it.
func (e *SourceError) Error() string { return fmt.Sprintf("%s: %v", e.Name, e.Err) }

// ErrNoLog is within the error of a source that has lines, and no request among them.
var ErrNoLog = errors.New("no request log")

// Unwrap returns what is wrong.
func (e *SourceError) Unwrap() error { return e.Err }

// PlainError returns the error without the operation and path that os puts before it: the caller that reports it names the file. Only
// compressed data has an end that is not expected.
func PlainError(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("cut off: the compressed data ends early")
	}
	if path, ok := errors.AsType[*os.PathError](err); ok {
		return path.Err
	}
	return err
}

// NoRequestLog says what was seen in a log of that many lines without requests, with one of them.
func NoRequestLog(lines, number uint64, reason, text string) error {
	none := fmt.Sprintf("none of its %d lines is a request's; line %d", lines, number)
	if lines == 1 {
		none = "its only line does not belong to a request"
	}
	return fmt.Errorf("%w: %s: %s: %s", ErrNoLog, none, reason, SafeLine([]byte(text), 100))
}
