package probe

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

const (
	draft7    = "http://json-schema.org/draft-07/schema#"
	draft2020 = "https://json-schema.org/draft/2020-12/schema"
)

// currentDraft rewrites a schema of an older draft as one that the library reads: drafts 4 and 6 as draft 7, 2019-09 as
// 2020-12. It says so where the draft is none of these.
func currentDraft(document any) (any, error) {
	root, ok := document.(map[string]any)
	if !ok {
		return document, nil
	}
	name, _ := root["$schema"].(string)
	switch bare := strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(name, "http://"), "https://"), "#"); bare {
	case "", "json-schema.org/draft/2020-12/schema":
		return document, nil
	case "json-schema.org/draft-07/schema":
		root["$schema"] = draft7
	case "json-schema.org/draft-04/schema", "json-schema.org/draft-06/schema":
		root["$schema"] = draft7
		rewrite(root, fromDraft4)
	case "json-schema.org/draft/2019-09/schema":
		root["$schema"] = draft2020
		rewrite(root, from2019)
	default:
		return nil, fmt.Errorf("is of a draft that is not supported: %s", name)
	}
	return document, nil
}

// rewrite changes every object of a schema.
func rewrite(value any, change func(map[string]any)) {
	switch v := value.(type) {
	case map[string]any:
		change(v)
		for name, inner := range v {
			if name != "enum" && name != "const" && name != "default" && name != "examples" { // values, not schemas
				rewrite(inner, change)
			}
		}
	case []any:
		for _, inner := range v {
			rewrite(inner, change)
		}
	}
}

// fromDraft4 makes a bound that is exclusive by a flag one by itself, and renames id.
func fromDraft4(s map[string]any) {
	for flag, bound := range map[string]string{"exclusiveMinimum": "minimum", "exclusiveMaximum": "maximum"} {
		exclusive, isFlag := s[flag].(bool)
		if !isFlag {
			continue
		}
		delete(s, flag)
		if limit, ok := s[bound].(float64); ok && exclusive {
			delete(s, bound)
			s[flag] = limit
		}
	}
	if id, ok := s["id"].(string); ok && s["$id"] == nil {
		delete(s, "id")
		s["$id"] = id
	}
}

// from2019 renames what 2020-12 renamed.
func from2019(s map[string]any) {
	if items, ok := s["items"].([]any); ok {
		s["prefixItems"] = items
		delete(s, "items")
		if rest, ok := s["additionalItems"]; ok {
			s["items"] = rest
		}
	}
	delete(s, "additionalItems")
	if s["$recursiveRef"] == "#" {
		delete(s, "$recursiveRef")
		s["$ref"] = "#"
	}
}

// checkTypes finds names of types that do not exist, which the library lets pass.
func checkTypes(document any) error {
	known := []string{"array", "boolean", "integer", "null", "number", "object", "string"}
	var wrong []string
	rewrite(document, func(s map[string]any) {
		names, _ := s["type"].([]any)
		if name, ok := s["type"].(string); ok {
			names = []any{name}
		}
		for _, name := range names {
			if text, ok := name.(string); ok && !slices.Contains(known, text) {
				wrong = append(wrong, text)
			}
		}
	})
	if len(wrong) > 0 {
		return fmt.Errorf("there is no type %q", slices.Min(wrong))
	}
	return nil
}

// sortedKeys returns the names of an object in their order.
func sortedKeys[V any](object map[string]V) []string { return slices.Sorted(maps.Keys(object)) }
