package tui

import (
	"strings"
	"testing"

	"errtop/tracker"
)

func TestKeysAreSettings(t *testing.T) {
	keys, err := NewKeyMap(map[string][]string{"quit": {"Q"}, "export": nil, "freeze": {"f", "space"}})
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]Action{"Q": Quit, "q": None, "x": None, "f": Freeze, "space": Freeze, "j": Down} {
		if got := keys.action(key); got != want {
			t.Errorf("%s does %v instead of %v", key, got, want)
		}
	}
	s := visit(t, 120, 60, incident(), func(o *Options) { o.Keys = keys }).sees("Q quit").lacks("report")
	s.press("?").sees("f space").press("?", "f").sees("FROZEN", "f goes on")
}

func TestWrongKeysAreRefusedAllAtOnce(t *testing.T) {
	_, err := NewKeyMap(map[string][]string{"quit": {"j"}, "fly": {"F"}})
	if err == nil {
		t.Fatal("they were taken")
	}
	for _, want := range []string{`"fly": no such action`, "overview", `key "j" is bound to both down and quit`} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %s", err, want)
		}
	}
}

func TestOneCanAlwaysQuit(t *testing.T) {
	if _, err := NewKeyMap(map[string][]string{"quit": nil}); err == nil {
		t.Error("a key map without a way out was taken")
	}
}

func TestEveryActionHasOneBindingAndAHelp(t *testing.T) {
	seen := map[Action]bool{}
	for _, b := range defaultBindings() {
		if seen[b.Action] || b.Name == "" || b.Help == "" || len(b.Keys) == 0 {
			t.Errorf("%+v", b)
		}
		seen[b.Action] = true
	}
	if len(seen) != int(View7) {
		t.Errorf("%d of %d actions have a binding", len(seen), View7)
	}
}

func TestOwnColoursLieOverTheTheme(t *testing.T) {
	s, err := NewStyles("light", map[string]string{"failing": "bold #ff0000", "selected": "underline on 7"})
	if err != nil {
		t.Fatal(err)
	}
	if s.Failing.sgr != "1;38;2;255;0;0" || s.Selected.sgr != "4;47" || s.Healthy.sgr != "38;5;30" {
		t.Errorf("%+v", s)
	}
	if got := s.StateBadge(tracker.StateFailing).sgr; got != "1;38;5;231;48;2;255;0;0" {
		t.Errorf("the badge does not stand on the state's colour: %s", got)
	}
}

func TestWrongColoursAreRefusedAllAtOnce(t *testing.T) {
	_, err := NewStyles("", map[string]string{"failing": "crimson", "sky": "1", "ok": "#12345", "title": "300"})
	if err == nil {
		t.Fatal("they were taken")
	}
	for _, want := range []string{`"crimson"`, `token "sky"`, `"#12345"`, `"300"`} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %s", err, want)
		}
	}
	if _, err := NewStyles("solarized", nil); err == nil || !strings.Contains(err.Error(), "high-contrast") {
		t.Errorf("%v", err)
	}
}

func TestATerminalThatCannotBeDrawnOnIsKnown(t *testing.T) {
	for env, want := range map[string]bool{"TERM=xterm": true, "TERM=dumb": false, "TERM=": false, "LANG=C": false} {
		if CanDraw([]string{env}) != want {
			t.Errorf("%s: %v", env, !want)
		}
	}
}
