package serve

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"errtop/tracker"
)

// marked keeps the marks that it is told.
type marked struct {
	mu    sync.Mutex
	marks []tracker.Mark
}

func (m *marked) AddMark(mark tracker.Mark) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.marks = append(m.marks, mark)
}

func (m *marked) AlertState() any { return map[string]int{"alerts": 3} }

func (m *marked) AddSilence(s Silence) (uint64, error) {
	if s.For <= 0 {
		return 0, errors.New("a silence needs an end")
	}
	return 7, nil
}

func (m *marked) EndSilence(id uint64) bool { return id == 7 }

func (m *marked) AddAck(ack Ack) int { return int(ack.Incident) }

func (m *marked) NoteIncident(note Note) (string, bool) {
	return note.By + " on " + note.Text, note.Incident == 3
}

func TestANoteReachesTheIncidentThatItIsAbout(t *testing.T) {
	_, peers := controlled(t, filepath.Join(t.TempDir(), "errtop"), "")
	if target, err := peers[0].AddNote(t.Context(), Note{Text: "rolled\x1b[2J back", By: "sam", Incident: 3}); err != nil || target != "sam on rolled^[[2J back" {
		t.Errorf("%q %v", target, err)
	}
	if _, err := peers[0].AddNote(t.Context(), Note{Text: "x", Incident: 4}); err == nil || !strings.Contains(err.Error(), "no such incident") {
		t.Error(err)
	}
	if _, err := peers[0].AddNote(t.Context(), Note{Text: " "}); err == nil || !strings.Contains(err.Error(), "needs a text") {
		t.Error(err)
	}
}

func TestAlertsAreListedSilencedAndAcknowledgedThroughTheSocket(t *testing.T) {
	_, peers := controlled(t, filepath.Join(t.TempDir(), "errtop"), "")
	peer := &peers[0]
	var state map[string]int
	if err := peer.Alerts(t.Context(), &state); err != nil || state["alerts"] != 3 {
		t.Errorf("%v %v", state, err)
	}
	if id, err := peer.Silence(t.Context(), Silence{Target: "a", For: time.Hour}); err != nil || id != 7 {
		t.Errorf("%d %v", id, err)
	}
	if _, err := peer.Silence(t.Context(), Silence{Target: "a"}); err == nil || !strings.Contains(err.Error(), "needs an end") {
		t.Errorf("%v", err)
	}
	if err := peer.EndSilence(t.Context(), 7); err != nil {
		t.Error(err)
	}
	if err := peer.EndSilence(t.Context(), 8); err == nil {
		t.Error("a silence that is not there was ended")
	}
	if n, err := peer.Acknowledge(t.Context(), Ack{Incident: 2}); err != nil || n != 2 {
		t.Errorf("%d %v", n, err)
	}
	if _, err := peer.Acknowledge(t.Context(), Ack{}); err == nil {
		t.Error("nothing was acknowledged")
	}
}

// controlled runs a control socket in a folder until the test ends, and returns once it answers.
func controlled(t *testing.T, dir, name string) (*marked, []Peer) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	engine := &marked{}
	done := make(chan error, 1)
	go func() { done <- (&Control{Dir: dir, Name: name, Engine: engine}).Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
	})
	for {
		select {
		case err := <-done:
			done <- err
			t.Fatal(err)
		default:
		}
		if peers, err := Peers(t.Context(), dir, ""); err == nil {
			return engine, peers
		}
	}
}

func TestAMarkReachesARunningErrtop(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "errtop")
	engine, peers := controlled(t, dir, "prod-eu")
	if len(peers) != 1 || peers[0].Name != "prod-eu" || peers[0].PID != os.Getpid() {
		t.Fatalf("%+v", peers)
	}
	at := time.Date(2026, 11, 25, 3, 0, 0, 0, time.UTC)
	if err := peers[0].AddMark(t.Context(), Mark{Text: "deploy\x1b[2J billing 4.2.1", Target: "billing", Version: "4.2.1", At: at}); err != nil {
		t.Fatal(err)
	}
	if err := peers[0].AddMark(t.Context(), Mark{Text: "  "}); err == nil || !strings.Contains(err.Error(), "needs a text") {
		t.Errorf("an empty mark: %v", err)
	}
	want := tracker.Mark{At: at, Text: "deploy^[[2J billing 4.2.1", Target: "billing", Version: "4.2.1", Source: "errtop mark"}
	if len(engine.marks) != 1 || engine.marks[0] != want {
		t.Errorf("got  %+v\nwant %+v", engine.marks, want)
	}
	if _, err := Peers(t.Context(), dir, "another"); !errors.Is(err, ErrNone) {
		t.Errorf("another name: %v", err)
	}
}

func TestNobodyElseCanReachTheControlSocket(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "errtop")
	controlled(t, dir, "")
	for path, want := range map[string]os.FileMode{dir: 0o700, filepath.Join(dir, "*"+socketSuffix): 0o600} {
		found, _ := filepath.Glob(path)
		info, err := os.Stat(found[0])
		if err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v %v", path, info.Mode(), err)
		}
	}
	open := t.TempDir()
	if err := os.Chmod(open, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := (&Control{Dir: open, Engine: &marked{}}).Run(t.Context()); err == nil || !strings.Contains(err.Error(), "open to them") {
		t.Errorf("a folder that others can open: %v", err)
	}
}

func TestASocketThatNobodyAnswersIsRemoved(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "1"+socketSuffix)
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	listener.SetUnlinkOnClose(false)
	_ = listener.Close()
	if _, err := Peers(t.Context(), dir, ""); !errors.Is(err, ErrNone) {
		t.Errorf("%v", err)
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%v", err)
	}
}
