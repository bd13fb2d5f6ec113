package ingest

import (
	"errors"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// dataFrom returns where, from a place on, a file holds data: after the hole of a sparse one, size where nothing comes. It
// leaves the file's own position anywhere.
func dataFrom(r io.ReaderAt, at, size int64) int64 {
	file, ok := r.(*os.File)
	if !ok {
		return at
	}
	conn, err := file.SyscallConn()
	if err != nil {
		return at
	}
	found := at
	_ = conn.Control(func(fd uintptr) {
		data, err := unix.Seek(int(fd), at, unix.SEEK_DATA)
		switch {
		case err == nil:
			found = max(at, data)
		case errors.Is(err, unix.ENXIO):
			found = size
		}
	})
	return found
}
