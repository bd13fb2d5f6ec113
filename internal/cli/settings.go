package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"errtop/internal/alert"
	"errtop/internal/config"
	"errtop/internal/engine"
	"errtop/internal/event"
	"errtop/internal/logline"
	"errtop/tracker"
	"errtop/tui"
)

// configFile returns the config to read: the one named by --config, ./errtop.toml, or the user's own; "" if there is none.
func (a *app) configFile() (string, error) {
	if a.configPath != "" {
		return a.configPath, nil
	}
	places := []string{defaultConfig}
	if home, ok := a.LookupEnv("XDG_CONFIG_HOME"); ok && home != "" {
		places = append(places, filepath.Join(home, "errtop", "config.toml"))
	} else if home, ok := a.LookupEnv("HOME"); ok && home != "" {
		places = append(places, filepath.Join(home, ".config", "errtop", "config.toml"))
	}
	for _, path := range places {
		_, err := os.Stat(path)
		if err == nil {
			return path, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return "", &exitError{err: fmt.Errorf("cannot read the config: %w", err), status: statusUsage}
		}
	}
	return "", nil
}

// settings loads the config with the secrets that it takes from commands; path is "" and the settings are the defaults where there
// is none.
func (a *app) settings(ctx context.Context) (settings *config.Config, path string, err error) {
	settings, path, err = a.openSettings()
	if err == nil {
		err = usageError(settings.Resolve(ctx, nil))
	}
	return settings, path, err
}

// openSettings is settings without the commands: an engine runs them while the picture stands.
func (a *app) openSettings() (settings *config.Config, path string, err error) {
	path, err = a.configFile()
	if err != nil {
		return nil, "", err
	}
	if path == "" {
		return config.Default(), "", nil
	}
	settings, err = a.open(path)
	return settings, path, err
}

// load reads the config at path with its secrets.
func (a *app) load(ctx context.Context, path string) (*config.Config, error) {
	settings, err := a.open(path)
	if err != nil {
		return nil, err
	}
	if err := usageError(settings.Resolve(ctx, nil)); err != nil {
		return nil, err
	}
	return settings, nil
}

// usageError returns what is wrong with a config as an error of the command line, and any other error as it is.
func usageError(err error) error {
	if wrong, ok := errors.AsType[*config.Error](err); ok {
		return &exitError{err: wrong, status: statusUsage}
	}
	return err
}

// open reads the config at path, and checks what only the packages that use it can check.
func (a *app) open(path string) (*config.Config, error) {
	around := config.Surroundings{
		LookupEnv: a.LookupEnv,
		Themes:    tui.ThemeNames(),
		Styles:    tui.StyleNames(),
		Actions:   tui.ActionNames(),
		Fields:    logline.MappableFields(),
	}
	for _, format := range logline.Formats() {
		around.Formats = append(around.Formats, string(format))
	}
	settings, err := config.Open(path, around)
	if err == nil {
		err = errors.Join(checkLook(settings), engine.Check(settings))
	}
	if err != nil {
		return nil, &exitError{err: err, status: statusUsage}
	}
	a.known = settings.Known
	return settings, nil
}

// checkLook returns what the screen finds wrong with its settings, with their place in the file.
func checkLook(settings *config.Config) error {
	var mistakes []error
	if _, err := tui.NewStyles(settings.Dashboard.Theme, settings.Dashboard.Styles); err != nil {
		mistakes = append(mistakes, settings.Mistake("dashboard.styles", err))
	}
	if _, err := tui.NewKeyMap(settings.Dashboard.Keys); err != nil {
		mistakes = append(mistakes, settings.Mistake("dashboard.keys", err))
	}
	if _, err := advisor(settings); err != nil {
		mistakes = append(mistakes, err)
	}
	return errors.Join(mistakes...)
}

// advisor returns the runbooks of the settings. The error has the place in the file.
func advisor(settings *config.Config) (*event.Advisor, error) {
	list := make([]event.Runbook, len(settings.Runbooks))
	for i, r := range settings.Runbooks {
		list[i] = event.Runbook{When: r.When, Say: r.Say, URL: r.URL}
	}
	advisor, err := event.NewAdvisor(list)
	if wrong, ok := errors.AsType[*event.RunbookError](err); ok {
		return nil, settings.Mistake(fmt.Sprintf("runbooks[%d]", wrong.Index), err)
	}
	return advisor, err
}

// requireTargets rejects settings without targets.
func requireTargets(settings *config.Config, path string) error {
	switch {
	case path == "":
		return usage("no config found", "errtop init writes one; --config FILE names another")
	case len(settings.Targets) == 0:
		return usage(path+" has no [[targets]]", "errtop init shows in a new file how a target is written")
	default:
		return nil
	}
}

// alertAdvice returns what alerts say to do about an incident.
func alertAdvice(advisor *event.Advisor) alert.Advice {
	return func(incident *tracker.Incident) (firstAction, url string) {
		advice := advisor.ForIncident(incident)
		return advice.Action, advice.URL
	}
}
