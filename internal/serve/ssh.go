package serve

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"charm.land/ssh"
	"charm.land/wish/v2"
	gossh "golang.org/x/crypto/ssh"

	"errtop/internal/safego"
)

// Rooms are what viewers come to look at: a screen each, or what a command prints.
type Rooms struct {
	// Show shows a screen until the viewer leaves or ctx is done.
	Show func(ctx context.Context, v *Viewer) error
	// Print writes what a command such as stats prints, and returns its exit status.
	Print func(ctx context.Context, v *Viewer, out, problems io.Writer, args []string) (status int)
	// Viewers bounds and lists those who look. Required.
	Viewers *Viewers
	// Idle ends a viewer that has typed nothing for so long; 0 never.
	Idle time.Duration
	// Log is told who comes, goes, and is refused. Required.
	Log *slog.Logger
}

// SSH lets viewers in over SSH: with a public key that is authorized, and in no other way.
type SSH struct {
	Rooms
	Listen  string // host:port
	HostKey gossh.Signer
	Keys    *Keys
}

// Run listens until ctx is done. It lets nobody forward ports, an agent or X11, start a subsystem, or do anything but look.
func (s *SSH) Run(ctx context.Context) error {
	listener, err := s.Open(ctx)
	if err != nil {
		return err
	}
	return s.Serve(ctx, listener)
}

// Open opens the address, for [SSH.Serve].
func (s *SSH) Open(ctx context.Context) (net.Listener, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", s.Listen)
	if err != nil {
		return nil, fmt.Errorf("ssh: %w", err)
	}
	return listener, nil
}

// Serve takes viewers from a listener, which it closes, until ctx is done.
func (s *SSH) Serve(ctx context.Context, listener net.Listener) error {
	if _, err := s.Keys.Read(ctx); err != nil {
		s.Log.WarnContext(ctx, "nobody can log in over ssh until the authorized keys can be read", "error", err)
	}
	s.Log.InfoContext(ctx, "ssh listens", "address", listener.Addr().String(), "host_key", gossh.FingerprintSHA256(s.HostKey.PublicKey()))
	d := &door{Rooms: s.Rooms, admission: newAdmission(maxChannels*s.Viewers.most, time.Now)}
	return d.serve(ctx, listener, s.HostKey, func(h *handshake) *gossh.ServerConfig {
		return &gossh.ServerConfig{
			MaxAuthTries: 6, // as many keys as an agent usually offers
			PublicKeyCallback: func(_ gossh.ConnMetadata, key gossh.PublicKey) (*gossh.Permissions, error) {
				entry, err := s.Keys.find(ctx, key, h.from, time.Now())
				if err != nil {
					level := slog.LevelWarn // the keys cannot be read, or a known one is not let in
					if errors.Is(err, errUnknownKey) {
						level = slog.LevelDebug // clients try all they have
					}
					s.Log.Log(ctx, level, "ssh key refused", "from", h.RemoteAddr().String(), "key", gossh.FingerprintSHA256(key), "error", err)
					return nil, err
				}
				return &gossh.Permissions{Extensions: map[string]string{nameExtension: entry.name, accessExtension: entry.access.String()}}, nil
			},
		}
	})
}

// What is known of a connection that has logged in.
const (
	nameExtension   = "errtop-name"
	accessExtension = "errtop-access"
)

// Local lets viewers of the same user in, through a socket that nobody else can open.
type Local struct {
	Rooms
	Dir  string // of the user's sockets; see [ControlDir]
	User string // what its viewers are called
}

// Run listens until ctx is done.
func (l *Local) Run(ctx context.Context) error {
	if err := privateDir(l.Dir); err != nil {
		return fmt.Errorf("viewer socket: %w", err)
	}
	listener, path, err := listenPrivately(ctx, filepath.Join(l.Dir, strconv.Itoa(os.Getpid())+viewerSuffix))
	if err != nil {
		return fmt.Errorf("viewer socket: %w", err)
	}
	defer os.Remove(path) //nolint:errcheck // gone is what is wanted
	text, err := newHostKey()
	if err != nil {
		return fmt.Errorf("viewer socket: %w", err)
	}
	hostKey, err := gossh.ParsePrivateKey(text)
	if err != nil {
		return fmt.Errorf("viewer socket: %w", err)
	}
	d := &door{Rooms: l.Rooms, local: l.User}
	return d.serve(ctx, listener, hostKey, func(*handshake) *gossh.ServerConfig { return &gossh.ServerConfig{NoClientAuth: true} })
}

// door is one listener that viewers come through.
type door struct {
	Rooms
	admission *admission      // nil for the local socket
	local     string          // name of viewers of this machine; "" for others
	ctx       context.Context //nolint:containedctx // of serve, for the sessions that it starts
	fail      context.CancelCauseFunc

	commands chan struct{} // holds a value for each that runs

	mu       sync.Mutex
	sessions int
	left     chan struct{} // receives when the last session has ended
}

// enter counts a session.
func (d *door) enter() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.sessions++
}

// leave says that a session has ended.
func (d *door) leave() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.sessions--; d.sessions == 0 {
		select {
		case d.left <- struct{}{}:
		default:
		}
	}
}

// waitForScreens lets screens give their terminals back, which they do when the door's context is done.
func (d *door) waitForScreens() {
	late := time.NewTimer(closeTime)
	defer late.Stop()
	for {
		d.mu.Lock()
		none := d.sessions == 0
		d.mu.Unlock()
		if none {
			return
		}
		select {
		case <-d.left:
		case <-late.C:
			return
		}
	}
}

// closeTime is how long screens may take to give their terminals back when the door closes.
const closeTime = 600 * time.Millisecond

// serverVersion is what clients are told of the server.
const serverVersion = "errtop"

// handshakeKey is where a connection's context keeps its [handshake].
type handshakeKey struct{}

// serve takes connections until ctx is done, and ends those that are open then.
func (d *door) serve(ctx context.Context, listener net.Listener, hostKey gossh.Signer, config func(*handshake) *gossh.ServerConfig) error {
	d.ctx, d.fail = context.WithCancelCause(ctx)
	d.left, d.commands = make(chan struct{}, 1), make(chan struct{}, maxCommands)
	defer d.fail(nil)
	server, err := wish.NewServer(func(server *ssh.Server) error {
		server.Version = serverVersion
		server.HandshakeTimeout = handshakeTime
		server.AddHostKey(hostKey)
		server.ChannelHandlers = map[string]ssh.ChannelHandler{"session": d.channel}
		server.ConnCallback = d.arrive
		server.ConnectionFailedCallback = d.failed
		server.ServerConfigCallback = func(ctx ssh.Context) *gossh.ServerConfig {
			h, _ := ctx.Value(handshakeKey{}).(*handshake)
			c := config(h)
			c.AuthLogCallback = func(_ gossh.ConnMetadata, _ string, err error) {
				if err == nil && d.admission != nil {
					d.admission.loggedIn(h)
				}
			}
			return c
		}
		return nil
	})
	if err != nil {
		return errors.Join(fmt.Errorf("ssh: %w", err), listener.Close())
	}
	served := safego.Start(func() error { return server.Serve(listener) })
	select {
	case err = <-served:
	case <-d.ctx.Done():
		d.waitForScreens()
		err = errors.Join(server.Close(), <-served)
	}
	if panicked, ok := errors.AsType[*safego.PanicError](context.Cause(d.ctx)); ok { //nolint:contextcheck // it comes from ctx
		return panicked
	}
	if ctx.Err() != nil {
		return nil
	}
	return fmt.Errorf("ssh %s: %w", listener.Addr(), err)
}
