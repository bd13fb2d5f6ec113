package engine

import (
	"fmt"
	"io"
	"testing"
	"testing/synctest"
	"time"
)

func TestAFloodOfLogLinesIsToldALineASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t)
		notices, stop := e.Notices()
		defer stop()
		w := e.Log("net/http: ")
		for n := range 1000 {
			_, _ = fmt.Fprintf(w, "line %d\n\n", n)
		}
		time.Sleep(time.Second)
		_, _ = io.WriteString(w, "one\ntwo\n")
		var told []string
		for len(notices) > 0 {
			told = append(told, <-notices)
		}
		want := []string{"net/http: line 0", "net/http: line 1", "net/http: line 2", "net/http: line 3", "net/http: line 4", "net/http: one (995 more lines before it)"}
		if fmt.Sprint(told) != fmt.Sprint(want) {
			t.Errorf("told %q", told)
		}
	})
}
