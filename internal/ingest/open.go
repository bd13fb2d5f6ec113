package ingest

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// openLog opens a log file, and refuses what would never end or has no lines.
func openLog(path string) (*os.File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err //nolint:wrapcheck // a PathError names the file
	}
	switch mode := info.Mode(); {
	case mode.IsDir():
		return nil, errors.New("is a directory")
	case mode&os.ModeDevice != 0:
		return nil, errors.New("is a device, no log")
	case mode&os.ModeSocket != 0:
		return nil, errors.New("is a socket, no log")
	}
	file, err := os.Open(path) //nolint:gosec // the file that the user asks for
	return file, err           //nolint:wrapcheck // a PathError names the file
}

// compression of a file, recognised from its first bytes.
type compression uint8

const (
	uncompressed compression = iota
	gzipped
	zstandard
)

// compressionOf recognises gzip (RFC 1952) and Zstandard (RFC 8878).
func compressionOf(head []byte) compression {
	switch {
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
		return gzipped
	case bytes.HasPrefix(head, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		return zstandard
	default:
		return uncompressed
	}
}

// unpack is decompress of whatever r turns out to be.
func unpack(r io.Reader) (io.Reader, func(), error) {
	buffered := bufio.NewReaderSize(r, 4<<10)
	head, _ := buffered.Peek(4) // an error comes again when reading
	return decompress(buffered, compressionOf(head))
}

// decompress returns what r holds uncompressed, and the function that releases what this took. The content is read piece
// by piece, in bounded memory, whatever size it grows to.
func decompress(r io.Reader, c compression) (io.Reader, func(), error) {
	switch c {
	case gzipped:
		z, err := gzip.NewReader(r)
		if err != nil {
			return nil, nil, fmt.Errorf("gzip: %w", err)
		}
		return z, func() { _ = z.Close() }, nil // only read from
	case zstandard:
		z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(32<<20), zstd.WithDecoderMaxWindow(32<<20))
		if err != nil {
			return nil, nil, fmt.Errorf("zstd: %w", err)
		}
		return z, z.Close, nil
	default:
		return r, func() {}, nil
	}
}
