package ingest

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"errtop/internal/safetext"
)

// tailLines is how many of a remote log's last lines are read first, and again when a lost one is back.
const tailLines = 5000

// maxExpansion bounds the sources that one shorthand names.
const maxExpansion = 256

// schemes of shorthands, and how each is written.
var schemes = map[string]string{
	"ssh":     "ssh://[user@]host[:port]/path/of/log",
	"k8s":     "k8s://namespace/app=name, or k8s://namespace/deploy/name",
	"docker":  "docker://container",
	"journal": "journal://unit",
}

// IsShorthand reports whether a source is named by a URL such as ssh://web1/var/log/nginx/access.log instead of a path.
func IsShorthand(name string) bool { return strings.Contains(name, "://") }

// Shorthand returns the commands that a URL stands for: one for ssh://web1/var/log/nginx/access.log (the system's ssh with
// its settings, and tail there), several for ssh://web{1..3}/… and ssh://{eu,us}-api/…, one each for k8s://namespace/app=api
// and k8s://namespace/deploy/api (kubectl), docker://name and journal://unit. With NoFollow in the options they end with
// what there is; with All they begin at the beginning.
func Shorthand(name string, o Options) ([]Command, error) {
	names, err := expandBraces(name)
	if err != nil {
		return nil, err
	}
	commands := make([]Command, len(names))
	for i, name := range names {
		if commands[i], err = shorthand(name, o); err != nil {
			return nil, err
		}
	}
	return commands, nil
}

// shorthand returns the command of a URL without braces.
func shorthand(name string, o Options) (Command, error) {
	scheme, rest, _ := strings.Cut(name, "://")
	form, known := schemes[scheme]
	if !known {
		return Command{}, fmt.Errorf("%s: no such kind of source; known are ssh, k8s, docker and journal", safetext.Line(name))
	}
	host, path, _ := strings.Cut(rest, "/")
	var c Command
	var err error
	switch scheme {
	case "ssh":
		c, err = sshTail(host, "/"+path, o)
	case "k8s":
		c, err = kubectlLogs(host, path, o)
	case "docker":
		c, err = dockerLogs(host, path, o)
	case "journal":
		c, err = journal(rest, o)
	}
	if err != nil {
		return Command{}, fmt.Errorf("%s: %w; expected %s", safetext.Line(name), err, form)
	}
	c.Name, c.Once, c.Replays = safetext.Line(name), o.NoFollow, true
	return c, nil
}

// option reports whether a word would be taken for an option by the program it is handed to.
func option(word string) bool { return strings.HasPrefix(word, "-") }

// sshTail reads a file of another machine. ssh never asks: a key that needs a passphrase must be with its agent.
func sshTail(login, path string, o Options) (Command, error) {
	host := login
	if i := strings.LastIndexByte(login, '@'); i >= 0 {
		host = login[i+1:]
	}
	port := ""
	if i := strings.LastIndexByte(host, ':'); i >= 0 && !strings.HasSuffix(host, "]") {
		port, login, host = host[i+1:], strings.TrimSuffix(login, host[i:]), host[:i]
		if _, err := strconv.ParseUint(port, 10, 16); err != nil {
			return Command{}, fmt.Errorf("port %q is not a number up to 65535", port)
		}
	}
	bare := strings.Trim(host, "[]") // of an IPv6 address
	switch {
	case bare == "" || option(login) || option(bare):
		return Command{}, errors.New("names no host")
	case path == "/" || strings.ContainsRune(path, 0):
		return Command{}, errors.New("names no file")
	}
	login = strings.TrimSuffix(login, host) + bare
	args := []string{"ssh", "-T", "-o", "BatchMode=yes", "-o", "ConnectTimeout=10", "-o", "ServerAliveInterval=15", "-o", "ServerAliveCountMax=2"}
	if port != "" {
		args = append(args, "-p", port)
	}
	tail := "tail -n " + fromLine(o)
	if !o.NoFollow {
		tail += " -F"
	}
	return Command{Args: append(args, "--", login, "exec "+tail+" -q -- "+quoteForShell(path)), Machine: bare}, nil
}

// fromLine returns tail's -n: the last lines, or all.
func fromLine(o Options) string {
	if o.All {
		return "+1"
	}
	return strconv.Itoa(tailLines)
}

// quoteForShell quotes a path for a remote shell: patterns stay patterns, and "/~/" leads to the home folder.
func quoteForShell(path string) string {
	var b strings.Builder
	if rest, home := strings.CutPrefix(path, "/~/"); home {
		b.WriteString("~/")
		path = rest
	}
	for _, c := range []byte(path) {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.IndexByte("/._-+=:,@%*?[]", c) >= 0, c >= 0x80:
			b.WriteByte(c)
		case c == '\'':
			b.WriteString(`"'"`)
		default:
			b.WriteString("'" + string(c) + "'")
		}
	}
	return b.String()
}

// kubectlLogs reads the logs of pods, by label selector (app=api), or by kind and name (deploy/api), or of one pod.
func kubectlLogs(namespace, what string, o Options) (Command, error) {
	what, err := url.PathUnescape(what)
	if err != nil || what == "" || option(what) || option(namespace) {
		return Command{}, errors.New("names no pods")
	}
	args := []string{"kubectl", "logs", "--all-containers", "--prefix", "--tail=" + lastLines(o)}
	if !o.NoFollow {
		args = append(args, "--follow")
	}
	if namespace != "" {
		args = append(args, "--namespace="+namespace)
	}
	if strings.ContainsAny(what, "=!(") {
		return Command{Args: append(args, "--max-log-requests=100", "--selector="+what)}, nil
	}
	return Command{Args: append(args, what)}, nil
}

// lastLines is fromLine for programs that say -1 for all.
func lastLines(o Options) string {
	if o.All {
		return "-1"
	}
	return strconv.Itoa(tailLines)
}

// dockerLogs reads what a container writes, on its standard error too.
func dockerLogs(name, more string, o Options) (Command, error) {
	if name == "" || more != "" || option(name) {
		return Command{}, errors.New("names no container")
	}
	args := []string{"docker", "logs", "--tail", strconv.Itoa(tailLines)}
	if o.All {
		args[3] = "all"
	}
	if !o.NoFollow {
		args = append(args, "--follow")
	}
	return Command{Args: append(args, name), ErrorsToo: true}, nil
}

// journal reads a unit's journal.
func journal(unit string, o Options) (Command, error) {
	unit = strings.Trim(unit, "/")
	if unit == "" || strings.Contains(unit, "/") || option(unit) {
		return Command{}, errors.New("names no unit")
	}
	args := []string{"journalctl", "--output=json", "--no-pager", "--quiet", "--unit=" + unit}
	switch {
	case o.All:
		args = append(args, "--lines=all")
	default:
		args = append(args, "--lines="+strconv.Itoa(tailLines))
	}
	if !o.NoFollow {
		args = append(args, "--follow")
	}
	return Command{Args: args}, nil
}

// expandBraces returns what {a,b} and {1..3} in a name stand for, as bash has it: {08..11} keeps its width.
func expandBraces(name string) ([]string, error) {
	begin := strings.IndexByte(name, '{')
	if begin < 0 {
		return []string{name}, nil
	}
	length := strings.IndexByte(name[begin:], '}')
	if length < 0 {
		return nil, fmt.Errorf("%s: { without }", safetext.Line(name))
	}
	words, err := braceWords(name[begin+1 : begin+length])
	if err != nil {
		return nil, fmt.Errorf("%s: %w", safetext.Line(name), err)
	}
	rest, err := expandBraces(name[begin+length+1:])
	if err != nil {
		return nil, err
	}
	if len(words)*len(rest) > maxExpansion {
		return nil, fmt.Errorf("%s: stands for more than %d sources", safetext.Line(name), maxExpansion)
	}
	names := make([]string, 0, len(words)*len(rest))
	for _, word := range words {
		for _, tail := range rest {
			names = append(names, name[:begin]+word+tail)
		}
	}
	return names, nil
}

// braceWords returns what the inside of braces stands for.
func braceWords(inside string) ([]string, error) {
	first, last, isRange := strings.Cut(inside, "..")
	if !isRange {
		words := strings.Split(inside, ",")
		if len(words) < 2 || slices.Contains(words, "") {
			return nil, fmt.Errorf("{%s} is neither a list such as {a,b} nor a range such as {1..3}", safetext.Line(inside))
		}
		return words, nil
	}
	low, errLow := strconv.Atoi(first)
	high, errHigh := strconv.Atoi(last)
	if errLow != nil || errHigh != nil || low < 0 || high < low || high-low >= maxExpansion {
		return nil, fmt.Errorf("{%s} is not a range of numbers such as {1..3}", safetext.Line(inside))
	}
	width := 0
	if first[0] == '0' && len(first) > 1 || last[0] == '0' {
		width = max(len(first), len(last))
	}
	words := make([]string, 0, high-low+1)
	for n := low; n <= high; n++ {
		words = append(words, fmt.Sprintf("%0*d", width, n))
	}
	return words, nil
}
