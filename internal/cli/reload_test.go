//go:build unix

package cli

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// writeConfig replaces the config at path, as an editor does, by one with targets of those names at url.
func writeConfig(t *testing.T, path, url string, names ...string) {
	t.Helper()
	var text strings.Builder
	for _, name := range names {
		fmt.Fprintf(&text, "[[targets]]\nname = %q\nurl = %q\ninterval = \"1s\"\n", name, url)
	}
	replace(t, path, text.String())
}

func replace(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path+".new", []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
}

func TestTargetsComeAndGoWithTheConfigFile(t *testing.T) {
	t.Parallel()
	api := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(api.Close)
	path := filepath.Join(t.TempDir(), "watched.toml")
	writeConfig(t, path, api.URL, "alpha", "beta")
	s := start(t, nil, "errtop", "--config", path)
	s.waitFor("alpha")
	s.waitFor("beta")

	writeConfig(t, path, api.URL, "alpha", "gamma")
	s.waitFor("2 targets, 1 new, 1 gone")
	s.waitFor("gamma")

	replace(t, path, "[[targets]]\nname = \"alpha\"\nurll = \"x\"\n")
	s.waitFor("kept the settings as they were")
	s.press("q")
	if status := s.waitExit(); status != 0 {
		t.Errorf("exit status %d", status)
	}
}
