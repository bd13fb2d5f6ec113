package config

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// MaxFile is how large a config may be: ten thousand targets take about two megabytes.
const MaxFile = 32 << 20

// Surroundings are what a config is understood in: the environment, and the names that other rooms know. A list that is
// empty is not held against the file.
type Surroundings struct {
	LookupEnv func(name string) (string, bool) // as os.LookupEnv

	Themes  []string // [dashboard] theme
	Styles  []string // keys of [dashboard.styles]
	Actions []string // keys of [dashboard.keys]
	Formats []string // format of [[sources]]
	Fields  []string // keys of [[sources]] fields
}

// Open reads the settings in the file at path. An [*Error] says everything that is wrong with what the file holds; another error,
// that it could not be read. Secrets that come from commands are missing until [Config.Resolve] has run these: see [Config.Waiting].
func Open(path string, around Surroundings) (*Config, error) {
	file, err := os.Open(path) //nolint:gosec // the user names the file
	if err != nil {
		return nil, fmt.Errorf("cannot read the config: %w", err)
	}
	defer func() { _ = file.Close() }()
	info, err := file.Stat()
	if err != nil {
		return nil, fmt.Errorf("cannot read the config: %w", err)
	}
	text, err := io.ReadAll(io.LimitReader(file, MaxFile+1))
	if err != nil {
		return nil, fmt.Errorf("cannot read the config: %w", err)
	}
	if len(text) > MaxFile {
		return nil, fmt.Errorf("%s is larger than %d MB: no config", path, MaxFile>>20)
	}
	c, err := read(path, text, permissions(info), around)
	if err != nil {
		return nil, err
	}
	return c, nil
}

// permissions returns who may read and write a file, and that only its owner may where the system has no such bits.
func permissions(info fs.FileInfo) fs.FileMode {
	if runtime.GOOS == "windows" {
		return 0o600
	}
	return info.Mode().Perm()
}

// read understands text, the content of the file at path with that mode.
func read(path string, text []byte, mode os.FileMode, around Surroundings) (*Config, error) {
	doc, err := parse(path, withoutBOM(text))
	if err != nil {
		return nil, err
	}
	c := Default()
	c.doc, c.written = doc, map[string]string{}
	folder := filepath.Dir(path)
	if folder != "." { // so that paths which WriteTOML shows mean the same from everywhere
		if folder, err = filepath.Abs(folder); err != nil {
			return nil, fmt.Errorf("cannot read the config: %w", err)
		}
	}
	r := &reader{
		doc: doc, folder: folder, around: around, written: c.written,
		used: map[string][]Secret{}, commands: map[string]secretFrom{}, othersMayWrite: mode.Perm()&0o022 != 0,
	}
	r.table("", doc.values, c)
	r.check(c)
	if err := refusal(r.mistakes); err != nil {
		return nil, err
	}
	c.inherit()
	c.findWaiting(r.commands)
	r.noteSecrets(c)
	c.warn(mode)
	return c, nil
}

// Mistake returns the error that something is wrong with a setting, found by who uses it, with its place in the file. The key
// is a path as "targets[1]". Where err begins with the name of a setting below it, as in "expect[0]: no such variable", that
// one is meant.
func (c *Config) Mistake(key string, err error) error {
	if c.doc == nil { // settings without a file
		return fmt.Errorf("%s: %w", key, err)
	}
	problem := shownText(err.Error())
	below, rest, found := strings.Cut(problem, ": ")
	setting, _, _ := strings.Cut(below, "[")
	if found && c.doc.has(key+"."+setting) {
		key, problem = key+"."+below, rest
	}
	at := c.doc.valueAt(key)
	return &Error{Mistakes: []Mistake{{File: c.doc.file, Line: at.line, Column: at.column, Key: key, Problem: problem}}}
}
