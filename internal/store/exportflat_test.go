package store

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"errtop/tracker"
)

// jsonType returns the type that a reader of tables takes a value for.
func jsonType(text json.RawMessage) string {
	switch {
	case string(text) == "null":
		return "null"
	case text[0] == '"':
		var s string
		if json.Unmarshal(text, &s) == nil {
			if _, err := time.Parse("2006-01-02T15:04:05.000Z", s); err == nil {
				return "time"
			}
		}
		return "text"
	case bytes.ContainsAny(text, "{["):
		return "nested"
	case bytes.ContainsAny(text, ".eE"):
		return "decimal"
	}
	return "whole"
}

// columnsOf returns the columns of flat NDJSON, in their order and with their types. It fails the test where a row has others.
func columnsOf(t *testing.T, text string) (columns []string, rows int) {
	t.Helper()
	types := map[string]string{}
	for line := range strings.Lines(text) {
		decoder := json.NewDecoder(strings.NewReader(line))
		if _, err := decoder.Token(); err != nil {
			t.Fatal(err)
		}
		var names []string
		for decoder.More() {
			name, err := decoder.Token()
			if err != nil {
				t.Fatal(err)
			}
			var value json.RawMessage
			if err := decoder.Decode(&value); err != nil {
				t.Fatal(err)
			}
			column := fmt.Sprint(name)
			names = append(names, column)
			kind := jsonType(value)
			if was := types[column]; kind == "nested" || kind != "null" && was != "" && was != kind {
				t.Fatalf("column %s is %s in %s, and was %s before", column, kind, line, was)
			} else if kind != "null" {
				types[column] = kind
			}
		}
		if rows++; rows > 1 && !reflect.DeepEqual(names, columns) {
			t.Fatalf("row %d has the columns %q, and not %q", rows, names, columns)
		}
		columns = names
	}
	for i, name := range columns {
		columns[i] = name + " " + types[name]
	}
	return columns, rows
}

func TestFlatRowsHaveTheSameColumnsOfOneTypeEach(t *testing.T) {
	s := open(t, Options{Path: filepath.Join(t.TempDir(), "x.db"), Now: noon})
	hours := hoursOf(noon, 2)
	hours[0].Latency = nil // nothing had a time
	hours[1].Latency = []tracker.LatencyCount{{Bucket: 300, N: 1}}
	for i, kind := range tracker.Kinds() {
		c := tracker.HourCount{Outcome: tracker.Outcome{Kind: kind}}
		c.Minutes[5] = uint32(100 + i)
		hours[2].Counts = append(hours[2].Counts, c)
	}
	if err := s.SaveHours(t.Context(), hours); err != nil {
		t.Fatal(err)
	}
	incidents := []Incident{
		{Incident: tracker.Incident{ID: 0xabc, Onset: tracker.Onset{At: noon}, End: noon.Add(time.Hour), Targets: []tracker.IncidentTarget{{Name: "a"}, {Name: "<b>"}}}},
		{Incident: tracker.Incident{ID: 7, Onset: tracker.Onset{At: noon.Add(90 * time.Minute)}, Failed: 3}, Origin: "web2"},
	}
	if err := s.SaveIncidents(t.Context(), incidents); err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	if err := s.ExportFlat(t.Context(), &text, time.Time{}, noon.Add(100*time.Hour)); err != nil {
		t.Fatal(err)
	}
	columns, rows := columnsOf(t, text.String())
	want := "hour time,store text,target text,requests whole,errors whole"
	for _, kind := range tracker.Kinds()[1:] { // each failure has its column: a new kind needs one
		want += "," + kind.String() + " whole"
	}
	if want += ",p50_ms decimal,p90_ms decimal,p95_ms decimal,p99_ms decimal"; rows != 48 || strings.Join(columns, ",") != want {
		t.Errorf("%d rows of %s\nwant %s", rows, strings.Join(columns, ","), want)
	}
	var busiest map[string]any
	for line := range strings.Lines(text.String()) {
		if strings.Contains(line, `"validation":114`) {
			if err := json.Unmarshal([]byte(line), &busiest); err != nil {
				t.Fatal(err)
			}
		}
	}
	for i, kind := range tracker.Kinds()[1:] {
		extra := 0.0
		if kind == tracker.KindServer {
			_, failed := hoursOf(noon, 2)[2].Totals()
			extra = float64(failed)
		}
		if busiest[kind.String()] != float64(101+i)+extra {
			t.Errorf("%s: %v", kind, busiest[kind.String()])
		}
	}
	text.Reset()
	if err := s.ExportFlatIncidents(t.Context(), &text, time.Time{}, noon.Add(100*time.Hour)); err != nil {
		t.Fatal(err)
	}
	columns, rows = columnsOf(t, text.String())
	if got := strings.Join(columns, ","); rows != 2 || got != "id text,store text,onset time,end time,duration_s decimal,targets text,kind text,cause text,requests whole,failed whole" {
		t.Errorf("%d rows of %s", rows, got)
	}
	if !strings.Contains(text.String(), `"targets":"a,<b>"`) || !strings.Contains(text.String(), `"store":"web2"`) {
		t.Errorf("%s", text.String())
	}
}

// TestEachHourIsExportedOnce asks for days that begin in the midst of an hour.
func TestEachHourIsExportedOnce(t *testing.T) {
	s := open(t, Options{Path: filepath.Join(t.TempDir(), "x.db"), Now: noon})
	for day := range 3 {
		if err := s.SaveHours(t.Context(), hoursOf(noon.Add(time.Duration(day)*24*time.Hour), 1)); err != nil {
			t.Fatal(err)
		}
	}
	var text bytes.Buffer
	if err := s.Export(t.Context(), &text, true, noon.Add(90*time.Minute), noon.Add(60*time.Hour)); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&text).ReadAll()
	seen := map[string]bool{}
	for _, row := range rows {
		if seen[row[0]] {
			t.Errorf("%s is there twice", row[0])
		}
		seen[row[0]] = true
	}
	if err != nil || len(rows) != 60 { // a line of names, and 59 hours
		t.Errorf("%d rows, %v", len(rows), err)
	}
}
