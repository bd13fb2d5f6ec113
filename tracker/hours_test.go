package tracker

import (
	"reflect"
	"testing"
	"time"
)

func TestHoursHoldWhatWasCounted(t *testing.T) {
	tr := live()
	now := filled(tr, 3, 5*time.Hour+20*time.Minute, 20*time.Second)
	snapshot := tr.Snapshot(now)
	requests, errors, bytes, rows := uint64(0), uint64(0), 0, 0
	var latencies uint64
	for start := noon.Truncate(time.Hour); start.Before(now); start = start.Add(time.Hour) {
		for _, h := range tr.Hours(now, start) {
			b, _ := h.MarshalBinary()
			got := Hour{Target: h.Target, Start: h.Start}
			if err := got.UnmarshalBinary(b); err != nil || !reflect.DeepEqual(got, h) {
				t.Fatalf("reread %v:\n%+v\nwant\n%+v", err, got, h)
			}
			r, e := h.Totals()
			requests, errors, bytes, rows = requests+r, errors+e, bytes+len(b), rows+1
			latencies += h.Quantiles().Count
			h.Thin()
			if r2, e2 := h.Totals(); r2 != r || e2 != e {
				t.Errorf("thinned: %d requests, %d errors; want %d, %d", r2, e2, r, e)
			}
		}
	}
	day := snapshot.Overall.Day
	if requests != day.Requests || errors != day.Errors || latencies != day.Requests || rows != 18 {
		t.Errorf("%d requests, %d errors, %d latencies in %d rows; want %d, %d", requests, errors, latencies, rows, day.Requests, day.Errors)
	}
	if bytes/rows > 700 {
		t.Errorf("an hour takes %d bytes", bytes/rows)
	}
}

// TestThePastCanBeSeenFromHours puts a moment together from its hours, as a store keeps them, and compares it with what the tracker shows.
func TestThePastCanBeSeenFromHours(t *testing.T) {
	tr := live()
	now := filled(tr, 3, 6*time.Hour, 20*time.Second)
	at := now.Add(-90 * time.Minute)
	want := tr.SnapshotAt(now, at)
	var hours []Hour
	for start := noon.Truncate(time.Hour); start.Before(now); start = start.Add(time.Hour) {
		hours = append(hours, tr.Hours(now, start)...)
	}
	got := OfHours(at, hours)
	if len(got.Targets) != 3 || !got.Past || got.Overall.Minutes != want.Overall.Minutes || got.Overall.Hours != want.Overall.Hours {
		t.Fatalf("%d targets; got\n%+v\nwant\n%+v", len(got.Targets), got.Overall, want.Overall)
	}
	if !reflect.DeepEqual(got.Overall.Hour.ByOutcome, want.Overall.Hour.ByOutcome) || got.Overall.Day.Requests != want.Overall.Day.Requests {
		t.Errorf("got %+v, want %+v", got.Overall.Hour, want.Overall.Hour)
	}
	for _, tg := range got.Targets {
		if w := want.find(tg.Name); tg.Activity.Minutes != w.Activity.Minutes || tg.Activity.Hours != w.Activity.Hours {
			t.Errorf("%s: got %+v, want %+v", tg.Name, tg.Activity.Hours, w.Activity.Hours)
		}
	}
}

func FuzzHour(f *testing.F) {
	tr := live()
	now := filled(tr, 1, time.Hour, time.Minute)
	for _, h := range tr.Hours(now, noon) {
		b, _ := h.MarshalBinary()
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		h := Hour{Target: "t", Start: noon}
		if h.UnmarshalBinary(b) != nil {
			return
		}
		again, _ := h.MarshalBinary()
		var got Hour
		if err := got.UnmarshalBinary(again); err != nil {
			t.Fatalf("reread: %v", err)
		}
		OfHours(noon.Add(time.Hour), []Hour{h})
	})
}
