package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"time"

	"github.com/fsnotify/fsnotify"

	"errtop/internal/config"
)

// reloadDelay is how long a config file must be left alone before it is read again: editors write in several steps.
const reloadDelay = 200 * time.Millisecond

// ErrNoReload says that an engine has no settings that could be read again.
var ErrNoReload = errors.New("there are no settings to read again")

// CanReload reports whether [Engine.Reload] can read anything.
func (e *Engine) CanReload() bool { return e.options.Load != nil }

// Reload reads the settings again, whether they have changed or not. An error names what is wrong with them, or is
// [ErrNoReload]; everything then goes on as before.
func (e *Engine) Reload(ctx context.Context) error {
	if !e.CanReload() {
		return ErrNoReload
	}
	if e.targets != nil {
		return e.targets.reload(ctx)
	}
	settings, err := e.options.Load(ctx)
	if err != nil {
		return fmt.Errorf("kept the settings as they were: %w", err)
	}
	e.reloaded(settings)
	return nil
}

// reloaded tells that settings hold from now on.
func (e *Engine) reloaded(settings *config.Config) {
	if e.options.Reloaded != nil {
		e.options.Reloaded(settings)
	}
}

// follow reads the settings again after the file changed, and on SIGUSR1, until ctx is done. It watches the folder rather
// than the file, since editors and Kubernetes replace files.
func (t *targets) follow(ctx context.Context, _ Intake) error {
	path := t.engine.options.ConfigPath
	if path == "" || t.engine.options.Load == nil {
		return nil
	}
	asked := make(chan os.Signal, 1)
	notifyReload(asked)
	defer signal.Stop(asked)

	var changes chan fsnotify.Event
	var problems chan error
	watcher, err := fsnotify.NewWatcher()
	if err == nil {
		defer func() { _ = watcher.Close() }()
		err = watcher.Add(filepath.Dir(path))
		changes, problems = watcher.Events, watcher.Errors
	}
	if err != nil {
		t.engine.Notice("cannot watch the config for changes: " + err.Error())
	}
	settled := time.NewTimer(0) // fires at once: the file may have changed since it was read at start
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-asked:
			t.reloadAndTell(ctx)
		case <-changes:
			settled.Reset(reloadDelay)
		case err := <-problems:
			t.engine.Notice("may miss changes of the config: " + err.Error())
		case <-settled.C:
			t.reloadChanged(ctx, path)
		}
	}
}

// reloadChanged reads the settings again where the file holds something else than when it was read last.
func (t *targets) reloadChanged(ctx context.Context, path string) {
	text, err := os.ReadFile(path) //nolint:gosec // the user names the file
	t.mu.Lock()
	same := err == nil && bytes.Equal(text, t.text)
	t.mu.Unlock()
	if same || errors.Is(err, os.ErrNotExist) { // between an editor's rename and its new file
		return
	}
	t.reloadAndTell(ctx)
}

func (t *targets) reloadAndTell(ctx context.Context) {
	if err := t.reload(ctx); err != nil {
		t.engine.Notice(err.Error())
	}
}
