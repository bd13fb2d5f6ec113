package tracker

import (
	"slices"
	"testing"
	"time"
)

// TestOnlyTheFieldsOfTheSettingAreCompared plays an outage of one tenant in one region: both are told unless only one is compared, and a
// change of version is noted as a mark all the same.
func TestOnlyTheFieldsOfTheSettingAreCompared(t *testing.T) {
	for _, c := range []struct {
		only []string
		want []string
	}{
		{nil, []string{"region", "route", "tenant"}},
		{[]string{"tenant"}, []string{"tenant"}},
		{[]string{"route", "region"}, []string{"region", "route"}},
	} {
		tr := liveWith(Settings{ContrastFields: c.only})
		end := noon.Add(3 * time.Hour)
		var batch []Result
		for i := range 3 * 3600 / 2 {
			at := noon.Add(time.Duration(i) * 2 * time.Second)
			x := traffic(at, "t", 200)
			x.Latency = time.Duration(i) * time.Microsecond
			version, place := "1", "eu"
			if at.After(noon.Add(2 * time.Hour)) {
				version = "2"
			}
			x.Route = "/list"
			if i%3 == 0 {
				x.Route, place = "/pay", "us"
				if at.After(end.Add(-20 * time.Minute)) {
					x.Status, x.Kind = 500, KindServer
				}
			}
			x.Labels = &Labels{{Name: "tenant", Value: "tenant-" + place}, {Name: "region", Value: place}, {Name: "version", Value: version}}
			batch = append(batch, x)
		}
		tr.Record(end, batch)
		s := tr.Snapshot(end)
		if len(s.Incidents) != 1 || len(s.Marks) != 1 {
			t.Fatalf("%d incidents, %d marks", len(s.Incidents), len(s.Marks))
		}
		var got []string
		for _, contrast := range s.Incidents[0].Contrasts {
			if contrast.Field != "version" {
				got = append(got, contrast.Field)
			}
		}
		slices.Sort(got)
		if !slices.Equal(got, c.want) {
			t.Errorf("only %v: compared by %v, want %v", c.only, got, c.want)
		}
	}
}
