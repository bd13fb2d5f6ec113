package ingest

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"

	"errtop/tracker"
)

// packers compress as rotations do.
var packers = map[string]func(io.Writer) (io.WriteCloser, error){
	".gz":  func(w io.Writer) (io.WriteCloser, error) { return gzip.NewWriter(w), nil },
	".zst": func(w io.Writer) (io.WriteCloser, error) { return zstd.NewWriter(w) },
	".xz":  func(w io.Writer) (io.WriteCloser, error) { return xz.NewWriter(w) },
}

// compressFile replaces a file by a compressed one that keeps its time, as logrotate does.
func compressFile(t *testing.T, path, suffix string, keep bool) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	var packed bytes.Buffer
	w, err := packers[suffix](&packed)
	if err == nil {
		_, err = w.Write(text)
	}
	if err == nil {
		err = w.Close()
	}
	if err == nil {
		err = os.WriteFile(path+suffix, packed.Bytes(), 0o600)
	}
	if err == nil {
		err = os.Chtimes(path+suffix, info.ModTime(), info.ModTime())
	}
	if err == nil && !keep {
		err = os.Remove(path)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// resumer is a follower that goes on where the one before it was left.
type resumer struct {
	t    *testing.T
	path string
	kept Position
	seen string // the targets of all results
	n    int    // lines written
}

func (r *resumer) run() {
	r.t.Helper()
	f, err := newFollower(r.path, Options{Resume: func(string) (Position, bool) { return r.kept, r.kept.Offset > 0 || len(r.kept.Older) > 0 }}, Sink{
		Place: func(_ string, batch []tracker.Result, at Position, exact bool) {
			for i := range batch {
				r.seen += batch[i].Target + " "
			}
			if exact {
				r.kept = at
			}
		},
	})
	if err != nil {
		r.t.Fatal(err)
	}
	defer f.close()
	for range 2 { // later, the rotated files have been quiet for long
		for f.step(time.Now()) {
			continue
		}
		f.step(time.Now().Add(time.Hour))
	}
}

func (r *resumer) write(lines int) {
	r.t.Helper()
	file, err := os.OpenFile(r.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		r.t.Fatal(err)
	}
	for range lines {
		r.n++
		if _, err := fmt.Fprintf(file, `{"status":200,"target":"t%d","padding":%q}`+"\n", r.n, strings.Repeat("x", r.n%100)); err != nil {
			r.t.Fatal(err)
		}
	}
	if err := file.Close(); err != nil {
		r.t.Fatal(err)
	}
	written := time.Now().Add(time.Duration(r.n-1000) * 5 * time.Second) // files are told apart by when they were written
	if err := os.Chtimes(r.path, written, written); err != nil {
		r.t.Fatal(err)
	}
}

func (r *resumer) rename(to string) {
	r.t.Helper()
	if err := os.Rename(r.path, to); err != nil {
		r.t.Fatal(err)
	}
}

func (r *resumer) want() {
	r.t.Helper()
	var all strings.Builder
	for i := range r.n {
		fmt.Fprintf(&all, "t%d ", i+1)
	}
	if r.seen != all.String() {
		r.t.Errorf("saw %s\nof %s", r.seen, all.String())
	}
}

func TestACompressedRotationIsReadOnWhereItWasLeft(t *testing.T) {
	for suffix := range packers {
		t.Run(suffix, func(t *testing.T) {
			r := &resumer{t: t, path: filepath.Join(t.TempDir(), "access.log")}
			r.write(20)
			r.run()
			r.write(15)
			r.rename(r.path + ".1")
			compressFile(t, r.path+".1", suffix, false)
			r.write(5)
			r.run()
			r.run()
			r.want()
		})
	}
}

// TestSeveralCompressedRotationsAreReadInTheirOrder rotates three times, of which one is still being compressed.
func TestSeveralCompressedRotationsAreReadInTheirOrder(t *testing.T) {
	r := &resumer{t: t, path: filepath.Join(t.TempDir(), "access.log")}
	r.write(9)
	r.rename(r.path + "-20260101")
	compressFile(t, r.path+"-20260101", ".gz", false) // before anybody followed it
	r.n, r.seen = 0, ""
	r.write(20)
	r.run()
	r.write(15)
	r.rename(r.path + "-20260102")
	compressFile(t, r.path+"-20260102", ".gz", false)
	r.write(10)
	r.rename(r.path + "-20260103")
	compressFile(t, r.path+"-20260103", ".gz", false)
	r.write(10)
	r.rename(r.path + "-20260104")
	compressFile(t, r.path+"-20260104", ".gz", true)
	r.write(3)
	r.run()
	r.run()
	r.want()
}

// TestACompressedRotationThatIsCutIsPassedOver: what follows is read nonetheless.
func TestACompressedRotationThatIsCutIsPassedOver(t *testing.T) {
	r := &resumer{t: t, path: filepath.Join(t.TempDir(), "access.log")}
	r.write(200)
	r.run()
	r.write(100)
	r.rename(r.path + ".1")
	compressFile(t, r.path+".1", ".gz", false)
	if err := os.Truncate(r.path+".1.gz", 300); err != nil {
		t.Fatal(err)
	}
	before := r.seen
	r.write(3)
	r.run()
	if r.seen != before+"t301 t302 t303 " {
		t.Errorf("saw %s", strings.TrimPrefix(r.seen, before))
	}
}
