package recording

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"time"
)

// maxEntries bounds the entries of a tape, of which each costs 16 bytes of memory.
const maxEntries = 50_000_000

// Tape is a recording whose entries are in the order of their moments, whatever the order they came in: logs are read from several
// files at once, and large ones from their end. It is for one goroutine at a time.
type Tape struct {
	Header  Header
	Skipped uint64 // lines that are no entries, as far as was seen without reading each
	Cut     bool   // the file ends in the midst of an entry or of a compressed part

	file    *os.File // not compressed
	remove  bool     // it is a temporary one
	index   []place
	latest  int64 // moment of a result
	untimed []untimed
	decoder *Decoder
	block   []byte // of the file, from blockAt
	blockAt int64
	size    int64
}

// place is where an entry stands.
type place struct{ moment, offset int64 }

// OpenTape opens a recording and orders it. A compressed one is unpacked into a temporary file, which only the user can read. The
// error is [ErrNotRecording] for another file.
func OpenTape(path string) (*Tape, error) {
	r, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer r.Close() //nolint:errcheck // only read from
	t := &Tape{decoder: NewDecoder()}
	if err := t.load(path, r); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), t.Close())
	}
	return t, nil
}

// load reads the whole recording once.
func (t *Tape) load(path string, r *Reader) (err error) {
	copied := io.Discard
	if r.packed {
		if t.file, err = os.CreateTemp("", "errtop-replay-*"); err != nil { // mode 0600
			return fmt.Errorf("cannot unpack it: %w", err)
		}
		t.remove = os.Remove(t.file.Name()) != nil // where a file cannot be removed while it is open
		buffered := bufio.NewWriterSize(t.file, 256<<10)
		defer func() { err = errors.Join(err, buffered.Flush()) }()
		copied = buffered
	} else if t.file, err = os.Open(path); err != nil { //nolint:gosec // the user names the file
		return err //nolint:wrapcheck // a PathError names the file
	}
	for {
		text, err := r.line()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if _, err := copied.Write(text); err != nil {
			return fmt.Errorf("cannot unpack it: %w", err)
		}
		t.add(text, r)
		t.size += int64(len(text))
		if len(t.index) > maxEntries {
			return fmt.Errorf("more than %d entries", maxEntries)
		}
	}
	t.Skipped, t.Cut = r.Skipped, r.Cut
	t.settle()
	byMoment := func(a, b place) int { return cmp.Compare(a.moment, b.moment) }
	if !slices.IsSortedFunc(t.index, byMoment) {
		slices.SortStableFunc(t.index, byMoment)
	}
	if len(t.index) == 0 {
		return errors.New("it is empty")
	}
	return nil
}

// add notes where a line stands.
func (t *Tape) add(text []byte, r *Reader) {
	at, ok := quickMoment(text)
	if !ok {
		e, known, err := t.decoder.parse(text)
		if !known || err != nil {
			r.Skipped++
			return
		}
		if e.Header != nil {
			t.Header = *e.Header
			return
		}
		at = e.Moment()
		switch {
		case e.Result != nil:
			t.latest = max(t.latest, at.UnixNano())
		case e.Source != nil && !e.Source.Live:
			t.untimed = append(t.untimed, untimed{len(t.index), t.latest})
		case e.Target != nil:
			t.untimed = append(t.untimed, untimed{len(t.index), at.UnixNano()})
		}
	} else {
		t.latest = max(t.latest, at.UnixNano())
	}
	if at.Before(oldest) || !at.Before(newest) {
		r.Skipped++
		return
	}
	t.index = append(t.index, place{at.UnixNano(), t.size})
}

// untimed is an entry that came when a log was read, which may have been days after what stands in it.
type untimed struct {
	entry  int
	moment int64 // of the newest result before it, or when it came; 0 before the first result
}

// settle puts the entries without a time of their own where the results are that came with them.
func (t *Tape) settle() {
	first := int64(math.MaxInt64)
	for _, p := range t.index {
		first = min(first, p.moment)
	}
	for _, u := range t.untimed {
		if t.latest > 0 {
			t.index[u.entry].moment = max(first, min(u.moment, t.latest))
		}
	}
	t.untimed = nil
}

// quickMoment returns the moment of a result as this package writes one, without reading more of it.
func quickMoment(text []byte) (at time.Time, ok bool) {
	rest, ok := bytes.CutPrefix(text, []byte(`{"ts":"`))
	end := bytes.IndexByte(rest[:min(len(rest), 40)], '"')
	if !ok || end < 0 || !bytes.HasSuffix(text, []byte("}\n")) {
		return at, false
	}
	at, err := time.Parse(time.RFC3339Nano, string(rest[:end]))
	return at, err == nil
}

// Len returns the number of entries.
func (t *Tape) Len() int { return len(t.index) }

// Moment returns the moment of the i-th entry, in UTC.
func (t *Tape) Moment(i int) time.Time { return time.Unix(0, t.index[i].moment).UTC() }

// First returns the moment of the first entry.
func (t *Tape) First() time.Time { return t.Moment(0) }

// Last returns the moment of the last entry.
func (t *Tape) Last() time.Time { return t.Moment(len(t.index) - 1) }

// Entry returns the i-th entry. ok is false for one that is damaged.
func (t *Tape) Entry(i int) (e Entry, ok bool, err error) {
	offset := t.index[i].offset
	for {
		if at := offset - t.blockAt; at >= 0 && at < int64(len(t.block)) {
			if end := bytes.IndexByte(t.block[at:], '\n'); end >= 0 {
				e, ok, err := t.decoder.parse(t.block[at : at+int64(end)])
				return e, ok && err == nil, nil
			}
			if t.blockAt == offset && len(t.block) > maxLine || t.blockAt+int64(len(t.block)) >= t.size {
				return e, false, nil
			}
		}
		if err := t.read(offset); err != nil {
			return e, false, err
		}
	}
}

// read reads a block that starts at an offset: twice as large as the one before where that started there too.
func (t *Tape) read(offset int64) error {
	size := int64(256 << 10)
	if offset == t.blockAt && len(t.block) > 0 {
		size = 2 * int64(len(t.block))
	}
	size = min(size, t.size-offset)
	if int64(cap(t.block)) < size {
		t.block = make([]byte, size)
	}
	t.block, t.blockAt = t.block[:size], offset
	n, err := t.file.ReadAt(t.block, offset)
	t.block = t.block[:n]
	if n == 0 || err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("cannot read the recording: %w", cmp.Or(err, io.ErrUnexpectedEOF))
	}
	if int64(n) < size { // it became shorter meanwhile
		t.size = min(t.size, offset+int64(n))
	}
	return nil
}

// Find returns the number of the first entry that is not before a moment.
func (t *Tape) Find(at time.Time) int {
	nano := int64(math.MinInt64)
	if !at.Before(oldest) {
		nano = at.UnixNano()
	}
	i, _ := slices.BinarySearchFunc(t.index, nano, func(p place, nano int64) int { return cmp.Compare(p.moment, nano) })
	return i
}

// Close closes the file and removes a temporary one.
func (t *Tape) Close() error {
	if t.file == nil {
		return nil
	}
	err := t.file.Close()
	if t.remove {
		err = errors.Join(err, os.Remove(t.file.Name()))
	}
	return err
}
