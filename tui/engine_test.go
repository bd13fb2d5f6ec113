package tui

import (
	"os"
	"strings"
	"testing"
)

func TestAViewerWithoutRightsOnlyLooks(t *testing.T) {
	dir := t.TempDir()
	s := visit(t, 120, 40, incident(), func(o *Options) { o.Rights, o.ExportDir = Rights{}, dir })
	for key, want := range map[string]string{"x": "may not write reports", "ctrl+z": "may not suspend", "a": "may not acknowledge", "ctrl+r": "no settings to reload"} {
		if _, cmd := s.m.Update(press(key)); cmd != nil {
			t.Errorf("%s starts something", key)
		}
		if !strings.Contains(s.text(), want) {
			t.Errorf("%s does not say %q:\n%s", key, want, s.text())
		}
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) > 0 {
		t.Errorf("%d files were written (%v)", len(files), err)
	}
}
