package recording

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// File is a recording that is written. It is for one goroutine at a time.
//
// It is written in parts that stand for themselves: with compression each is a frame of its own. A part that could not be written
// whole is taken back, so that the file ends with a whole line whatever happens to the disk.
type File struct {
	file *os.File
	pack func([]byte) ([]byte, error) // compresses a part
	size int64                        // of the parts that stand
}

// Create makes a new file that only its owner can read, whatever the umask. A name that ends in ".zst" or ".gz" says how it is
// compressed. The error is [fs.ErrExist] where there is a file already.
func Create(path string) (*File, error) {
	f := &File{pack: func(part []byte) ([]byte, error) { return part, nil }}
	switch {
	case strings.HasSuffix(path, ".zst"):
		z, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(1<<20))
		if err != nil {
			return nil, fmt.Errorf("zstd: %w", err)
		}
		f.pack = func(part []byte) ([]byte, error) { return z.EncodeAll(part, nil), nil }
	case strings.HasSuffix(path, ".gz"):
		f.pack = gzipped
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // the user names the file
	if err != nil {
		return nil, err //nolint:wrapcheck // a PathError names the file
	}
	if err := file.Chmod(0o600); err != nil && !errors.Is(err, errors.ErrUnsupported) {
		return nil, errors.Join(err, file.Close(), os.Remove(path))
	}
	f.file = file
	return f, nil
}

func gzipped(part []byte) ([]byte, error) {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, err := z.Write(part)
	if err = errors.Join(err, z.Close()); err != nil {
		return nil, fmt.Errorf("gzip: %w", err)
	}
	return packed.Bytes(), nil
}

// Write writes lines, all or none of them. After an error they may be written again.
func (f *File) Write(lines []byte) (int, error) {
	part, err := f.pack(lines)
	if err != nil {
		return 0, err
	}
	if _, err := f.file.WriteAt(part, f.size); err != nil {
		_ = f.file.Truncate(f.size) // a disk that is full can still do that
		return 0, err               //nolint:wrapcheck // a PathError names the file
	}
	f.size += int64(len(part))
	return len(lines), nil
}

// Size returns the bytes written.
func (f *File) Size() int64 { return f.size }

// Close ends the file. What a write that failed may have left behind the last part is cut off.
func (f *File) Close() error {
	if end, err := f.file.Seek(0, io.SeekEnd); err == nil && end > f.size {
		_ = f.file.Truncate(f.size)
	}
	return errors.Join(f.file.Sync(), f.file.Close())
}
