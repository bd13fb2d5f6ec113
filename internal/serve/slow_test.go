//go:build unix

package serve

import (
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"errtop/internal/safego"
)

// flood writes to a viewer as fast as it reads, until it leaves.
func flood(ctx context.Context, v *Viewer) error {
	picture := []byte(strings.Repeat("x", 16<<10))
	for ctx.Err() == nil {
		if _, err := v.Write(picture); err != nil {
			return err
		}
	}
	return nil
}

// A viewer that reads nothing is stuck alone: others come, see and leave, and the door closes in time.
func TestAViewerThatDoesNotReadHoldsUpNobody(t *testing.T) {
	key, line := newKey(t)
	s := serveSSH(t, line+" alice\n", func(r *Rooms) {
		r.Show = func(ctx context.Context, v *Viewer) error {
			if w, _ := v.Size(); w == 66 {
				return flood(ctx, v)
			}
			return echo(ctx, v)
		}
	})
	_, _, unread := screenOf(t, s.login(key), 66, 20)
	expect(t, unread, "xxx") // it writes
	_, _, slow := screenOf(t, s.login(key), 66, 20)
	ended := make(chan struct{})
	defer func() { <-ended }()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() { // another reads 1 KB a second
		defer close(ended)
		tick := time.NewTicker(64 * time.Millisecond)
		defer tick.Stop()
		for p := make([]byte, 64); ; {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				_, _ = slow.Read(p)
			}
		}
	}()
	client := s.login(key)
	for range 20 {
		session, in, out := screenOf(t, client, 80, 24)
		_, _ = io.WriteString(in, "hello")
		expect(t, out, "hello")
		_, _ = io.WriteString(in, "q")
		if err := session.Wait(); err != nil {
			t.Fatal(err)
		}
	}
	if n := s.rooms.Viewers.Count(); n != 2 { // those two
		t.Errorf("%d look", n)
	}
}

// A screen that panics ends for its viewer alone, and the log says where.
func TestAScreenThatPanicsEndsForItsViewerAlone(t *testing.T) {
	key, line := newKey(t)
	s := serveSSH(t, line+" alice\n", func(r *Rooms) {
		r.Show = func(ctx context.Context, v *Viewer) error {
			if w, _ := v.Size(); w == 66 {
				return safego.Catch(func() error { panic("boom") })
			}
			return echo(ctx, v)
		}
	})
	client := s.login(key)
	_, in, out := screenOf(t, client, 80, 24)
	broken, _, _ := screenOf(t, client, 66, 20)
	if err := broken.Wait(); err == nil {
		t.Error("the screen did not fail")
	}
	_, _ = io.WriteString(in, "still here")
	expect(t, out, "still here")
	for _, want := range []string{"viewer failed", "panic: boom", "slow_test.go"} {
		if !strings.Contains(s.log.String(), want) {
			t.Errorf("%q was not logged:\n%s", want, s.log)
		}
	}
}
