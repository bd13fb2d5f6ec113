package ingest

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

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

// Open opens the log at a path and unpacks it as it is read. A plain file can be read at any place ([File]). A read that
// blocks ends with ctx where the system can do that.
func Open(ctx context.Context, path string) (io.ReadCloser, error) {
	file, err := openLog(path)
	if err != nil {
		return nil, err
	}
	log, err := OpenReader(ctx, file)
	if err != nil {
		_ = file.Close()
		return nil, err
	}
	return log, nil
}

// OpenReader is Open of what is open already. Closing what it returns closes r where that is a file.
func OpenReader(ctx context.Context, r io.Reader) (io.ReadCloser, error) {
	var closers []func()
	if file, ok := r.(*os.File); ok {
		info, err := file.Stat()
		if err != nil {
			return nil, err //nolint:wrapcheck // a PathError names the file
		}
		if at, err := file.Seek(0, io.SeekCurrent); info.Mode().IsRegular() && err == nil && at == 0 {
			head, err := readAt(file, make([]byte, 4), 0)
			if err != nil {
				return nil, err
			}
			if compressionOf(head) == uncompressed {
				return &File{File: file, info: info}, nil
			}
		}
		closers = append(closers, func() { _ = file.Close() })
	}
	growPipe(r)
	reader, cancel, release := cancellable(r)
	stop := context.AfterFunc(ctx, func() { cancel() })
	plain, closePlain, err := unpack(reader)
	if err != nil {
		stop()
		release()
		return nil, err
	}
	return &unpacked{plain, append([]func(){func() { stop() }, closePlain, release}, closers...)}, nil
}

// File is a plain log file, as long as it was when it was opened.
type File struct {
	*os.File
	info os.FileInfo
}

// Size is how many bytes the file had when it was opened.
func (f *File) Size() int64 { return f.info.Size() }

// ModTime is when the file had been written to last when it was opened.
func (f *File) ModTime() time.Time { return f.info.ModTime() }

// unpacked is a log that is unpacked as it is read.
type unpacked struct {
	io.Reader
	closers []func()
}

// Close releases what reading took.
func (u *unpacked) Close() error {
	for _, release := range u.closers {
		release()
	}
	return nil
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

// readAt fills b from the file; less is there only at its end.
func readAt(file io.ReaderAt, b []byte, at int64) ([]byte, error) {
	n, err := file.ReadAt(b, at)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read at %d: %w", at, err)
	}
	return b[:n], nil
}
