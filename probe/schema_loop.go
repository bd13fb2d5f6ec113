package probe

import (
	"fmt"
	"strconv"
	"strings"
)

// checkEnds refuses a schema that refers to itself without looking deeper into the value: to check any value against it has no
// end, and the library would use up the stack.
func checkEnds(document any) error {
	g := refGraph{root: document, named: map[string]any{}, seen: map[string]int{}}
	g.collect(document)
	for _, ref := range g.refs {
		if err := g.follow(ref); err != nil {
			return err
		}
	}
	return nil
}

// refGraph is the references of a schema, each of which leads to the references that apply to the same value.
type refGraph struct {
	root  any
	named map[string]any // by $id, and by anchor with its "#"
	refs  []string
	seen  map[string]int // 1 while it is followed, 2 once it was
}

// collect finds every reference and name.
func (g *refGraph) collect(document any) {
	rewrite(document, func(s map[string]any) {
		for _, key := range []string{"$id", "$anchor", "$dynamicAnchor"} {
			if name, ok := s[key].(string); ok {
				if key != "$id" {
					name = "#" + name
				}
				g.named[name] = s
			}
		}
		g.refs = append(g.refs, refsOf(s)...)
	})
}

func refsOf(s map[string]any) []string {
	var refs []string
	for _, key := range []string{"$ref", "$dynamicRef"} {
		if ref, ok := s[key].(string); ok {
			refs = append(refs, ref)
		}
	}
	return refs
}

func (g *refGraph) follow(ref string) error {
	switch g.seen[ref] {
	case 1:
		return fmt.Errorf("refers to itself without end: %s", ref)
	case 2:
		return nil
	}
	g.seen[ref] = 1
	for _, next := range sameValue(g.target(ref)) {
		if err := g.follow(next); err != nil {
			return err
		}
	}
	g.seen[ref] = 2
	return nil
}

// target returns the schema that a reference leads to, nil where it leads out of the file.
func (g *refGraph) target(ref string) any {
	if found, ok := g.named[ref]; ok {
		return found
	}
	id, fragment, _ := strings.Cut(ref, "#")
	at := g.root
	if id != "" {
		at = g.named[id]
		for name, schema := range g.named { // a relative reference
			if at == nil && strings.HasSuffix(name, "/"+strings.TrimPrefix(id, "/")) {
				at = schema
			}
		}
	}
	if fragment == "" {
		return at
	}
	for part := range strings.SplitSeq(strings.TrimPrefix(fragment, "/"), "/") { // RFC 6901, section 4
		part = strings.NewReplacer("~1", "/", "~0", "~").Replace(part)
		switch v := at.(type) {
		case map[string]any:
			at = v[part]
		case []any:
			i, err := strconv.Atoi(part)
			if err != nil || i < 0 || i >= len(v) {
				return nil
			}
			at = v[i]
		default:
			return nil
		}
	}
	return at
}

// sameValue returns the references of a schema that apply to the same value as it does.
func sameValue(schema any) []string {
	s, ok := schema.(map[string]any)
	if !ok {
		return nil
	}
	refs := refsOf(s)
	for _, key := range []string{"allOf", "anyOf", "oneOf"} {
		list, _ := s[key].([]any)
		for _, one := range list {
			refs = append(refs, sameValue(one)...)
		}
	}
	for _, key := range []string{"not", "if", "then", "else"} {
		refs = append(refs, sameValue(s[key])...)
	}
	for _, key := range []string{"dependentSchemas", "dependencies"} {
		members, _ := s[key].(map[string]any)
		for _, name := range sortedKeys(members) {
			refs = append(refs, sameValue(members[name])...)
		}
	}
	return refs
}
