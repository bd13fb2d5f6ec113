package engine_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/klauspost/compress/zstd"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"errtop/internal/config"
	"errtop/internal/engine"
	"errtop/internal/ingest"
	"errtop/internal/safego"
	"errtop/internal/safetext"
	"errtop/internal/safetext/canary"
)

// wire keeps what is published on a server, unpacked: every subject, header and payload.
type wire struct {
	*testing.T
	mu    sync.Mutex
	texts map[string]string // what was seen last of a kind and subject
	kinds map[string]int
	bases map[string][]byte // of pieces, by subject
	heard chan struct{}     // holds one value at most
}

// take takes a message.
func (w *wire) take(m *nats.Msg) {
	w.mu.Lock()
	defer w.mu.Unlock()
	kind := "other"
	if tokens := strings.Split(m.Subject, "."); len(tokens) > 4 && tokens[0] == "errtop" {
		kind = tokens[4]
	}
	w.kinds[kind]++
	head, packed, ok := bytes.Cut(m.Data, []byte("\n"))
	text := fmt.Sprint(m.Subject, " ", m.Reply, " ", m.Header, " ", string(head))
	if ok && kind == "sum" {
		text += string(w.unpack(m.Subject, packed))
	} else {
		text += string(packed)
	}
	w.texts[fmt.Sprint(m.Subject, w.kinds[kind])] = text
	select {
	case w.heard <- struct{}{}:
	default:
	}
}

// unpack unpacks a state; one that is packed against another piece with that.
func (w *wire) unpack(subject string, packed []byte) []byte {
	var options []zstd.DOption
	base, delta := strings.CutSuffix(subject, "d")
	if delta {
		options = append(options, zstd.WithDecoderDictRaw(1, w.bases[base]))
	}
	reader, err := zstd.NewReader(nil, options...)
	if err != nil {
		w.Error(err)
		return nil
	}
	defer reader.Close()
	state, err := reader.DecodeAll(packed, nil)
	if err != nil || !bytes.Contains(state, []byte("errtop state")) {
		w.Errorf("%s: %d bytes cannot be unpacked: %v", subject, len(packed), err)
	}
	if !delta {
		w.bases[subject] = state
	}
	return state
}

// until waits until enough of each kind was seen.
func (w *wire) until(what string, holds func(kinds map[string]int) bool) {
	w.Helper()
	deadline := time.NewTimer(2 * time.Minute)
	defer deadline.Stop()
	for {
		w.mu.Lock()
		yes := holds(w.kinds)
		w.mu.Unlock()
		if yes {
			return
		}
		select {
		case <-w.heard:
		case <-deadline.C:
			w.mu.Lock()
			defer w.mu.Unlock()
			w.Fatalf("%s: %v", what, w.kinds)
		}
	}
}

// What an agent sends to the servers of a fleet has no secret in it, however it came in: not in a subject, a header, or anything that is
// packed in a message.
func TestNoSecretIsOnTheWire(t *testing.T) {
	if testing.Short() {
		t.Skip("thousands of texts")
	}
	const value = "C4N4RYx7Q"
	var texts []string
	for _, text := range canary.Texts {
		if !utf8.ValidString(text) { // JSON cannot carry it
			continue
		}
		forms := canary.Encodings(canary.Fill(text, value))
		for _, name := range []string{"raw", "json", "percent", "html", "base64", "hex"} {
			if form := forms[name]; form != "" && !strings.Contains(form, "\n") {
				texts = append(texts, form)
			}
		}
	}
	s, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: t.TempDir(), NoLog: true, NoSigs: true})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(s.Shutdown)
	if !s.ReadyForConnections(20 * time.Second) {
		t.Fatal("the server does not start")
	}
	listens, err := nats.Connect(s.ClientURL())
	if err != nil {
		t.Fatal(err)
	}
	defer listens.Close()
	w := &wire{T: t, texts: map[string]string{}, kinds: map[string]int{}, bases: map[string][]byte{}, heard: make(chan struct{}, 1)}
	if _, err := listens.Subscribe(">", w.take); err != nil {
		t.Fatal(err)
	}

	settings := config.Default()
	settings.Tracker = config.Tracker{Ring: 1000, MaxTargets: 10_000, MaxGroups: 10_000}
	settings.Fleet.Servers, settings.Fleet.Name, settings.Fleet.Place = []string{s.ClientURL()}, "web-1", "eu-1"
	var sources []engine.Source
	every := map[string]int{"json": 5, "logfmt": 7, "access": 11, "unreadable": 13, "probe": 101} // all of them are in the test of snapshots
	for name, door := range doors {
		some := texts[:0:0]
		for i := 0; i < len(texts); i += max(every[name], 5) {
			some = append(some, texts[i])
		}
		sources = append(sources, door(t, settings, some)...)
	}
	later, feed := io.Pipe()
	sources = append(sources, engine.Reader("later", later, ingest.Options{}))
	e, err := engine.New(engine.Options{Settings: settings, Sources: sources})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	group, _ := safego.WithContext(ctx)
	group.Go(func() error { return e.Run(ctx) })
	w.until("no sum is sent", func(kinds map[string]int) bool { return kinds["sum"] > 3 && kinds["state"] > 0 })
	for i := 0; ; i++ { // while somebody looks, failures are told at once
		text := strings.ReplaceAll(jsonLine(texts[i*97%len(texts)]), "2026-01-02T03:04:05Z", time.Now().UTC().Format(time.RFC3339))
		if _, err := io.WriteString(feed, text+"\n"); err != nil {
			t.Fatal(err)
		}
		enough := false
		w.until("nothing more is sent", func(kinds map[string]int) bool {
			enough = kinds["err"] > 3
			return enough || kinds["sum"]+kinds["live"]+kinds["err"]+kinds["state"] > i
		})
		if enough && i > 20 {
			break
		}
	}
	stop()
	_ = feed.Close()
	if err := group.Wait(); err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if err := listens.Flush(); err != nil {
		t.Fatal(err)
	}

	w.mu.Lock()
	defer w.mu.Unlock()
	masks, found := 0, map[string]bool{}
	for what, text := range w.texts {
		masks += strings.Count(text, safetext.Mask)
		if leak := canary.Leak(text, value); leak != "" && len(found) < 20 && !found[leak] {
			found[leak] = true
			t.Errorf("%s: %q", what, leak)
		}
	}
	t.Logf("%v messages, %d masks", w.kinds, masks)
	if masks < len(texts)/20 {
		t.Errorf("only %d masks of %d texts: what was sent?", masks, len(texts))
	}
}
