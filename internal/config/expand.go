package config

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

const maxSecret = 64 << 10

// reference finds what [expand] replaces.
var reference = regexp.MustCompile(`\$\$|\$\{[^}]*\}?`)

// expand replaces ${NAME} and $$ in the string at path.
func (r *reader) expand(path, s string) string {
	if !strings.Contains(s, "$") {
		return s
	}
	r.written[path] = s
	var used []Secret
	expanded := expand(s, func(name string) string {
		value, wrong := r.variable(name)
		if wrong != "" {
			r.fault(path, "%s", wrong)
		}
		used = append(used, Secret(value))
		return value
	})
	r.used[path] = used
	return expanded
}

// expand replaces $$ by a dollar and ${NAME} by what variable returns for it. Any other dollar stays.
func expand(s string, variable func(name string) string) string {
	return reference.ReplaceAllStringFunc(s, func(found string) string {
		if found == "$$" {
			return "$"
		}
		return variable(strings.TrimPrefix(found, "${"))
	})
}

// variable returns the value of a variable, given as "NAME}", or what is wrong with it.
func (r *reader) variable(reference string) (value, wrong string) {
	name, closed := strings.CutSuffix(reference, "}")
	switch {
	case !closed:
		return "", "${ without a }; expected ${NAME}, or $$ for a dollar"
	case name == "" || '0' <= name[0] && name[0] <= '9' || strings.ContainsFunc(name, func(c rune) bool { return c == '-' || !bareKey(c) }):
		return "", fmt.Sprintf("${%s} is not the name of a variable; expected ${NAME}, or $$ for a dollar", name)
	}
	value, ok := r.around.LookupEnv(name)
	if !ok {
		return "", fmt.Sprintf("the environment variable %s is not set", name)
	}
	if value == "" {
		return "", fmt.Sprintf("the environment variable %s is empty", name)
	}
	return value, ""
}

// secretFrom is where a secret is read that does not stand in the file itself.
type secretFrom struct {
	File    string   `toml:"file"`
	Command []string `toml:"command"`
	Prefix  string   `toml:"prefix"` // "Bearer "
}

// secret reads a secret: a string, or a table that says where it is.
func (r *reader) secret(path string, value any, to *Secret) {
	values, ok := value.(map[string]any)
	if !ok {
		if s, ok := as[string](r, path, value, "a string, or a table with file or command"); ok {
			*to = Secret(r.expand(path, s))
		}
		return
	}
	var from secretFrom
	before := len(r.mistakes)
	r.table(path, values, &from)
	if len(r.mistakes) > before {
		return
	}
	if len(from.Command) > 0 && from.File == "" {
		if r.othersMayWrite {
			r.fault(path, "commands are not run from a config that others may write to; chmod go-w it")
			return
		}
		r.commands[path] = from
		*to = unresolved
		return
	}
	secret, err := r.fetch(from)
	if err != nil {
		r.fault(path, "%v", err)
		return
	}
	// Not in written: WriteTOML shows a mask, as for any secret.
	*to = Secret(from.Prefix + secret)
	r.used[path] = []Secret{Secret(secret)}
}

// fetch returns the secret that a file holds.
func (r *reader) fetch(from secretFrom) (string, error) {
	if (from.File == "") == (len(from.Command) == 0) {
		return "", errors.New("expected either file or command")
	}
	return usable(readSecret(r.path(from.File)))
}

// usable returns the secret in what a file or a command holds, without white space around it. Its errors name neither the file nor
// the command, nor repeat what a command wrote: each may hold what must not be shown.
func usable(text []byte, err error) (string, error) {
	secret := string(bytes.TrimSpace(text))
	switch {
	case err != nil:
		return "", err
	case len(text) > maxSecret:
		return "", fmt.Errorf("the secret is larger than %d KB", maxSecret>>10)
	case secret == "":
		return "", errors.New("the secret is empty")
	}
	return secret, nil
}

// readSecret returns the start of a file.
func readSecret(path string) ([]byte, error) {
	file, err := os.Open(path) //nolint:gosec // the user names the file
	if err != nil {
		return nil, fmt.Errorf("the file cannot be read: %w", withoutName(err))
	}
	defer func() { _ = file.Close() }()
	text, err := io.ReadAll(io.LimitReader(file, maxSecret+1))
	if err != nil {
		return nil, fmt.Errorf("the file cannot be read: %w", withoutName(err))
	}
	return text, nil
}

// runSecret returns what a command prints.
func runSecret(ctx context.Context, command []string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, command[0], command[1:]...) //nolint:gosec // the user names the command
	cmd.WaitDelay = time.Second                                 // for grandchildren that keep the output open
	text, err := cmd.Output()
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return nil, fmt.Errorf("the command did not end within %v", commandTimeout)
	case err != nil:
		return nil, fmt.Errorf("the command failed: %w", withoutName(err))
	}
	return text, nil
}

// withoutName takes the name of a file or command out of an error.
func withoutName(err error) error {
	if inner, ok := errors.AsType[*fs.PathError](err); ok {
		return inner.Err
	}
	if inner, ok := errors.AsType[*exec.Error](err); ok {
		return inner.Err
	}
	return err
}

// path returns the path of a file that the config names: relative to the config's folder, ~/ to the user's home.
func (r *reader) path(name string) string {
	if rest, ok := strings.CutPrefix(name, "~/"); ok {
		if home, ok := r.around.LookupEnv("HOME"); ok && home != "" {
			return filepath.Join(home, rest)
		}
	}
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(r.folder, name)
}
