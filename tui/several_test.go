package tui

import (
	"slices"
	"strings"
	"testing"
)

// Viewers of one snapshot in one process, with sizes, themes, keys and filters of their own, see what each would see alone. The header
// says how many they are.
func TestViewersInOneProcessDoNotTouchEachOther(t *testing.T) {
	snap := incident()
	kinds := []struct {
		w, h  int
		theme string
		ascii bool
		keys  []string
	}{
		{80, 24, "dark", false, []string{"2", "j", "enter", "G"}},
		{160, 45, "light", false, []string{"4", "s", "j", "j"}},
		{100, 30, "mono", true, []string{"/", "5", "enter", "3"}},
		{40, 10, "high-contrast", false, []string{"?", "j", "esc", "6"}},
	}
	viewer := func(i int) *user {
		return visit(t, kinds[i].w, kinds[i].h, snap, func(o *Options) {
			styles, err := NewStyles(kinds[i].theme, nil)
			if err != nil {
				t.Fatal(err)
			}
			o.Styles, o.ASCII, o.Looking, o.Rights = styles, kinds[i].ascii, func() int { return len(kinds) }, Rights{}
		})
	}
	alone := make([][]string, len(kinds))
	for i := range kinds {
		s := viewer(i)
		for _, key := range kinds[i].keys {
			alone[i] = append(alone[i], s.press(key).ansi())
		}
	}
	together := make([]*user, len(kinds))
	for i := range kinds {
		together[i] = viewer(i)
	}
	for step := range kinds[0].keys {
		for _, i := range []int{2, 0, 3, 1} {
			if got := together[i].press(kinds[i].keys[step]).ansi(); got != alone[i][step] {
				t.Errorf("viewer %d sees after %q\n%s\nand alone\n%s", i, kinds[i].keys[step], got, alone[i][step])
			}
		}
	}
	for i := range kinds {
		if slices.Contains(alone[i][1:], alone[(i+1)%len(kinds)][0]) {
			t.Errorf("viewer %d sees what another does", i)
		}
	}
	if header, _, _ := strings.Cut(together[1].text(), "\n"); !strings.Contains(header, "4 looking") {
		t.Errorf("the header is %q", header)
	}
}

// Who may not write to the machine that it looks at gets the report into its own clipboard.
func TestAViewerFromElsewhereCopiesTheReport(t *testing.T) {
	s := visit(t, 100, 30, incident(), func(o *Options) {
		o.Rights, o.ReportHint, o.ExportDir, o.Environ = Rights{}, "ssh HOST report > FILE writes it to a file", t.TempDir(), []string{"TERM=xterm-256color"}
	})
	s.press("x")
	if p, _ := s.m.picture(); !strings.Contains(p.Tell, "\x1b]52;c;") || !strings.Contains(s.text(), "report copied; ssh HOST report > FILE") {
		t.Errorf("told %q:\n%s", p.Tell, s.text())
	}
	s = visit(t, 100, 30, incident(), func(o *Options) { o.Rights = Rights{} })
	s.press("x")
	if p, _ := s.m.picture(); p.Tell != "" || !strings.Contains(s.text(), "may not write reports") {
		t.Errorf("told %q:\n%s", p.Tell, s.text())
	}
}
