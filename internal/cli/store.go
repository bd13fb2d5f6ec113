package cli

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"errtop/internal/config"
	"errtop/internal/engine"
	"errtop/internal/ingest"
)

// storeFlags say where a dashboard remembers what it saw, other than the settings do.
type storeFlags struct {
	path string
	none bool
}

// add gives a command the flags.
func (f *storeFlags) add(command *cobra.Command) {
	command.Flags().StringVar(&f.path, "store", "", "keep what is seen in this `file` instead of the one in the state folder")
	command.Flags().BoolVar(&f.none, "no-store", false, "keep nothing")
	command.MarkFlagsMutuallyExclusive("store", "no-store")
}

// options returns where what settings watch is kept, and what logs that are named on the command line hold. Without a path it is kept in the
// state folder: for settings from a file, if they name what to watch; for logs once they turn out to be live, because one that is finished is
// read again as fast.
func (f *storeFlags) options(a *app, settings *config.Config, configPath, logs string) engine.StoreOptions {
	options := engine.StoreOptions{Path: f.path, MaxBytes: int64(settings.Store.MaxMB) << 20}
	switch {
	case f.none:
		return engine.StoreOptions{}
	case f.path != "":
	case !settings.Store.Enabled:
		return engine.StoreOptions{}
	case configPath == "" || !engine.HasInputs(settings):
		if logs == "" {
			return engine.StoreOptions{}
		}
		options.Path, options.WhenLive = a.statePath(logs+".db"), true
	case settings.Store.Path != "":
		options.Path = settings.Store.Path
	default:
		options.Path = a.statePath(storeName(settings.Name, configPath) + ".db")
	}
	return options
}

// storeNameOfLogs returns the name of the store of logs that are named on the command line, one for each set of logs and way to understand
// their lines; "" where they are not to be kept: standard input cannot be read on, and who bounds the time, or does not follow, wants to look
// at just that.
func storeNameOfLogs(names []string, lines *lineFlags, options *ingest.Options, bounds sinceUntil) string {
	if len(names) == 0 || slices.Contains(names, "-") || options.NoFollow || options.All || bounds.until != "" || bounds.since != defaultBounds().since {
		return ""
	}
	whole := make([]string, len(names))
	for i, name := range names {
		whole[i] = name
		if path, err := filepath.Abs(name); err == nil && !ingest.IsShorthand(name) {
			whole[i] = path
		}
	}
	slices.Sort(whole)
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %+v", whole, *lines))
	return safeName(filepath.Base(whole[0]), "log") + "-" + hex.EncodeToString(sum[:4])
}

// safeName returns a name of which a file's can be made: letters, digits, and little else, at most 40 bytes.
func safeName(name, otherwise string) string {
	safe := strings.TrimLeft(strings.Map(safeRune, name), ".-")
	return orElse(safe[:min(len(safe), 40)], otherwise)
}

// safeRune replaces what does not belong into the name of a file.
func safeRune(r rune) rune {
	if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' || r == '.' {
		return r
	}
	return '-'
}

// storeName returns the name of the store of a config: the config's own name, or one made of its path, so that two configs never share one.
func storeName(name, configPath string) string {
	safe := strings.TrimLeft(strings.Map(safeRune, name), ".-")
	if safe == name && safe != "" && len(safe) <= 100 {
		return safe
	}
	if whole, err := filepath.Abs(configPath); err == nil {
		configPath = whole
	}
	sum := sha256.Sum256([]byte(name + "\x00" + configPath))
	return "errtop-" + hex.EncodeToString(sum[:4])
}

// statePath returns the path of a file in the user's state folder, "" where there is none.
func (a *app) statePath(name string) string {
	if state, ok := a.LookupEnv("XDG_STATE_HOME"); ok && filepath.IsAbs(state) {
		return filepath.Join(state, "errtop", name)
	}
	if home, ok := a.LookupEnv("HOME"); ok && filepath.IsAbs(home) {
		return filepath.Join(home, ".local", "state", "errtop", name)
	}
	return ""
}
