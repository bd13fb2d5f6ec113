package tui

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"errtop/internal/terminal"
	"errtop/tracker"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
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

// onScreen counts the bytes that a dashboard of 160 by 45 cells sends in each second over a line that is refreshed so often.
// Results come as record says; live says whether their source is.
// With -v it says which rows and columns changed how often.
func onScreen(t *testing.T, refresh time.Duration, live bool, seconds int, record func(tr *tracker.ErrorTracker, now time.Time)) []int {
	t.Helper()
	var changes changedCells
	tr := tracker.New(tracker.Settings{})
	tr.UpdateSource(noon, tracker.Source{Name: "load", State: tracker.SourceReading, Live: live})
	u := visit(t, 160, 45, nil, func(o *Options) { o.Engine, o.Refresh = tr, refresh })
	s := terminal.NewScreen([]string{"TERM=xterm-256color"}, colorprofile.TrueColor, false)
	sent := make([]int, seconds)
	version, taken := uint64(0), time.Time{}
	for second := range sent {
		for step := range int(time.Second / refresh) {
			now := noon.Add(time.Duration(second)*time.Second + time.Duration(step+1)*refresh)
			record(tr, now)
			news := newsMsg{now: now}
			if snap := tr.Snapshot(now); snap.Version != version || now.Sub(taken) >= restBetween {
				news.snap, version, taken = snap, snap.Version, now
			}
			u.m.Update(news)
			if p, fresh := u.m.picture(); fresh {
				sent[second] += len(s.Next(p))
				if testing.Verbose() {
					changes.take(p.Rows)
				}
			}
		}
	}
	if testing.Verbose() {
		t.Log(changes.String())
	}
	return sent
}

// changedCells counts the cells that differ from picture to picture, by row and by eight columns.
type changedCells struct {
	last          [][]rune
	rows, columns [1 << 8]int
}

func (c *changedCells) take(picture string) {
	for y, row := range strings.Split(ansi.Strip(picture), "\n") {
		cells := []rune(row)
		if y == len(c.last) {
			c.last = append(c.last, cells)
			continue
		}
		for x := range min(len(cells), len(c.last[y])) {
			if cells[x] != c.last[y][x] {
				c.rows[y]++
				c.columns[x/8]++
			}
		}
		c.last[y] = cells
	}
}

func (c *changedCells) String() string {
	var b strings.Builder
	for name, counts := range map[string][]int{"row": c.rows[:], "columns from 8 ×": c.columns[:]} {
		for i, n := range counts {
			if n > 0 {
				fmt.Fprintf(&b, "%s %d: %d  ", name, i, n)
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// worst is the mean of the seconds in a row, so many, that cost most.
func worst(sent []int, seconds int) (most int) {
	for from := range len(sent) - seconds + 1 {
		most = max(most, perSecond(sent, from, from+seconds))
	}
	return most
}

// perSecond is the mean of the seconds from one to another.
func perSecond(sent []int, from, to int) int {
	sum := 0
	for _, n := range sent[from:to] {
		sum += n
	}
	return sum / (to - from)
}

// The bars at 160×45 with 20 targets at 1000 results a second: 600 bytes a second, at the default refresh and over SSH, where it is one
// a second; in the first minute too, the first picture included.
func TestAThousandResultsASecondCostFewBytes(t *testing.T) {
	for refresh, bar := range map[time.Duration]int{250 * time.Millisecond: 600, time.Second: 300} {
		r := rand.New(rand.NewPCG(1, 2))
		sent := onScreen(t, refresh, true, 70, func(tr *tracker.ErrorTracker, now time.Time) {
			tr.Record(now, load(r, now, int(refresh/time.Millisecond)))
		})
		got := perSecond(sent, 10, 70)
		if got > bar {
			t.Errorf("refreshed every %v it takes %d bytes a second; the bar is %d", refresh, got, bar)
		}
		first := perSecond(sent, 0, 60)
		if refresh == time.Second && first > 600 {
			t.Errorf("in the first minute it takes %d bytes a second", first)
		}
		t.Logf("refreshed every %v it takes %d bytes a second, %d in the first minute", refresh, got, first)
	}
}

// The bar over SSH at 160×45: 40 bytes a second in seconds 8 to 28 after 2,000 results were piped in within a second. Every
// row's rate used to fall a little each second.
func TestAfterResultsWerePipedInTheirFiguresStandStill(t *testing.T) {
	for _, live := range []bool{true, false} {
		r := rand.New(rand.NewPCG(1, 2))
		sent := onScreen(t, time.Second, live, 40, func(tr *tracker.ErrorTracker, now time.Time) {
			if now.Equal(noon.Add(time.Second)) {
				tr.Record(now, load(r, now, 2000))
			}
		})
		if got := perSecond(sent, 8, 28); got > 40 {
			t.Errorf("live %v: %d bytes a second: %d", live, got, sent)
		} else {
			t.Logf("live %v: %d bytes a second", live, got)
		}
	}
}

// The bar over SSH: 12 bytes a second while all is well, over any minute after the first six, in which charts and figures begin,
// but for the moments at which they go on to show 30 minutes and an hour. Twenty targets are probed every 30 s, and answer in about the
// same time.
func TestACalmScreenCostsTwelveBytesASecond(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	sent := onScreen(t, time.Second, true, 4800, func(tr *tracker.ErrorTracker, now time.Time) {
		for i := range 20 {
			if second := int(now.Sub(noon) / time.Second); second%30 == i%30 {
				tr.Record(now, []tracker.Result{{
					Time: now, Target: fmt.Sprintf("service-%02d", i), Source: "load", Origin: tracker.OriginProbe, Status: 200,
					Latency: 80*time.Millisecond + time.Duration(r.IntN(8))*time.Millisecond,
				}})
			}
		}
	})
	begins, mean := worst(sent[60:350], 30), perSecond(sent, 4200, 4800)
	minute, half := 0, 0
	for _, span := range [][]int{sent[360:890], sent[1000:1790], sent[1900:]} {
		minute, half = max(minute, worst(span, 60)), max(half, worst(span, 30))
	}
	if begins > 25 || half > 14 || minute > 12 || mean > 5 {
		t.Errorf("at most %d bytes a second in 30 s of the first minutes, %d later; %d in a minute; %d in the end", begins, half, minute, mean)
	}
	t.Logf("at most %d bytes a second in 30 s of the first minutes, %d later; %d in a minute; %d in the end", begins, half, minute, mean)
}

// BenchmarkOnATerminal runs the whole dashboard on a pseudo-terminal for a second an operation and reports what that terminal
// gets to see: run it with -benchtime 10x.
func BenchmarkOnATerminal(b *testing.B) {
	for name, c := range map[string]struct {
		rate    int
		refresh time.Duration
	}{"idle": {0, 0}, "idle, slow line": {0, time.Second}, "1000 a second": {1000, 0}, "1000 a second, slow line": {1000, time.Second}} {
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
