package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"errtop/internal/safego"
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
		return nil, errors.New("is a device, not a log file")
	case mode&os.ModeSocket != 0:
		return nil, errors.New("is a socket, not a log file")
	}
	file, err := os.Open(path) //nolint:gosec // the file that the user asks for
	return file, err           //nolint:wrapcheck // a PathError names the file
}

// openInTime is openLog that ends with ctx: to open a named pipe waits until somebody writes to it.
func openInTime(ctx context.Context, path string) (*os.File, error) {
	if info, err := os.Stat(path); err != nil || info.Mode()&os.ModeNamedPipe == 0 {
		return openLog(path)
	}
	type opened struct {
		file *os.File
		err  error
	}
	done := make(chan opened)
	safego.Start(func() error {
		file, err := openLog(path)
		select {
		case done <- opened{file, err}:
		case <-ctx.Done():
			if err == nil {
				_ = file.Close() // nobody reads it
			}
		}
		return nil
	})
	select {
	case of := <-done:
		return of.file, of.err
	case <-ctx.Done():
		return nil, context.Cause(ctx) //nolint:wrapcheck // why the caller ends
	}
}

// Open opens the log at a path and unpacks it as it is read; UTF-16 is read as UTF-8. A plain file can be read at any place
// ([File]). A read that blocks ends with ctx where the system can do that.
func Open(ctx context.Context, path string) (io.ReadCloser, error) {
	file, err := openInTime(ctx, path)
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

// OpenReader is [Open] for what is open already. Closing what it returns closes r where that is a file.
func OpenReader(ctx context.Context, r io.Reader) (io.ReadCloser, error) {
	var closers []func()
	if file, ok := r.(*os.File); ok {
		info, err := file.Stat()
		if err != nil {
			return nil, err //nolint:wrapcheck // a PathError names the file
		}
		if at, err := file.Seek(0, io.SeekCurrent); info.Mode().IsRegular() && err == nil && at == 0 {
			head, err := readAt(file, make([]byte, magicSize), 0)
			if err != nil {
				return nil, err
			}
			if compressionOf(head) == uncompressed && encodingOf(head) == utf8Text && !isVirtual(file, info) {
				return newFile(file, info, head)
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

// readAt fills b from the file; less is there only at its end.
func readAt(file io.ReaderAt, b []byte, at int64) ([]byte, error) {
	n, err := file.ReadAt(b, at)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read at %d: %w", at, err)
	}
	return b[:n], nil
}
