package probe

import (
	"fmt"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/google/jsonschema-go/jsonschema"
)

// schemaDepth bounds how deep schemas are followed: a schema may refer to itself.
const schemaDepth = 64

// brokenRules returns one line for every rule of a schema that a value breaks: "num_images: maximum: got 5, want 4", sorted.
// Rules that it has no words of its own for are put to the library one schema at a time.
func brokenRules(root *jsonschema.Schema, value any) []string {
	w := &ruleWalk{root: root}
	w.visit(root, value, nil, 0)
	slices.Sort(w.rules)
	return slices.Compact(w.rules)
}

// ruleWalk collects the broken rules of one value.
type ruleWalk struct {
	root  *jsonschema.Schema
	rules []string
}

func (w *ruleWalk) say(path []string, format string, args ...any) {
	where := "body"
	if len(path) > 0 {
		where = strings.Join(path, ".")
	}
	w.rules = append(w.rules, where+": "+fmt.Sprintf(format, args...))
}

// visit looks at one schema and one value.
func (w *ruleWalk) visit(s *jsonschema.Schema, value any, path []string, depth int) {
	if s == nil || depth > schemaDepth {
		return
	}
	if s.Ref != "" && w.root.Schema == draft7 { // what stands beside a reference is ignored until draft 7
		s = &jsonschema.Schema{Ref: s.Ref}
	}
	before := len(w.rules)
	w.types(s, value, path)
	switch v := value.(type) {
	case float64:
		w.number(s, v, path)
	case string:
		w.text(s, v, path)
	case []any:
		w.array(s, v, path, depth)
	case map[string]any:
		w.object(s, v, path, depth)
	}
	for _, all := range s.AllOf {
		w.visit(all, value, path, depth+1)
	}
	w.anyOf(s, value, path, depth)
	if s.If != nil {
		branch := s.Else
		if w.verdict(s.If, value) == nil {
			branch = s.Then
		}
		w.visit(branch, value, path, depth+1)
	}
	ref, known := w.follow(s.Ref)
	w.visit(ref, value, path, depth+1)
	if err := w.verdict(w.rest(s, known), value); err != nil && len(w.rules) == before {
		w.say(path, "%s", libraryWords(err))
	}
}

// follow returns the schema that a reference within the file leads to, and whether it is known.
func (w *ruleWalk) follow(ref string) (*jsonschema.Schema, bool) {
	switch ref {
	case "":
		return nil, true
	case "#":
		return w.root, true
	}
	if name, ok := strings.CutPrefix(ref, "#/$defs/"); ok && w.root.Defs[name] != nil {
		return w.root.Defs[name], true
	}
	if name, ok := strings.CutPrefix(ref, "#/definitions/"); ok && w.root.Definitions[name] != nil {
		return w.root.Definitions[name], true
	}
	return nil, false
}

// rest returns the part of a schema that visit has no words for.
func (w *ruleWalk) rest(s *jsonschema.Schema, refKnown bool) *jsonschema.Schema {
	if s.UnevaluatedItems != nil || s.UnevaluatedProperties != nil { // they depend on all the others
		return s
	}
	rest := *s
	rest.Type, rest.Types, rest.Enum, rest.Const = "", nil, nil, nil
	rest.Minimum, rest.Maximum, rest.ExclusiveMinimum, rest.ExclusiveMaximum, rest.MultipleOf = nil, nil, nil, nil, nil
	rest.MinLength, rest.MaxLength, rest.MinItems, rest.MaxItems, rest.MinProperties, rest.MaxProperties = nil, nil, nil, nil, nil, nil
	rest.Pattern, rest.Required, rest.AllOf, rest.AnyOf, rest.If, rest.Then, rest.Else = "", nil, nil, nil, nil, nil, nil
	if refKnown {
		rest.Ref = ""
	}
	rest.Items, rest.ItemsArray, rest.AdditionalItems, rest.PrefixItems = nil, nil, nil, nil
	rest.Properties, rest.PatternProperties, rest.AdditionalProperties = nil, nil, nil
	return &rest
}

// verdict asks the library about a schema alone, which may refer to the definitions of the whole. A schema that makes no
// sense alone passes.
func (w *ruleWalk) verdict(s *jsonschema.Schema, value any) error {
	alone := s.CloneSchemas()
	alone.Schema, alone.Defs, alone.Definitions = w.root.Schema, w.root.Defs, w.root.Definitions
	resolved, err := alone.CloneSchemas().Resolve(nil)
	if err != nil {
		return nil //nolint:nilerr // its place in the whole is missing
	}
	return resolved.Validate(value) //nolint:wrapcheck // libraryWords takes it apart
}

// libraryWords takes the path that the library's error begins with off it.
func libraryWords(err error) string {
	said := err.Error()
	for strings.HasPrefix(said, "validating ") {
		_, inner, found := strings.Cut(said, ": ")
		if !found {
			break
		}
		said = inner
	}
	return firstLine(said)
}

func (w *ruleWalk) types(s *jsonschema.Schema, value any, path []string) {
	wanted := s.Types
	if s.Type != "" {
		wanted = []string{s.Type}
	}
	got := typeOf(value)
	fits := func(want string) bool {
		return want == got || want == "integer" && got == "number" && isInteger(value)
	}
	if len(wanted) > 0 && !slices.ContainsFunc(wanted, fits) {
		w.say(path, "got %s, want %s", got, strings.Join(wanted, " or "))
	}
	if s.Enum != nil && !slices.ContainsFunc(s.Enum, func(allowed any) bool { return reflect.DeepEqual(allowed, value) }) {
		w.say(path, "value must be one of %s", quoteAll(s.Enum))
	}
	if s.Const != nil && !reflect.DeepEqual(*s.Const, value) {
		w.say(path, "value must be %s", quoteAll([]any{*s.Const}))
	}
}

func typeOf(value any) string {
	switch value.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case float64:
		return "number"
	case string:
		return "string"
	case []any:
		return "array"
	}
	return "object"
}

func isInteger(value any) bool {
	n, ok := value.(float64)
	return ok && n == math.Trunc(n)
}

func (w *ruleWalk) number(s *jsonschema.Schema, n float64, path []string) {
	for _, bound := range []struct {
		name   string
		limit  *float64
		broken func(limit float64) bool
	}{
		{"minimum", s.Minimum, func(limit float64) bool { return n < limit }},
		{"maximum", s.Maximum, func(limit float64) bool { return n > limit }},
		{"exclusiveMinimum", s.ExclusiveMinimum, func(limit float64) bool { return n <= limit }},
		{"exclusiveMaximum", s.ExclusiveMaximum, func(limit float64) bool { return n >= limit }},
		{"multipleOf", s.MultipleOf, func(limit float64) bool { return limit != 0 && n/limit != math.Trunc(n/limit) }},
	} {
		if bound.limit != nil && bound.broken(*bound.limit) {
			w.say(path, "%s: got %s, want %s", bound.name, decimalText(n), decimalText(*bound.limit))
		}
	}
}

func decimalText(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }

func (w *ruleWalk) text(s *jsonschema.Schema, text string, path []string) {
	w.count(path, "minLength", "maxLength", utf8.RuneCountInString(text), s.MinLength, s.MaxLength)
	if s.Pattern != "" {
		if pattern, err := regexp.Compile(s.Pattern); err == nil && !pattern.MatchString(text) {
			w.say(path, "'%s' does not match pattern '%s'", text, s.Pattern)
		}
	}
}

func (w *ruleWalk) count(path []string, least, most string, n int, low, high *int) {
	if low != nil && n < *low {
		w.say(path, "%s: got %d, want %d", least, n, *low)
	}
	if high != nil && n > *high {
		w.say(path, "%s: got %d, want %d", most, n, *high)
	}
}

func (w *ruleWalk) array(s *jsonschema.Schema, items []any, path []string, depth int) {
	w.count(path, "minItems", "maxItems", len(items), s.MinItems, s.MaxItems)
	first, rest := s.PrefixItems, s.Items
	if s.ItemsArray != nil { // until draft 7
		first, rest = s.ItemsArray, s.AdditionalItems
	}
	for i, item := range items {
		below := slices.Concat(path, []string{strconv.Itoa(i)})
		if i < len(first) {
			w.visit(first[i], item, below, depth+1)
		} else {
			w.visit(rest, item, below, depth+1)
		}
	}
}

func (w *ruleWalk) object(s *jsonschema.Schema, members map[string]any, path []string, depth int) {
	w.count(path, "minProperties", "maxProperties", len(members), s.MinProperties, s.MaxProperties)
	var missing, extra []string
	for _, name := range s.Required {
		if _, ok := members[name]; !ok {
			missing = append(missing, "'"+name+"'")
		}
	}
	switch len(missing) {
	case 0:
	case 1:
		w.say(path, "missing property %s", missing[0])
	default:
		w.say(path, "missing properties %s", strings.Join(missing, ", "))
	}
	for _, name := range sortedKeys(members) {
		below := slices.Concat(path, []string{name})
		inner, known := s.Properties[name]
		w.visit(inner, members[name], below, depth+1)
		for _, pattern := range sortedKeys(s.PatternProperties) {
			if matcher, err := regexp.Compile(pattern); err == nil && matcher.MatchString(name) {
				known = true
				w.visit(s.PatternProperties[pattern], members[name], below, depth+1)
			}
		}
		switch {
		case known || s.AdditionalProperties == nil:
		case isFalse(s.AdditionalProperties):
			extra = append(extra, "'"+name+"'")
		default:
			w.visit(s.AdditionalProperties, members[name], below, depth+1)
		}
	}
	if len(extra) > 0 {
		w.say(path, "additional properties %s not allowed", strings.Join(extra, ", "))
	}
}

// isFalse reports whether a schema is "false", which the library reads as {"not": {}}.
func isFalse(s *jsonschema.Schema) bool { return s.Not != nil && reflect.ValueOf(*s.Not).IsZero() }

// anyOf names the broken rules of every alternative where none fits.
func (w *ruleWalk) anyOf(s *jsonschema.Schema, value any, path []string, depth int) {
	if len(s.AnyOf) == 0 || slices.ContainsFunc(s.AnyOf, func(one *jsonschema.Schema) bool { return w.verdict(one, value) == nil }) {
		return
	}
	for _, one := range s.AnyOf {
		w.visit(one, value, path, depth+1)
	}
}

// quoteAll returns values as they are written, strings in quotes: 'square', 4.
func quoteAll(values []any) string {
	quoted := make([]string, len(values))
	for i, v := range values {
		switch v := v.(type) {
		case string:
			quoted[i] = "'" + v + "'"
		default:
			quoted[i] = quoteValue(v)
		}
	}
	return strings.Join(quoted, ", ")
}
