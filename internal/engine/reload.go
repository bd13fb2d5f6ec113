package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/fsnotify/fsnotify"

	"errtop/internal/config"
	"errtop/internal/safefile"
)

// reloadDelay is how long a config file must be left alone before it is read again: editors write in several steps.
const reloadDelay = 200 * time.Millisecond

// ErrNoReload says that an engine has no settings that could be read again.
var ErrNoReload = errors.New("there are no settings to read again")

// CanReload reports whether [Engine.Reload] can read anything.
func (e *Engine) CanReload() bool { return e.options.Load != nil }

// Reload reads the settings again, whether they have changed or not: targets, rules and receivers are as they say from now on, the rest
// is at the next start. An error names what is wrong with them, or is [ErrNoReload]; everything then goes on as before.
func (e *Engine) Reload(ctx context.Context) error {
	if !e.CanReload() {
		return ErrNoReload
	}
	e.reloading.mu.Lock()
	defer e.reloading.mu.Unlock()
	e.reloading.read(e.options.ConfigPath)
	settings, err := e.options.Load(ctx)
	if err != nil {
		return kept(err)
	}
	renewal, err := e.alerting.prepare(settings)
	if err != nil {
		return kept(err)
	}
	said := ""
	if e.targets != nil {
		before := len(e.targets.targets())
		removed, err := e.targets.set(settings)
		if err != nil {
			return kept(err)
		}
		after := len(settings.Targets)
		said = fmt.Sprintf("%d targets, %d new, %d gone", after, after-before+removed, removed)
	}
	if renewal.changed {
		said = strings.TrimPrefix(said+", rules and receivers changed", ", ")
	}
	e.alerting.renew(renewal)
	e.shared.drop() // who asks next sees the new targets, and not a snapshot of a moment ago
	e.reloading.settings.Store(settings)
	if e.options.Reloaded != nil {
		e.options.Reloaded(settings)
	}
	if later := restartNeeded(e.options.Settings, settings); len(later) > 0 {
		e.Notice("changes take effect at the next start: " + strings.Join(later, ", "))
	}
	if said != "" {
		name := "the settings"
		if e.options.ConfigPath != "" {
			name = filepath.Base(e.options.ConfigPath)
		}
		e.Notice(fmt.Sprintf("read %s again: %s", name, said))
	}
	for _, warning := range settings.Warnings {
		e.Notice(warning)
	}
	return nil
}

func kept(err error) error { return fmt.Errorf("kept the settings as they were: %w", err) }

// reloading is the reading of the settings again: one at a time.
type reloading struct {
	mu   sync.Mutex
	text []byte // of the config file when it was read last, valid or not

	settings atomic.Pointer[config.Config] // what was read last and is in effect; nil before
}

// read notes what the config file holds; the lock is held. A file that cannot be read now is read when it changes.
func (r *reloading) read(path string) {
	if path != "" {
		r.text, _ = safefile.Read(path, config.MaxFile)
	}
}

// follow reads the settings again after the file changed, and on SIGUSR1, until ctx is done. It watches the folder rather
// than the file, since editors and Kubernetes replace files.
func (e *Engine) follow(ctx context.Context, _ Intake) error {
	path := e.options.ConfigPath
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
		e.Notice("cannot watch the config for changes: " + err.Error())
	}
	settled := time.NewTimer(0) // fires at once: the file may have changed since it was read at start
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-asked:
			e.reloadAndTell(ctx)
		case <-changes:
			settled.Reset(reloadDelay)
		case err := <-problems:
			e.Notice("may miss changes of the config: " + err.Error())
		case <-settled.C:
			e.reloadChanged(ctx, path)
		}
	}
}

// reloadChanged reads the settings again where the file holds something else than when it was read last.
func (e *Engine) reloadChanged(ctx context.Context, path string) {
	text, err := safefile.Read(path, config.MaxFile)
	e.reloading.mu.Lock()
	same := err == nil && bytes.Equal(text, e.reloading.text)
	e.reloading.mu.Unlock()
	if same || errors.Is(err, os.ErrNotExist) { // between an editor's rename and its new file
		return
	}
	e.reloadAndTell(ctx)
}

func (e *Engine) reloadAndTell(ctx context.Context) {
	if err := e.Reload(ctx); err != nil {
		e.Notice(err.Error())
	}
}

// takenUp are the sections of the settings that take effect while the engine runs.
var takenUp = []string{"targets", "alerts", "rules", "receivers", "runbooks"}

// restartNeeded names the sections that differ and take effect at the next start only.
func restartNeeded(running, fresh *config.Config) (names []string) {
	was, is := reflect.ValueOf(running).Elem(), reflect.ValueOf(fresh).Elem()
	for i := range was.NumField() {
		name, _, _ := strings.Cut(was.Type().Field(i).Tag.Get("toml"), ",")
		if name == "" || name == "-" || slices.Contains(takenUp, name) || reflect.DeepEqual(was.Field(i).Interface(), is.Field(i).Interface()) {
			continue
		}
		names = append(names, name)
	}
	return names
}
