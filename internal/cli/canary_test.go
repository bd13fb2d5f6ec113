//go:build unix

package cli

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"errtop/internal/safego"
	"errtop/internal/safetext"
	"errtop/internal/safetext/canary"
	"errtop/internal/store"
	"errtop/tui"
)

// The canaries: a secret of our settings, and one of others.
const (
	ownCanary   = "0wnK3y-zebra/+q7"
	otherCanary = "C4N4RYx7Q"
)

// seen fails where a sink shows a canary, or half of one, in any encoding.
func seen(t *testing.T, sink, text string) {
	t.Helper()
	for _, value := range []string{ownCanary, otherCanary} {
		if leak := canary.Leak(ansi.Strip(text), value); leak != "" {
			t.Errorf("%s shows %q", sink, leak)
		}
	}
}

// canaryWorld writes a config whose every setting that may hold a secret holds one, and logs full of others', into a folder.
func canaryWorld(t *testing.T) (folder string) {
	t.Helper()
	folder = t.TempDir()
	var texts []string
	for _, text := range canary.Texts {
		if utf8.ValidString(text) { // JSON cannot carry another
			texts = append(texts, canary.Fill(strings.ReplaceAll(text, "\n", " "), otherCanary))
		}
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		said := strings.Join([]string{r.Header.Get("X-Api-Key"), r.UserAgent(), r.Header.Get("Authorization"), r.URL.RawQuery, r.URL.Path, string(body)}, " ")
		w.WriteHeader(500)
		switch {
		case strings.HasPrefix(r.URL.Path, "/others"):
			var i int
			_, _ = fmt.Sscanf(r.URL.Path, "/others/%d", &i)
			_, _ = io.WriteString(w, strings.Join(texts[i*30:min(len(texts), i*30+30)], "\n"))
		case strings.HasPrefix(r.URL.Path, "/encoded"):
			_, _ = fmt.Fprintln(w, url.QueryEscape(said), html.EscapeString(said), hex.EncodeToString([]byte(said)), base64.StdEncoding.EncodeToString([]byte(said)), base64.RawURLEncoding.EncodeToString([]byte("x"+said)))
		default:
			_ = json.NewEncoder(w).Encode(map[string]any{"error": said, "message": "bad " + said, "errors": []string{said}, "details": map[string]string{"half": ownCanary[:8], "said": said}})
		}
	}))
	t.Cleanup(server.Close)
	var c strings.Builder
	_, _ = fmt.Fprintf(&c, "name = \"canaries\"\n[dashboard]\nkeys = { back = [\"B\"] }\n[probe]\nuser_agent = \"probe %[1]s\"\n[push]\nlisten = \"unix:%[2]s/push\"\ntoken = %[1]q\n[[sources]]\nfiles = \"%[2]s/app.log\"\nall = true\n", ownCanary, folder)
	target := func(name, path, more string) {
		_, _ = fmt.Fprintf(&c, "[[targets]]\nname = %q\nurl = \"%s%s\"\ninterval = \"1s\"\nattempts = 1\n%s\n", name, server.URL, path, more)
	}
	target("echo", "/echo?key="+url.QueryEscape(ownCanary), fmt.Sprintf("headers = { X-Api-Key = %q, Authorization = \"Pre ${OWN}\" }\nbody = '{\"api_key\":%q}'", ownCanary, ownCanary))
	target("encoded", "/encoded", fmt.Sprintf("headers.X-Api-Key = { command = [\"printf\", %q], prefix = \"Pre \" }", ownCanary))
	target("file", "/echo", "headers.X-Api-Key = { file = \"key\", prefix = \"Pre \" }")
	target("expect", "/echo", fmt.Sprintf("headers.X-Api-Key = %q\nexpect = 'header[\"x-api-key\"] == %q'", ownCanary, ownCanary))
	target("userinfo", "/echo", "")
	for i := range (len(texts) + 29) / 30 {
		target(fmt.Sprintf("others%d", i), fmt.Sprintf("/others/%d", i), "")
	}
	_, _ = fmt.Fprintf(&c, "[[receivers]]\nname = \"hook\"\nwebhook = \"%[1]s/hook/%[2]s?key=%[2]s\"\nheaders = { Authorization = \"Bearer %[3]s\" }\n", server.URL, url.PathEscape(ownCanary), ownCanary)
	_, _ = fmt.Fprintf(&c, "[[receivers]]\nname = \"manager\"\nalertmanager = \"http://user:%s@127.0.0.1:1\"\n", url.QueryEscape(ownCanary))
	_, _ = fmt.Fprintf(&c, "[[receivers]]\nname = \"chat\"\nservice = \"generic://127.0.0.1:1/%s\"\n", url.PathEscape(ownCanary))
	_, _ = fmt.Fprintf(&c, "[[receivers]]\nname = \"page\"\ncommand = [\"sh\", \"-c\", \"echo password=%s >&2; exit 1\"]\n", otherCanary)
	config := strings.Replace(c.String(), "name = \"userinfo\"\nurl = \"http://", "name = \"userinfo\"\nurl = \"http://user:"+url.QueryEscape(ownCanary)+"@", 1)
	var log strings.Builder
	now := time.Now().UTC().Format(time.RFC3339)
	for i, text := range texts {
		quoted, _ := json.Marshal(text)
		_, _ = fmt.Fprintf(&log, `{"ts":%q,"target":"app%d","status":503,"path":"/x","error":"e","message":%s,"stack":%s}`+"\n%s\n", now, i%5, quoted, quoted, text)
	}
	var recorded strings.Builder // of somebody who masked nothing
	_, _ = fmt.Fprintf(&recorded, `{"errtop":"recording","version":1,"at":%q}`+"\n", now)
	for i, text := range texts {
		quoted, _ := json.Marshal(text)
		_, _ = fmt.Fprintf(&recorded, `{"ts":%[1]q,"target":"app%[2]d","status":503,"kind":"server","route":%[3]s,"error":%[3]s,"message":%[3]s,"evidence":{"stack":%[3]s,"body":%[3]s,"errors":[%[3]s]}}`+"\n", now, i%5, quoted)
		_, _ = fmt.Fprintf(&recorded, `{"errtop":"mark","at":%[1]q,"mark":{"At":%[1]q,"Text":%[2]s}}`+"\n", now, quoted)
	}
	for name, content := range map[string]string{"errtop.toml": config, "app.log": log.String(), "key": ownCanary + "\n", "others.ndjson": recorded.String()} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// canaryRuns are command lines that print, %s for the folder. Together with quietFlags they name every command and every flag, so
// that a new sink cannot be forgotten.
var canaryRuns = []string{
	"record out.ndjson --config %s/bad.toml", "record out.ndjson --no-follow --all %s/app.log", "record /dev/full/password=" + otherCanary + " %s/app.log", "record a.ndjson -- cat %s/app.log",
	"record b.ndjson.gz --no-follow --zone UTC --users hashed --no-monitors --exclude status<500 --target {path} --fields message=error --until 1m %s/app.log",
	"replay --plain %s/others.ndjson", "replay --config %s/bad.toml %s/others.ndjson", "replay --at password=" + otherCanary + " %s/others.ndjson", "replay --speed password=" + otherCanary + " %s/others.ndjson",
	"report %s/app.log", "report --format html %s/app.log", "report --format json --since 24h %s/app.log", "report --format html %s/others.ndjson", "report %s/others.ndjson", "report --config %s/bad.toml %s/app.log",
	"report --users hidden --no-monitors --zone UTC --fields message=error --exclude status<500 --until 1m %s/app.log", "report --target password=" + otherCanary + " %s/app.log",
	"report --store %s/password=" + otherCanary + ".db", "report --incident 99 %s/app.log", "report --format password=" + otherCanary + " %s/app.log", "report --output /dev/full/password=" + otherCanary + ".html %s/app.log",
	"note --target a --incident 3 password=" + otherCanary, "demo --help --record a.ndjson", "errtop --plain --no-follow --all --record dash.ndjson %s/app.log",
	"check --config %s/errtop.toml", "check --verbose --config %s/errtop.toml", "check --json --config %s/errtop.toml --target echo", "config --config %s/errtop.toml", "config --check --config %s/errtop.toml",
	"stats %s/app.log", "stats --json %s/app.log", "stats --explain %s/app.log", "stats --by route %s/app.log", "stats --by group %s/app.log", "stats --filter status:5xx %s/app.log",
	"stats --no-monitors --users hidden --zone UTC --fields message=error --exclude status<500 --target {path} %s/app.log", "stats --zone password=" + otherCanary + " %s/app.log",
	"stats --exclude password==" + otherCanary + " %s/app.log", "stats --target {password=" + otherCanary + "} %s/app.log", "stats --fields password=" + otherCanary + " %s/app.log",
	"attach password=" + otherCanary,
	"watch --log password=" + otherCanary + " --config %s/errtop.toml", "watch --log password=" + otherCanary + " --config %s/errtop.toml --store password=" + otherCanary,
	"store password=" + otherCanary, "store info --store password=" + otherCanary, "store check --store %s/app.log", "store import password=" + otherCanary + " --store a.db", "store info --config %s/bad.toml",
	"store export --parquet-friendly --incidents --output /dev/full/password=" + otherCanary + " --store %s/app.log", "store export --csv --ndjson --store password=" + otherCanary,
	"errtop --plain --no-follow --all --store kept.db %s/app.log", "errtop --plain --no-follow --all --store /dev/full/password=" + otherCanary + " %s/app.log",
	"hub --dir %s/password=" + otherCanary, "hub --server-config %s/bad.toml --log json", "hub init --dir %s/hub --host a --port 1 --team t --agent a --viewer v --watcher w",
	"watch --fleet nats://user:" + otherCanary + "@127.0.0.1:1", "errtop --plain --fleet http://127.0.0.1:1/?token=" + otherCanary,
	"init", "mark --target app --version " + otherCanary + " password=" + otherCanary, "demo --help",
	"alerts rules --config %s/errtop.toml", "alerts test --config %s/errtop.toml", "alerts test --config %s/errtop.toml password=" + otherCanary, "alerts list --json", "alerts ack --note password=" + otherCanary + " 1f",
	"silence add --target a --rule b --incident 3 --group 5 --for 1h --note password=" + otherCanary, "silence list", "silence end 3",
	"backtest --config %s/errtop.toml %s/app.log", "backtest --json --users hidden --no-monitors --zone UTC --fields message=error --exclude status<500 --target {path} %s/app.log", "backtest --target {password=" + otherCanary + "} %s/app.log", "backtest --store --config %s/errtop.toml", "backtest --store %s/missing.db?token=" + otherCanary,
	"errtop --plain --no-follow --all %s/app.log", "errtop %s/missing?token=" + otherCanary,
	// What is wrong with a config, and with a command line.
	"check --config %s/bad.toml", "check --config %s/worse.toml", "check --target password=" + otherCanary + " --config %s/errtop.toml", "--nonsense=password=" + otherCanary,
}

// quietFlags change nothing of how text is printed.
var quietFlags = []string{
	"help", "version", "ascii", "format", "since", "until", "at", "name", "seed", "speed", "plain", "anyway", "no-store", // demo's is the dashboard's
}

func TestNoSecretReachesWhatACommandPrints(t *testing.T) {
	if testing.Short() {
		t.Skip("a run of every command")
	}
	t.Parallel()
	folder := canaryWorld(t)
	bad := "[[targets]]\nname = \"a\"\nurl = \"https://user:" + otherCanary + "@h:x/?key=" + otherCanary + "\"\nmethod = \"password=" + otherCanary + "\"\nexpect = 'json.token == \"" + otherCanary + "\" &&'\n"
	worse := "[[targets]]\nname = \"a\"\nurl = \"https://h\"\nexpect = 'json.token == \"" + otherCanary + "\" &&'\nheaders.X = { command = [\"sh\", \"-c\", \"echo " + otherCanary + " >&2; exit 1\"] }\n"
	for name, text := range map[string]string{"bad.toml": bad, "worse.toml": worse} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	printed := 0
	for _, run := range canaryRuns {
		args := strings.Fields(strings.ReplaceAll(run, "%s", folder))
		if args[0] == "errtop" {
			args = args[1:]
		}
		command := exec.CommandContext(t.Context(), "errtop", args...)
		command.Dir = t.TempDir()
		command.Env = append(os.Environ(), "OWN="+ownCanary, "XDG_CONFIG_HOME="+command.Dir, "XDG_RUNTIME_DIR="+command.Dir, "XDG_STATE_HOME="+command.Dir)
		out, _ := command.CombinedOutput()
		printed += len(out)
		seen(t, run, string(out))
		if len(out) == 0 {
			t.Errorf("%s prints nothing: %v", run, command.ProcessState)
		}
		files(t, run, command.Dir)
	}
	if printed < 10_000 {
		t.Errorf("only %d bytes were printed", printed)
	}
}

// files looks at what a run left in its folder: 0600, without canaries.
func files(t *testing.T, run, folder string) {
	t.Helper()
	_ = filepath.WalkDir(folder, func(path string, entry os.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return nil //nolint:nilerr // gone meanwhile
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Error(err)
		}
		if filepath.Ext(path) == ".db" {
			text = append(text, stored(t, path)...)
		}
		seen(t, run+": "+entry.Name(), string(text))
		if info, err := entry.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %s has mode %v", run, entry.Name(), info.Mode())
		}
		return nil
	})
}

// stored returns what a store holds, unpacked.
func stored(t *testing.T, path string) (text []byte) {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{Path: path, ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close() //nolint:errcheck // only read from
	state, err := s.Load(t.Context())
	if err != nil || len(state.Tracker) == 0 && filepath.Base(path) == "kept.db" {
		t.Errorf("%s holds %d parts, %v", path, len(state.Tracker), err)
	}
	text = state.Alerting
	for _, part := range state.Tracker {
		b, _ := part.MarshalBinary()
		text = append(text, b...)
	}
	return text
}

func TestEveryCommandAndFlagIsAmongTheCanaryRuns(t *testing.T) {
	root := (&app{}).root()
	check := func(name string, command *cobra.Command) {
		var runs []string
		for _, run := range canaryRuns {
			if strings.HasPrefix(run, name+" ") || run == name {
				runs = append(runs, run+" ")
			}
		}
		if len(runs) == 0 {
			t.Errorf("%s is not run with canaries", name)
		}
		command.Flags().VisitAll(func(flag *pflag.Flag) {
			if !slices.Contains(quietFlags, flag.Name) && !slices.ContainsFunc(runs, func(run string) bool { return strings.Contains(run, " --"+flag.Name+" ") }) {
				t.Errorf("%s --%s is not run with canaries, and not among quietFlags", name, flag.Name)
			}
		})
	}
	for _, command := range root.Commands() {
		if command.Name() != "completion" && command.Name() != "help" {
			check(command.Name(), command)
		}
	}
}

// quietActions change nothing of what is shown, or end it.
var quietActions = []string{"quit", "suspend", "redraw"}

// Every action is pressed in every view of a dashboard that canaries come into through every door. The screen is drawn afresh after
// each, so that its rows stand whole in the output.
func TestNoSecretReachesTheScreen(t *testing.T) {
	if testing.Short() {
		t.Skip("every action in every view")
	}
	folder := canaryWorld(t)
	t.Setenv("OWN", ownCanary)
	s := start(t, nil, "errtop", "--config", folder+"/errtop.toml", "--record", "all.ndjson")
	s.waitFor("canaries")
	s.waitFor("others0")
	redraw := func() {
		n := strings.Count(s.text(), "canaries")
		s.press("\x0c")
		for deadline := time.After(20 * time.Second); strings.Count(s.text(), "canaries") == n; {
			select {
			case <-s.grown:
			case <-deadline:
				t.Fatalf("not drawn afresh; it wrote last:\n%q", s.tail())
			}
		}
	}
	pressed := 0
	for _, view := range []string{"1", "2", "3", "4", "5", "6", "7"} {
		for _, inside := range []string{"", "\r"} {
			for _, action := range tui.ActionNames() {
				if slices.Contains(quietActions, action) {
					continue
				}
				key, ok := actionKeys[action]
				if !ok {
					t.Errorf("no key for %s: how it is pressed belongs into actionKeys", action)
					continue
				}
				s.press("BB" + view + inside + key)
				redraw()
				pressed++
			}
		}
	}
	s.press("BBq")
	s.waitExit()
	out := s.text()
	seen(t, "the screen", out)
	copies := 0
	for _, copied := range regexp.MustCompile(`\x1b\]52;[^;]*;([A-Za-z0-9+/=]+)`).FindAllStringSubmatch(out, -1) {
		text, err := base64.StdEncoding.DecodeString(copied[1])
		if err != nil {
			t.Error(err)
		}
		copies++
		seen(t, "a copy", string(text))
	}
	reports, _ := filepath.Glob(filepath.Join(s.command.Dir, "errtop-*"))
	if copies == 0 || len(reports) == 0 || strings.Count(out, "***") < 20 {
		t.Errorf("%d actions, %d copies, %d reports, %d masks", pressed, copies, len(reports), strings.Count(out, "***"))
	}
	if recorded, _ := os.ReadFile(filepath.Join(s.command.Dir, "all.ndjson")); strings.Count(string(recorded), "***") < 20 {
		t.Errorf("%d bytes are recorded", len(recorded))
	}
	files(t, "export", s.command.Dir)
}

// actionKeys is how each action is pressed.
var actionKeys = map[string]string{
	"acknowledge": "a", "silence": "z\r\r", "day_back": "(", "day_forward": ")", "history": "H", "note": "cpassword=" + otherCanary + "\r", "mark": "mpassword=" + otherCanary + "\r", "faster": "+", "slower": "-",
	"help": "?", "filter": "/status:5xx\r", "open": "\r", "back": "B", "freeze": " ", "copy": "y", "copy_request": "Y", "export": "x", "evidence": "e", "worse_next": "]", "worse_previous": "[",
	"sort": "s", "sort_reverse": "S", "up": "k", "down": "j", "page_up": "\x15", "page_down": "\x04", "top": "g", "bottom": "G", "next": "n", "previous": "N", "next_pane": "\t", "previous_pane": "\x1b[Z",
	"minute_back": "<", "minute_forward": ">", "hour_back": "{", "hour_forward": "}", "now": "0", "overview": "1", "errors": "2", "groups": "3", "targets": "4", "breakers": "5", "incidents": "6", "sources": "7", "reload": "\x12",
}

func TestAPanicShowsNoSecret(t *testing.T) {
	err := safego.Catch(func() error { panic("login with password=" + otherCanary + " and " + ownCanary) })
	read, write, pipeErr := os.Pipe()
	if pipeErr != nil {
		t.Fatal(pipeErr)
	}
	report(maskedWriter{write, known(ownCanary)}, err)
	_ = write.Close()
	out, _ := io.ReadAll(read)
	seen(t, "a panic", string(out))
	if !strings.Contains(string(out), "password=***") || !strings.Contains(string(out), "goroutine") {
		t.Errorf("%s", out)
	}
}

func known(values ...string) func() safetext.Known {
	return func() safetext.Known { return safetext.Know(values...) }
}
