package tui

import (
	"strings"
	"testing"
)

// Two viewers of one tracker, as over SSH: each has its own size, theme, keys, view and filter, and nothing that one does is seen by the other.
func TestTwoViewersOfOneTrackerLookAsEachWants(t *testing.T) {
	one := morning()
	light, err := NewStyles("light", nil)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := NewKeyMap(map[string][]string{"targets": {"t"}})
	if err != nil {
		t.Fatal(err)
	}
	snap := one.Snapshot(noon)
	narrow := visit(t, 80, 24, snap, func(o *Options) { o.Engine, o.ASCII, o.Rights = one, true, Rights{} })
	wide := visit(t, 160, 45, snap, func(o *Options) { o.Engine, o.Styles, o.Keys = one, light, keys })
	before := wide.ansi()
	narrow.press("3").press("/")
	narrow.write("kling").press("enter")
	if wide.ansi() != before {
		t.Error("what one viewer does changes what the other sees")
	}
	wide.press("t", "enter")
	golden(t, "viewer-narrow", narrow.text())
	golden(t, "viewer-wide", strings.ReplaceAll(wide.ansi(), "\x1b", "^["))
	narrow.press("c").sees("may not write notes")
	wide.lacks("may not write notes")
}
