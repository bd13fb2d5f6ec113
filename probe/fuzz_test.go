package probe

import (
	"cmp"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"errtop/internal/safetext"
	"errtop/tracker"
)

// answered returns the result of an answer that did not go over a network.
func answered(t *testing.T, status int, contentType string, body []byte, key string) tracker.Result {
	t.Helper()
	target := Target{Name: "api", URL: "http://a.example/v1", Headers: []tracker.Header{{Name: "X-API-Key", Value: key}}}
	p, err := newPlan(target, newClients(Options{}), newSchemas())
	if err != nil {
		t.Skip("such a key cannot be sent")
	}
	r := newRun(p, 1)
	r.result.Status, r.result.Time = status, time.Now()
	r.header = http.Header{"Content-Type": {contentType}, "Server": {contentType}, "X-Request-Id": {string(body)}}
	r.body = body
	r.judge()
	return r.finish()
}

func FuzzErrorBodyIsReadWithoutHarm(f *testing.F) {
	f.Add(429, "application/json", []byte(`{"error":"Rate limit exceeded","message":"Try again in 45 seconds","resetAt":"2026-09-21T13:13:50.500Z"}`))
	f.Add(400, "application/json", []byte(`{"error":"Invalid input","message":"bad","errors":["prompt: is required"],"details":{"a":[1,2]}}`))
	f.Add(500, "text/html", []byte("<title>\x1b[31m502</title>"))
	f.Add(503, "text/plain", []byte("down\nfor maintenance"))
	f.Add(401, "application/json", []byte(`{"error":{"message":"\u009b","code":7}}`))
	f.Fuzz(func(t *testing.T, status int, contentType string, body []byte) {
		r := answered(t, status, contentType, body, "")
		for _, text := range append([]string{r.Error, r.Message, r.RequestID}, r.Evidence.Errors...) {
			if safetext.Line(text) != text {
				t.Errorf("not harmless: %q", text)
			}
		}
		if (r.Kind == tracker.KindOK) != (status < 400) || (r.Kind.Failed() && (r.Error == "" && r.Message == "")) {
			t.Errorf("status %d is %s: %q %q", status, r.Kind, r.Error, r.Message)
		}
		if wait := time.Until(r.ResetAt); !r.ResetAt.IsZero() && (wait > time.Hour || wait < -time.Minute) {
			t.Errorf("comes back in %v", wait)
		}
	})
}

func FuzzSecretIsInNoResult(f *testing.F) {
	f.Add("s3cret/key+", `{"message":"key KEY is wrong"}`, 400)
	f.Add("päss wörd", "KEYKEY", 500)
	f.Add("aaaa", `{"error":"aKEYa","details":["KEY"]}`, 429)
	f.Fuzz(func(t *testing.T, key, body string, status int) {
		if len(strings.TrimSpace(key)) < 4 || strings.Contains("not be seen***", key) {
			t.Skip("too short to be looked for")
		}
		r := answered(t, status, "text/plain", []byte(strings.ReplaceAll(body, "KEY", key)), key)
		for _, text := range append([]string{r.Message, r.RequestID, r.Evidence.Body, r.Evidence.Details}, r.Evidence.Errors...) {
			if strings.Contains(text, key) && !strings.Contains(strings.ReplaceAll(text, safetext.Mask, ""), "\ufffd") && !ours(key) {
				t.Errorf("%q is in %q", key, text)
			}
		}
	})
}

// ours reports whether a key can appear in the words that errtop itself adds.
func ours(key string) bool {
	for status := range 600 {
		if strings.Contains(http.StatusText(status)+", answered by text/plain whose upstream did not answer: status 0123456789", key) {
			return true
		}
	}
	return strings.Trim(key, "*\ufffd\\x0123456789abcdefU+{}<>^[]") == ""
}

func TestEveryJSONTextOfTheCorpusIsReadWithoutHarm(t *testing.T) {
	corpus := cmp.Or(os.Getenv("ERRTOP_CORPUS"), "../internal/safetext/testdata/corpus")
	files, err := filepath.Glob(filepath.Join(corpus, "json", "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no corpus in %s: %v", corpus, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, body := range [][]byte{text, []byte(`{"error":"x","message":` + string(text) + `}`), []byte(`{"errors":` + string(text) + `,"details":` + string(text) + `}`)} {
			r := answered(t, 400, "application/json", body, "")
			if r.Kind != tracker.KindInvalid || safetext.Line(r.Message) != r.Message || safetext.Block(r.Evidence.Details) != r.Evidence.Details {
				t.Errorf("%s: %s %q", filepath.Base(file), r.Kind, r.Message)
			}
		}
	}
}
