package tracker

import (
	"fmt"
	"reflect"
	"strings"
	"time"
)

// noon is when most tests begin.
var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

func traffic(at time.Time, target string, status int) Result {
	return Result{Time: at, Target: target, Source: "log", Method: "POST", Route: "/api/v1/" + target, Status: status, Kind: KindOf(status)}
}

// live returns a tracker whose clock is the caller's.
func live() *ErrorTracker { return liveWith(Settings{}) }

func liveWith(settings Settings) *ErrorTracker {
	t := New(settings)
	t.UpdateSource(noon.Add(-48*time.Hour), Source{Name: "log", Live: true})
	return t
}

// find returns the target of that name.
func (s *Snapshot) find(name string) *Target {
	for i := range s.Targets {
		if s.Targets[i].Name == name {
			return s.Targets[i]
		}
	}
	return nil
}

// differences lists the fields in which two snapshots differ, a line each.
func differences(a, b Snapshot) string {
	return strings.Join(differ("", reflect.ValueOf(a), reflect.ValueOf(b)), "\n")
}

func differ(path string, a, b reflect.Value) (list []string) {
	switch {
	case reflect.DeepEqual(a.Interface(), b.Interface()):
	case a.Type() == reflect.TypeFor[time.Time]():
		list = append(list, fmt.Sprintf("%s: %v, %v", path, a, b))
	case a.Kind() == reflect.Struct:
		for i := range a.NumField() {
			list = append(list, differ(path+"."+a.Type().Field(i).Name, a.Field(i), b.Field(i))...)
		}
	case (a.Kind() == reflect.Slice || a.Kind() == reflect.Array) && a.Len() == b.Len() && a.Len() > 0:
		for i := range a.Len() {
			list = append(list, differ(fmt.Sprintf("%s[%d]", path, i), a.Index(i), b.Index(i))...)
		}
	case a.Kind() == reflect.Pointer && !a.IsNil() && !b.IsNil():
		list = differ(path, a.Elem(), b.Elem())
	default:
		list = append(list, fmt.Sprintf("%s: %#v, %#v", path, a, b))
	}
	return list
}
