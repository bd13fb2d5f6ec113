//go:build unix

package serve

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	gossh "golang.org/x/crypto/ssh"
)

// logs keeps what is logged.
type logs struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// echo is what viewers of these tests see: their size, name, access and environment, at first and after each resize; then the keys
// that they type, until q.
func echo(ctx context.Context, v *Viewer) error {
	tell := func() {
		w, h := v.Size()
		_, _ = fmt.Fprintf(v, "[%s %s %s %dx%d %s]\n", v.Name, v.From, v.Access, w, h, strings.Join(v.Environ(), " "))
	}
	tell()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		for v.WaitForSize(ctx) {
			tell()
		}
	}()
	key := make([]byte, 1)
	for {
		if _, err := v.Keys().Read(key); err != nil || key[0] == 'q' {
			return nil
		}
		_, _ = v.Write(key)
	}
}

// served is an SSH door of a test.
type served struct {
	t       *testing.T
	addr    string
	hostKey gossh.PublicKey
	rooms   *Rooms
	log     *logs
}

func rooms() (*Rooms, *logs) {
	log := &logs{}
	return &Rooms{
		Show: echo, Viewers: NewViewers(3), Log: slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Print: func(_ context.Context, v *Viewer, out, problems io.Writer, args []string) int {
			_, _ = fmt.Fprintf(out, "%s asks %q\n", v.Name, args)
			_, _ = fmt.Fprintln(problems, "a problem")
			return len(args)
		},
	}, log
}

// serveSSH runs an SSH door with authorized keys until the test ends.
func serveSSH(t *testing.T, authorized string, change ...func(*Rooms)) *served {
	t.Helper()
	s := &served{t: t}
	s.rooms, s.log = rooms()
	for _, change := range change {
		change(s.rooms)
	}
	hostKey, err := HostKey(filepath.Join(t.TempDir(), "state", "host_key"))
	if err != nil {
		t.Fatal(err)
	}
	door := &SSH{
		Rooms: *s.rooms, Listen: "127.0.0.1:0", HostKey: hostKey,
		Keys: &Keys{Access: MayLook, Read: func(context.Context) ([]byte, error) { return []byte(authorized), nil }},
	}
	listener, err := door.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s.addr, s.hostKey = listener.Addr().String(), hostKey.PublicKey()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- door.Serve(ctx, listener) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return s
}

// waitForLog waits until a text was logged so many times.
func (s *served) waitForLog(text string, times int) {
	s.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); strings.Count(s.log.String(), text) != times; runtime.Gosched() {
		if time.Now().After(deadline) {
			s.t.Fatalf("%q was not logged %d times:\n%s", text, times, s.log)
		}
	}
}

// dial logs in.
func (s *served) dial(auth ...gossh.AuthMethod) (*gossh.Client, error) {
	return gossh.Dial("tcp", s.addr, &gossh.ClientConfig{
		User: "somebody", Auth: auth, HostKeyCallback: gossh.FixedHostKey(s.hostKey), Timeout: 20 * time.Second,
	})
}

func (s *served) login(key gossh.Signer) *gossh.Client {
	s.t.Helper()
	client, err := s.dial(gossh.PublicKeys(key))
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = client.Close() })
	return client
}

// screenOf opens a screen of a client.
func screenOf(t *testing.T, client *gossh.Client, w, h int, env ...string) (*gossh.Session, io.Writer, io.Reader) {
	t.Helper()
	session, err := client.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	for _, variable := range env {
		name, value, _ := strings.Cut(variable, "=")
		_ = session.Setenv(name, value)
	}
	in, _ := session.StdinPipe()
	out, _ := session.StdoutPipe()
	if err := errors.Join(session.RequestPty("xterm-256color", h, w, gossh.TerminalModes{}), session.Shell()); err != nil {
		t.Fatal(err)
	}
	return session, in, out
}

// expect reads until a text has come.
func expect(t *testing.T, r io.Reader, text string) {
	t.Helper()
	var got strings.Builder
	b := make([]byte, 1)
	for !strings.Contains(got.String(), text) {
		if _, err := r.Read(b); err != nil {
			t.Fatalf("%v before %q came; there came %q", err, text, got.String())
		}
		got.Write(b)
	}
}

func TestNobodyComesInWithoutAnAuthorizedKey(t *testing.T) {
	known, line := newKey(t)
	stranger, _ := newKey(t)
	s := serveSSH(t, line+" alice@desk\n")
	for name, auth := range map[string][]gossh.AuthMethod{
		"nothing":              nil,
		"a stranger's key":     {gossh.PublicKeys(stranger)},
		"a password":           {gossh.Password(""), gossh.Password("errtop")},
		"keyboard-interactive": {gossh.KeyboardInteractive(func(string, string, []string, []bool) ([]string, error) { return nil, nil })},
	} {
		if client, err := s.dial(auth...); err == nil {
			_ = client.Close()
			t.Errorf("%s lets somebody in", name)
		}
	}
	s.login(known)
	s.waitForLog("ssh login failed", 4)
}

// Whoever shows a key that may act, and cannot prove to have it, does not come in, with another key neither.
func TestAKeyThatIsNotProvedOpensNothing(t *testing.T) {
	act, actLine := newKey(t)
	view, viewLine := newKey(t)
	s := serveSSH(t, actLine+" root errtop=act\n"+viewLine+" guest\n")
	if client, err := s.dial(gossh.PublicKeys(claims{view, act.PublicKey()}, view)); err == nil {
		_ = client.Close()
		t.Error("a key that is not proved lets somebody in")
	}
	_, _, out := screenOf(t, s.login(view), 80, 24)
	expect(t, out, "[guest 127.0.0.1 view 80x24")
}

// claims is a key that says it is another.
type claims struct {
	gossh.Signer
	other gossh.PublicKey
}

func (c claims) PublicKey() gossh.PublicKey { return c.other }

func TestAViewerHasItsOwnSizeEnvironmentAndKeys(t *testing.T) {
	key, line := newKey(t)
	s := serveSSH(t, line+" alice@desk errtop=act\n")
	client := s.login(key)
	session, in, out := screenOf(t, client, 100, 30, "LANG=en_US.UTF-8", "COLORTERM=truecolor", "LD_PRELOAD=/x", "TZ=a\nb")
	expect(t, out, "[alice@desk 127.0.0.1 act 100x30 SSH_CONNECTION=127.0.0.1 LANG=en_US.UTF-8 COLORTERM=truecolor TERM=xterm-256color]\n")
	if err := session.WindowChange(50, 160); err != nil {
		t.Fatal(err)
	}
	expect(t, out, "act 160x50")
	_, _ = io.WriteString(in, "hello")
	expect(t, out, "hello")
	if got := s.rooms.Viewers.List(); len(got) != 1 || got[0].Name != "alice@desk" || got[0].W != 160 {
		t.Errorf("%+v", got)
	}
	_, _ = io.WriteString(in, "q")
	if err := session.Wait(); err != nil {
		t.Error(err)
	}
	s.waitForLog("viewer left", 1)
	for _, want := range []string{"viewer came", "name=alice@desk", "looking=1"} {
		if !strings.Contains(s.log.String(), want) {
			t.Errorf("%q was not logged:\n%s", want, s.log)
		}
	}
}

func TestCommandsNeedNoTerminal(t *testing.T) {
	key, line := newKey(t)
	s := serveSSH(t, line+" alice\n")
	session, err := s.login(key).NewSession()
	if err != nil {
		t.Fatal(err)
	}
	var out, problems bytes.Buffer
	session.Stdout, session.Stderr = &out, &problems
	err = session.Run("stats --json")
	if exit, ok := errors.AsType[*gossh.ExitError](err); !ok || exit.ExitStatus() != 2 || out.String() != "alice asks [\"stats\" \"--json\"]\n" || problems.String() != "a problem\n" {
		t.Errorf("%v %q %q", err, out.String(), problems.String())
	}
}

func TestThereIsNothingButScreensAndCommands(t *testing.T) {
	key, line := newKey(t)
	s := serveSSH(t, line+" alice errtop=act\n")
	client := s.login(key)
	if conn, err := client.Dial("tcp", s.addr); err == nil {
		_ = conn.Close()
		t.Error("a port was forwarded")
	}
	if listener, err := client.Listen("tcp", "127.0.0.1:0"); err == nil {
		_ = listener.Close()
		t.Error("a port was forwarded back")
	}
	for _, kind := range []string{"direct-tcpip", "direct-streamlocal@openssh.com", "x11", "auth-agent@openssh.com", "tun@openssh.com"} {
		if _, _, err := client.OpenChannel(kind, nil); err == nil {
			t.Errorf("a channel %s was opened", kind)
		}
	}
	session, err := client.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	for _, request := range []string{"auth-agent-req@openssh.com", "x11-req", "subsystem", "signal", "break", "xon-xoff"} {
		payload := gossh.Marshal(&struct{ Name string }{"sftp"})
		if ok, err := session.SendRequest(request, true, payload); err != nil || ok {
			t.Errorf("%s was answered with %v %v", request, ok, err)
		}
	}
	if err := session.Run("who"); err == nil { // it still works; echo exits with the number of words
		t.Error("who did not run")
	}
	client = s.login(key) // another connection: the server counts a session until it has seen its end
	var open []*gossh.Session
	for range maxChannels {
		session, err := client.NewSession()
		if err != nil {
			t.Fatal(err)
		}
		open = append(open, session)
	}
	if _, err := client.NewSession(); err == nil {
		t.Errorf("more than %d sessions in one connection", len(open))
	}
}

func TestViewersAreBounded(t *testing.T) {
	key, line := newKey(t)
	s := serveSSH(t, line+" alice\n")
	for range 3 {
		_, _, out := screenOf(t, s.login(key), 80, 24)
		expect(t, out, "80x24")
	}
	session, err := s.login(key).NewSession()
	if err != nil {
		t.Fatal(err)
	}
	var problems bytes.Buffer
	session.Stderr = &problems
	err = errors.Join(session.RequestPty("xterm", 24, 80, nil), session.Shell(), session.Wait())
	if err == nil || !strings.Contains(problems.String(), "too many are looking already: 3") {
		t.Errorf("%v %q", err, problems.String())
	}
}

// A thousand logins that fail, and garbage, cost little and keep nobody out who comes from elsewhere. Whoever only looks whether the
// port is open has not failed.
func TestManyFailedLoginsAreCutOff(t *testing.T) {
	_, line := newKey(t)
	s := serveSSH(t, line+" alice\n")
	for range 5 {
		conn, err := net.Dial("tcp", s.addr)
		if err != nil {
			t.Fatal(err)
		}
		_ = conn.Close()
	}
	stranger, _ := newKey(t)
	asked := 0
	for i := range 1000 {
		if i%2 == 0 {
			_, err := s.dial(gossh.PublicKeys(stranger))
			if err == nil {
				t.Fatal("a stranger came in")
			}
			if strings.Contains(err.Error(), "unable to authenticate") {
				asked++
			}
			continue
		}
		conn, err := net.Dial("tcp", s.addr)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = conn.Write(bytes.Repeat([]byte{0xff, 0, '\n', 0x16}, 64))
		_ = conn.Close()
	}
	if asked == 0 || asked > failuresAtOnce {
		t.Errorf("%d logins were looked at", asked)
	}
}

func TestTheLocalSocketIsForItsUserAlone(t *testing.T) {
	r, _ := rooms()
	dir := filepath.Join(t.TempDir(), "errtop")
	engine := &marked{}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 2)
	local := &Local{Rooms: *r, Dir: dir, User: "me"}
	control := &Control{Dir: dir, Watch: true, Engine: engine}
	go func() { done <- local.Run(ctx) }()
	go func() { done <- control.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		for range 2 {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
	})
	var peers []Peer
	for len(peers) == 0 {
		peers, _ = Peers(t.Context(), dir, "")
		if matches, _ := filepath.Glob(filepath.Join(dir, "*"+viewerSuffix)); len(matches) == 0 {
			peers = nil
		}
	}
	device := newFakeDevice(90, 28)
	attached := make(chan error, 1)
	go func() {
		attached <- peers[0].Attach(t.Context(), device, []string{"TERM=xterm", "LANG=C.UTF-8", "HOME=/root"})
	}()
	expect(t, device.shown, "[me this machine act 90x28 LANG=C.UTF-8 TERM=xterm]")
	device.resize(120, 40)
	expect(t, device.shown, "act 120x40")
	device.typed("abcq")
	expect(t, device.shown, "abc")
	if err := <-attached; err != nil {
		t.Error(err)
	}
	if device.raw != 0 {
		t.Error("the terminal is still raw")
	}
}

// fakeDevice is a terminal of a test.
type fakeDevice struct {
	mu      sync.Mutex
	w, h    int
	raw     int
	resized chan struct{}
	keysIn  *io.PipeReader
	keysOut *io.PipeWriter
	shown   *io.PipeReader
	screen  *io.PipeWriter
}

func newFakeDevice(w, h int) *fakeDevice {
	d := &fakeDevice{w: w, h: h, resized: make(chan struct{}, 1)}
	d.keysIn, d.keysOut = io.Pipe()
	d.shown, d.screen = io.Pipe()
	return d
}

func (d *fakeDevice) Keys() io.Reader             { return d.keysIn }
func (d *fakeDevice) Write(p []byte) (int, error) { return d.screen.Write(p) }
func (d *fakeDevice) typed(keys string)           { _, _ = io.WriteString(d.keysOut, keys) }
func (d *fakeDevice) Reset()                      {}

func (d *fakeDevice) Size() (int, int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.w, d.h
}

func (d *fakeDevice) resize(w, h int) {
	d.mu.Lock()
	d.w, d.h = w, h
	d.mu.Unlock()
	d.resized <- struct{}{}
}

func (d *fakeDevice) Raw() (func() error, error) {
	d.raw++
	return func() error { d.raw--; return nil }, nil
}

func (d *fakeDevice) WaitForSize(ctx context.Context) bool {
	select {
	case <-ctx.Done():
		return false
	case <-d.resized:
		return true
	}
}
