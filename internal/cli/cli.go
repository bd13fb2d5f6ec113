// Package cli holds errtop's commands. It reads flags and settings, starts an engine, puts a viewer on it and gives the viewer
// its rights, and turns errors into messages and an exit status. It may import every other package; only main imports it.
package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/spf13/cobra"

	"errtop/internal/safego"
	"errtop/internal/safetext"
)

// Process is what errtop uses of its process.
type Process struct {
	In, Out, Err  *os.File
	LookupEnv     func(string) (string, bool)
	ExampleConfig []byte // what errtop init writes
}

// Main runs the command that args name (without the program's own name) and returns the exit status: 0; 1 if something
// fails or cannot be read; 2 for a wrong flag or config. SIGINT, SIGTERM and SIGHUP end it cleanly. So does SIGQUIT, with status
// 131 after printing the stacks of all goroutines.
func Main(args []string, process Process) int {
	// The terminal may be gone when SIGHUP comes: SIGPIPE must not end the process before it has cleaned up.
	signal.Ignore(syscall.SIGPIPE)
	ignoreFileSize()
	if original, err := duplicate(process.Err); err == nil {
		process.Err = original // descriptor 2 is redirected while a screen is up
	}
	ctx, quit := context.WithCancelCause(context.Background())
	defer quit(nil)
	defer onQuit(quit, process.Err)()
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP) // the kernel and the shell both send it; the second must not end the process at once
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	defer context.AfterFunc(ctx, stop)() // a second signal ends the process at once
	defer endInTime(ctx, process.Err)()

	app := &app{Process: process}
	root := app.root()
	root.SetArgs(args)
	root.SetIn(process.In)
	root.SetOut(process.Out)
	root.SetErr(process.Err)
	err := safego.Catch(func() error {
		return root.ExecuteContext(ctx)
	})
	return reportWithin(reportTimeout, maskedWriter{process.Err, app.known}, errors.Join(err, stacksAskedFor(ctx)))
}

// app holds what the commands share.
type app struct {
	Process
	configPath string
	known      func() safetext.Known // the secrets of the config that was read last; nil without one
}

// root returns the command tree. Nothing in it asks the terminal anything, and errors are left to [report].
func (a *app) root() *cobra.Command {
	root := a.dashboardCommand()
	root.AddCommand(a.watchCommand(), a.demoCommand(), a.checkCommand(), a.statsCommand(), a.initCommand(), a.configCommand(), a.markCommand(), a.alertsCommand(), a.silenceCommand(), a.backtestCommand())
	root.AddCommand(a.storeCommand(), a.recordCommand(), a.replayCommand(), a.reportCommand(), a.noteCommand())
	root.AddCommand(a.attachCommand(), a.hubCommand())
	root.Version = version()
	root.SilenceErrors, root.SilenceUsage = true, true
	root.Flags().BoolP("version", "v", false, "print the version")
	root.PersistentFlags().BoolP("help", "h", false, "print this help")
	root.SetHelpFunc(func(command *cobra.Command, _ []string) { _ = writeHelp(command.OutOrStdout(), command) })
	root.SetHelpCommand(helpCommand())
	root.SetFlagErrorFunc(func(command *cobra.Command, err error) error {
		return usage(err.Error(), "see "+command.CommandPath()+" --help")
	})
	for _, command := range append(root.Commands(), root) {
		command.Args = cobra.ArbitraryArgs // each command checks its own arguments
	}
	return root
}

// say prints a line on standard output.
func (a *app) say(format string, args ...any) error {
	if _, err := fmt.Fprintf(a.Out, format+"\n", args...); err != nil {
		return fmt.Errorf("cannot write: %w", err)
	}
	return nil
}

// version returns the module's version as the build recorded it, or "devel".
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "devel"
}

// configFlag gives a command --config.
func (a *app) configFlag(command *cobra.Command) {
	command.Flags().StringVarP(&a.configPath, "config", "c", "", "settings `file` (default ./errtop.toml, then $XDG_CONFIG_HOME/errtop/config.toml)")
}
