package tui

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"

	"errtop/internal/terminal"
	"errtop/tracker"

	"github.com/charmbracelet/colorprofile"
	"github.com/creack/pty"
)

// load is n requests to 20 targets, a tenth of which fail.
func load(r *rand.Rand, now time.Time, n int) []tracker.Result {
	batch := make([]tracker.Result, n)
	for i := range batch {
		batch[i] = tracker.Result{Time: now, Target: fmt.Sprintf("service-%02d", r.IntN(20)), Source: "load", Method: "POST", Route: "/v1/things", Status: 200, Latency: time.Duration(r.IntN(900)) * time.Millisecond}
		if r.IntN(10) == 0 {
			batch[i].Status, batch[i].Kind, batch[i].Error, batch[i].Message = 500, tracker.KindServer, "Generation failed", fmt.Sprintf("attempt %d of 1000", r.IntN(1000))
		}
	}
	return batch
}

// The bars at 160×45 with 20 targets at 1000 results a second: 8 KB a second at the default refresh, 2 KB at one a second,
// which suits a slow line.
func TestAThousandResultsASecondCostFewBytes(t *testing.T) {
	for refresh, bar := range map[time.Duration]int{250 * time.Millisecond: 8000, time.Second: 2000} {
		tr := tracker.New(tracker.Settings{})
		r := rand.New(rand.NewPCG(1, 2))
		u := visit(t, 160, 45, nil, func(o *Options) { o.Refresh = refresh })
		s := terminal.NewScreen(nil, colorprofile.TrueColor, false)
		sent, now := 0, noon
		for i := range int(30 * time.Second / refresh) {
			now = now.Add(refresh)
			tr.Record(now, load(r, now, int(refresh/time.Millisecond)))
			u.m.Update(newsMsg{now, tr.Snapshot(now)})
			if p, fresh := u.m.picture(); fresh {
				if n := len(s.Next(p)); i > int(10*time.Second/refresh) { // until then the list fills up
					sent += n
				}
			}
		}
		if sent /= 20; sent > bar {
			t.Errorf("refreshed every %v it takes %d bytes a second; the bar is %d", refresh, sent, bar)
		}
		t.Logf("refreshed every %v it takes %d bytes a second", refresh, sent)
	}
}

// BenchmarkOnATerminal runs the whole dashboard on a pseudo-terminal for a second an operation and reports what that terminal
// gets to see: run it with -benchtime 10x.
func BenchmarkOnATerminal(b *testing.B) {
	for name, c := range map[string]struct {
		rate    int
		refresh time.Duration
	}{"idle": {0, 0}, "1000 a second": {1000, 0}, "1000 a second, slow line": {1000, time.Second}} {
		b.Run(name, func(b *testing.B) {
			keys, tty, err := pty.Open()
			if err != nil {
				b.Skipf("no pseudo-terminal here: %v", err)
			}
			if err := pty.Setsize(tty, &pty.Winsize{Rows: 45, Cols: 160}); err != nil {
				b.Fatal(err)
			}
			var bytes, writes atomic.Int64
			read := make(chan struct{})
			go func() {
				defer close(read)
				buf := make([]byte, 1<<16)
				for {
					n, err := keys.Read(buf)
					if err != nil {
						return
					}
					bytes.Add(int64(n))
					writes.Add(1)
				}
			}()
			tr := tracker.New(tracker.Settings{})
			r := rand.New(rand.NewPCG(1, 2))
			tr.UpdateSource(time.Now(), tracker.Source{Name: "load", State: tracker.SourceReading, Live: true})
			tr.Record(time.Now(), load(r, time.Now(), 5000))
			ctx, stop := context.WithCancel(b.Context())
			ended := make(chan error, 1)
			go func() {
				ended <- Run(ctx, tty, tty, Options{Engine: tr, Refresh: c.refresh, Environ: []string{"TERM=xterm-256color"}})
			}()
			tick := time.NewTicker(20 * time.Millisecond)
			for range 100 { // the first picture, and what settles after it
				<-tick.C
			}
			bytes.Store(0)
			writes.Store(0)
			for b.Loop() {
				for range 50 {
					now := <-tick.C
					if c.rate > 0 {
						tr.Record(now, load(r, now, c.rate/50))
					}
				}
			}
			b.ReportMetric(float64(bytes.Load())/float64(b.N), "B/s")
			b.ReportMetric(float64(writes.Load())/float64(b.N), "writes/s")
			tick.Stop()
			stop()
			if err := <-ended; err != nil {
				b.Error(err)
			}
			_ = tty.Close()
			_ = keys.Close()
			<-read
		})
	}
}

// BenchmarkFirstPicture is from Run to the first byte on the terminal.
func BenchmarkFirstPicture(b *testing.B) {
	tr := tracker.New(tracker.Settings{})
	for b.Loop() {
		ctx, stop := context.WithCancel(b.Context())
		first, w := io.Pipe()
		ended := make(chan error, 1)
		go func() {
			ended <- Run(ctx, &noKeys{ctx}, w, Options{Engine: tr, Environ: []string{"TERM=xterm-256color"}})
			_ = w.Close()
		}()
		buf := make([]byte, 1<<16)
		for picture := false; !picture; {
			n, err := first.Read(buf)
			if err != nil {
				b.Fatal(err)
			}
			picture = n > 500
		}
		stop()
		_, _ = io.Copy(io.Discard, first)
		if err := <-ended; err != nil {
			b.Fatal(err)
		}
	}
}

// noKeys is somebody who types nothing.
type noKeys struct{ ctx context.Context }

func (n *noKeys) Read([]byte) (int, error) {
	<-n.ctx.Done()
	return 0, io.EOF
}
