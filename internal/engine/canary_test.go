package engine_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"errtop/internal/config"
	"errtop/internal/engine"
	"errtop/internal/ingest"
	"errtop/internal/safego"
	"errtop/internal/safetext"
	"errtop/internal/safetext/canary"
	"errtop/tracker"
)

// Doors are how text from elsewhere comes in. Each hands text to an engine in as many fields as it has.
var doors = map[string]func(t *testing.T, settings *config.Config, texts []string) []engine.Source{
	"json":   func(_ *testing.T, _ *config.Config, texts []string) []engine.Source { return lines(texts, jsonLine) },
	"logfmt": func(_ *testing.T, _ *config.Config, texts []string) []engine.Source { return lines(texts, logfmtLine) },
	"access": func(_ *testing.T, _ *config.Config, texts []string) []engine.Source { return lines(texts, accessLine) },
	"unreadable": func(_ *testing.T, _ *config.Config, texts []string) []engine.Source {
		var sources []engine.Source
		for from := 0; from < len(texts); from += 10 { // so many are kept
			read := lines(texts[from:min(from+10, len(texts))], func(text string) string { return `{"status":500,"target":"x"}` + "\n" + text })
			sources = append(sources, read...)
		}
		return sources
	},
	"probe": func(t *testing.T, settings *config.Config, texts []string) []engine.Source {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { answer(w, r, texts) }))
		t.Cleanup(server.Close)
		for i := range texts {
			settings.Targets = append(settings.Targets, config.Target{
				Name: fmt.Sprint(i), URL: fmt.Sprintf("%s/%d", server.URL, i), Interval: config.Duration(time.Hour), Timeout: config.Duration(10 * time.Second),
				Attempts: 1, Retry: "never", Expect: []string{`body == "other"`},
			})
		}
		return nil
	},
}

func lines(texts []string, line func(string) string) []engine.Source {
	var b strings.Builder
	for _, text := range texts {
		b.WriteString(line(text) + "\n")
	}
	log := b.String()
	return []engine.Source{engine.Reader(fmt.Sprintf("log %p", &log), strings.NewReader(log), ingest.Options{})}
}

func jsonLine(text string) string {
	quoted, _ := json.Marshal(text)
	s := string(quoted)
	return `{"ts":"2026-01-02T03:04:05Z","status":503,"method":"POST","path":"/x","duration_ms":5,"error":` + s + `,"message":` + s + `,"stack":` + s + `,"details":` + s + `,"errors":[` + s + `],"upstream":` + s + `,"level":` + s + `,"request_id":` + s + `,"host":` + s + `}`
}

func logfmtLine(text string) string {
	return `ts=2026-01-02T03:04:05Z status=503 method=POST path=/x duration=5ms msg=` + fmt.Sprintf("%q", text)
}

func accessLine(text string) string {
	return `10.0.0.1 - - [02/Jan/2026:03:04:05 +0000] "GET /x?` + strings.NewReplacer(" ", "%20", `"`, "%22", "\n", "%0A").Replace(text) + ` HTTP/1.1" 503 12 "` + strings.NewReplacer(`"`, `\"`, "\n", `\n`).Replace(text) + `" "curl"`
}

// answer is a server that says the text of its path in every part of an answer.
func answer(w http.ResponseWriter, r *http.Request, texts []string) {
	var i int
	_, _ = fmt.Sscanf(r.URL.Path, "/%d", &i)
	text := texts[i]
	for _, name := range []string{"X-Request-Id", "Server", "Via", "Etag", "Location", "Retry-After", "X-Ratelimit-Reset"} {
		w.Header().Set(name, strings.Map(func(r rune) rune {
			if r < ' ' || r == 0x7f {
				return ' '
			}
			return r
		}, text))
	}
	switch i % 4 {
	case 0:
		w.WriteHeader(500)
		_ = json.NewEncoder(w).Encode(map[string]any{"error": text, "message": text, "errors": []string{text}, "details": map[string]string{"x": text}})
	case 1:
		w.Header().Set("Content-Type", "text/plain")
		w.WriteHeader(502)
		_, _ = io.WriteString(w, text)
	case 2:
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(502)
		_, _ = io.WriteString(w, "<title>"+text+"</title>")
	default:
		_, _ = io.WriteString(w, text) // against what is expected
	}
}

// through returns the snapshot of an engine that texts came into through a door.
func through(t *testing.T, door string, texts []string) *tracker.Snapshot {
	t.Helper()
	settings := config.Default()
	settings.Tracker = config.Tracker{Ring: 100_000, MaxTargets: 10_000, MaxGroups: 10_000}
	sources := doors[door](t, settings, texts)
	e, err := engine.New(engine.Options{Settings: settings, Sources: sources, EndWithSources: len(sources) > 0})
	if err != nil {
		t.Fatal(err)
	}
	e.AddMark(tracker.Mark{Text: texts[0], Target: texts[0], Version: texts[0]})
	if len(sources) > 0 {
		if err := e.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		return e.Snapshot(time.Now())
	}
	return probed(t, e, len(texts))
}

// eachText calls look for every string that can be reached from v, by reflection, so that a field that is added later is not
// forgotten.
func eachText(v reflect.Value, path string, look func(path, text string)) {
	switch v.Kind() {
	case reflect.String:
		look(path, v.String())
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() && v.Type() != reflect.TypeFor[*time.Location]() {
			eachText(v.Elem(), path, look)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			eachText(v.Field(i), path+"."+v.Type().Field(i).Name, look)
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			eachText(v.Index(i), path, look)
		}
	case reflect.Map:
		for entry := v.MapRange(); entry.Next(); {
			eachText(entry.Key(), path, look)
			eachText(entry.Value(), path, look)
		}
	default: // holds no text
	}
}

func TestNoSecretIsInAnySnapshot(t *testing.T) {
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
	for door := range doors {
		t.Run(door, func(t *testing.T) {
			some := texts
			if door == "probe" { // each takes a connection
				some = texts[:0:0]
				for i := 0; i < len(texts); i += 13 {
					some = append(some, texts[i])
				}
			}
			masks, found := 0, map[string]bool{}
			eachText(reflect.ValueOf(through(t, door, some)), "", func(path, text string) {
				masks += strings.Count(text, safetext.Mask)
				if leak := canary.Leak(text, value); leak != "" && len(found) < 20 && !found[path+leak] {
					found[path+leak] = true
					t.Errorf("%s: %q", path, leak)
				}
			})
			if masks < len(some)/2 {
				t.Errorf("only %d masks of %d texts: what came in?", masks, len(some))
			}
		})
	}
}

func TestNoHostileTextIsInAnySnapshot(t *testing.T) {
	texts := slices.Concat(canary.Hostile, canary.Hostile)
	for door := range doors {
		t.Run(door, func(t *testing.T) {
			seen := 0
			eachText(reflect.ValueOf(through(t, door, texts)), "", func(path, text string) {
				seen++
				if safetext.Line(text) != text && safetext.Block(text) != text {
					t.Errorf("%s: %q", path, text)
				}
			})
			if seen < len(texts) {
				t.Errorf("only %d texts", seen)
			}
		})
	}
}

func TestPushesAreADoorTooWithTheirReplies(t *testing.T) {
	const value = "C4N4RYx7Q"
	socket := filepath.Join(t.TempDir(), "s")
	settings := config.Default()
	settings.Push = config.Push{Listen: "unix:" + socket, Token: "0wn-t0ken"}
	e, err := engine.New(engine.Options{Settings: settings})
	if err != nil {
		t.Fatal(err)
	}
	post := running(t, e, socket)
	for _, text := range slices.Concat(canary.Texts[:40], canary.Hostile) {
		text = canary.Fill(text, value)
		for _, body := range []string{jsonLine(text), text, "[" + text} {
			for _, header := range []http.Header{{"Authorization": {"Bearer 0wn-t0ken"}}, {"Authorization": {"Bearer " + value}}, {"Authorization": {"Bearer 0wn-t0ken"}, "Content-Encoding": {value}}, {"Authorization": {"Bearer 0wn-t0ken"}, "Content-Encoding": {"gzip"}}} {
				reply := post(body, header)
				if leak := canary.Leak(reply, value); leak != "" || strings.Contains(reply, "0wn") || strings.ContainsFunc(reply, func(r rune) bool { return r < ' ' && r != '\n' || r >= 0x7f && r < 0xa0 }) {
					t.Errorf("%q is answered with %q", body, reply)
				}
			}
		}
	}
	eachText(reflect.ValueOf(e.Snapshot(time.Now())), "", func(path, text string) {
		if leak := canary.Leak(text, value); leak != "" {
			t.Errorf("%s: %q", path, leak)
		}
	})
	_ = os.Remove(socket)
}

// probed runs an engine until each of its n targets has a result.
func probed(t *testing.T, e *engine.Engine, n int) *tracker.Snapshot {
	t.Helper()
	changed, stop := e.Watch()
	defer stop()
	ctx, cancel := context.WithCancel(t.Context())
	ended := safego.Start(func() error { return e.Run(ctx) })
	defer func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}()
	for {
		snapshot := e.Snapshot(time.Now())
		if snapshot.Overall.Hour.Requests >= uint64(n) {
			return snapshot
		}
		select {
		case <-changed:
		case err := <-ended:
			t.Fatal(err)
		case <-t.Context().Done():
			t.Fatalf("%d of %d targets were probed", snapshot.Overall.Hour.Requests, n)
		}
	}
}

// running starts an engine that takes pushes on a socket, and returns how one is sent: its reply in one text.
func running(t *testing.T, e *engine.Engine, socket string) func(body string, header http.Header) string {
	t.Helper()
	changed, stop := e.Watch()
	defer stop()
	ctx, cancel := context.WithCancel(t.Context())
	ended := safego.Start(func() error { return e.Run(ctx) })
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", socket)
	}}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	for len(e.Snapshot(time.Now()).Sources) == 0 {
		select {
		case <-changed:
		case err := <-ended:
			t.Fatal(err)
		}
	}
	client := &http.Client{Transport: transport}
	return func(body string, header http.Header) string {
		t.Helper()
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://localhost/v1/results", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		request.Header = header
		response, err := client.Do(request)
		if err != nil {
			return "" // refused before the body was read
		}
		defer func() { _ = response.Body.Close() }()
		said, _ := io.ReadAll(response.Body)
		return fmt.Sprintf("%v\n%s", response.Header, said)
	}
}
