package cli

import (
	"crypto/sha256"
	"encoding/hex"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"errtop/internal/config"
	"errtop/internal/engine"
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

// options returns where what settings watch is kept. Without a path nothing is kept unless the settings come from a file, and name what to
// watch: a log that was named on the command line is read again as fast.
func (f *storeFlags) options(a *app, settings *config.Config, configPath string) engine.StoreOptions {
	options := engine.StoreOptions{Path: f.path, MaxBytes: int64(settings.Store.MaxMB) << 20}
	switch {
	case f.none:
		return engine.StoreOptions{}
	case f.path != "":
	case !settings.Store.Enabled || configPath == "" || !engine.HasInputs(settings):
		return engine.StoreOptions{}
	case settings.Store.Path != "":
		options.Path = settings.Store.Path
	default:
		options.Path = a.statePath(storeName(settings.Name, configPath) + ".db")
	}
	return options
}

// storeName returns the name of the store of a config: the config's own name, or one made of its path, so that two configs never share one.
func storeName(name, configPath string) string {
	safe := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' || r == '.' {
			return r
		}
		return '-'
	}, name)
	safe = strings.TrimLeft(safe, ".-")
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
