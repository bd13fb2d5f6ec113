package cli

import (
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"errtop/internal/safetext"
)

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
