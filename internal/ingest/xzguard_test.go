package ingest

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/ulikunitz/xz"
)

// xzFile returns text as an xz file of blocks of that many bytes and that check.
func xzFile(t *testing.T, text string, block int64, check byte) []byte {
	t.Helper()
	var x bytes.Buffer
	w, err := xz.WriterConfig{DictCap: 1 << 16, BlockSize: block, CheckSum: check}.NewWriter(&x)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(w, text); err != nil || w.Close() != nil {
		t.Fatal(err)
	}
	return x.Bytes()
}

// withWindow makes the n-th block of an xz file ask for another dictionary.
func withWindow(t *testing.T, file []byte, n int, window byte) []byte {
	t.Helper()
	file = bytes.Clone(file)
	filter := []byte{0x21, 0x01, 8} // LZMA2 with 64 KiB
	at := -1
	for range n + 1 {
		next := bytes.Index(file[at+1:], filter)
		if next < 0 {
			t.Fatalf("fewer than %d blocks", n+1)
		}
		at += 1 + next
	}
	file[at+2] = window
	start := at - 2 // size and flags stand before the filter; these blocks do not tell their own sizes
	end := start + (int(file[start])+1)*4 - 4
	binary.LittleEndian.PutUint32(file[end:], crc32.ChecksumIEEE(file[start:end]))
	return file
}

// randomText returns text that xz cannot make small, with some that it can.
func randomText(size int) string {
	r := rand.New(rand.NewPCG(1, 2))
	var text strings.Builder
	for text.Len() < size {
		if r.IntN(2) == 0 {
			text.WriteString(strings.Repeat("GET /orders 500\n", r.IntN(2000)))
			continue
		}
		for range r.IntN(5000) {
			text.WriteByte(byte(r.IntN(256)))
		}
	}
	return text.String()
}

func TestXZFilesAreReadWholeWhateverTheirBlocks(t *testing.T) {
	text := randomText(30_000)
	for _, check := range []byte{xz.None, xz.CRC32, xz.CRC64, xz.SHA256} {
		for _, block := range []int64{1 << 40, 7_000, 501} {
			file := xzFile(t, text, block, check)
			file = append(append(file, make([]byte, 8)...), file...) // two streams with padding between them
			for _, reader := range []io.Reader{bytes.NewReader(file), iotest.OneByteReader(bytes.NewReader(file))} {
				guard := newXZGuard(reader)
				z, err := xz.NewReader(guard)
				if err != nil {
					t.Fatal(err)
				}
				got, err := io.ReadAll(z)
				if err != nil || string(got) != text+text || guard.next == nil {
					t.Fatalf("check %d, blocks of %d: %d bytes of %d, %v; guarded to the end: %v", check, block, len(got), 2*len(text), err, guard.next != nil)
				}
			}
		}
	}
}

func TestADictionaryBeyondTheBoundIsRefusedByName(t *testing.T) {
	const mib128, mib768 = 30, 35
	file := xzFile(t, randomText(30_000), 7_000, xz.CRC64)
	for n := range 4 {
		if _, err := io.ReadAll(readerOf(t, withWindow(t, file, n, mib128))); err != nil {
			t.Errorf("block %d, 128 MiB: %v", n, err)
		}
		large := withWindow(t, file, n, mib768)
		if _, err := io.ReadAll(readerOf(t, large)); err == nil || !strings.Contains(err.Error(), "xz: needs a dictionary of 768 MiB") {
			t.Errorf("block %d: %v", n, err)
		}
		second := append(bytes.Clone(file), large...)
		if _, err := io.ReadAll(readerOf(t, second)); err == nil || !strings.Contains(err.Error(), "xz: needs a dictionary of 768 MiB") {
			t.Errorf("second stream, block %d: %v", n, err)
		}
	}
}

// readerOf returns what unpack makes of a file, or a reader of the error that it returns.
func readerOf(t *testing.T, file []byte) io.Reader {
	t.Helper()
	r, release, err := unpack(bytes.NewReader(file))
	if err != nil {
		return iotest.ErrReader(err)
	}
	t.Cleanup(release)
	return r
}

// FuzzXZGuard shows that no bytes make the guard panic, and that it lets through what it was given.
func FuzzXZGuard(f *testing.F) {
	f.Add([]byte("\xfd7zXZ\x00\x00\x04\xe6\xd6\xb4\x46\x02\x00\x21\x01\x16\x00\x00\x00\x74\x2f\xe5\xa3\x01\x00\x00a\x00\x00\x00\x00"))
	f.Add([]byte("\xfd7zXZ\x00\x00\x0f\xe6\xd6\xb4\x46\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"))
	f.Fuzz(func(t *testing.T, file []byte) {
		got, err := io.ReadAll(newXZGuard(bytes.NewReader(file)))
		if err == nil && !bytes.Equal(got, file) {
			t.Errorf("%d bytes of %d", len(got), len(file))
		}
	})
}
