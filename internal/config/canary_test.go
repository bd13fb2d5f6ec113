package config

import (
	"encoding"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

// Every setting that takes text is given a variable. Whether that is accepted or refused, nobody sees what it stood for.
func TestNoVariableIsSeenWhereverItStands(t *testing.T) {
	const canary = "C4N4RY"
	around := Surroundings{
		LookupEnv: func(string) (string, bool) { return canary, true },
		Themes:    []string{"dark"}, Styles: []string{"x"}, Actions: []string{"x"}, Formats: []string{"json"}, Fields: []string{"x"},
	}
	accepted, refused := 0, 0
	for _, setting := range textSettings(reflect.TypeFor[Config](), "") {
		for _, text := range []string{`"${V}"`, `"a ${V}\n"`, `"https://${V}/${V}?${V}=${V}"`, `"tcp://a:${V}"`} {
			document := strings.Replace(setting, "VALUE", text, 1)
			c, err := read("errtop.toml", []byte(document), 0o644, around)
			if err != nil {
				refused++
				if strings.Contains(err.Error(), canary) {
					t.Errorf("%s\nis refused with: %v", document, err)
				}
				continue
			}
			accepted++
			var written strings.Builder
			if err := c.WriteTOML(&written); err != nil {
				t.Fatal(err)
			}
			if strings.Contains(written.String(), canary) || strings.Contains(strings.Join(c.Warnings, "\n"), canary) {
				t.Errorf("%s\nis written as:\n%s\nand warned of: %v", document, written.String(), c.Warnings)
			}
		}
	}
	if accepted < 30 || refused < 30 {
		t.Errorf("%d accepted, %d refused: what is tried?", accepted, refused)
	}
}

// textSettings returns a document for every setting that takes text, with VALUE where it goes.
func textSettings(section reflect.Type, path string) []string {
	// What a target or a source needs besides, as far as it is not what is tried.
	needs := map[string]string{"targets[0].name": `"n"`, "targets[0].url": `"https://h"`, "sources[0].files": `"f"`, "push.listen": `"localhost:1"`}
	var documents []string
	for _, f := range fields(section) {
		at, of := join(path, f.key), section.Field(f.index).Type
		value := "VALUE"
		switch of.Kind() {
		case reflect.Struct:
			documents = append(documents, textSettings(of, at)...)
			continue
		case reflect.Slice:
			if of.Elem().Kind() == reflect.Struct {
				documents = append(documents, textSettings(of.Elem(), at+"[0]")...)
				continue
			}
			value = "[VALUE]"
		case reflect.Map:
			value = "{ x = VALUE }"
		case reflect.String:
		default:
			if !reflect.PointerTo(of).Implements(reflect.TypeFor[encoding.TextUnmarshaler]()) {
				continue
			}
		}
		document := fmt.Sprintf("%s = %s\n", at, value)
		for need, with := range needs {
			if need != at && need[:4] == at[:4] {
				document += need + " = " + with + "\n"
			}
		}
		header, _, _ := strings.Cut(at, "[0].")
		if header != at {
			document = "[[" + header + "]]\n" + strings.ReplaceAll(document, header+"[0].", "")
		}
		documents = append(documents, document)
	}
	for _, from := range []string{"file = VALUE", "command = [VALUE]", `command = ["sh", "-c", VALUE]`} {
		if path == "targets[0]" {
			documents = append(documents, "[[targets]]\nname = \"n\"\nurl = \"https://h\"\nheaders.x = { "+from+" }\n")
		}
	}
	return documents
}
