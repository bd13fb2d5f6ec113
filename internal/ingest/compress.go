package ingest

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"
)

const (
	magicSize = 10       // first bytes by which a file is recognised
	maxWindow = 32 << 20 // bytes of a Zstandard window
)

// compression of a file, recognised from its first bytes.
type compression uint8

const (
	uncompressed compression = iota
	gzipped
	zstandard
	xzipped
	bzipped
)

// compressionOf recognises gzip (RFC 1952), Zstandard (RFC 8878), xz (https://tukaani.org/xz/xz-file-format.txt, 2.1.1.1)
// and bzip2, whose first block starts with the digits of pi.
func compressionOf(head []byte) compression {
	switch {
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
		return gzipped
	case bytes.HasPrefix(head, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		return zstandard
	case bytes.HasPrefix(head, []byte{0xfd, '7', 'z', 'X', 'Z', 0}):
		return xzipped
	case len(head) >= magicSize && bytes.HasPrefix(head, []byte("BZh")) && bytes.Equal(head[4:magicSize], []byte{0x31, 0x41, 0x59, 0x26, 0x53, 0x59}):
		return bzipped
	default:
		return uncompressed
	}
}

// unpack returns what r holds uncompressed and as UTF-8, and the function that releases what this took.
func unpack(r io.Reader) (io.Reader, func(), error) {
	buffered := bufio.NewReaderSize(r, 4<<10)
	kind := compressionOf(peek(buffered))
	if kind == uncompressed {
		return asUTF8(buffered), func() {}, nil
	}
	plain, release, err := decompress(buffered, kind)
	if err != nil {
		return nil, nil, err
	}
	return asUTF8(bufio.NewReaderSize(plain, 4<<10)), release, nil
}

// peek returns the bytes by which a stream is recognised, without waiting for more of them than there are in a short first
// line. An error comes again when reading.
func peek(r *bufio.Reader) []byte {
	head, err := r.Peek(4)
	if err == nil && (bytes.HasPrefix(head, []byte("BZh")) || head[0] == 0xfd) {
		head, _ = r.Peek(magicSize)
	}
	return head
}

// decompress returns what r holds uncompressed, and the function that releases what this took. The content is read piece
// by piece, in bounded memory, whatever size it grows to.
func decompress(r *bufio.Reader, c compression) (io.Reader, func(), error) {
	switch c {
	case gzipped:
		z, err := gzip.NewReader(r)
		if err != nil {
			return nil, nil, fmt.Errorf("gzip: %w", err)
		}
		return z, func() { _ = z.Close() }, nil // only read from
	case zstandard:
		z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxWindow), zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return nil, nil, fmt.Errorf("zstd: %w", err)
		}
		return z, z.Close, nil
	case xzipped:
		z, err := xz.ReaderConfig{DictCap: 1 << 16}.NewReader(newXZGuard(r))
		if err != nil {
			return nil, nil, fmt.Errorf("xz: %w", err)
		}
		return z, func() {}, nil
	case bzipped:
		return named{bzip2.NewReader(r)}, func() {}, nil
	default:
		return r, func() {}, nil
	}
}

// named says which compression an error of bzip2 is about: compress/bzip2 reports a cut off file as an unexpected end.
type named struct{ r io.Reader }

func (n named) Read(b []byte) (int, error) {
	got, err := n.r.Read(b)
	if err != nil && !errors.Is(err, io.EOF) {
		err = fmt.Errorf("bzip2: %w", err)
	}
	return got, err
}
