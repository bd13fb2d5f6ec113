// Package tui shows what the tracker knows: a dashboard on a terminal, or plain lines where there is none.
//
// It only ever takes snapshots, when it is ready for one: a terminal that stops reading stops nothing but itself. All text
// it draws is made harmless right before, whatever was done to it earlier. It reads no clock, environment or randomness
// while drawing.
package tui

import (
	"errors"
	"os"
	"time"

	"errtop/internal/event"
	"errtop/internal/terminal"
)

// Options say what is shown and how. Only Engine is required.
type Options struct {
	Engine    Engine
	Title     string           // shown in the header: the settings' name, or "demo"
	Now       func() time.Time // nil: time.Now
	Location  *time.Location   // of the times shown; nil: time.Local
	Refresh   time.Duration    // between snapshots, at least 100 ms; 0: 250 ms, over SSH 1 s
	Styles    *Styles          // from [NewStyles]; nil: the dark theme
	Keys      *KeyMap          // from [NewKeyMap]; nil: the default keys
	ASCII     bool             // draw with ASCII only
	Mouse     bool             // wheel and clicks; takes the terminal's own selection away
	Bell      bool             // ring when a target begins to fail
	Notify    bool             // and let the terminal show a notification
	Environ   []string         // TERM, NO_COLOR, TMUX and the like; nil: os.Environ()
	Notices   Subscribe        // shown for a few seconds each: reloads, problems; nil: none
	ExportDir string           // where reports are written; "": the working directory
	Alerting  Alerting         // nil: nothing is alerted
	Pages     <-chan Page      // alerts that the terminal is to tell; nil: none
	Advisor   *event.Advisor   // what to do about a cause; nil: without runbooks
	Rights    Rights           // what the viewer may do beside looking
	History   History          // what is older than a day; nil where nothing is kept
	Player    Player           // of the recording that Engine shows; nil where it is no recording
	Looking   func() int       // how many look at the same engine, shown where others do too; nil: nobody else can
	// ReportHint says how a viewer without Rights.Export gets a report into a file, as "ssh host report > file does". It copies the
	// report into its clipboard; "": it gets none.
	ReportHint string
}

// withDefaults fills in what was left out.
func (o Options) withDefaults() (Options, error) {
	if o.Engine == nil {
		return o, errors.New("tui: no engine")
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Location == nil {
		o.Location = time.Local
	}
	if o.Environ == nil {
		o.Environ = os.Environ()
	}
	if o.Refresh == 0 {
		o.Refresh = 250 * time.Millisecond
		if terminal.Variable(o.Environ, "SSH_CONNECTION") != "" {
			o.Refresh = time.Second
		}
	}
	o.Refresh = max(o.Refresh, 100*time.Millisecond)
	var err, problem error
	if o.Styles == nil {
		o.Styles, err = NewStyles("", nil)
	}
	if o.Keys == nil {
		o.Keys, problem = NewKeyMap(nil)
	}
	return o, errors.Join(err, problem)
}

// CanDraw reports whether a terminal with these environment variables can be drawn on: it cannot where TERM is missing or
// "dumb", and [Plain] serves better.
func CanDraw(env []string) bool {
	kind := terminal.Variable(env, "TERM")
	return kind != "" && kind != "dumb"
}

// subscribe returns the notices for this viewer: a channel that never gives anything where there are none.
func (o *Options) subscribe() (notices <-chan string, stop func()) {
	if o.Notices == nil {
		return nil, func() {}
	}
	return o.Notices()
}
