//go:build unix

package serve

import (
	"context"
	"io"
	"strings"
	"testing"
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
	client := s.login(key)
	screenOf(t, client, 66, 20) // and another, which shares its connection with one that reads
	for range 20 {
		session, in, out := screenOf(t, client, 80, 24)
		_, _ = io.WriteString(in, "hello")
		expect(t, out, "hello")
		_, _ = io.WriteString(in, "q")
		if err := session.Wait(); err != nil {
			t.Fatal(err)
		}
	}
	if n := s.rooms.Viewers.Count(); n != 2 {
		t.Errorf("%d look", n)
	}
}
