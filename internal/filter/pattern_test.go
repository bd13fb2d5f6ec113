package filter

import "testing"

func TestPatternsMatchSlashesToo(t *testing.T) {
	for _, c := range []struct {
		pattern, name string
		want          bool
	}{
		{"*", "flux/dev", true},
		{"*", "", true},
		{"flux/*", "flux/dev", true},
		{"flux*", "flux/dev/v2", true},
		{"*/dev", "flux/dev", true},
		{"flux?dev", "flux/dev", true},
		{"[a-f]lux/dev", "flux/dev", true},
		{"flux/dev", "flux/dev", true},
		{`flux\*`, "flux*", true},
		{"flux/dev", "flux/devs", false},
		{"flux", "flux/dev", false},
		{"flux/*", "kling/dev", false},
		{"[", "[", false},
		{"", "flux", false},
	} {
		if got := Like(c.pattern, c.name); got != c.want {
			t.Errorf("Like(%q, %q) is %v", c.pattern, c.name, got)
		}
	}
}
