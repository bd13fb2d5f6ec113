package ingest

import (
	"bytes"
	"io"
	"time"

	"errtop/internal/logline"
)

const (
	defaultSince = 24 * time.Hour
	newestFirst  = time.Hour // what is read first of a large file
	largeFile    = 8 << 20   // below it the order doesn't matter
	probeSize    = 64 << 10  // read at once while searching
	probeLimit   = 4 << 20   // given up after, where no line has a time
)

// window is where reading starts.
type window struct {
	start  int64     // of the first line to be read
	recent int64     // of the first line to be read first
	oldest time.Time // what is older is not read; zero where no line has a time
}

// findWindow finds the part of a file that is worth reading, by bisection: lines are taken to be in order, as logs are but
// for a few seconds. It costs some dozen reads into the buffer, whatever the size.
func findWindow(file io.ReaderAt, size int64, o Options, d *logline.Decoder, buffer []byte) window {
	head := preface(file, size, d, buffer)
	if encodingOf(head) != utf8Text {
		return window{} // lines are not looked for in it
	}
	if start := startOf(file, size, head, buffer); start > 0 {
		w := findWindow(io.NewSectionReader(file, start, size-start), size-start, o, d, buffer)
		w.start, w.recent = w.start+start, w.recent+start
		return w
	}
	newest, ok := newestTime(file, size, d, buffer)
	if !ok || o.All {
		return window{}
	}
	w := window{oldest: o.oldest(newest)}
	w.start = bisect(file, 0, size, w.oldest, d, buffer)
	w.recent = w.start
	if size-w.start > largeFile && newest.Sub(w.oldest) > newestFirst {
		w.recent = bisect(file, w.start, size, newest.Add(-newestFirst), d, buffer)
	}
	return w
}

// startOf returns where a file's text starts, after the NULs that it may begin with.
func startOf(file io.ReaderAt, size int64, head, buffer []byte) int64 {
	if len(head) == 0 || head[0] != 0 {
		return 0
	}
	return afterNULs(file, size, buffer)
}

// since returns how far before the newest line the window begins.
func (o Options) since() time.Duration {
	if o.Since <= 0 {
		return defaultSince
	}
	return o.Since
}

// oldest returns where the window begins in a log with that newest line.
func (o Options) oldest(newest time.Time) time.Time {
	if !o.From.IsZero() {
		return o.From
	}
	return newest.Add(-o.since())
}

// preface reads directives at the file's start, which say how to read the rest, learns from the lines there, and returns the first
// bytes.
func preface(file io.ReaderAt, size int64, d *logline.Decoder, buffer []byte) []byte {
	head, err := readAt(file, buffer[:min(size, probeSize)], 0)
	if err != nil {
		return nil
	}
	if logline.HoldsW3C(head) {
		for line := range bytes.Lines(logline.TrimStart(head)) {
			if line[0] == '#' {
				d.Decode(bytes.TrimRight(line, "\r\n"))
			}
		}
	}
	if encodingOf(head) == utf8Text {
		d.Learn(head, false)
	}
	return head[:min(len(head), headSize)]
}

// bisect returns the start of the first line, from low on, that is not older than at; low where no line is older. Where
// nothing readable stands in a long stretch (the hole of a sparse file), it looks after that.
func bisect(file io.ReaderAt, low, high int64, at time.Time, d *logline.Decoder, buffer []byte) int64 {
	begin, end := low, high
	for high-low > probeSize {
		middle := low + (high-low)/2
		switch when, start, ok := firstTime(file, middle, end, d, buffer); {
		case !ok:
			low = middle
		case when.Before(at):
			low = max(start, low+1)
		default:
			high = middle
		}
	}
	for low > begin || begin == 0 {
		when, start, ok := firstTime(file, low, end, d, buffer)
		if !ok || !when.Before(at) {
			if ok && low > begin {
				return start
			}
			return low
		}
		low = start + 1
	}
	return low
}

// firstTime returns the time of the first readable line that starts behind from, and where it starts. At a file's start
// the first line counts too.
func firstTime(file io.ReaderAt, from, to int64, d *logline.Decoder, buffer []byte) (when time.Time, start int64, ok bool) {
	buffer = buffer[:probeSize]
	skip := from > 0 // what precedes the first line end is the rest of a line
	for at := from; at < min(to, from+probeLimit); {
		data, err := readAt(file, buffer, at)
		if err != nil || len(data) == 0 {
			return when, 0, false
		}
		used := 0
		for {
			n := bytes.IndexByte(data[used:], '\n')
			if n < 0 {
				break
			}
			line := data[used : used+n]
			start = at + int64(used)
			used += n + 1
			if skip {
				skip = false
				continue
			}
			if v, _ := d.Decode(line); (v == logline.LineResult || v == logline.LineReason) && d.Rec.HasTime {
				return d.Rec.Time(), start, true
			}
		}
		if used == 0 { // a line longer than the buffer
			used, skip = len(data), true
		}
		at += int64(used)
	}
	return when, 0, false
}

// newestTime returns the time of the last readable line. From it the decoder learns the zone of the log's stamps.
func newestTime(file io.ReaderAt, size int64, d *logline.Decoder, buffer []byte) (newest time.Time, ok bool) {
	buffer = buffer[:probeSize]
	end := size
	for end > 0 && size-end < probeLimit {
		from := max(0, end-probeSize)
		data, err := readAt(file, buffer[:end-from], from)
		if err != nil {
			return newest, false
		}
		for len(data) > 0 {
			n := bytes.LastIndexByte(data[:len(data)-1], '\n')
			if n < 0 && from > 0 {
				break // its start stands before
			}
			line := bytes.TrimRight(data[n+1:], "\r\n")
			if v, _ := d.Decode(line); (v == logline.LineResult || v == logline.LineReason) && d.Rec.HasTime {
				d.SettleZone()
				return d.Rec.Time(), true
			}
			data = data[:n+1]
		}
		if end = from + int64(len(data)); len(data) == int(probeSize) {
			end = from // a line longer than the buffer
		}
	}
	return newest, false
}
