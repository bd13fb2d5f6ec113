package cli

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"errtop/internal/config"
	"errtop/internal/engine"
	"errtop/internal/safego"
	"errtop/tracker"
	"errtop/tui"
)

// TestTwoViewersOfOneEngineTellTheSame puts two viewers on one engine in one process: both tell every change and every notice.
func TestTwoViewersOfOneEngineTellTheSame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := func(ctx context.Context, in engine.Intake) error {
			in.Health(tracker.Source{Name: "test", State: tracker.SourceReading, Live: true})
			time.Sleep(time.Second) // until both viewers wait for the first result
			for range 200 {
				in.Emit([]tracker.Result{{Time: time.Now(), Target: "flux", Status: 500, Kind: tracker.KindServer, Error: "boom", Source: "test"}})
				select {
				case <-ctx.Done():
					return nil
				case <-time.After(100 * time.Millisecond):
				}
			}
			return nil
		}
		eng, err := engine.New(engine.Options{Settings: config.Default(), Sources: []engine.Source{source}})
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithTimeout(t.Context(), time.Minute)
		defer stop()
		group, ctx := safego.WithContext(ctx)
		var told [2]bytes.Buffer
		for i := range told {
			group.Go(func() error {
				return tui.Plain(ctx, &told[i], tui.Options{Engine: eng, Notices: eng.Notices, Location: time.UTC, Environ: []string{}})
			})
		}
		group.Go(func() error { return eng.Run(ctx) })
		time.Sleep(10 * time.Second)
		eng.Notice("read errtop.toml again")
		if err := group.Wait(); err != nil {
			t.Error(err)
		}
		first, second := withoutStamps(told[0].String()), withoutStamps(told[1].String())
		if first != second {
			t.Errorf("one viewer told\n%s\nand the other\n%s", first, second)
		}
		for _, want := range []string{"flux", "boom", "read errtop.toml again"} {
			if !strings.Contains(first, want) {
				t.Errorf("%q was not told:\n%s", want, first)
			}
		}
	})
}

// withoutStamps takes the times off lines: a notice has that of the refresh in which its viewer read it.
func withoutStamps(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		_, rest, _ := strings.Cut(line, " ")
		b.WriteString(rest)
	}
	return b.String()
}
