// Package serve lets others look at a running errtop and tell it things: for now the control socket, through which commands on the
// same machine reach every errtop that the same user runs.
package serve

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"errtop/internal/safego"
	"errtop/internal/safetext"
	"errtop/tracker"
)

// Controlled is what the control socket acts on.
type Controlled interface {
	// AddMark notes that something was done. A mark without a time is of now.
	AddMark(mark tracker.Mark)
	// NoteIncident keeps a note about an incident, and returns the worst target of it; ok is false where there is no such incident.
	NoteIncident(note Note) (target string, ok bool)
	// AlertState returns the alerts with silences, acknowledgements and the outbox, to be written as JSON.
	AlertState() any
	// AddSilence keeps alerts from being told for a while, and returns the silence's number.
	AddSilence(silence Silence) (id uint64, err error)
	// EndSilence ends a silence, and reports whether there was one.
	EndSilence(id uint64) bool
	// AddAck acknowledges an alert, or all of an incident, and returns how many.
	AddAck(ack Ack) int
}

// Control answers the commands of one user on one machine, through a unix socket that nobody else can open.
type Control struct {
	Dir    string // of the sockets of this user; see [ControlDir]
	Name   string // what this errtop watches, for those who choose between several
	Config string // path of its settings; "" without any
	Watch  bool   // it is errtop watch, which others may attach to
	Engine Controlled
}

// Mark is what POST /v1/marks takes: what was done, to what, and when.
type Mark struct {
	Text    string    `json:"text"`
	Target  string    `json:"target,omitempty"`
	Version string    `json:"version,omitempty"`
	At      time.Time `json:"at,omitzero"` // zero: now
}

// Silence is what POST /v1/silences takes: which alerts, for how long, and who says so.
type Silence struct {
	Rule     string        `json:"rule,omitempty"`   // a pattern
	Target   string        `json:"target,omitempty"` // a pattern
	Incident uint64        `json:"incident,omitempty"`
	Group    uint64        `json:"group,omitempty"` // of errors
	For      time.Duration `json:"for"`             // in nanoseconds
	By       string        `json:"by,omitempty"`
	Note     string        `json:"note,omitempty"`
}

// Ack is what POST /v1/acks takes: an alert or an incident, and who has seen it.
type Ack struct {
	Alert    uint64 `json:"alert,omitempty"`
	Incident uint64 `json:"incident,omitempty"`
	By       string `json:"by,omitempty"`
	Note     string `json:"note,omitempty"`
}

// Info is what GET /v1/info answers.
type Info struct {
	Name   string `json:"name"`
	PID    int    `json:"pid"`
	Config string `json:"config,omitempty"` // absolute path of its settings
	Watch  bool   `json:"watch,omitempty"`  // it is errtop watch, which errtop attach looks at
}

const (
	socketSuffix   = ".sock"
	viewerSuffix   = ".ssh" // of the socket that viewers come through
	maxControlBody = 64 << 10
	maxMarkText    = 200
	controlTimeout = 5 * time.Second
)

// ControlDir returns the folder of the user's control sockets: errtop in $XDG_RUNTIME_DIR, else a folder of the user's own in the
// folder for temporary files.
func ControlDir(lookupEnv func(string) (string, bool)) string {
	if dir, ok := lookupEnv("XDG_RUNTIME_DIR"); ok && filepath.IsAbs(dir) {
		return filepath.Join(dir, "errtop")
	}
	return filepath.Join(os.TempDir(), "errtop-"+strconv.Itoa(os.Getuid()))
}

// Run listens until ctx is done and removes its socket. An error says why nobody can reach this errtop; nothing else depends on it.
func (c *Control) Run(ctx context.Context) error {
	if err := privateDir(c.Dir); err != nil {
		return fmt.Errorf("control socket: %w", err)
	}
	listener, path, err := listenPrivately(ctx, filepath.Join(c.Dir, strconv.Itoa(os.Getpid())+socketSuffix))
	if err != nil {
		return fmt.Errorf("control socket: %w", err)
	}
	defer os.Remove(path) //nolint:errcheck // gone is what is wanted
	server := &http.Server{
		Handler: c.handler(), ReadHeaderTimeout: controlTimeout, ReadTimeout: controlTimeout, WriteTimeout: controlTimeout,
		MaxHeaderBytes: 16 << 10,
	}
	group, running := safego.WithContext(ctx)
	group.Go(func() error {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("control socket: %w", err)
		}
		return nil
	})
	group.Go(func() error {
		<-running.Done()
		return server.Close()
	})
	return group.Wait()
}

// listenPrivately listens on a socket of this process in a folder that is ours alone. The socket gets its name only once it answers:
// a name that nobody answers is one that clients remove.
func listenPrivately(ctx context.Context, path string) (listener net.Listener, name string, err error) {
	unnamed := path + ".new"
	_ = os.Remove(unnamed) // of a process that had this number before
	var config net.ListenConfig
	if listener, err = config.Listen(ctx, "unix", unnamed); err != nil {
		return nil, "", err //nolint:wrapcheck // an OpError names the socket
	}
	if socket, ok := listener.(*net.UnixListener); ok {
		socket.SetUnlinkOnClose(false)
	}
	if err = os.Chmod(unnamed, 0o600); err == nil {
		err = os.Rename(unnamed, path)
	}
	if err != nil {
		_ = os.Remove(unnamed)
		return nil, "", errors.Join(err, listener.Close())
	}
	return listener, path, nil
}

// privateDir makes a folder that only this user can look into, and refuses one that others can.
func privateDir(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err //nolint:wrapcheck // a PathError names the folder
	}
	info, err := os.Lstat(dir)
	switch {
	case err != nil:
		return err //nolint:wrapcheck // a PathError names the folder
	case !info.IsDir():
		return fmt.Errorf("%s is not a folder", dir)
	case info.Mode().Perm()&0o077 != 0 || !ownedByUs(info):
		return fmt.Errorf("%s belongs to others or is open to them; chmod 700 it, or set XDG_RUNTIME_DIR", dir)
	}
	return nil
}

func (c *Control) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/info", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, Info{Name: c.Name, PID: os.Getpid(), Config: c.Config, Watch: c.Watch})
	})
	mux.HandleFunc("POST /v1/marks", func(w http.ResponseWriter, r *http.Request) {
		mark, err := ReadMark(http.MaxBytesReader(w, r.Body, maxControlBody))
		if err != nil {
			refuse(w, err)
			return
		}
		c.Engine.AddMark(mark)
		answer(w, http.StatusOK, map[string]bool{"ok": true})
	})
	mux.HandleFunc("POST /v1/notes", c.note)
	mux.HandleFunc("GET /v1/alerts", func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, c.Engine.AlertState()) })
	mux.HandleFunc("POST /v1/silences", func(w http.ResponseWriter, r *http.Request) {
		silence, ok := read[Silence](w, r)
		if !ok {
			return
		}
		silence.By, silence.Note = harmless(silence.By), harmless(silence.Note)
		id, err := c.Engine.AddSilence(silence)
		if err != nil {
			refuse(w, err)
			return
		}
		answer(w, http.StatusOK, map[string]uint64{"id": id})
	})
	mux.HandleFunc("DELETE /v1/silences/{id}", func(w http.ResponseWriter, r *http.Request) {
		id, err := strconv.ParseUint(r.PathValue("id"), 10, 64)
		if err != nil || !c.Engine.EndSilence(id) {
			refuse(w, errors.New("no such silence"))
			return
		}
		answer(w, http.StatusOK, map[string]bool{"ok": true})
	})
	mux.HandleFunc("POST /v1/acks", func(w http.ResponseWriter, r *http.Request) {
		ack, ok := read[Ack](w, r)
		if !ok {
			return
		}
		ack.By, ack.Note = harmless(ack.By), harmless(ack.Note)
		n := c.Engine.AddAck(ack)
		if n == 0 {
			refuse(w, errors.New("no such alert or incident"))
			return
		}
		answer(w, http.StatusOK, map[string]int{"acknowledged": n})
	})
	return mux
}

// read reads a request's JSON body; where it cannot, it answers and reports false.
func read[T any](w http.ResponseWriter, r *http.Request) (value T, ok bool) {
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxControlBody))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&value); err != nil {
		refuse(w, err)
		return value, false
	}
	return value, true
}

// refuse answers that a request cannot be met, and why.
func refuse(w http.ResponseWriter, err error) {
	answer(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
}

// ReadMark reads a mark as POST /v1/marks takes it. Its text is made harmless, without secrets, and cut at 200 bytes.
func ReadMark(body io.Reader) (tracker.Mark, error) {
	var m Mark
	decoder := json.NewDecoder(body)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&m); err != nil {
		return tracker.Mark{}, fmt.Errorf("expected {\"text\": …, \"target\": …, \"version\": …, \"at\": RFC 3339}: %w", err)
	}
	if strings.TrimSpace(m.Text) == "" {
		return tracker.Mark{}, errors.New("a mark needs a text: what was done")
	}
	return tracker.Mark{At: m.At, Text: harmless(m.Text), Target: harmless(m.Target), Version: harmless(m.Version), Source: "errtop mark"}, nil
}

func harmless(text string) string { return safetext.MaskedLine(text, maxMarkText) }

func answer(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(value) // the other end may be gone
}
