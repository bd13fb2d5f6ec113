package store

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"errtop/tracker"
)

// furnished returns the bytes of a store with a state, hours and incidents.
func furnished(t testing.TB) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.db")
	s := open(t, Options{Path: path, Now: noon, SalvageFor: time.Minute})
	if _, err := s.Save(t.Context(), filled(2000)); err != nil {
		t.Fatal(err)
	}
	for day := range 3 {
		if err := s.SaveHours(t.Context(), hoursOf(noon.Add(time.Duration(day)*24*time.Hour), 5)); err != nil {
			t.Fatal(err)
		}
	}
	in := Incident{Incident: tracker.Incident{ID: 7, Onset: tracker.Onset{At: noon}, Cause: tracker.Cause{Message: "it went wrong"}}}
	if err := s.SaveIncidents(t.Context(), []Incident{in}); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// hoursOf returns a day of hours of some targets.
func hoursOf(first time.Time, targets int) (hours []tracker.Hour) {
	for hour := range 24 {
		for i := range targets {
			h := tracker.Hour{Target: "target-" + string(rune('a'+i)), Start: first.Add(time.Duration(hour) * time.Hour).UTC().Truncate(time.Hour)}
			ok := tracker.HourCount{Outcome: tracker.Outcome{Status: 200}}
			bad := tracker.HourCount{Outcome: tracker.Outcome{Status: 500, Kind: tracker.KindServer}}
			for m := range 60 {
				ok.Minutes[m] = uint32(1000 + 37*m%100)
				if m%7 == i {
					bad.Minutes[m] = uint32(m)
				}
			}
			h.Counts = []tracker.HourCount{ok, bad}
			for b := range 60 {
				h.Latency = append(h.Latency, tracker.LatencyCount{Bucket: tracker.Bucket(200 + b), N: uint32(100 * b)})
			}
			hours = append(hours, h)
		}
	}
	return hours
}

// TestEveryByteOfTheHeaderMayBeFlipped: the store opens, or is set aside and made anew with what it held, or says that a newer errtop made
// it; it never fails in any other way, and the damaged file is never lost.
func TestEveryByteOfTheHeaderMayBeFlipped(t *testing.T) {
	content := furnished(t)
	step := 1
	if testing.Short() {
		step = 7
	}
	asides, whole := 0, 0
	for i := 0; i < 100; i += step {
		for _, flip := range []byte{0xff, 0x01} {
			folder := t.TempDir()
			path := filepath.Join(folder, "x.db")
			damaged := bytes.Clone(content)
			damaged[i] ^= flip
			if err := os.WriteFile(path, damaged, 0o600); err != nil {
				t.Fatal(err)
			}
			s, err := Open(t.Context(), Options{Path: path, Now: noon, SalvageFor: time.Minute})
			if err != nil {
				t.Errorf("byte %d: %v", i, err)
				continue
			}
			if _, err := s.Save(t.Context(), filled(10)); err != nil {
				t.Errorf("byte %d: %v", i, err)
			}
			hours, err := s.Hours(t.Context(), "", noon, noon.Add(72*time.Hour))
			incidents, err2 := s.Incidents(t.Context(), noon, noon.Add(time.Hour), "", 10)
			if err != nil || err2 != nil || len(hours) != 360 || len(incidents) != 1 {
				t.Errorf("byte %d: %d hours, %d incidents, %v, %v; %v", i, len(hours), len(incidents), err, err2, s.Notes())
			}
			if err := s.Check(t.Context()); err != nil {
				t.Errorf("byte %d: %v", i, err)
			}
			_ = s.Close()
			if len(s.Notes()) == 0 {
				whole++
				continue
			}
			asides++
			aside, err := os.ReadFile(path + ".damaged-20260304T120000Z")
			if err != nil || !bytes.Equal(aside, damaged) || !strings.Contains(s.Notes()[0], "set aside as "+path) {
				t.Errorf("byte %d: the damaged file: %v; %v", i, err, s.Notes())
			}
			if left, _ := filepath.Glob(path + ".damaged*"); len(left) != 1 {
				t.Errorf("byte %d: left behind %v", i, left)
			}
		}
	}
	if asides == 0 || whole == 0 {
		t.Errorf("%d were set aside, %d were whole", asides, whole)
	}
}

// TestAFileThatIsCutOrOverwrittenGivesWhatItHas damages the body of the file.
func TestAFileThatIsCutOrOverwrittenGivesWhatItHas(t *testing.T) {
	content := furnished(t)
	for name, damage := range map[string]func([]byte) []byte{
		"cut in the middle": func(b []byte) []byte { return b[:len(b)/2] },
		"a page of zeros":   func(b []byte) []byte { clear(b[len(b)/2/pageSize*pageSize:][:pageSize]); return b },
		"noise":             func(b []byte) []byte { copy(b[len(b)-3*pageSize:], bytes.Repeat([]byte("noise"), 2000)); return b },
		"not a database":    func(b []byte) []byte { return bytes.Repeat([]byte("x"), len(b)) },
		"one byte":          func(b []byte) []byte { return b[:1] },
	} {
		path := filepath.Join(t.TempDir(), "x.db")
		if err := os.WriteFile(path, damage(bytes.Clone(content)), 0o600); err != nil {
			t.Fatal(err)
		}
		s := open(t, Options{Path: path, Now: noon, SalvageFor: time.Minute})
		if len(s.Notes()) != 1 && name != "one byte" { // which SQLite takes for an empty file
			t.Errorf("%s: %v", name, s.Notes())
		}
		if _, err := s.Save(t.Context(), filled(10)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := s.Check(t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestADamagedPartOfTheStateLeavesTheRest(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	s := open(t, Options{Path: path, Now: noon, SalvageFor: time.Minute})
	if _, err := s.Save(t.Context(), filled(5000)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.db.ExecContext(t.Context(), "UPDATE state SET content = x'00112233' WHERE part = 2"); err != nil {
		t.Fatal(err)
	}
	state, err := s.Load(t.Context())
	if !errors.Is(err, errDamaged) || len(state.Tracker) != 1 {
		t.Errorf("%d parts, %v", len(state.Tracker), err)
	}
}
