package config_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"errtop/internal/config"
)

var update = flag.Bool("update", false, "write what Load says into testdata/bad")

// surroundings are an environment and names as the other rooms would give them.
func surroundings() config.Surroundings {
	env := map[string]string{"KEY": "s3cret", "HOST": "api.example", "EMPTY": "", "HOME": "/home/me", "PATH": os.Getenv("PATH")}
	return config.Surroundings{
		LookupEnv: func(name string) (string, bool) { v, ok := env[name]; return v, ok },
		Themes:    []string{"dark", "light", "high-contrast", "mono"},
		Styles:    []string{"failing", "degraded", "ok"},
		Actions:   []string{"quit", "help", "freeze"},
		Formats:   []string{"json", "access"},
		Fields:    []string{"status", "duration", "time"},
	}
}

// Every file in testdata/bad is refused with exactly the lines that stand behind "#! " at its end.
func TestEveryMistakeIsNamedWithItsPlaceAndItsMend(t *testing.T) {
	files, err := filepath.Glob("testdata/bad/*.toml")
	if err != nil || len(files) < 50 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".toml"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			source, want, _ := strings.Cut(string(text), "#! ")
			_, err = open(t, file, surroundings())
			if err == nil {
				t.Fatal("accepted")
			}
			got := strings.ReplaceAll(err.Error(), file+":", "")
			if strings.Contains(got, "s3cret") {
				t.Errorf("a secret is quoted: %s", got)
			}
			got = "#! " + strings.ReplaceAll(got, "\n", "\n#! ") + "\n"
			if *update {
				if err := os.WriteFile(file, []byte(source+got), 0o600); err != nil {
					t.Fatal(err)
				}
				return
			}
			if got != "#! "+want {
				t.Errorf("got\n%swant\n#! %s", got, want)
			}
		})
	}
}
