package recording

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"errtop/tracker"
)

// A line without an end is left out, and what of it is held is bounded.
func TestALineWithoutBoundIsLeftOut(t *testing.T) {
	e := NewEncoder(nil)
	e.Header(noon, Header{Version: Version})
	head := e.Take(nil)
	e.Result(noon, &tracker.Result{Time: noon, Target: "a", Kind: tracker.KindServer})
	entry := e.Take(nil)
	r, err := NewReader(io.MultiReader(bytes.NewReader(head), strings.NewReader(`{"x":"`), io.LimitReader(endless{}, 40<<20), strings.NewReader("\n"), bytes.NewReader(entry)))
	if err != nil {
		t.Fatal(err)
	}
	results := 0
	for {
		got, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if got.Result != nil {
			results++
		}
	}
	if results != 1 || r.Skipped != 1 || cap(r.long) > 2*maxLine {
		t.Errorf("%d results, %d lines left out, %d bytes held", results, r.Skipped, cap(r.long))
	}
}

// endless is a file of x.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}
