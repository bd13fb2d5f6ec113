package ingest

import (
	"io"
	"os"
	"time"
)

// maxNULs bounds the NULs that are read before a file is taken as it is.
const maxNULs = 32 << 20

// afterNULs returns where the first byte stands that is not NUL, the file's size where there is none: a log that was
// truncated while its writer went on at its old position begins with a hole. Holes that the system knows cost nothing; it
// returns 0 if more NULs are stored than are worth reading.
func afterNULs(file io.ReaderAt, size int64, buffer []byte) int64 {
	read := 0
	for at := int64(0); at < size; {
		if read > maxNULs {
			return 0
		}
		at = dataFrom(file, at, size)
		data, err := readAt(file, buffer[:min(int64(len(buffer)), size-at)], at)
		if err != nil || len(data) == 0 {
			return at
		}
		for i, c := range data {
			if c != 0 {
				return at + int64(i)
			}
		}
		at += int64(len(data))
		read += len(data)
	}
	return size
}

// File is a plain log file, as long as it was when it was opened. NULs at its start are left out.
type File struct {
	file    namedFile
	start   int64
	size    int64
	modTime time.Time
}

// namedFile is what a File needs of an os.File.
type namedFile interface {
	io.ReadCloser
	io.ReaderAt
	io.Seeker
}

// Read reads on from where the last Read ended.
func (f *File) Read(b []byte) (int, error) { return f.file.Read(b) } //nolint:wrapcheck // an os.File names itself

// ReadAt reads at a place of the log.
func (f *File) ReadAt(b []byte, at int64) (int, error) {
	return f.file.ReadAt(b, f.start+at) //nolint:wrapcheck // an os.File names itself
}

// Close closes the file.
func (f *File) Close() error { return f.file.Close() } //nolint:wrapcheck // an os.File names itself

// Size is how many bytes the log had when it was opened.
func (f *File) Size() int64 { return f.size }

// ModTime is when the file had been written to last when it was opened.
func (f *File) ModTime() time.Time { return f.modTime }

// newFile returns an open file, whose first bytes are head, as a plain log.
func newFile(file *os.File, info os.FileInfo, head []byte) (*File, error) {
	f := &File{file: file, size: info.Size(), modTime: info.ModTime()}
	if len(head) == 0 || head[0] != 0 {
		return f, nil
	}
	f.start = afterNULs(file, f.size, make([]byte, readSize))
	f.size -= f.start
	_, err := file.Seek(f.start, io.SeekStart)
	return f, err //nolint:wrapcheck // a PathError names the file
}
