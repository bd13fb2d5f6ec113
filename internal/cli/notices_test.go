package cli

import (
	"testing"
	"time"
)

func TestEveryViewerGetsEachNotice(t *testing.T) {
	var n notices
	now := time.Date(2026, 11, 22, 14, 0, 0, 0, time.UTC)
	n.publish(now.Add(-time.Hour), "long ago")
	n.publish(now.Add(-time.Second), "at the start")
	first, stopFirst := n.subscribe(now)
	second, stopSecond := n.subscribe(now)
	defer stopSecond()
	n.publish(now, "reloaded")
	stopFirst()
	n.publish(now, "later")
	for name, want := range map[string]struct {
		got  <-chan string
		want []string
	}{"the first": {first, []string{"at the start", "reloaded"}}, "the second": {second, []string{"at the start", "reloaded", "later"}}} {
		for _, text := range want.want {
			select {
			case got := <-want.got:
				if got != text {
					t.Errorf("%s got %q, want %q", name, got, text)
				}
			default:
				t.Errorf("%s did not get %q", name, text)
			}
		}
		select {
		case got := <-want.got:
			t.Errorf("%s also got %q", name, got)
		default:
		}
	}
}

func TestAViewerThatDoesNotReadHoldsNobodyUp(t *testing.T) {
	var n notices
	now := time.Date(2026, 11, 22, 14, 0, 0, 0, time.UTC)
	_, stop := n.subscribe(now)
	defer stop()
	for range 3 * noticesKept {
		n.publish(now, "again") // would hang here
	}
	late, stopLate := n.subscribe(now)
	defer stopLate()
	if got := len(late); got != noticesKept {
		t.Errorf("%d notices wait for a viewer that came late, want %d", got, noticesKept)
	}
}
