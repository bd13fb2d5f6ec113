package ingest

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/ulikunitz/xz"

	"errtop/internal/logline"
	"errtop/internal/stats"
	"errtop/tracker"
)

// inUTF16 returns text as Windows programs write it.
func inUTF16(text string, order binary.AppendByteOrder, mark bool) []byte {
	var b []byte
	if mark {
		b = order.AppendUint16(b, 0xfeff)
	}
	for _, unit := range utf16.Encode([]rune(text)) {
		b = order.AppendUint16(b, unit)
	}
	return b
}

// counted returns how many results stats finds in a log.
func counted(t *testing.T, path string) (results, unreadable uint64) {
	t.Helper()
	open := func(ctx context.Context) (io.ReadCloser, error) { return Open(ctx, path) }
	summary, err := stats.Count(t.Context(), []stats.Input{{Name: path, Open: open}}, stats.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return summary.Results(), summary.Skipped()
}

func TestUTF16IsReadInAnyOrderCutAnywhere(t *testing.T) {
	text := strings.ReplaceAll(result("a")+result("caffè 😀 한")+result("b"), "\n", "\r\n")
	want := "a|caffè 😀 한|b"
	for name, log := range map[string][]byte{
		"little":              inUTF16(text, binary.LittleEndian, true),
		"big":                 inUTF16(text, binary.BigEndian, true),
		"little without mark": inUTF16(text, binary.LittleEndian, false),
		"big without mark":    inUTF16(text, binary.BigEndian, false),
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "utf16.log")
			for cut := 4; cut < len(log); cut++ {
				f := newFollowed(t)
				f.write(path, string(log[:cut]))
				f.add([]string{path}, []string{path})
				f.turn()
				f.write(path, string(log[cut:]))
				f.pass(time.Second)
				if got := strings.Join(f.lines, "|"); got != want || f.last[path].Unreadable > 0 || f.last[path].BytesRead != int64(len(log)) {
					t.Fatalf("cut at %d of %d: %q, %+v", cut, len(log), got, f.last[path])
				}
				if cut < len(log)-1 {
					f.remove(path)
				}
			}
			if results, unreadable := counted(t, path); results != 3 || unreadable != 0 {
				t.Errorf("stats counts %d results, %d unreadable", results, unreadable)
			}
		})
	}
}

func TestBrokenUTF16LosesOneCharacter(t *testing.T) {
	high, low := []byte{0x3d, 0xd8}, []byte{0x00, 0xde}
	for name, c := range map[string]struct {
		text []byte
		want string
		used int
	}{
		"a pair":                  {append(high, low...), "😀", 4},
		"half a pair at the end":  {high, "", 0},
		"a high half alone":       {append(high, 'a', 0), "�a", 4},
		"a low half alone":        {append(low, 'a', 0), "�a", 4},
		"a low half at the end":   {low, "�", 2},
		"half a unit at the end":  {[]byte{'a', 0, 'b'}, "a", 2},
		"two high halves, a pair": {bytes.Join([][]byte{high, high, low}, nil), "�😀", 6},
	} {
		got, used := utf16Little.appendUTF8(nil, c.text)
		if string(got) != c.want || used != c.used {
			t.Errorf("%s: %q, %d used; want %q, %d", name, got, used, c.want, c.used)
		}
		if size := utf16Little.size(got); size != int64(used) {
			t.Errorf("%s: %q takes %d bytes, want %d", name, got, size, used)
		}
	}
}

func TestAPositionInUTF16IsWhereTheUnfinishedLineStarts(t *testing.T) {
	path := filepath.Join(t.TempDir(), "utf16.log")
	whole, half := inUTF16(result("a"), binary.LittleEndian, true), inUTF16(`{"status":500,"target":"é😀`, binary.LittleEndian, false)
	f := newFollowed(t)
	at := int64(0)
	f.sink.Place = func(_ string, _ []tracker.Result, p Position, _ bool) { at = p.Offset }
	f.write(path, string(whole)+string(half))
	f.add([]string{path}, []string{path})
	f.turn()
	if at != int64(len(whole)) {
		t.Errorf("the position is %d, want %d", at, len(whole))
	}
}

func TestAHoleAtTheStartIsSkipped(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hole.log")
	const lines = 3
	log := strings.Repeat(result("a"), lines)
	for _, hole := range []int64{1, 63, 64, 5000, 3 << 20} {
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		file, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := file.WriteAt([]byte(log), hole); err != nil || file.Close() != nil {
			t.Fatal(err)
		}
		f := newFollowed(t)
		f.add([]string{path}, []string{path})
		f.turn()
		if h := f.last[path]; h.Results != lines || h.Unreadable != 0 {
			t.Errorf("hole of %d: %+v", hole, h)
		}
		if results, unreadable := counted(t, path); results != lines || unreadable != 0 {
			t.Errorf("hole of %d: stats counts %d results, %d unreadable", hole, results, unreadable)
		}
	}
}

func TestALogThatIsWrittenOnBehindAHoleAfterItsTruncationIsReadOn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.log")
	f := newFollowed(t)
	writer, err := os.Create(path) // not with O_APPEND
	if err != nil {
		t.Fatal(err)
	}
	defer writer.Close() //nolint:errcheck // a test's file
	log := func(target string) {
		t.Helper()
		if _, err := writer.WriteString(result(target)); err != nil {
			t.Fatal(err)
		}
	}
	log("a")
	f.add([]string{path}, []string{path})
	f.turn()
	if err := os.Truncate(path, 0); err != nil {
		t.Fatal(err)
	}
	log("b")
	f.pass(time.Second)
	log("c")
	f.pass(time.Second)
	if got := strings.Join(f.lines, ""); got != "abc" || f.last[path].Unreadable != 0 {
		t.Errorf("%q, %+v", got, f.last[path])
	}
}

// packed returns a log in a compression that Go's standard library cannot write, or that is written by a library.
func packed(t *testing.T) map[string][]byte {
	t.Helper()
	bz, err := hex.DecodeString("425a6839314159265359509414f200001a598000101004421032801e0a200040555347a8d0f4d4f50a60009a5a94ed6ca67d25d27678629f32b42d852195a1f8bb9229c2848284a0a790")
	if err != nil {
		t.Fatal(err)
	}
	var x bytes.Buffer
	for _, stream := range []string{result("a"), result("b")} { // as "cat a.xz b.xz" has it
		w, err := xz.NewWriter(&x)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, stream); err != nil || w.Close() != nil {
			t.Fatal(err)
		}
	}
	return map[string][]byte{"bzip2": bz, "xz": x.Bytes()}
}

func TestXZAndBzip2AreUnpacked(t *testing.T) {
	for name, log := range packed(t) {
		path := filepath.Join(t.TempDir(), "log."+name)
		if err := os.WriteFile(path, log, 0o600); err != nil {
			t.Fatal(err)
		}
		if results, _ := counted(t, path); results != 2 {
			t.Errorf("%s: stats counts %d results", name, results)
		}
		f := newFollowed(t)
		f.add([]string{path}, []string{path})
		f.turn()
		if h := f.last[path]; strings.Join(f.lines, "") != "ab" || h.State != tracker.SourceEnded {
			t.Errorf("%s: %q, %+v", name, f.lines, h)
		}
		var c []string
		err := Stream(t.Context(), "stdin", bytes.NewReader(log), Options{}, Sink{Emit: func(batch []tracker.Result) {
			for _, r := range batch {
				c = append(c, r.Target)
			}
		}})
		if err != nil || strings.Join(c, "") != "ab" {
			t.Errorf("%s, streamed: %q, %v", name, c, err)
		}
		if err := os.WriteFile(path, log[:len(log)-9], 0o600); err != nil {
			t.Fatal(err)
		}
		open := func(ctx context.Context) (io.ReadCloser, error) { return Open(ctx, path) }
		if _, err := stats.Count(t.Context(), []stats.Input{{Name: path, Open: open}}, stats.Options{}); err == nil {
			t.Errorf("%s: a file that was cut off is no error", name)
		}
	}
}

func TestFilesThatTheSystemMakesUpAreReadOnceAndSaidToBe(t *testing.T) {
	const path = "/proc/self/status"
	file, err := os.Open(path)
	if err != nil || runtime.GOOS != "linux" {
		t.Skip("no /proc here")
	}
	defer file.Close() //nolint:errcheck // only read from
	if info, err := file.Stat(); err != nil || !isVirtual(file, info) {
		t.Fatalf("%s is not seen to be made up: %v", path, err)
	}
	f := newFollowed(t)
	f.add([]string{path}, []string{path})
	f.pass(time.Minute)
	h := f.last[path]
	if h.State != tracker.SourceFailed && h.State != tracker.SourceEnded || !strings.Contains(h.Problem, virtualNote) || h.Lines == 0 {
		t.Errorf("%+v", h)
	}
	if !f.files[path].finished || len(f.schedule.live)+len(f.schedule.whole) > 0 {
		t.Error("it is still looked at")
	}
	if err := Refuse([]string{path}, Options{}); !errors.Is(err, logline.ErrNoLog) {
		t.Errorf("refused with %v", err)
	}
	plain := filepath.Join(t.TempDir(), "plain")
	for _, text := range []string{"", "a", strings.Repeat("a", 4096)} {
		if err := os.WriteFile(plain, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		disk, err := os.Open(plain)
		if err != nil {
			t.Fatal(err)
		}
		if info, err := disk.Stat(); err != nil || isVirtual(disk, info) {
			t.Errorf("a file of %d bytes is taken for one that is made up", len(text))
		}
		_ = disk.Close()
	}
}
