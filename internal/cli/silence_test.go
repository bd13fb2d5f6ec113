//go:build unix

package cli

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A silence that is added tells which alerts it hides, and the list tells it of them.
func TestASilenceSaysWhatItHides(t *testing.T) {
	t.Parallel()
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }))
	t.Cleanup(api.Close)
	path := filepath.Join(t.TempDir(), "watched.toml")
	config := "[alerts]\ndefault_rules = false\n[[rules]]\nname = \"any error\"\nwhen = \"target.errors > 0\"\n" +
		"[[targets]]\nname = \"alpha\"\nurl = \"" + api.URL + "\"\ninterval = \"100ms\"\nattempts = 1\n"
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	w := watch(t, path)
	w.waitFor("requests failed in five minutes")
	for _, step := range []struct{ run, want string }{
		{"silence add --rule nothing", "hides 0 alerts"},
		{"silence add --target al* --for 1h --note deploy", "hides 1 alert\n  firing   warning  alpha: 100 % of"},
		{"silence add --rule any*", "hides 0 alerts"}, // one is hidden already
		{"silence list", "target=al*"},
		{"alerts list", "silenced until"},
	} {
		if out, status := w.run(strings.Fields(step.run)...); status != 0 || !strings.Contains(out, step.want) {
			t.Errorf("%s: status %d, %q lacks %q", step.run, status, out, step.want)
		}
	}
}
