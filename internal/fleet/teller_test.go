package fleet

import (
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// untilTells waits until a teller has the turn: it may take 30 s.
func untilTells(t *testing.T, teller *Teller) {
	t.Helper()
	look := time.NewTicker(50 * time.Millisecond)
	defer look.Stop()
	const within = 30 * time.Second
	deadline := time.NewTimer(within)
	defer deadline.Stop()
	for {
		if _, yes := teller.Tells(time.Now()); yes {
			return
		}
		select {
		case <-look.C:
		case <-deadline.C:
			t.Fatalf("nobody tells after %s", within)
		}
	}
}

// Of two watchers one tells; when it leaves, the other does, and knows what was told.
func TestOneWatcherTells(t *testing.T) {
	s := testServer(t)
	a := NewTeller(settingsOf(s, "a", ""), func(text string) { t.Log(text) })
	b := NewTeller(settingsOf(s, "b", ""), func(text string) { t.Log(text) })
	stop := run(t, a.Run)
	untilTells(t, a)
	run(t, b.Run)
	if err := a.Told(t.Context(), "abc"); err != nil {
		t.Fatal(err)
	}
	if _, yes := b.Tells(time.Now()); yes {
		t.Error("both tell")
	}
	stop()
	untilTells(t, b)
	for key, want := range map[string]bool{"abc": true, "def": false} {
		if told, err := b.WasTold(t.Context(), key); err != nil || told != want {
			t.Errorf("%s was told: %t, %v", key, told, err)
		}
	}
}

// A watcher that is gone without a word is replaced within 30 s.
func TestTheTurnOfADeadWatcherIsTaken(t *testing.T) {
	if testing.Short() {
		t.Skip("takes as long as the key holds")
	}
	s := testServer(t)
	conn, err := nats.Connect(s.ClientURL())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	if err := ensureBuckets(t.Context(), conn, settingsOf(s, "", "")); err != nil {
		t.Fatal(err)
	}
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	turns, err := js.KeyValue(t.Context(), bucketOf("shop"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := turns.Create(t.Context(), turnKey, []byte("dead")); err != nil {
		t.Fatal(err)
	}
	teller := NewTeller(settingsOf(s, "a", ""), func(text string) { t.Log(text) })
	run(t, teller.Run)
	untilTells(t, teller)
}
