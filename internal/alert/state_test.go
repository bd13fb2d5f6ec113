package alert

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"errtop/tracker"
)

// fill sets every field of a value, and of what it holds, to something that is not zero.
func fill(r *rand.Rand, v reflect.Value) {
	switch {
	case v.Type() == reflect.TypeFor[time.Time]():
		v.Set(reflect.ValueOf(start.Add(time.Duration(r.Int64N(1e15)))))
		return
	case !v.CanSet():
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fill(r, v.Field(i))
			}
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1+r.IntN(3), 4))
		for i := range v.Len() {
			fill(r, v.Index(i))
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(r, key)
		fill(r, value)
		v.SetMapIndex(key, value)
	case reflect.String:
		v.SetString(fmt.Sprintf("text \"%d\" <é>", r.IntN(1000)))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(1 + r.Int64N(1000))
	case reflect.Uint8:
		v.SetUint(1 + r.Uint64N(2))
	case reflect.Uint64:
		v.SetUint(1 + r.Uint64())
	default:
		panic("a state holds a " + v.Kind().String() + ", which this test does not fill")
	}
}

// Everything that decides what is told later is in the JSON: by reflection, so that a new field cannot be forgotten.
func TestAStateSurvivesBeingSaved(t *testing.T) {
	for seed := range uint64(50) {
		var state, read State
		fill(rand.New(rand.NewPCG(seed, 2)), reflect.ValueOf(&state).Elem())
		encoded, err := json.Marshal(&state)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(encoded, &read); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(state, read) {
			t.Fatalf("%+v\nbecame\n%+v", state, read)
		}
	}
	// What is not exported is a buffer of one evaluation. Another one needs a decision.
	for _, v := range []any{State{}, Alert{}, Silence{}, Ack{}, Told{}, Notification{}, Event{}, Matcher{}, Labels{}} {
		of := reflect.TypeOf(v)
		for f := range of.Fields() {
			if !f.IsExported() && of.Name()+"."+f.Name != "Alert.seen" {
				t.Errorf("%s.%s is not saved", of.Name(), f.Name)
			}
		}
	}
}

// The bar: no allocation where nothing changes, with alerts that fire, silences and receivers too.
func TestNothingIsAllocatedWhereNothingChanges(t *testing.T) {
	l := play(t, Options{})
	l.at(0, every(outage(1, "billing"), target("billing", tracker.StateFailing, 100)))
	if _, err := l.state.Silence(Silence{Matcher: Matcher{Target: "x"}, Starts: start, Ends: start.Add(time.Hour), By: "ann"}); err != nil {
		t.Fatal(err)
	}
	l.until(10 * minute)
	now := start.Add(l.now)
	l.engine.Evaluate(l.state, &l.snapshot, now)
	if n := testing.AllocsPerRun(100, func() {
		now = now.Add(100 * time.Millisecond)
		l.engine.Evaluate(l.state, &l.snapshot, now)
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

// The bar: 10,000 errors a second for ten minutes while a receiver hangs. The picture changes every second, and what waits stays bounded.
func TestAReceiverThatHangsKeepsTheStateSmall(t *testing.T) {
	l := play(t, Options{Receivers: []Receiver{{Name: "slack", Resolved: true}, {Name: "hangs", Resolved: true}}})
	l.accept = func(n Notification) bool { return n.Receiver != "hangs" }
	size := func() int {
		encoded, err := json.Marshal(l.state)
		if err != nil {
			t.Fatal(err)
		}
		return len(encoded)
	}
	failed := uint64(0)
	step := func() {
		failed += 10000
		l.at(l.now+time.Second, func(s *tracker.Snapshot) {
			*s = tracker.Snapshot{Version: s.Version}
			for i := range 20 {
				outage(uint64(i+1), fmt.Sprintf("t%d", i))(s)
				s.Incidents[i].Failed, s.Incidents[i].Cause.Message = failed, fmt.Sprint("error ", failed)
			}
		})
	}
	for range 300 {
		step()
	}
	before := size()
	for range 300 {
		step()
	}
	if after := size(); after > before+before/10 {
		t.Errorf("the state grew from %d to %d bytes", before, after)
	}
	l.until(l.now + time.Second)
	active := 0
	for i := range l.state.Alerts {
		if a := &l.state.Alerts[i]; a.Active() && a.Failed == failed {
			active++
		}
	}
	if active != 20 || l.state.Dropped != 0 {
		t.Errorf("%d of 20 alerts are as they should be, %d notifications given up", active, l.state.Dropped)
	}
}
