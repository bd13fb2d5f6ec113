package recording

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"errtop/tracker"
)

const (
	maxLine   = 4 << 20  // bytes; what evidence may hold is far less
	maxWindow = 32 << 20 // bytes of a Zstandard window
)

// Decoder reads the lines of a recording. It is for one goroutine at a time.
type Decoder struct {
	names  map[string]string
	labels map[string]*tracker.Labels
	key    []byte // scratch
}

// NewDecoder returns a decoder.
func NewDecoder() *Decoder {
	return &Decoder{names: map[string]string{}, labels: map[string]*tracker.Labels{}}
}

// Reader reads the entries of a recording one after the other.
type Reader struct {
	decoder *Decoder
	lines   *bufio.Reader
	long    []byte // of a line that is longer than the buffer of lines
	close   func() error
	packed  bool

	// Skipped counts lines that are not entries: damaged ones, and those of kinds that a newer version writes.
	Skipped uint64
	// Cut says that the file ends in the midst of an entry or of a compressed part, as after a kill.
	Cut bool
}

// ErrNotRecording says that a file does not begin as a recording does.
var ErrNotRecording = errors.New("is not a recording of errtop")

// Open opens a recording. The error is [ErrNotRecording] for another file.
func Open(path string) (*Reader, error) {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() { // to open a pipe waits for its writer
		return nil, fmt.Errorf("%s: %w", path, ErrNotRecording)
	}
	file, err := os.Open(path) //nolint:gosec // the user names the file
	if err != nil {
		return nil, err //nolint:wrapcheck // a PathError names the file
	}
	if info, err := file.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, ErrNotRecording), err, file.Close())
	}
	r, err := NewReader(file)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), file.Close())
	}
	release := r.close
	r.close = func() error { return errors.Join(release(), file.Close()) }
	return r, nil
}

// NewReader reads a recording, compressed or not, and its header.
func NewReader(from io.Reader) (*Reader, error) {
	r := &Reader{decoder: NewDecoder(), close: func() error { return nil }}
	plain, err := r.unpack(bufio.NewReaderSize(from, 64<<10))
	if err != nil {
		return nil, err
	}
	r.lines = plain
	if head, _ := plain.Peek(len(magic)); string(head) != magic {
		return nil, errors.Join(ErrNotRecording, r.close())
	}
	return r, nil
}

// magic is how a recording begins.
const magic = `{"errtop":"recording"`

// unpack returns what is read uncompressed.
func (r *Reader) unpack(packed *bufio.Reader) (*bufio.Reader, error) {
	head, _ := packed.Peek(4)
	switch {
	case bytes.HasPrefix(head, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		z, err := zstd.NewReader(packed, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxWindow), zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return nil, fmt.Errorf("zstd: %w", err)
		}
		r.packed = true
		r.close = func() error {
			z.Close()
			return nil
		}
		return bufio.NewReaderSize(z, 64<<10), nil
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
		z, err := gzip.NewReader(packed)
		if err != nil {
			return nil, fmt.Errorf("gzip: %w", err)
		}
		r.packed = true
		return bufio.NewReaderSize(z, 64<<10), nil
	default:
		return packed, nil
	}
}

// Close closes the recording.
func (r *Reader) Close() error { return r.close() }

// Next returns the next entry, and [io.EOF] after the last one. What is damaged is left out and counted. An entry may be kept.
func (r *Reader) Next() (Entry, error) {
	for {
		text, err := r.line()
		if err != nil {
			return Entry{}, err
		}
		if e, ok, err := r.decoder.parse(text); ok && err == nil {
			return e, nil
		}
		r.Skipped++
	}
}

// line returns the next line that is whole.
func (r *Reader) line() ([]byte, error) {
	r.long = r.long[:0]
	for {
		part, err := r.lines.ReadSlice('\n')
		switch {
		case err == nil && len(r.long) == 0:
			return part, nil
		case err == nil || errors.Is(err, bufio.ErrBufferFull):
			if len(r.long) <= maxLine {
				r.long = append(r.long, part...)
			}
			if err == nil {
				return r.long, nil // one that is too long is cut, and then not JSON
			}
		case errors.Is(err, io.EOF), isCut(err):
			r.Cut = r.Cut || len(part) > 0 || len(r.long) > 0 || !errors.Is(err, io.EOF)
			return nil, io.EOF
		default:
			return nil, fmt.Errorf("recording: %w", err)
		}
	}
}

// isCut reports whether an error says that what is compressed ends too early, or goes on damaged.
func isCut(err error) bool {
	return errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, gzip.ErrChecksum) || errors.Is(err, gzip.ErrHeader) ||
		errors.Is(err, zstd.ErrMagicMismatch) || errors.Is(err, zstd.ErrCRCMismatch) || strings.HasPrefix(err.Error(), "flate: ")
}

// Is reports whether the file at a path is a recording.
func Is(path string) bool {
	r, err := Open(path)
	if err != nil {
		return false
	}
	_ = r.Close() // only read from
	return true
}
