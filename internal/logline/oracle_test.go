package logline

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"errtop/internal/logline/testlog"
)

// oracle decodes a JSON line the obvious way, with encoding/json. It shares with the decoder what keys mean and what
// follows from their values, and nothing of how they are found.
type oracle struct{ keys *keyTable }

// read returns the record's fields as text, and whether the line is a request's.
func (o oracle) read(line []byte) (map[string]string, string) {
	if !json.Valid(line) {
		return nil, "broken"
	}
	if bytes.TrimLeft(line, " \t\r\n")[0] != '{' {
		return nil, "no object"
	}
	var r Record
	r.reset(nil)
	o.object(line, "", 1, &r)
	c := clock{}
	reason := r.complete(&c)
	return fieldsOf(&r), reason
}

// object reads an object that stands so deep.
func (o oracle) object(text []byte, prefix string, depth int, r *Record) {
	d := json.NewDecoder(bytes.NewReader(text))
	_, _ = d.Token()
	for d.More() {
		key, _ := d.Token()
		path := prefix + key.(string)
		var raw json.RawMessage
		if d.Decode(&raw) != nil {
			panic("checked before")
		}
		at := o.keys.find([]byte(path))
		if raw[0] == '{' && depth <= maxLevels && len(path) <= maxKeyPath {
			o.object(raw, path+".", depth+1, r)
		}
		o.value(raw, at, r)
	}
}

// value reads what a key that means something has for a value.
func (o oracle) value(raw json.RawMessage, at slot, r *Record) {
	switch raw[0] {
	case '{', '[':
		if at.field == FieldErrors || at.field == FieldDetails || at.field == FieldLine && raw[0] == '[' {
			o.put(r, at, string(raw), formRaw)
			return
		}
		var list []json.RawMessage
		if at.field.mayBeList() && json.Unmarshal(raw, &list) == nil && len(list) > 0 && list[0][0] != '{' {
			o.value(list[0], at, r)
		}
	case '"':
		var s string
		_ = json.Unmarshal(raw, &s)
		o.put(r, at, s, formText)
	case 't', 'f', 'n':
		r.hints |= at.meta.hintBit()
	default:
		o.put(r, at, string(raw), formNumber)
	}
}

// put appends the value to the record's line and sets its field.
func (o oracle) put(r *Record, at slot, value string, f form) {
	lo := len(r.line)
	r.line = append(r.line, value...)
	r.put(at.field, makeSpan(at, lo, len(r.line), f))
}

// fieldsOf returns what a record says, comparably.
func fieldsOf(r *Record) map[string]string {
	m := map[string]string{
		"-time": r.Time().String(), "-status": fmt.Sprint(r.status), "-kind": r.Kind.String(), "-latency": r.Latency.String(),
	}
	for f := Field(1); f < FieldCount; f++ {
		if r.Has(f) {
			m[f.String()] = string([]rune(string(r.Text(f)))) // each byte that is not UTF-8 becomes U+FFFD, as encoding/json has it
		}
	}
	return m
}

// pair is the decoder under test, which keeps what it learned, beside the oracle.
type pair struct {
	oracle  oracle
	scanner jsonScanner
	clock   clock
	rec     Record
}

func newPair(t testing.TB) *pair {
	keys, err := newKeyTable(nil)
	if err != nil {
		t.Fatal(err)
	}
	own, err := newKeyTable(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &pair{oracle: oracle{keys}, scanner: jsonScanner{keys: own}}
}

// check fails the test where the two differ on a line.
func (p *pair) check(t *testing.T, line []byte) {
	t.Helper()
	want, wantReason := p.oracle.read(line)
	p.rec.reset(line)
	reason := p.scanner.scan(line, &p.rec)
	if (reason != "") != (want == nil) {
		t.Fatalf("%q: scanner says %q, oracle %q", line, reason, wantReason)
	}
	if want == nil {
		return
	}
	reason = p.rec.complete(&p.clock)
	if got := fieldsOf(&p.rec); !reflect.DeepEqual(got, want) || reason != wantReason {
		t.Fatalf("%q\ngot  %v %q\nwant %v %q", line, got, reason, want, wantReason)
	}
}

func TestTheScannerAgreesWithEncodingJSON(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	p := newPair(t)
	for i := range 30000 {
		line := []byte(testlog.RandomLine(r, i%3 == 0))
		p.check(t, line)
		if i%5 == 0 { // damaged somewhere
			line[r.IntN(len(line))] = byte(r.IntN(256))
			p.check(t, line)
			p.check(t, line[:r.IntN(len(line))])
		}
	}
	if p.scanner.shape.fitted == 0 && p.scanner.shape.pause == 0 {
		t.Error("no line was read by its shape: the fast way was not tested")
	}
}

func TestJSONTestSuite(t *testing.T) {
	corpus := cmp.Or(os.Getenv("ERRTOP_CORPUS"), "../safetext/testdata/corpus")
	files, err := filepath.Glob(filepath.Join(corpus, "json", "*.json"))
	if err != nil || len(files) < 90 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	p := newPair(t)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, wrapped := range [][]byte{text, fmt.Appendf(nil, `{"status":500,"target":"a","x":%s}`, text)} {
			p.rec.reset(wrapped)
			reason := p.scanner.scan(wrapped, &p.rec)
			accepted := reason == "" || reason == "JSON, but no object"
			switch name := filepath.Base(file); {
			case name[0] == 'y' && !accepted:
				t.Errorf("%s: %s", name, reason)
			case name[0] == 'n' && reason == "" && !json.Valid(wrapped):
				t.Errorf("%s was accepted", name)
			case name[0] == 'n' && json.Valid(text):
				t.Errorf("%s: encoding/json accepts it", name)
			}
			if len(wrapped) < 50000 { // deeper ones end at another depth than encoding/json's
				p.check(t, wrapped)
			}
		}
	}
}

func FuzzJSONAgreesWithEncodingJSON(f *testing.F) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 20 {
		f.Add([]byte(testlog.RandomLine(r, true)), []byte(testlog.RandomLine(r, false)))
	}
	p := newPair(f)
	f.Fuzz(func(t *testing.T, a, b []byte) {
		if bytes.Count(a, []byte{'['})+bytes.Count(a, []byte{'{'})+bytes.Count(b, []byte{'['})+bytes.Count(b, []byte{'{'}) > maxDepth {
			t.Skip("deeper than we go")
		}
		p.scanner.shape = shapes{}
		for _, line := range [][]byte{a, b, a, b} {
			p.check(t, line)
		}
	})
}
