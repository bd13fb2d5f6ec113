package tracker

import (
	"fmt"
	"testing"
	"time"
)

func TestMarksAreKeptByTimeAndOnce(t *testing.T) {
	tr := live()
	deploy := Mark{At: noon.Add(time.Minute), Text: "deploy billing 4.2.1", Version: "4.2.1", Target: "billing"}
	tr.AddMark(noon.Add(time.Hour), deploy)
	tr.AddMark(noon.Add(time.Hour), Mark{At: noon, Text: "flag on"})
	before := tr.Snapshot(noon.Add(time.Hour))
	tr.AddMark(noon.Add(time.Hour), deploy)
	if again := tr.Snapshot(noon.Add(time.Hour)); again.Version != before.Version {
		t.Error("the same mark twice is a change")
	}
	tr.AddMark(noon.Add(time.Hour), Mark{Text: "now"})
	after := tr.Snapshot(noon.Add(time.Hour))
	if len(before.Marks) != 2 || before.Marks[0].Text != "flag on" || before.Marks[1] != deploy {
		t.Errorf("before: %+v", before.Marks)
	}
	if len(after.Marks) != 3 || !after.Marks[2].At.Equal(noon.Add(time.Hour)) {
		t.Errorf("after: %+v", after.Marks)
	}
}

func TestMarksAreBounded(t *testing.T) {
	tr := live()
	for i := range 3 * marksKept {
		tr.AddMark(noon, Mark{At: noon.Add(time.Duration(i*7919%(3*marksKept)) * time.Second), Text: fmt.Sprint(i)})
	}
	s := tr.Snapshot(noon)
	if len(s.Marks) != marksKept || s.Marks[0].At.Before(noon.Add(2*marksKept*time.Second)) {
		t.Errorf("%d marks, the oldest at %s", len(s.Marks), s.Marks[0].At)
	}
}
