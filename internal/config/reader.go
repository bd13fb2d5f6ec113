package config

import (
	"encoding"
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strings"
	"time"
)

// reader puts the values of a document into settings and collects what is wrong.
type reader struct {
	doc            *document
	folder         string
	around         Surroundings
	othersMayWrite bool

	mistakes []Mistake
	spoiled  map[string]bool       // paths that could not be read, and are not checked any more
	written  map[string]string     // see Config
	used     map[string][]Secret   // path of a string -> what ${NAME} stood for in it
	commands map[string]secretFrom // path of a secret -> the command that prints it
}

// fault notes that the value at path is wrong.
func (r *reader) fault(path, format string, args ...any) {
	r.faultAt(r.doc.valueAt(path), path, format, args...)
}

func (r *reader) faultAt(at position, path, format string, args ...any) {
	for around := path; around != ""; around = parent(around) {
		if r.spoiled[around] {
			return
		}
	}
	r.mistakes = append(r.mistakes, Mistake{
		File: r.doc.file, Line: at.line, Column: at.column, Key: path, Problem: fmt.Sprintf(format, args...),
	})
}

// field is a setting of a section: a field of a struct with its key.
type field struct {
	key   string
	index int
	shown string // how WriteTOML treats it
}

// fields returns the settings of a struct type in their order.
func fields(t reflect.Type) []field {
	var all []field
	for i := range t.NumField() {
		f := t.Field(i)
		key, _, _ := strings.Cut(f.Tag.Get("toml"), ",")
		if key != "" && key != "-" {
			all = append(all, field{key: key, index: i, shown: f.Tag.Get("shown")})
		}
	}
	return all
}

// table puts values into the struct that section points to.
func (r *reader) table(path string, values map[string]any, section any) {
	v := reflect.ValueOf(section).Elem()
	known := fields(v.Type())
	for _, key := range slices.Sorted(maps.Keys(values)) {
		i := slices.IndexFunc(known, func(f field) bool { return f.key == key })
		if i < 0 {
			r.unknown(join(path, key), key, known)
			continue
		}
		r.value(join(path, key), values[key], v.Field(known[i].index))
	}
}

// unknown refuses a key and says which was meant.
func (r *reader) unknown(path, key string, known []field) {
	names := make([]string, len(known))
	for i, f := range known {
		names[i] = f.key
	}
	advice := suggest(key, names)
	if elsewhere := sectionsWith(key); !strings.HasPrefix(advice, "did") && len(elsewhere) > 0 {
		advice = "it belongs to " + strings.Join(elsewhere, " or ")
	}
	r.faultAt(r.doc.keyAt(path), path, "unknown key; %s", advice)
}

// sectionsWith returns the headers of the sections that know a key.
func sectionsWith(key string) []string {
	var found []string
	top := reflect.TypeFor[Config]()
	for _, f := range fields(top) {
		if f.key == key {
			found = append(found, "the top of the file, before the first [section]")
		}
		t, header := top.Field(f.index).Type, "["+f.key+"]"
		if t.Kind() == reflect.Slice {
			t, header = t.Elem(), "["+header+"]"
		}
		if t.Kind() == reflect.Struct && slices.ContainsFunc(fields(t), func(f field) bool { return f.key == key }) {
			found = append(found, header)
		}
	}
	return found
}

// value puts one value into dst, whatever type that has.
func (r *reader) value(path string, value any, dst reflect.Value) {
	switch to := dst.Addr().Interface().(type) {
	case *Secret:
		r.secret(path, value, to)
	case encoding.TextUnmarshaler:
		r.text(path, value, to)
	default:
		r.plain(path, value, dst)
	}
}

// plain puts one value into dst, which is a section, a list, a map or of one of the basic types.
func (r *reader) plain(path string, value any, dst reflect.Value) {
	switch dst.Kind() {
	case reflect.Struct:
		if values, ok := as[map[string]any](r, path, value, "a table"); ok {
			r.table(path, values, dst.Addr().Interface())
		}
	case reflect.Slice:
		r.list(path, value, dst)
	case reflect.Map:
		r.mapping(path, value, dst)
	case reflect.String:
		if s, ok := as[string](r, path, value, "a string"); ok {
			dst.SetString(r.expand(path, s))
		}
	case reflect.Bool:
		if b, ok := as[bool](r, path, value, "true or false"); ok {
			dst.SetBool(b)
		}
	case reflect.Pointer:
		dst.Set(reflect.New(dst.Type().Elem()))
		r.plain(path, value, dst.Elem())
	case reflect.Int:
		if n, ok := as[int64](r, path, value, "a whole number"); ok {
			dst.SetInt(n)
		}
	case reflect.Float64:
		if n, ok := value.(int64); ok {
			value = float64(n)
		}
		if n, ok := as[float64](r, path, value, "a number"); ok && !math.IsNaN(n) {
			dst.SetFloat(n)
		}
	default:
		panic("config: no reader for " + dst.Type().String())
	}
}

// list puts a list into a slice. A list of strings may be written as one string.
func (r *reader) list(path string, value any, dst reflect.Value) {
	if s, ok := value.(string); ok && dst.Type().Elem().Kind() == reflect.String {
		dst.Set(reflect.ValueOf([]string{r.expand(path+"[0]", s)}))
		return
	}
	want := "a list"
	if dst.Type().Elem().Kind() == reflect.Struct {
		want = "a list of tables: [[" + path + "]]"
	}
	values, ok := as[[]any](r, path, value, want)
	if !ok {
		return
	}
	list := reflect.MakeSlice(dst.Type(), len(values), len(values))
	for i, v := range values {
		element := list.Index(i)
		if d, ok := reflect.TypeAssert[interface{ setDefaults() }](element.Addr()); ok {
			d.setDefaults()
		}
		r.value(fmt.Sprintf("%s[%d]", path, i), v, element)
	}
	dst.Set(list)
}

// mapping puts a table whose keys are the user's into a map.
func (r *reader) mapping(path string, value any, dst reflect.Value) {
	values, ok := as[map[string]any](r, path, value, "a table")
	if !ok {
		return
	}
	m := reflect.MakeMap(dst.Type())
	for _, key := range slices.Sorted(maps.Keys(values)) {
		element := reflect.New(dst.Type().Elem()).Elem()
		r.value(join(path, key), values[key], element)
		m.SetMapIndex(reflect.ValueOf(key), element)
	}
	dst.Set(m)
}

// text puts a string into a type that reads itself.
func (r *reader) text(path string, value any, to encoding.TextUnmarshaler) {
	s, ok := value.(string)
	if !ok {
		r.fault(path, "%s, expected a string%s", describe(value), suchAs(to))
		return
	}
	if err := to.UnmarshalText([]byte(r.expand(path, s))); err != nil {
		r.fault(path, "%q is %v", shownText(s), err)
	}
}

// suchAs returns how the text of a setting may look.
func suchAs(setting any) string {
	if _, ok := setting.(*Duration); ok {
		return ` such as "30s"`
	}
	return ""
}

// as returns value as a T, or notes that it is something else.
func as[T any](r *reader, path string, value any, want string) (T, bool) {
	v, ok := value.(T)
	if !ok {
		r.fault(path, "%s, expected %s", describe(value), want)
	}
	return v, ok
}

// describe says what a value is, without its content, which may be secret.
func describe(value any) string {
	switch value.(type) {
	case string:
		return "a string"
	case int64, float64:
		return "a number"
	case bool:
		return "true or false"
	case []any:
		return "a list"
	case map[string]any:
		return "a table"
	case time.Time:
		return "a time"
	default:
		return "a date or a time of day"
	}
}
