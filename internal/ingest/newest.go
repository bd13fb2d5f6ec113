package ingest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"time"

	"errtop/internal/logline"
)

// Newest returns the time of a log's newest line: of the last one that has a time. A plain file ([File]) is read from its
// end; anything else to its end. ok is false where no line has a time.
func Newest(log io.Reader, o logline.Options) (newest time.Time, ok bool, err error) {
	d, err := logline.NewDecoder(o, time.Now())
	if err != nil {
		return newest, false, err
	}
	buffer := make([]byte, readSize)
	if file, plain := log.(*File); plain {
		d.Restart(file.ModTime())
		preface(file, file.Size(), d, buffer)
		newest, ok = newestTime(file, file.Size(), d, buffer)
		return newest, ok, nil
	}
	var lines splitter
	look := func(line []byte, tooLong bool) {
		if tooLong {
			return
		}
		if v, _ := d.Decode(bytes.TrimSuffix(line, []byte("\r"))); v == logline.LineResult && d.Rec.HasTime {
			newest, ok = d.Rec.Time(), true
		}
	}
	for {
		n, err := log.Read(buffer)
		lines.feed(buffer[:n], look)
		if errors.Is(err, io.EOF) {
			lines.end(look)
			return newest, ok, nil
		}
		if err != nil {
			return newest, ok, err //nolint:wrapcheck // the caller names the path
		}
	}
}

// NewestOf returns the time of the newest line of several files, which may be named by patterns. Files that cannot be read
// are left out; reading them reports the error.
func NewestOf(ctx context.Context, paths []string, o logline.Options) (newest time.Time, ok bool) {
	for _, pattern := range paths {
		names, err := filepath.Glob(pattern)
		if err != nil || len(names) == 0 {
			names = []string{pattern}
		}
		for _, name := range names {
			at, found, err := newestOfFile(ctx, name, o)
			if err == nil && found && (!ok || at.After(newest)) {
				newest, ok = at, true
			}
		}
	}
	return newest, ok
}

func newestOfFile(ctx context.Context, name string, o logline.Options) (newest time.Time, ok bool, err error) {
	if info, err := os.Stat(name); err != nil || !info.Mode().IsRegular() { // a FIFO can be read once
		return newest, false, err //nolint:wrapcheck // a PathError names the file
	}
	log, err := Open(ctx, name)
	if err != nil {
		return newest, false, err
	}
	defer log.Close() //nolint:errcheck // only read from
	return Newest(log, o)
}
