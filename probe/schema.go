package probe

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/google/jsonschema-go/jsonschema"

	"errtop/internal/safefile"
)

// firemoonSchema is what a generation request of the reference API must satisfy.
//
//go:embed firemoon.schema.json
var firemoonSchema []byte

// schemas holds the compiled schemas, each once however many targets use it.
type schemas struct{ compiled map[string]*bodySchema }

func newSchemas() *schemas { return &schemas{compiled: map[string]*bodySchema{}} }

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
	p.broken = schema.broken(p.Body)
	return nil
}

func (s *schemas) get(name string) (*bodySchema, error) {
	if schema, ok := s.compiled[name]; ok {
		return schema, nil
	}
	text := firemoonSchema
	if name != "firemoon" {
		var err error
		if text, err = safefile.Read(name, maxSettingsFile); err != nil {
			return nil, err
		}
	}
	schema, err := compileSchema(text)
	if err != nil {
		return nil, fmt.Errorf("%s %w", name, err)
	}
	s.compiled[name] = schema
	return schema, nil
}

// bodySchema is a compiled JSON Schema: drafts 4 to 2020-12, with references only within it. Formats are not checked.
type bodySchema struct {
	root     *jsonschema.Schema
	resolved *jsonschema.Resolved
}

// compileSchema reads a schema. Its error completes "FILE …".
func compileSchema(text []byte) (*bodySchema, error) {
	document, err := decodeJSON(text)
	if err != nil {
		return nil, fmt.Errorf("is not JSON: %w", err)
	}
	if document, err = currentDraft(document); err != nil {
		return nil, err
	}
	if err := checkEnds(document); err != nil {
		return nil, err
	}
	current, err := json.Marshal(document)
	if err != nil {
		return nil, fmt.Errorf("is not JSON: %w", err)
	}
	s := &bodySchema{root: new(jsonschema.Schema)}
	if err := json.Unmarshal(current, s.root); err != nil {
		return nil, fmt.Errorf("is not a JSON Schema: %w", err)
	}
	if err := checkTypes(document); err != nil {
		return nil, fmt.Errorf("is not a JSON Schema: %w", err)
	}
	if s.resolved, err = s.root.Resolve(nil); err != nil {
		return nil, fmt.Errorf("is not a JSON Schema: %w", err)
	}
	return s, nil
}

// decodeJSON decodes one JSON text, and nothing after it.
func decodeJSON(text []byte) (any, error) {
	var value any
	if err := json.Unmarshal(text, &value); err != nil {
		if errors.Is(err, io.ErrUnexpectedEOF) {
			return nil, errors.New("it ends too early")
		}
		return nil, err //nolint:wrapcheck // the caller names the text
	}
	return value, nil
}

// broken returns one line for every rule that the body breaks, sorted. Whether it breaks any is the library's decision; it
// reports the first one only, so the lines are found beside it.
func (s *bodySchema) broken(body string) []string {
	if strings.TrimSpace(body) == "" {
		return []string{"body: is missing"}
	}
	value, err := decodeJSON([]byte(body))
	if err != nil {
		return []string{"body: is not JSON: " + err.Error()}
	}
	if err = s.resolved.Validate(value); err == nil {
		return nil
	}
	rules := brokenRules(s.root, value)
	if len(rules) == 0 {
		return []string{"body: " + libraryWords(err)}
	}
	return rules
}
