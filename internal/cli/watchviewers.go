package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"time"

	"errtop/internal/config"
	"errtop/internal/serve"
	"errtop/tui"
)

// The refreshes of viewers: over a network half a picture a second is enough, and spares a thin line.
const (
	localRefresh  = 250 * time.Millisecond
	remoteRefresh = time.Second
)

// screens is what viewers of a watch are shown.
type screens struct {
	watcher       *watcher
	styles        *tui.Styles
	keys          *tui.KeyMap
	local, remote *serve.Shared
	alerts        *alertsView
	hint          string // how somebody gets a report into a file
}

// newScreens returns the screens of a watch, and the doors that lead to them.
func (w *watcher) newScreens() (*screens, error) {
	look := &w.settings.Dashboard
	s := &screens{watcher: w, alerts: &alertsView{engine: w.engine}, hint: "errtop report writes a file"}
	var err, problem error
	s.styles, err = tui.NewStyles(look.Theme, look.Styles)
	s.keys, problem = tui.NewKeyMap(look.Keys)
	if err := errors.Join(err, problem); err != nil {
		return nil, err
	}
	s.local = serve.NewShared(w.engine, max(look.Refresh.Std(), localRefresh))
	s.remote = serve.NewShared(w.engine, max(look.Refresh.Std(), remoteRefresh))
	if _, port, err := net.SplitHostPort(w.settings.SSH.Listen); err == nil {
		s.hint = "ssh -p " + port + " HOST report > FILE writes it to a file"
	}
	return s, nil
}

// rooms returns what those who come through a door see.
func (s *screens) rooms(idle time.Duration) serve.Rooms {
	return serve.Rooms{Show: s.show, Print: s.watcher.prints, Viewers: s.watcher.viewers, Idle: idle, Log: s.watcher.log}
}

// show shows a screen to a viewer.
func (s *screens) show(ctx context.Context, v *serve.Viewer) error {
	environ := v.Environ()
	if !tui.CanDraw(environ) {
		return errors.New("TERM is dumb or not set, so nothing can be drawn; stats, report, alerts and who print text")
	}
	lookup := func(name string) (string, bool) {
		for _, variable := range environ {
			if value, ok := strings.CutPrefix(variable, name+"="); ok {
				return value, true
			}
		}
		return "", false
	}
	look := &s.watcher.settings.Dashboard
	options := tui.Options{
		Engine: s.remote, Refresh: max(look.Refresh.Std(), remoteRefresh), Notices: s.watcher.engine.Notices, Title: s.watcher.settings.Name,
		Styles: s.styles, Keys: s.keys, ASCII: (&app{Process: Process{LookupEnv: lookup}}).asciiOnly(look.ASCII),
		Mouse: look.Mouse, Bell: look.Bell, Notify: look.Notify, Environ: environ, Alerting: s.alerts, Advisor: s.watcher.advisor, Location: locationOf(lookup),
		Looking: s.watcher.viewers.Count, ReportHint: s.hint, History: historyOf(s.watcher.engine),
	}
	if v.Local {
		options.Engine, options.Refresh = s.local, max(look.Refresh.Std(), localRefresh)
	}
	if v.Access == serve.MayAct {
		options.Rights = s.mayAct(ctx, v)
	}
	return tui.RunOn(ctx, remoteTerminal{v}, options)
}

// mayAct returns the rights of a viewer that may do more than look. None of them writes to this machine's disk.
func (s *screens) mayAct(ctx context.Context, v *serve.Viewer) tui.Rights {
	eng, log := s.watcher.engine, s.watcher.log
	var rights tui.Rights
	s.alerts.rights(&rights, v.Name)
	acknowledge, silence, endSilence := rights.Acknowledge, rights.Silence, rights.EndSilence
	rights.Acknowledge = func(alerts []uint64) int {
		n := acknowledge(alerts)
		log.InfoContext(ctx, "viewer acknowledges", "name", v.Name, "alerts", n)
		return n
	}
	rights.Silence = func(what tui.Silence) error {
		err := silence(what)
		log.InfoContext(ctx, "viewer silences", "name", v.Name, "rule", what.Matcher.Rule, "target", what.Matcher.Target, "until", what.Ends.UTC(), "error", err)
		return err
	}
	rights.EndSilence = func(id uint64) bool {
		log.InfoContext(ctx, "viewer ends a silence", "name", v.Name, "silence", id)
		return endSilence(id)
	}
	note := rights.Note
	rights.Note = func(incident uint64, target, text string) {
		log.InfoContext(ctx, "viewer writes a note", "name", v.Name, "target", target)
		note(incident, target, text)
	}
	mark := rights.Mark
	rights.Mark = func(text string) {
		log.InfoContext(ctx, "viewer sets a mark", "name", v.Name)
		mark(text)
	}
	if eng.CanReload() {
		rights.Reload = func() error {
			log.InfoContext(ctx, "viewer reloads", "name", v.Name)
			return eng.Reload(ctx)
		}
	}
	return rights
}

// locationOf returns the time zone of a viewer, where it says so.
func locationOf(lookup func(string) (string, bool)) *time.Location {
	name, _ := lookup("TZ")
	if name = strings.TrimPrefix(name, ":"); name == "" || strings.HasPrefix(name, "/") {
		return time.Local
	}
	if loc, err := time.LoadLocation(name); err == nil {
		return loc
	}
	return time.Local
}

// sshDoor returns the door of the settings; nil where there is none.
func (w *watcher) sshDoor(rooms serve.Rooms) (*serve.SSH, error) {
	settings := &w.settings.SSH
	if settings.Listen == "" {
		return nil, nil //nolint:nilnil // there is none, and nothing is wrong
	}
	path := settings.HostKey
	if path == "" {
		dir, err := w.app.stateDir()
		if err != nil {
			return nil, fmt.Errorf("ssh cannot identify this host: %w", err)
		}
		path = filepath.Join(dir, "ssh_host_ed25519_key")
	}
	hostKey, err := serve.HostKey(path)
	if err != nil {
		return nil, err
	}
	read, err := w.app.authorizedKeys(settings)
	if err != nil {
		return nil, err
	}
	access, _ := serve.ParseAccess(settings.Access)
	return &serve.SSH{Rooms: rooms, Listen: settings.Listen, HostKey: hostKey, Keys: &serve.Keys{Read: read, Access: access}}, nil
}

// authorizedKeys returns what reads the authorized keys: the file of the settings, what their command prints, or both; without either
// the user's own file.
func (a *app) authorizedKeys(settings *config.SSH) (func(context.Context) ([]byte, error), error) {
	path := settings.Keys
	if path == "" && len(settings.Command) == 0 {
		home, ok := a.LookupEnv("HOME")
		if !ok || home == "" {
			return nil, errors.New("authorized keys: HOME is not set; ssh.authorized_keys names a file")
		}
		path = filepath.Join(home, ".ssh", "authorized_keys")
	}
	var from []func(context.Context) ([]byte, error)
	if path != "" {
		from = append(from, serve.KeysFile(path))
	}
	if len(settings.Command) > 0 {
		from = append(from, serve.KeysCommand(settings.Command))
	}
	return func(ctx context.Context) ([]byte, error) {
		var all bytes.Buffer
		for _, read := range from {
			text, err := read(ctx)
			if err != nil {
				return nil, err
			}
			all.Write(text)
			all.WriteByte('\n')
		}
		return all.Bytes(), nil
	}, nil
}

// stateDir returns the folder of what errtop keeps: errtop in $XDG_STATE_HOME, else in ~/.local/state.
func (a *app) stateDir() (string, error) {
	if dir, ok := a.LookupEnv("XDG_STATE_HOME"); ok && filepath.IsAbs(dir) {
		return filepath.Join(dir, "errtop"), nil
	}
	if home, ok := a.LookupEnv("HOME"); ok && home != "" {
		return filepath.Join(home, ".local", "state", "errtop"), nil
	}
	return "", errors.New("neither XDG_STATE_HOME nor HOME is set")
}
