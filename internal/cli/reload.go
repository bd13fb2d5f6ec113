package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/fsnotify/fsnotify"

	"errtop/internal/config"
	"errtop/probe"
)

// settle is how long a config must have been left alone before it is read again: editors write in several steps.
const settle = 200 * time.Millisecond

// watchedConfig probes the targets of a config file and follows its changes: targets appear, change and vanish while the
// others go on. A file that is no good changes nothing. Other settings hold from the next start on.
type watchedConfig struct {
	app    *app
	path   string
	feed   *feed
	prober *probe.Prober

	mu      sync.Mutex
	targets []config.Target
	text    []byte // what was read last, good or not
}

func (a *app) watch(settings *config.Config, path string, f *feed) (*watchedConfig, error) {
	w := &watchedConfig{app: a, path: path, feed: f, prober: newProber(f, settings.Probe)}
	w.text, _ = os.ReadFile(path) //nolint:gosec // the user names the file; what cannot be read now is read at the change
	if err := w.prober.Set(probeTargets(settings)); err != nil {
		return nil, err
	}
	w.adopt(settings)
	return w, nil
}

// adopt makes the tracker know the targets of the settings and forget those that are gone. It returns the latter's names.
func (w *watchedConfig) adopt(settings *config.Config) (gone []string) {
	now := time.Now()
	for _, old := range w.targets {
		if !slices.ContainsFunc(settings.Targets, func(t config.Target) bool { return t.Name == old.Name }) {
			gone = append(gone, old.Name)
		}
	}
	w.feed.tracker.RemoveTargets(now, gone...)
	w.feed.tracker.AddTargets(now, targetInfos(settings)...)
	w.targets = settings.Targets
	return gone
}

// reload reads the file again, whatever it holds. An error says what is wrong with it; the old targets stay.
func (w *watchedConfig) reload(ctx context.Context) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.text, _ = os.ReadFile(w.path)
	settings, err := w.app.load(ctx, w.path)
	if err != nil {
		return fmt.Errorf("kept the settings as they were: %w", err)
	}
	if err := w.prober.Set(probeTargets(settings)); err != nil {
		return fmt.Errorf("kept the settings as they were: %w", err)
	}
	before := len(w.targets)
	gone := w.adopt(settings)
	w.feed.notice(fmt.Sprintf("read %s again: %d targets, %d new, %d gone", filepath.Base(w.path),
		len(w.targets), len(w.targets)-before+len(gone), len(gone)))
	for _, warning := range settings.Warnings {
		w.feed.notice(warning)
	}
	return nil
}

// reloadChanged reads the file again where it holds something else than when it was read last.
func (w *watchedConfig) reloadChanged(ctx context.Context) {
	text, err := os.ReadFile(w.path)
	w.mu.Lock()
	same := err == nil && bytes.Equal(text, w.text)
	w.mu.Unlock()
	if same || errors.Is(err, os.ErrNotExist) { // between an editor's rename and its new file
		return
	}
	w.reloadAloud(ctx)
}

func (w *watchedConfig) reloadAloud(ctx context.Context) {
	if err := w.reload(ctx); err != nil {
		w.feed.notice(err.Error())
	}
}

// probe asks the targets until ctx ends.
func (w *watchedConfig) probe(ctx context.Context) error { return w.prober.Run(ctx) }

// follow reads the file again after it changed, and on SIGUSR1, until ctx ends. Its folder is watched rather than itself,
// since editors and Kubernetes replace files.
func (w *watchedConfig) follow(ctx context.Context) error {
	asked := make(chan os.Signal, 1)
	notifyReload(asked)
	defer signal.Stop(asked)

	var changes chan fsnotify.Event
	var problems chan error
	watcher, err := fsnotify.NewWatcher()
	if err == nil {
		defer func() { _ = watcher.Close() }()
		err = watcher.Add(filepath.Dir(w.path))
		changes, problems = watcher.Events, watcher.Errors
	}
	if err != nil {
		w.feed.notice("changes of the config are not seen: " + err.Error())
	}
	settled := time.NewTimer(0)
	settled.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-asked:
			w.reloadAloud(ctx)
		case <-changes:
			settled.Reset(settle)
		case err := <-problems:
			w.feed.notice("changes of the config may be missed: " + err.Error())
		case <-settled.C:
			w.reloadChanged(ctx)
		}
	}
}
