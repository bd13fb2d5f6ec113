package probe

import (
	"slices"
	"strings"
	"testing"
)

func TestEveryBrokenRuleIsNamed(t *testing.T) {
	for _, c := range []struct {
		name, schema, body string
		want               []string
	}{
		{"all at once", `{
			"type":"object","required":["id","kind"],"additionalProperties":false,"maxProperties":6,
			"properties":{
				"id":{"type":"string","minLength":3,"pattern":"^[a-z]+$"},
				"n":{"exclusiveMinimum":0,"multipleOf":2},
				"tags":{"type":"array","maxItems":2,"uniqueItems":true,"items":{"enum":["a","b"]}},
				"size":{"type":"object","properties":{"w":{"maximum":10},"h":{"maximum":10}},"required":["w","h","d"]},
				"or":{"type":["string","null"]},"fixed":{"const":"x"}
			}}`, `{"id":"A1","n":-3,"tags":["a","c","a"],"size":{"w":11,"h":12.5},"or":1,"fixed":"y","extra":1}`, []string{
			"body: additional properties 'extra' not allowed", "body: maxProperties: got 7, want 6", "body: missing property 'kind'",
			"fixed: value must be 'x'", "id: 'A1' does not match pattern '^[a-z]+$'", "id: minLength: got 2, want 3",
			"n: exclusiveMinimum: got -3, want 0", "n: multipleOf: got -3, want 2", "or: got number, want string or null",
			"size.h: maximum: got 12.5, want 10", "size.w: maximum: got 11, want 10", "size: missing property 'd'",
			"tags.1: value must be one of 'a', 'b'", "tags: maxItems: got 3, want 2",
		}},
		{"the library's own words", `{"type":"array","uniqueItems":true}`, `[1,2,1]`, []string{"body: uniqueItems: array items 2 and 0 are equal"}},
		{"below references", `{"$defs":{"positive":{"minimum":1}},"properties":{"a":{"$ref":"#/$defs/positive"},"b":{"$ref":"#/$defs/positive"}}}`, `{"a":0,"b":-1}`, []string{"a: minimum: got 0, want 1", "b: minimum: got -1, want 1"}},
		{"itself", `{"properties":{"next":{"$ref":"#"},"n":{"type":"integer"}}}`, `{"n":"x","next":{"n":true,"next":{"n":null}}}`, []string{"n: got string, want integer", "next.n: got boolean, want integer", "next.next.n: got null, want integer"}},
		{"all of", `{"allOf":[{"required":["a"]},{"required":["b","c"]}]}`, `{}`, []string{"body: missing properties 'b', 'c'", "body: missing property 'a'"}},
		{"any of", `{"anyOf":[{"type":"string"},{"minimum":5}]}`, `3`, []string{"body: got number, want string", "body: minimum: got 3, want 5"}},
		{"any of, one fits", `{"anyOf":[{"type":"string"},{"minimum":5}],"maximum":6}`, `7`, []string{"body: maximum: got 7, want 6"}},
		{"if and then", `{"if":{"properties":{"kind":{"const":"big"}}},"then":{"required":["size"]},"else":{"required":["why"]}}`, `{"kind":"big"}`, []string{"body: missing property 'size'"}},
		{"else", `{"if":{"properties":{"kind":{"const":"big"}}},"then":{"required":["size"]},"else":{"required":["why"]}}`, `{"kind":"small"}`, []string{"body: missing property 'why'"}},
		{"by pattern", `{"patternProperties":{"^n_":{"type":"integer"}},"additionalProperties":{"type":"string"}}`, `{"n_a":"x","b":1}`, []string{"b: got number, want string", "n_a: got string, want integer"}},
		{"tuple", `{"prefixItems":[{"type":"string"}],"items":{"type":"integer"}}`, `[1,"a",2.0]`, []string{"0: got number, want string", "1: got string, want integer"}},
		{"tuple of draft 7", `{"$schema":"http://json-schema.org/draft-07/schema#","items":[{"type":"string"}],"additionalItems":{"type":"integer"}}`, `[1,"a"]`, []string{"0: got number, want string", "1: got string, want integer"}},
		{"draft 4", `{"$schema":"http://json-schema.org/draft-04/schema#","id":"http://x.example/s","properties":{"n":{"minimum":1,"exclusiveMinimum":true},"m":{"maximum":1,"exclusiveMaximum":false}}}`, `{"n":1,"m":1}`, []string{"n: exclusiveMinimum: got 1, want 1"}},
		{"draft 6", `{"$schema":"http://json-schema.org/draft-06/schema#","properties":{"n":{"const":1}}}`, `{"n":2}`, []string{"n: value must be 1"}},
		{"2019-09", `{"$schema":"https://json-schema.org/draft/2019-09/schema","items":[{"type":"string"}],"additionalItems":false}`, `[1]`, []string{"0: got number, want string"}},
		{"characters, not bytes", `{"maxLength":2}`, `"éé"`, nil},
		{"whole numbers are integers", `{"type":"integer"}`, `5.0`, nil},
		{"not JSON", `{}`, `{"a":`, []string{"body: is not JSON: unexpected end of JSON input"}},
	} {
		s, err := compileSchema([]byte(c.schema))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if got := s.broken(c.body); !slices.Equal(got, c.want) {
			t.Errorf("%s:\ngot  %q\nwant %q", c.name, got, c.want)
		}
	}
}

func TestWhatIsWrongWithASchemaIsNamed(t *testing.T) {
	for schema, want := range map[string]string{
		`{`:                        "is not JSON",
		`{"type":"strin"}`:         `is not a JSON Schema: there is no type "strin"`,
		`{"minimum":"x"}`:          "is not a JSON Schema",
		`{"pattern":"["}`:          "is not a JSON Schema",
		`{"$ref":"#/$defs/x"}`:     "is not a JSON Schema",
		`{"allOf":[{"$ref":"#"}]}`: "refers to itself without end: #",
		`{"properties":{"a":{"$ref":"#/$defs/x"}},"$defs":{"x":{"anyOf":[{"$ref":"#/$defs/y"}]},"y":{"not":{"$ref":"#/$defs/x"}}}}`: "refers to itself without end",
		`{"$id":"https://x.example/s","properties":{"a":{"$anchor":"b","then":{"$ref":"#b"},"if":true}}}`:                           "refers to itself without end: #b",
		`{"$id":"https://x.example/s","allOf":[{"$ref":"https://x.example/s"}]}`:                                                    "refers to itself without end: https://x.example/s",
		`{"$id":"https://x.example/v1/s","allOf":[{"$ref":"s"}]}`:                                                                   "refers to itself without end: s",
		`{"$defs":{"a/b":{"oneOf":[{"$ref":"#/$defs/a~1b"}]}},"$ref":"#/$defs/a~1b"}`:                                               "refers to itself without end: #/$defs/a~1b",
		`{"$schema":"http://json-schema.org/draft-03/schema#"}`:                                                                     "is of a draft that is not supported: http://json-schema.org/draft-03/schema#",
		`{"$ref":"https://elsewhere.example/schema.json"}`:                                                                          "is not a JSON Schema", // nothing is fetched
	} {
		if _, err := compileSchema([]byte(schema)); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v, want %q", schema, err, want)
		}
	}
}
