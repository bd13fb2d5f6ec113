package config_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"errtop/internal/config"
	"errtop/tracker"
)

// load writes text into a config with that mode and loads it.
func load(t *testing.T, text string, mode os.FileMode) (*config.Config, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "errtop.toml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil { // whatever the umask
		t.Fatal(err)
	}
	return open(t, path, surroundings())
}

func mustLoad(t *testing.T, text string) *config.Config {
	t.Helper()
	c, err := load(t, text, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestEmptyFileGivesTheDefaults(t *testing.T) {
	for _, text := range []string{"", "# nothing\n", "\ufeff# from an editor that marks byte order\n"} {
		c := mustLoad(t, text)
		if c.Tracker.Ring != 100 || c.Breaker.Threshold != 5 || c.Breaker.Recovery.Std() != time.Minute || len(c.Targets) != 0 {
			t.Errorf("%q: %+v", text, c)
		}
	}
}

func TestTargetsInheritWhatTheyLeaveOut(t *testing.T) {
	c := mustLoad(t, `
[[targets]]
name = "a"
url = "https://h"

[[targets]]
name = "b"
url = "https://h"
interval = "5s"
breaker.threshold = 2

[probe]
interval = "7s"
timeout = "1s"

[breaker]
threshold = 9
recovery = "1h30m"
`)
	a, b := c.Targets[0], c.Targets[1]
	if a.Interval.Std() != 7*time.Second || a.Timeout.Std() != time.Second || a.Breaker.Threshold != 9 || a.Retry != "auto" || a.Attempts != 3 {
		t.Errorf("a: %+v", a)
	}
	if b.Interval.Std() != 5*time.Second || b.Breaker.Threshold != 2 || b.Breaker.Recovery.Std() != 90*time.Minute {
		t.Errorf("b: %+v", b)
	}
}

func TestStringsTakeVariablesFromTheEnvironment(t *testing.T) {
	c := mustLoad(t, `
[[targets]]
name = "costs $5 $$ $${KEY}"
url = "https://${HOST}/x/${KEY}/y"
headers = { Authorization = "Bearer ${KEY}" }
body = '{"key": "${KEY}", "regexp": "^a$"}'
expect = "body != '${HOST}'"
`)
	got := c.Targets[0]
	if got.Name != "costs $5 $ ${KEY}" || got.URL != "https://api.example/x/s3cret/y" || got.Body != `{"key": "s3cret", "regexp": "^a$"}` ||
		got.Headers["Authorization"].Reveal() != "Bearer s3cret" || got.Expect[0] != "body != 'api.example'" {
		t.Errorf("%+v", got)
	}
	if len(got.Secrets) != 2 || got.Secrets[0].Reveal() != "s3cret" || got.Secrets[1].Reveal() != "s3cret" {
		t.Errorf("%d secrets", len(got.Secrets))
	}
}

func TestSecretsComeFromFilesAndCommands(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "errtop.toml")
	text := `
[[targets]]
name = "a"
url = "https://h"
[targets.headers]
A = { file = "key", prefix = "Bearer " }
B = { command = ["printf", "%s\n", "from a command"] }
`
	for name, content := range map[string]string{"errtop.toml": text, "key": "from a file\n"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c, err := open(t, path, surroundings())
	if err != nil {
		t.Fatal(err)
	}
	h := c.Targets[0].Headers
	if h["A"].Reveal() != "Bearer from a file" || h["B"].Reveal() != "from a command" {
		t.Errorf("%q %q", h["A"].Reveal(), h["B"].Reveal())
	}
	if err := os.Chmod(path, 0o620); err != nil {
		t.Fatal(err)
	}
	if _, err := open(t, path, surroundings()); err == nil || !strings.Contains(err.Error(), ":7:5: targets[0].headers.B: commands are not run") {
		t.Errorf("a config that others may write to: %v", err)
	}
}

func TestPathsAreRelativeToTheFile(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "errtop.toml")
	text := `
[[targets]]
name = "a"
url = "https://h"
schema = "body.json"
tls = { ca = "ca.pem", cert = "~/c.pem", key = "/etc/k.pem" }
[[sources]]
files = ["logs/*.log", "~/x.log"]
[push]
listen = "unix:run/sock"
`
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := open(t, path, surroundings())
	if err != nil {
		t.Fatal(err)
	}
	at := func(name string) string { return filepath.Join(folder, name) }
	for got, want := range map[string]string{
		c.Targets[0].Schema: at("body.json"), c.Targets[0].TLS.CA: at("ca.pem"), c.Targets[0].TLS.Cert: "/home/me/c.pem",
		c.Targets[0].TLS.Key: "/etc/k.pem", c.Sources[0].Files[0]: at("logs/*.log"), c.Sources[0].Files[1]: "/home/me/x.log",
		c.Push.Listen: "unix:" + at("run/sock"),
	} {
		if got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

func TestWhatIsUnwiseIsWarnedOf(t *testing.T) {
	const open = `
[[targets]]
name = "a"
url = "https://user:s3cret@h/?limit=1"
headers = { X-Key = "s3cret", Accept = "text/plain", B = "${KEY}", C = { command = ["echo", "x"] } }
[push]
listen = "127.0.0.1:1"
token = "s3cret"
`
	const closed = `
[[targets]]
name = "a"
url = "https://h/?limit=1&key=${KEY}"
headers = { Authorization = "Bearer ${KEY}", Content-Type = "application/json" }
`
	for _, c := range []struct {
		name, text string
		mode       os.FileMode
		want       string
	}{
		{"readable", open, 0o644, "(mode 0644) and holds secrets: targets[0].url, targets[0].headers.X-Key, push.token; chmod 600 it, or use ${NAME}"},
		{"by the group", open, 0o640, "(mode 0640)"},
		{"by nobody else", open, 0o600, ""},
		{"without literals", closed, 0o644, ""},
		{"more targets than are kept", "[tracker]\nmax_targets = 1\n" + closed + "[[targets]]\nname = \"b\"\nurl = \"https://h\"\n", 0o600, "tracker.max_targets is 1 and there are 2 targets: the last 1 are counted together as (other); set max_targets = 2"},
		{"any certificate", closed + "tls.insecure = true", 0o600, "targets[0].tls.insecure: a is trusted"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := load(t, c.text, c.mode)
			if err != nil {
				t.Fatal(err)
			}
			warning := strings.Join(got.Warnings, "\n")
			if !strings.Contains(warning, c.want) || (c.want == "") != (warning == "") {
				t.Errorf("warnings %q, want %q", warning, c.want)
			}
			if strings.Contains(warning, "s3cret") {
				t.Error("the warning tells the secret")
			}
		})
	}
}

func TestWhatOthersFindWrongIsNamedWithItsPlace(t *testing.T) {
	c := mustLoad(t, "[[targets]]\nname = \"a\"\nurl = \"https://h\"\nexpect = [\"status == 200\", \"stats\"]\n")
	for _, m := range []struct{ key, problem, want string }{
		{"targets[0].expect[1]", "unknown name stats", ":4:28: targets[0].expect[1]: unknown name stats"},
		{"targets[0]", "expect[1]: unknown name stats", ":4:28: targets[0].expect[1]: unknown name stats"},
		{"targets[0]", "url: no such host: h", ":3:7: targets[0].url: no such host: h"},
		{"targets[0]", "schema: not set: x", ":1:3: targets[0]: schema: not set: x"},
		{"targets[0].attempts", "too many", ":1:3: targets[0].attempts: too many"},
	} {
		err := c.Mistake(m.key, errors.New(m.problem))
		if _, ok := errors.AsType[*config.Error](err); !ok || !strings.HasSuffix(err.Error(), "errtop.toml"+m.want) {
			t.Errorf("%v, want %s", err, m.want)
		}
	}
	if err := config.Default().Mistake("probe.timeout", errors.New("x")); err.Error() != "probe.timeout: x" {
		t.Errorf("without a file: %v", err)
	}
}

func TestAFileThatCannotBeReadIsAnError(t *testing.T) {
	if _, err := open(t, filepath.Join(t.TempDir(), "none.toml"), surroundings()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing: %v", err)
	}
	if _, err := open(t, t.TempDir(), surroundings()); err == nil {
		t.Error("a folder was accepted")
	}
	if _, err := open(t, "/dev/zero", surroundings()); err == nil || !strings.Contains(err.Error(), "larger than") {
		t.Errorf("endless: %v", err)
	}
}

func TestKindsThatABreakerCounts(t *testing.T) {
	b := mustLoad(t, "[breaker]\nobserved_counts = [\"server\"]\n").Breaker
	for kind, want := range map[tracker.Kind][2]bool{
		tracker.KindOK: {false, false}, tracker.KindShortCircuit: {false, false}, tracker.KindServer: {true, true}, tracker.KindAuth: {true, false},
	} {
		if got := [2]bool{b.GateCounts.Contain(kind), b.ObservedCounts.Contain(kind)}; got != want {
			t.Errorf("%v: gate, observed %v, want %v", kind, got, want)
		}
	}
}

func TestDurationsReadAndWriteDays(t *testing.T) {
	for text, want := range map[string]string{"30d": "30d", "1.5d": "36h", "48h": "2d", "90s": "1m30s", "60m": "1h", "1h0m5s": "1h0m5s", "10m": "10m", "250ms": "250ms", "0s": "0s"} {
		var d config.Duration
		if err := d.UnmarshalText([]byte(text)); err != nil || d.String() != want {
			t.Errorf("%s: %v, %v, want %s", text, d, err, want)
		}
	}
	for _, text := range []string{"", "d", "NaNd", "1e9d", "5", "1 h", "infd"} {
		var d config.Duration
		if err := d.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q: %v", text, d)
		}
	}
}

// open reads settings with the secrets that they take from commands.
func open(t *testing.T, path string, around config.Surroundings) (*config.Config, error) {
	t.Helper()
	c, err := config.Open(path, around)
	if err == nil {
		err = c.Resolve(t.Context(), nil)
	}
	if err != nil {
		return nil, err
	}
	return c, nil
}
