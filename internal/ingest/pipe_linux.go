package ingest

import (
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// growPipe makes a pipe's buffer 1 MiB, which spares most of the switches between its two ends. Where r is not a pipe, or
// the system refuses (the user's share of pipe memory is used up), nothing is lost.
func growPipe(r io.Reader) {
	file, ok := r.(*os.File)
	if !ok {
		return
	}
	info, err := file.Stat()
	if err != nil || info.Mode()&os.ModeNamedPipe == 0 {
		return
	}
	if conn, err := file.SyscallConn(); err == nil {
		_ = conn.Control(func(fd uintptr) { _, _ = unix.FcntlInt(fd, unix.F_SETPIPE_SZ, 1<<20) })
	}
}
