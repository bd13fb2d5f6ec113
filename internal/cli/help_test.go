package cli

import (
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"errtop/internal/safetext"
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

func TestHelpFitsATerminalAndDescribesEveryFlag(t *testing.T) {
	t.Parallel()
	root := (&app{}).root()
	for _, command := range append([]*cobra.Command{root}, root.Commands()...) {
		var text strings.Builder
		if err := writeHelp(&text, command); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(text.String()) {
			if width := safetext.Width(strings.TrimSuffix(line, "\n")); width > helpWidth {
				t.Errorf("%s: %d columns: %s", command.Name(), width, line)
			}
		}
		for row := range strings.Lines(command.LocalFlags().FlagUsages()) {
			name := strings.Fields(row[strings.Index(row, "--"):])[0]
			name, _, _ = strings.Cut(name, "[")
			if !strings.Contains(text.String(), name) {
				t.Errorf("%s: its help lacks %s", command.Name(), name)
			}
		}
	}
}
