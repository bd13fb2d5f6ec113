//go:build unix

package recording

import (
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A part that was written in part is taken back at once, so that a kill leaves whole lines, and is written again when there is room.
func TestAPartThatDoesNotFitIsTakenBack(t *testing.T) {
	signal.Ignore(syscall.SIGXFSZ)
	t.Cleanup(func() { signal.Reset(syscall.SIGXFSZ) })
	path := filepath.Join(t.TempDir(), "a.ndjson")
	f, err := Create(path)
	if err != nil {
		t.Fatal(err)
	}
	size := func() int64 {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		return info.Size()
	}
	first, second := strings.Repeat("a", 999)+"\n", strings.Repeat("b", 9999)+"\n"
	if _, err := f.Write([]byte(first)); err != nil {
		t.Fatal(err)
	}
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	less := limit
	less.Cur = 5000
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &less); err != nil {
		t.Skip(err)
	}
	_, err = f.Write([]byte(second))
	after := size()
	if back := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); back != nil {
		t.Fatal(back)
	}
	if err == nil || after != int64(len(first)) {
		t.Fatalf("error %v, %d bytes stand", err, after)
	}
	if _, err := f.Write([]byte(second)); err != nil {
		t.Fatal(err)
	}
	// What a disk that refuses even that leaves behind is cut off at the end.
	other, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.WriteString(`{"half`); err != nil {
		t.Fatal(err)
	}
	if err := other.Close(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if content, err := os.ReadFile(path); err != nil || string(content) != first+second {
		t.Errorf("%d bytes stand at the end, %v", len(content), err)
	}
}
