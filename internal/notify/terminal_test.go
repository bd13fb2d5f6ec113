package notify

import (
	"context"
	"errors"
	"testing"

	"errtop/internal/alert"
)

func TestATerminalIsToldWhatFiresAndWhatIsOver(t *testing.T) {
	var got []Page
	terminal := NewTerminal(func(_ context.Context, p Page) error {
		got = append(got, p)
		return nil
	})
	for _, reason := range []alert.Reason{alert.ReasonFiring, alert.ReasonResolved} {
		if err := terminal.Send(t.Context(), &alert.Notification{Reason: reason, Alerts: []alert.Alert{{Text: "billing: connection refused"}, {Text: "checkout"}}}); err != nil {
			t.Fatal(err)
		}
	}
	want := []Page{{Text: "FIRING: billing: connection refused"}, {Text: "RESOLVED: billing: connection refused", Over: true}}
	if len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("shown %+v, want %+v", got, want)
	}
	gone := errors.New("nobody looks")
	if err := NewTerminal(func(context.Context, Page) error { return gone }).Send(t.Context(), &alert.Notification{}); !errors.Is(err, gone) {
		t.Errorf("a screen that takes nothing gives %v", err)
	}
}
