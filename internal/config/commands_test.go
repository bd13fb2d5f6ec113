package config_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"errtop/internal/config"
)

// opened writes a config into a folder of its own and opens it.
func opened(t *testing.T, text string) (c *config.Config, folder string) {
	t.Helper()
	folder = t.TempDir()
	path := filepath.Join(folder, "errtop.toml")
	if err := os.WriteFile(path, []byte(strings.ReplaceAll(text, "FOLDER", folder)), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := config.Open(path, surroundings())
	if err != nil {
		t.Fatal(err)
	}
	return c, folder
}

// shell returns a target whose key a line of shell prints.
func shell(name, script string) string {
	return fmt.Sprintf("[[targets]]\nname = %q\nurl = \"https://h\"\nheaders.Key = { command = [\"sh\", \"-c\", '%s'], prefix = \"Pre \" }\n", name, script)
}

func TestEqualCommandsRunOnce(t *testing.T) {
	var text strings.Builder
	for i := range 20 {
		text.WriteString(shell(fmt.Sprint(i), "echo run >> FOLDER/log; echo s3cr3t"))
	}
	text.WriteString("[push]\nlisten = \"0.0.0.0:1\"\ntoken = { command = [\"sh\", \"-c\", 'echo run >> FOLDER/log; echo s3cr3t'] }\n")
	c, folder := opened(t, text.String())
	if _, err := os.Stat(filepath.Join(folder, "log")); err == nil {
		t.Fatal("a command was run before it was asked for")
	}
	for i := -1; i < 20; i++ {
		if !c.Waiting(i) {
			t.Errorf("%d does not wait", i)
		}
	}
	progress := 0
	if err := c.Resolve(t.Context(), func() { progress++ }); err != nil {
		t.Fatal(err)
	}
	log, err := os.ReadFile(filepath.Join(folder, "log"))
	if err != nil || string(log) != "run\n" || progress != 1 {
		t.Errorf("runs: %q, %v; progress: %d", log, err, progress)
	}
	for i, target := range c.Targets {
		if target.Headers["Key"].Reveal() != "Pre s3cr3t" || c.Waiting(i) || len(target.Secrets) != 1 || target.Secrets[0].Reveal() != "s3cr3t" {
			t.Errorf("target %d: %q", i, target.Headers["Key"].Reveal())
		}
	}
	if c.Push.Token.Reveal() != "s3cr3t" || c.Waiting(-1) {
		t.Errorf("token %q", c.Push.Token.Reveal())
	}
	if got := c.Known().Mask("key s3cr3t"); got != "key ***" {
		t.Error(got)
	}
}

// Each command ends only when the other runs.
func TestDifferentCommandsRunAtTheSameTime(t *testing.T) {
	wait := func(own, other string) string {
		return "touch FOLDER/" + own + "; until [ -e FOLDER/" + other + " ]; do :; done; echo " + own + "-s3cr3t"
	}
	c, _ := opened(t, shell("a", wait("a", "b"))+shell("b", wait("b", "a")))
	if err := c.Resolve(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if c.Targets[0].Headers["Key"].Reveal() != "Pre a-s3cr3t" || c.Targets[1].Headers["Key"].Reveal() != "Pre b-s3cr3t" {
		t.Errorf("%q %q", c.Targets[0].Headers["Key"].Reveal(), c.Targets[1].Headers["Key"].Reveal())
	}
}

func TestACommandThatFailsIsNamedAndTheOthersGoOn(t *testing.T) {
	c, folder := opened(t, shell("a", "echo s3cr3t >&2; exit 3")+shell("b", "echo s3cr3t")+shell("c", "echo s3cr3t >&2; exit 3")+shell("d", `printf "s3cr3t\\nx"`)+shell("e", "true"))
	err := c.Resolve(t.Context(), nil)
	if err == nil {
		t.Fatal("no error")
	}
	got := strings.ReplaceAll(err.Error(), folder, "")
	want := `/errtop.toml:4:15: targets[0].headers.Key: the command failed: exit status 3
/errtop.toml:12:15: targets[2].headers.Key: the command failed: exit status 3
/errtop.toml:16:15: targets[3].headers.Key: holds a line feed or another control character, which headers must not
/errtop.toml:20:15: targets[4].headers.Key: the secret is empty`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if !c.Waiting(0) || c.Waiting(1) || c.Targets[1].Headers["Key"].Reveal() != "Pre s3cr3t" {
		t.Error("the others do not go on")
	}
}

func TestABareSecretBehindAPrefixIsKnown(t *testing.T) {
	c := mustLoad(t, `
[probe]
user_agent = "probe ${KEY}2"
[[targets]]
name = "a"
url = "https://h/x"
headers = { Authorization = "Pre ${KEY}", X-Host = "${HOST}" }
expect = "header.x == '${KEY}3'"
body = '{"api_key":"L1TERAL"}'
`)
	var got []string
	for _, s := range c.Targets[0].Secrets {
		got = append(got, s.Reveal())
	}
	if strings.Join(got, " ") != "s3cret s3cret probe s3cret2 s3cret" {
		t.Errorf("%q", got)
	}
	for _, text := range []string{"s3cret", "L1TERAL", "probe s3cret2"} {
		if got := c.Known().Mask(text); got != "***" {
			t.Errorf("%s is %s", text, got)
		}
	}
	if strings.Contains(write(t, c), "L1TERAL") || !strings.Contains(write(t, c), "user_agent = '***'") {
		t.Error(write(t, c))
	}
}
