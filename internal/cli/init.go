package cli

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/spf13/cobra"

	"errtop/internal/safefile"
)

// defaultConfig is the config that is looked for in the current folder.
const defaultConfig = "errtop.toml"

func (a *app) initCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "init",
		Short: "Write a commented errtop.toml into this folder",
		Long:  "Write a commented errtop.toml into this folder. A file that exists is never overwritten.",
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usage(fmt.Sprintf("init takes no arguments, got %q", args[0]), "it writes "+defaultConfig+" into this folder")
			}
			return a.writeExample(defaultConfig)
		},
	}
}

// writeExample writes the example config to path, whole or not at all; only its owner can read it, because secrets may follow.
func (a *app) writeExample(path string) error {
	err := safefile.Create(path, a.ExampleConfig)
	if errors.Is(err, fs.ErrExist) {
		return &exitError{err: fmt.Errorf("%s exists and is left as it is", path), status: statusFailed, hint: "move it away first, or edit it"}
	}
	if err != nil {
		return fmt.Errorf("cannot write the example config: %w", err)
	}
	return a.say("wrote %s; edit its targets, then run: errtop", path)
}
