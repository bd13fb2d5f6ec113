package config

import (
	"fmt"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const examplePath = "../../config.example.toml"

// example returns the example config, as it is or with the "#" before every setting taken away, and what it means.
func example(t *testing.T, whole bool) *Config {
	t.Helper()
	text, err := os.ReadFile(examplePath)
	if err != nil {
		t.Fatal(err)
	}
	if whole {
		text = regexp.MustCompile(`(?m)^#([^ \n])`).ReplaceAll(text, []byte("$1"))
	}
	env := func(name string) (string, bool) { return "value of " + name, whole }
	c, err := read("errtop.toml", text, 0o600, Surroundings{LookupEnv: env})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestExampleRunsAsItStands(t *testing.T) {
	c := example(t, false)
	if len(c.Targets) != 1 || len(c.Sources) != 0 || c.Push.Listen != "" {
		t.Errorf("%+v", c)
	}
}

func TestExampleNamesEveryKey(t *testing.T) {
	c := example(t, true)
	var named []string
	for path := range c.doc.keys {
		named = append(named, regexp.MustCompile(`\[\d+\]`).ReplaceAllString(path, ""))
	}
	for _, key := range keysOf(reflect.TypeFor[Config](), "") {
		if !slices.Contains(named, key) {
			t.Errorf("%s is not in %s", key, examplePath)
		}
	}
}

func keysOf(section reflect.Type, path string) []string {
	var keys []string
	for _, f := range fields(section) {
		key := join(path, f.key)
		keys = append(keys, key)
		of := section.Field(f.index).Type
		if of.Kind() == reflect.Slice {
			of = of.Elem()
		}
		if of.Kind() == reflect.Struct {
			keys = append(keys, keysOf(of, key)...)
		}
	}
	return keys
}

// A setting whose default is nothing shows what it may look like; every other one, and every switch, shows its default.
func TestExampleStatesTheDefaults(t *testing.T) {
	whole, plain := example(t, true), Default()
	plain.Targets, plain.Sources, plain.Runbooks = make([]Target, 1), make([]Source, 1), make([]Runbook, 1)
	plain.Rules, plain.Receivers = make([]Rule, 1), make([]Receiver, 1)
	plain.Rules[0].setDefaults()
	plain.Receivers[0].setDefaults()
	plain.Targets[0].setDefaults()
	plain.Sources[0].setDefaults()
	plain.inherit()
	whole.Targets = whole.Targets[1:2] // the one that shows every key
	compared := compareDefaults(t, "", reflect.ValueOf(whole).Elem(), reflect.ValueOf(plain).Elem())
	if compared < 20 {
		t.Errorf("only %d defaults were compared", compared)
	}
}

func compareDefaults(t *testing.T, path string, stated, actual reflect.Value) (compared int) {
	t.Helper()
	switch {
	case actual.Kind() == reflect.Struct:
		for _, f := range fields(actual.Type()) {
			compared += compareDefaults(t, join(path, f.key), stated.Field(f.index), actual.Field(f.index))
		}
	case actual.Kind() == reflect.Slice && actual.Type().Elem().Kind() == reflect.Struct:
		compared += compareDefaults(t, path, stated.Index(0), actual.Index(0))
	case actual.Kind() == reflect.Bool || !actual.IsZero():
		compared++
		if !reflect.DeepEqual(stated.Interface(), actual.Interface()) {
			t.Errorf("%s says %v is the default of %s; it is %v", examplePath, stated, path, actual)
		}
	}
	return compared
}

func FuzzLoadNamesALine(f *testing.F) {
	text, err := os.ReadFile(examplePath)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(text))
	f.Add(strings.ReplaceAll(string(text), "\n#", "\n"))
	f.Add("[[targets]]\nurl = \"https://${A}/$$\"\nheaders.a.b = 1\n[targets.tls]\n[[targets.tls.x]]\ny = {z = [1, {}]}\n")
	f.Add("[[sources]]\nfiles = ['x']\n[[sources]]\n\"\" = 1\n[tracker]\nring = 1e3\nmax_groups = inf\n")
	f.Fuzz(func(t *testing.T, text string) {
		const othersMayWrite = 0o666 // so that no command is run
		env := func(name string) (string, bool) { return "x", len(name)%2 == 1 }
		c, err := read("errtop.toml", []byte(text), othersMayWrite, Surroundings{LookupEnv: env})
		if err != nil {
			for line := range strings.SplitSeq(err.Error(), "\n") {
				if !regexp.MustCompile(`^errtop\.toml:[1-9]\d*:[1-9]\d*: .`).MatchString(line) {
					t.Fatalf("no place in %q", line)
				}
			}
			return
		}
		var written strings.Builder
		if err := c.WriteTOML(&written); err != nil {
			t.Fatal(err)
		}
		if _, err := read("errtop.toml", []byte(written.String()), othersMayWrite, Surroundings{LookupEnv: env}); err != nil {
			t.Fatalf("%v in what was written:\n%s\nof:\n%s", err, written.String(), text)
		}
	})
}

// The bar: ten thousand targets, as many as the prober holds, in less than a second: a reload must not be felt.
func BenchmarkTenThousandTargets(b *testing.B) {
	var text strings.Builder
	for i := range 10_000 {
		fmt.Fprintf(&text, "[[targets]]\nname = \"t%d\"\nurl = \"https://h%d/x?k=${KEY}\"\nheaders = { Authorization = \"Bearer ${KEY}\" }\nexpect = [\"status == 200\"]\n", i, i)
	}
	env := func(string) (string, bool) { return "x", true }
	b.ReportAllocs()
	for b.Loop() {
		if _, err := read("errtop.toml", []byte(text.String()), 0o600, Surroundings{LookupEnv: env}); err != nil {
			b.Fatal(err)
		}
	}
}
