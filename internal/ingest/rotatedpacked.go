package ingest

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// maxUnpacked bounds what a compressed rotation is unpacked to, in bytes that were not read before.
const maxUnpacked = 8 << 30

// packedRotations opens the files beside the path that have a rotation's name and were compressed. One whose original still stands beside it
// is still being written, and left out.
func (f *follower) packedRotations() (found []rotation) {
	for _, path := range f.listings.beside(f.path) {
		if !isRotation(path, f.path) {
			continue
		}
		if _, err := os.Stat(strings.TrimSuffix(path, filepath.Ext(path))); err == nil {
			continue
		}
		file, err := openLog(path)
		if err != nil {
			continue
		}
		info, err := file.Stat()
		r := rotation{file: file, info: info, packed: true}
		if err == nil {
			r.head, err = packedHead(file)
		}
		if err != nil || len(r.head) == 0 {
			_ = file.Close() // only read from
			continue
		}
		found = append(found, r)
	}
	return found
}

// packedHead returns the first bytes of what a compressed file holds; none of one that is not compressed.
func packedHead(file *os.File) ([]byte, error) {
	magic, err := readAt(file, make([]byte, magicSize), 0)
	if err != nil || compressionOf(magic) == uncompressed {
		return nil, err
	}
	plain, release, err := unpackRaw(file)
	if err != nil {
		return nil, err
	}
	defer release()
	head := make([]byte, headSize)
	n, err := io.ReadFull(plain, head)
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		err = nil
	}
	return head[:n], err
}

// unpackRaw returns what a compressed file holds, byte for byte.
func unpackRaw(file *os.File) (io.Reader, func(), error) {
	buffered := bufio.NewReaderSize(io.NewSectionReader(file, 0, 1<<62), 64<<10)
	return decompress(buffered, compressionOf(peek(buffered)))
}

// unpackFrom replaces a compressed rotation by a temporary file with what it holds from an offset on, at the same place: what lies before
// takes no room. The file has no name, or where that is not possible, one that only the user can read.
func (r *rotation) unpackFrom(offset int64) error {
	plain, release, err := unpackRaw(r.file)
	if err != nil {
		return err
	}
	defer release()
	file, err := os.CreateTemp("", "errtop-rotated-*") // mode 0600
	if err != nil {
		return fmt.Errorf("cannot unpack %s: %w", r.file.Name(), err)
	}
	_ = os.Remove(file.Name()) // where a file cannot be removed while it is open, the system's cleaning does
	if err := copyFrom(file, plain, r.head, offset); err != nil {
		return errors.Join(fmt.Errorf("cannot unpack %s: %w", r.file.Name(), err), file.Close())
	}
	_ = r.file.Close() // only read from
	r.file, r.packed = file, false
	return nil
}

// copyFrom writes what is read from an offset on to a file, at the same place, and its first bytes. The error says too that it ends before.
func copyFrom(file *os.File, plain io.Reader, head []byte, offset int64) error {
	skipped, err := io.CopyN(io.Discard, plain, offset)
	if err != nil {
		return fmt.Errorf("it ends at %d, before %d: %w", skipped, offset, err)
	}
	if _, err := file.WriteAt(head, 0); err != nil {
		return err //nolint:wrapcheck // a PathError names the file
	}
	if err := file.Truncate(max(offset, int64(len(head)))); err != nil {
		return err //nolint:wrapcheck // a PathError names the file
	}
	n, err := io.Copy(io.NewOffsetWriter(file, offset), io.LimitReader(plain, maxUnpacked))
	if err == nil && n == maxUnpacked {
		err = fmt.Errorf("it holds more than %d GB", maxUnpacked>>30)
	}
	return err
}

// fits reports whether a position is one of this rotation, as far as its first bytes and, where it is not compressed, its size tell.
func (r *rotation) fits(p *Position) bool {
	if !r.packed {
		return p.fits(r.file)
	}
	return len(p.Head) > 0 && int(p.Head[0]) <= len(r.head) && bytes.Equal(markOf(r.head[:p.Head[0]]), p.Head)
}
