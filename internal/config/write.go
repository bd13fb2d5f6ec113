package config

import (
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"errtop/internal/safetext"
)

// WriteTOML writes the settings in effect as a config. Header values, userinfo and query values of URLs, tokens, and in bodies
// and other texts what [safetext.MaskSecrets] masks are masked; ${NAME} stands where the file has it.
func (c *Config) WriteTOML(w io.Writer) error {
	shown := c.shown("", reflect.ValueOf(c).Elem(), "")
	encoder := toml.NewEncoder(w)
	encoder.SetIndentTables(false)
	if err := encoder.Encode(shown.Interface()); err != nil {
		return fmt.Errorf("cannot write the settings: %w", err)
	}
	return nil
}

// shown returns a copy of v, the setting at path, with its strings as they may be shown.
func (c *Config) shown(path string, v reflect.Value, how string) reflect.Value {
	cp := reflect.New(v.Type()).Elem()
	switch v.Kind() {
	case reflect.Struct:
		for _, f := range fields(v.Type()) {
			cp.Field(f.index).Set(c.shown(join(path, f.key), v.Field(f.index), f.shown))
		}
	case reflect.Slice:
		if v.IsNil() {
			return v
		}
		cp.Set(reflect.MakeSlice(v.Type(), v.Len(), v.Len()))
		for i := range v.Len() {
			cp.Index(i).Set(c.shown(fmt.Sprintf("%s[%d]", path, i), v.Index(i), how))
		}
	case reflect.Map:
		if v.IsNil() {
			return v
		}
		cp.Set(reflect.MakeMapWithSize(v.Type(), v.Len()))
		for entry := v.MapRange(); entry.Next(); {
			cp.SetMapIndex(entry.Key(), c.shown(join(path, entry.Key().String()), entry.Value(), how))
		}
	case reflect.String:
		text := orElse(c.written[path], v.String())
		switch {
		case v.Type() == reflect.TypeFor[Secret]():
			text = Secret(text).String()
		case how == "url":
			text = shownURL(text)
		default:
			text = shownText(text)
		}
		cp.SetString(text)
	default:
		return v
	}
	return cp
}

// shownText masks the literals in a text that are secrets, such as those in a body. ${NAME} stays.
func shownText(written string) string {
	return safetext.ReplaceSecrets(written, func(secret string) string {
		references := reference.FindAllString(secret, -1)
		if len(references) > 0 && strings.TrimSpace(reference.ReplaceAllString(secret, "")) == "" {
			return secret
		}
		return safetext.Mask + strings.Join(references, "")
	})
}

// shownURL masks a URL as the file has it. What ${NAME} stands for may be any part of a URL, so that the URL is taken apart
// with a word in its place.
func shownURL(written string) string {
	const word = "errtopvariable" // a legal host and part of a path
	names := reference.FindAllString(written, -1)
	i := -1
	masked := safetext.MaskURL(reference.ReplaceAllStringFunc(written, func(string) string {
		i++
		return word + strconv.Itoa(i) + "x"
	}))
	for i, name := range names {
		masked = strings.ReplaceAll(masked, word+strconv.Itoa(i)+"x", name)
	}
	return masked
}
