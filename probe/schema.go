package probe

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

// firemoonSchema is what a generation request of the reference API must satisfy.
//
//go:embed firemoon.schema.json
var firemoonSchema []byte

// schemas holds the compiled schemas, each once however many targets use it.
type schemas struct{ compiled map[string]*jsonschema.Schema }

func newSchemas() *schemas { return &schemas{compiled: map[string]*jsonschema.Schema{}} }

// check validates the plan's body, which is the same for every request, and keeps the rules that it breaks.
func (s *schemas) check(p *plan) error {
	name := p.Schema
	if name == "" && p.Method == "POST" && p.url.Hostname() == "firemoon.studio" && strings.HasPrefix(p.url.Path, "/api/v1/") {
		name = "firemoon"
	}
	if name == "" || name == "none" {
		return nil
	}
	schema, err := s.get(name)
	if err != nil {
		return fmt.Errorf("schema: %w", err)
	}
	p.broken = brokenRules(schema, p.Body)
	return nil
}

func (s *schemas) get(name string) (*jsonschema.Schema, error) {
	if schema, ok := s.compiled[name]; ok {
		return schema, nil
	}
	text := firemoonSchema
	if name != "firemoon" {
		var err error
		if text, err = os.ReadFile(name); err != nil { //nolint:gosec // the user's own settings name it
			return nil, err //nolint:wrapcheck // names the file
		}
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("%s is no JSON: %w", name, err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.UseLoader(jsonschema.SchemeURLLoader{}) // a schema is one file: nothing is fetched
	if err := compiler.AddResource("errtop:///"+name, document); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	schema, err := compiler.Compile("errtop:///" + name)
	if err != nil {
		return nil, fmt.Errorf("%s is no JSON Schema: %w", name, err)
	}
	s.compiled[name] = schema
	return schema, nil
}

// brokenRules returns one line for every rule that the body breaks, sorted.
func brokenRules(schema *jsonschema.Schema, body string) []string {
	if strings.TrimSpace(body) == "" {
		return []string{"body: is missing"}
	}
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(body))
	if err != nil {
		return []string{"body: is no JSON: " + err.Error()}
	}
	var invalid *jsonschema.ValidationError
	if err := schema.Validate(value); !errors.As(err, &invalid) {
		return nil
	}
	var rules []string
	printer := message.NewPrinter(language.English)
	var walk func(*jsonschema.ValidationError)
	walk = func(e *jsonschema.ValidationError) {
		for _, cause := range e.Causes {
			walk(cause)
		}
		if len(e.Causes) == 0 {
			where := "body"
			if len(e.InstanceLocation) > 0 {
				where = strings.Join(e.InstanceLocation, ".")
			}
			rules = append(rules, where+": "+e.ErrorKind.LocalizedString(printer))
		}
	}
	walk(invalid)
	slices.Sort(rules) // the library reports them in the order of a map
	return rules
}
