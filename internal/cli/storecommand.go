package cli

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"errtop/internal/human"
	"errtop/internal/safefile"
	"errtop/internal/safetext"
	"errtop/internal/store"
)

// storeCommandFlags are the flags that the commands of errtop store share.
type storeCommandFlags struct {
	kept storeFlags // of which only the path is used
}

func (a *app) storeCommand() *cobra.Command {
	command := &cobra.Command{
		Use:   "store",
		Short: "Look into what is kept, check, export and merge it",
		Long: "Look into the store, the file in which errtop keeps what it saw: that of the config, or the one that --store names. A running errtop " +
			"may have it open meanwhile; only vacuum and import need it for themselves.",
		Example: "errtop store info\n" +
			"errtop store export --csv > hours.csv\n" +
			"errtop store export --parquet-friendly -o hours.ndjson\n" +
			"errtop store import web2.db --store all.db",
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usage(fmt.Sprintf("store has no command %q", args[0]), "info, check, vacuum, export, import")
			}
			return usage("store needs a command", "info, check, vacuum, export, import")
		},
	}
	command.AddCommand(a.storeInfoCommand(), a.storeCheckCommand(), a.storeVacuumCommand(), a.storeExportCommand(), a.storeImportCommand())
	return command
}

// storeSubcommand gives a command the flags that say which store.
func (a *app) storeSubcommand(command *cobra.Command, flags *storeCommandFlags) *cobra.Command {
	a.configFlag(command)
	command.Flags().StringVar(&flags.kept.path, "store", "", "`file` to look at instead of that of the config")
	return command
}

// open opens the store that flags and config name.
func (f *storeCommandFlags) open(ctx context.Context, a *app, readOnly bool) (*store.Store, error) {
	options := store.Options{Path: f.kept.path, ReadOnly: readOnly, Now: time.Now()}
	if options.Path == "" {
		settings, path, err := a.openSettings()
		if err != nil {
			return nil, err
		}
		of := f.kept.options(a, settings, path, "")
		if options.Path, options.MaxBytes = of.Path, of.MaxBytes; options.Path == "" {
			return nil, usage("no config with a store found", "--store FILE names one; --config FILE names a config")
		}
	}
	s, err := store.Open(ctx, options)
	if err != nil {
		return nil, &exitError{err: err, status: statusFailed}
	}
	for _, note := range s.Notes() {
		_, _ = fmt.Fprintf(a.Err, "errtop: warning: %s\n", safetext.Line(note))
	}
	return s, nil
}

func (a *app) storeInfoCommand() *cobra.Command {
	var flags storeCommandFlags
	var asJSON bool
	command := &cobra.Command{
		Use: "info", Short: "Say what the store holds, and what it takes",
		RunE: func(command *cobra.Command, args []string) error {
			if err := noArguments("store info", args); err != nil {
				return err
			}
			s, err := flags.open(command.Context(), a, true)
			if err != nil {
				return err
			}
			defer s.Close() //nolint:errcheck // only read from
			info, err := s.Info(command.Context())
			if err != nil {
				return err
			}
			if asJSON {
				encoder := json.NewEncoder(a.Out)
				encoder.SetIndent("", "  ")
				return encoder.Encode(info)
			}
			return a.writeStoreInfo(&info)
		},
	}
	command.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return a.storeSubcommand(command, &flags)
}

func (a *app) writeStoreInfo(info *store.Info) error {
	var out bytes.Buffer
	line := func(name, format string, args ...any) {
		_, _ = fmt.Fprintf(&out, "%-10s %s\n", name, safetext.Line(fmt.Sprintf(format, args...)))
	}
	day := func(t time.Time) string { return t.Local().Format("2006-01-02 15:04") }
	line("store", "%s", info.Path)
	line("id", "%s, schema %d", info.ID, info.Schema)
	line("size", "%.1f MB, of them %.1f MB log and %.1f MB free", megabytes(info.Bytes), megabytes(info.LogBytes), megabytes(info.FreeBytes))
	if info.Holder != nil {
		line("written by", "%s", info.Holder)
	}
	if !info.KeptAt.IsZero() {
		line("state", "%.1f MB, of %s", megabytes(info.StateBytes), day(info.KeptAt))
	}
	if !info.First.IsZero() {
		line("past", "%s to %s, %s, %s of a target, each about %d bytes", day(info.First), day(info.Last.Add(time.Hour)), human.Plural(info.Targets, "target"), human.Plural(info.Hours, "hour"), info.HourBytes)
	}
	line("incidents", "%d", info.Incidents)
	if info.Imported > 0 {
		line("imported", "from %s", human.Plural(info.Imported, "store"))
	}
	if _, err := a.Out.Write(out.Bytes()); err != nil {
		return fmt.Errorf("cannot write: %w", err)
	}
	return nil
}

func megabytes(n int64) float64 { return float64(n) / (1 << 20) }

func (a *app) storeCheckCommand() *cobra.Command {
	var flags storeCommandFlags
	command := &cobra.Command{
		Use: "check", Short: "Read the whole store, and say whether it is sound",
		RunE: func(command *cobra.Command, args []string) error {
			if err := noArguments("store check", args); err != nil {
				return err
			}
			s, err := flags.open(command.Context(), a, true)
			if err != nil {
				return err
			}
			defer s.Close() //nolint:errcheck // only read from
			_, loaded := s.Load(command.Context())
			if err := errors.Join(s.Check(command.Context()), loaded); err != nil {
				return &exitError{err: err, status: statusFailed, hint: "the next errtop that writes it sets it aside and takes over what can be read"}
			}
			return a.say("%s: sound", safetext.Line(s.Path()))
		},
	}
	return a.storeSubcommand(command, &flags)
}

func (a *app) storeVacuumCommand() *cobra.Command {
	var flags storeCommandFlags
	command := &cobra.Command{
		Use: "vacuum", Short: "Make the store as small as it can be",
		RunE: func(command *cobra.Command, args []string) error {
			if err := noArguments("store vacuum", args); err != nil {
				return err
			}
			s, err := flags.open(command.Context(), a, false)
			if err != nil {
				return err
			}
			before, _ := s.Size()
			err = s.Vacuum(command.Context())
			after, _ := s.Size()
			if err = errors.Join(err, s.Close()); err != nil {
				return err
			}
			return a.say("%s: %.1f MB, was %.1f MB", safetext.Line(s.Path()), megabytes(after), megabytes(before))
		},
	}
	return a.storeSubcommand(command, &flags)
}

// exportFlags are the flags of errtop store export as they were typed.
type exportFlags struct {
	csv, ndjson, flat, incidents bool
	output                       string
	bounds                       sinceUntil
}

func (a *app) storeExportCommand() *cobra.Command {
	var flags storeCommandFlags
	var export exportFlags
	command := &cobra.Command{
		Use: "export", Short: "Write the hours as CSV, or with the incidents as NDJSON",
		RunE: func(command *cobra.Command, args []string) error {
			if err := noArguments("store export", args); err != nil {
				return err
			}
			write, err := export.writer(command.Context())
			if err != nil {
				return err
			}
			s, err := flags.open(command.Context(), a, true)
			if err != nil {
				return err
			}
			defer s.Close() //nolint:errcheck // only read from
			if export.output == "" {
				return write(a.Out, s)
			}
			return safefile.CreateFrom(export.output, func(w io.Writer) error {
				buffered := bufio.NewWriterSize(w, 64<<10)
				return errors.Join(write(buffered, s), buffered.Flush())
			})
		},
	}
	command.Flags().BoolVar(&export.csv, "csv", false, "write CSV: a line for each target and hour")
	command.Flags().BoolVar(&export.ndjson, "ndjson", false, "write a JSON object a line: hours, then incidents")
	command.Flags().BoolVar(&export.flat, "parquet-friendly", false, "write flat NDJSON, every column in every row, as DuckDB's read_json_auto and the like take it: hours")
	command.Flags().BoolVar(&export.incidents, "incidents", false, "with --parquet-friendly, write the incidents instead of the hours")
	command.Flags().StringVarP(&export.output, "output", "o", "", "new `file` to write (default standard output)")
	export.bounds.add(command, "only what is not older", "only what is older")
	return a.storeSubcommand(command, &flags)
}

// writer returns what writes a store as the flags say.
func (f *exportFlags) writer(ctx context.Context) (write func(io.Writer, *store.Store) error, err error) {
	formats := 0
	for _, asked := range [...]bool{f.csv, f.ndjson, f.flat} {
		if asked {
			formats++
		}
	}
	if formats != 1 {
		return nil, usage("store export needs a format", "--csv, --ndjson or --parquet-friendly")
	}
	if f.incidents && !f.flat {
		return nil, usage("--incidents goes with --parquet-friendly", "--ndjson writes hours and incidents")
	}
	since, until, err := f.bounds.parse(time.Local)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	from, to := since.moment(now), until.moment(now)
	if to.IsZero() {
		to = now
	}
	return func(w io.Writer, s *store.Store) error {
		switch {
		case f.incidents:
			return s.ExportFlatIncidents(ctx, w, from, to)
		case f.flat:
			return s.ExportFlat(ctx, w, from, to)
		}
		return s.Export(ctx, w, f.csv, from, to)
	}, nil
}

func (a *app) storeImportCommand() *cobra.Command {
	var flags storeCommandFlags
	command := &cobra.Command{
		Use: "import FILE...", Short: "Add the past of other stores; done again it changes nothing",
		RunE: func(command *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage("store import needs the files of other stores", "errtop store import web2.db")
			}
			s, err := flags.open(command.Context(), a, false)
			if err != nil {
				return err
			}
			defer s.Close() //nolint:errcheck // what was written is there
			for _, path := range args {
				done, err := s.Import(command.Context(), path)
				if err != nil {
					return &exitError{err: fmt.Errorf("import %s: %w", path, err), status: statusFailed}
				}
				if err := a.say("%s: %s, %s added", safetext.Line(path), human.Plural(done.Hours, "hour"), human.Plural(done.Incidents, "incident")); err != nil {
					return err
				}
			}
			return nil
		},
	}
	return a.storeSubcommand(command, &flags)
}

// noArguments rejects arguments of a command that takes none.
func noArguments(name string, args []string) error {
	if len(args) > 0 {
		return usage(fmt.Sprintf("%s takes no arguments, got %q", name, args[0]), "--store FILE names another store")
	}
	return nil
}
