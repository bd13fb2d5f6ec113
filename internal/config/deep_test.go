package config

import (
	"strings"
	"testing"
)

// Each level of keys within keys has a path of its own: places of all of them would take the square of the file's size.
func TestKeysWithinKeysTakeNoMoreThanTheirText(t *testing.T) {
	for name, text := range map[string]string{
		"dotted":  strings.TrimSuffix(strings.Repeat("a.", 5000), ".") + " = 1\n",
		"table":   "[" + strings.TrimSuffix(strings.Repeat("a.", 5000), ".") + "]\nb = 1\n",
		"inline":  "x = " + strings.Repeat("{a=", 2000) + "1" + strings.Repeat("}", 2000) + "\n",
		"nothing": "",
	} {
		doc, err := parse("x.toml", []byte(text))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		held := 0
		for path := range doc.keys {
			held += len(path)
		}
		for path := range doc.places {
			held += len(path)
		}
		if held > 2<<20 {
			t.Errorf("%s: paths of %d bytes for a text of %d", name, held, len(text))
		}
	}
}
