package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"errtop/internal/safetext"
)

// helpWidth is the columns that help texts are wrapped at.
const helpWidth = 80

// helpCommand is errtop help COMMAND.
func helpCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "Print the help of a command",
		RunE: func(help *cobra.Command, args []string) error {
			command, rest, err := help.Root().Find(args)
			if err != nil || len(rest) > 0 {
				return usage("no such command: "+strings.Join(args, " "), help.Root().Name()+" --help lists the commands")
			}
			return writeHelp(help.OutOrStdout(), command)
		},
	}
}

// writeHelp writes what a command does, how it is called, its commands and its flags: plain text that asks the terminal
// nothing.
func writeHelp(w io.Writer, command *cobra.Command) error {
	var b strings.Builder
	about := command.Long
	if about == "" {
		about = command.Short
	}
	for paragraph := range strings.SplitSeq(about, "\n\n") {
		b.WriteString(strings.Join(wrap(paragraph, helpWidth), "\n") + "\n\n")
	}
	b.WriteString("Usage:\n")
	if command.Runnable() {
		b.WriteString("  " + command.UseLine() + "\n")
	}
	if command.HasAvailableSubCommands() {
		b.WriteString("  " + command.CommandPath() + " COMMAND [flags]\n\nCommands:\n")
		var rows [][2]string
		for _, sub := range command.Commands() {
			if sub.IsAvailableCommand() {
				rows = append(rows, [2]string{sub.Name(), sub.Short})
			}
		}
		writeColumns(&b, rows)
	}
	if command.Example != "" {
		b.WriteString("\nExamples:\n")
		for line := range strings.SplitSeq(command.Example, "\n") {
			b.WriteString("  " + line + "\n")
		}
	}
	var flags [][2]string
	command.LocalFlags().VisitAll(func(flag *pflag.Flag) {
		if !flag.Hidden {
			flags = append(flags, flagRow(flag))
		}
	})
	if len(flags) > 0 {
		b.WriteString("\nFlags:\n")
		writeColumns(&b, flags)
	}
	if command.HasAvailableSubCommands() {
		b.WriteString("\n" + command.CommandPath() + " COMMAND --help describes a command.\n")
	}
	_, err := io.WriteString(w, b.String())
	return err //nolint:wrapcheck // a write to standard output: there is nothing to add
}

// flagRow returns a flag as it is typed, and what it does with its default.
func flagRow(flag *pflag.Flag) [2]string {
	value, does := pflag.UnquoteUsage(flag)
	name := "    --" + flag.Name
	if flag.Shorthand != "" {
		name = "-" + flag.Shorthand + ", --" + flag.Name
	}
	if flag.NoOptDefVal == "" {
		name += " " + strings.ToUpper(value)
	}
	switch flag.DefValue {
	case "", "false", "[]", "0":
	default:
		does += fmt.Sprintf(" (default %s)", flag.DefValue)
	}
	return [2]string{name, does}
}

// writeColumns writes what stands on the left and, wrapped beside it, on the right.
func writeColumns(b *strings.Builder, rows [][2]string) {
	width := 0
	for _, row := range rows {
		width = max(width, safetext.Width(row[0]))
	}
	for _, row := range rows {
		left := row[0]
		for _, line := range wrap(row[1], helpWidth-width-4) {
			b.WriteString("  " + pad(left, width) + "  " + line + "\n")
			left = ""
		}
	}
}

// wrap breaks a text at its spaces into lines of at most width columns, where its words are not longer.
func wrap(text string, width int) []string {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(text) {
		if line != "" && safetext.Width(line)+1+safetext.Width(word) > width {
			lines, line = append(lines, line), ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}
