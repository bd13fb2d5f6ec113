//go:build unix

package cli

import (
	"strings"
	"testing"
)

func TestNoCommandAsksTheTerminalAnything(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args   []string
		want   string
		status int
	}{
		{[]string{"--help"}, "Commands:", 0},
		{[]string{"help", "stats"}, "--filter", 0},
		{[]string{"help", "nonsense"}, "no such command: nonsense", 2},
		{[]string{"--version"}, "errtop version", 0},
		{[]string{"--no-such-flag"}, "unknown flag", 2},
		{[]string{"config"}, "[dashboard]", 0},
		{[]string{"config", "--check"}, "no config found", 2},
		{[]string{"init"}, "wrote errtop.toml", 0},
		{[]string{"stats", "missing.log"}, "missing.log", 1},
		{[]string{"check"}, "no config found", 2},
		{[]string{"completion", "bash"}, "__errtop_debug", 0},
	} {
		t.Run(strings.Join(c.args, " "), func(t *testing.T) {
			t.Parallel()
			s := start(t, nil, "errtop", c.args...)
			if status := s.waitExit(); status != c.status {
				t.Errorf("exit status %d, want %d", status, c.status)
			}
			if !strings.Contains(s.text(), c.want) {
				t.Errorf("it did not write %q, but:\n%q", c.want, s.tail())
			}
			if strings.Contains(s.text(), "\x1b") {
				t.Errorf("it wrote an escape sequence:\n%q", s.tail())
			}
		})
	}
}
