package ingest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

// oracle decodes a JSON line the obvious way, with encoding/json. It shares with the decoder what keys mean and what
// follows from their values, and nothing of how they are found.
type oracle struct{ keys *keyTable }

// read returns the record's fields as text, and whether the line is a request's.
func (o oracle) read(line []byte) (map[string]string, string) {
	if !json.Valid(line) {
		return nil, "broken"
	}
	d := json.NewDecoder(bytes.NewReader(line))
	d.UseNumber()
	if first, err := d.Token(); err != nil || first != json.Delim('{') {
		return nil, "no object"
	}
	var r record
	r.reset(nil)
	o.object(d, "", &r)
	c := clock{}
	reason := r.complete(&c)
	return fieldsOf(&r), reason
}

// object reads what follows "{".
func (o oracle) object(d *json.Decoder, prefix string, r *record) {
	for d.More() {
		key, _ := d.Token()
		at := o.keys.find([]byte(prefix + key.(string)))
		if at.field == fieldErrors || at.field == fieldDetails {
			var raw json.RawMessage
			if d.Decode(&raw) != nil {
				panic("checked before")
			}
			switch raw[0] {
			case '{', '[':
				o.put(r, at, string(raw), formRaw)
			case '"':
				var s string
				_ = json.Unmarshal(raw, &s)
				o.put(r, at, s, formText)
			case 't', 'f', 'n':
			default:
				o.put(r, at, string(raw), formNumber)
			}
			continue
		}
		value, _ := d.Token()
		switch value := value.(type) {
		case json.Delim:
			if value == '{' && at.descend {
				o.object(d, prefix+key.(string)+".", r)
			} else {
				skip(d)
			}
		case string:
			o.put(r, at, value, formText)
		case json.Number:
			o.put(r, at, value.String(), formNumber)
		}
	}
	_, _ = d.Token()
}

// skip reads to the end of the object or array that was entered.
func skip(d *json.Decoder) {
	for depth := 1; depth > 0; {
		switch token, _ := d.Token(); token {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
	}
}

// put appends the value to the record's line and sets its field.
func (o oracle) put(r *record, at slot, value string, f form) {
	lo := len(r.line)
	r.line = append(r.line, value...)
	r.put(at.field, makeSpan(at, lo, len(r.line), f))
}

// fieldsOf returns what a record says, comparably.
func fieldsOf(r *record) map[string]string {
	m := map[string]string{
		"-time": r.time().String(), "-status": fmt.Sprint(r.status), "-kind": r.kind.String(), "-latency": r.latency.String(),
	}
	for f := field(1); f < fieldCount; f++ {
		if r.has(f) {
			m[f.String()] = string([]rune(string(r.text(f)))) // each byte that is no UTF-8 becomes U+FFFD, as encoding/json has it
		}
	}
	return m
}

// pair is the decoder under test, which keeps what it learned, beside the oracle.
type pair struct {
	oracle  oracle
	scanner jsonScanner
	clock   clock
	rec     record
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

// randomLine writes a line of keys that mean something and keys that do not, in any order, with any spacing.
func randomLine(r *rand.Rand, shuffle bool) string {
	fields := []string{
		`"ts":"2026-11-22T12:00:0` + fmt.Sprint(r.IntN(10)) + `.5Z"`, `"target":"` + [...]string{"flux", `a\"b`, `\u00e9\ud83d\ude00`, ""}[r.IntN(4)] + `"`,
		fmt.Sprintf(`"status":%d`, 100+r.IntN(500)), fmt.Sprintf(`"duration_ms":%.2f`, r.Float64()*100), `"noise":[1,{"status":7},"]"]`,
	}
	extra := [...]string{
		`"status":null`, `"statusCode":"404"`, `"request":{"method":"GET","headers":{"a":["b"]},"uri":"/x?\n"}`, `"error":"e"`, `"message":"m\\n\t"`,
		`"errors":["a", "b"]`, `"errors":"x"`, `"details":{"a" : 1}`, `"level":50`, `"request_id":-1.5e3`, `"x":true`, `"st\u0061tus":503`, `"error":{"message":"deep","type":false}`,
		`"duration":0.5`, `"latency":"5ms"`, `"kind":"timeout"`, `"":{}`, `"log":"x"`,
	}
	for range r.IntN(4) {
		fields = append(fields, extra[r.IntN(len(extra))])
	}
	comma, colon := ",", ":"
	if shuffle {
		r.Shuffle(len(fields), func(i, j int) { fields[i], fields[j] = fields[j], fields[i] })
		comma = [...]string{",", ", ", " ,\t"}[r.IntN(3)]
		colon = [...]string{":", ": ", " : "}[r.IntN(3)]
	}
	for i, f := range fields {
		fields[i] = strings.Replace(f, `":`, `"`+colon, 1)
	}
	return "{" + strings.Join(fields, comma) + "}"
}

func TestTheScannerAgreesWithEncodingJSON(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	p := newPair(t)
	for i := range 30000 {
		line := []byte(randomLine(r, i%3 == 0))
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
	corpus := os.Getenv("ERRTOP_CORPUS")
	if corpus == "" {
		t.Skip("ERRTOP_CORPUS is not set: it names the folder that holds json/")
	}
	files, err := filepath.Glob(filepath.Join(corpus, "json", "*.json"))
	if err != nil || len(files) < 318 {
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
		f.Add([]byte(randomLine(r, true)), []byte(randomLine(r, false)))
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

// randomLog writes lines of several formats, some unreadable, some blank, with either line end.
func randomLog(r *rand.Rand, lines int) string {
	var b strings.Builder
	for range lines {
		switch r.IntN(8) {
		case 0:
			fmt.Fprintf(&b, `10.0.0.1 - - [22/Nov/2026:1%d:00:00 +0000] "GET /api/v1/t%d/x HTTP/1.1" %d 5 "-" "-" 0.%d`, r.IntN(10), r.IntN(3), 200+r.IntN(400), r.IntN(10))
		case 1:
			b.WriteString("what is this")
		case 2:
		case 3:
			b.WriteString(`{"status":500` + strings.Repeat(" ", r.IntN(200)))
		default:
			b.WriteString(randomLine(r, false))
		}
		b.WriteString([...]string{"\n", "\n", "\r\n"}[r.IntN(3)])
	}
	s := b.String()
	return s[:len(s)-r.IntN(2)]
}

// summaryOf sums up what scan hands to that many workers.
func summaryOf(t *testing.T, workers int, scan func([]lineSink) error) string {
	t.Helper()
	var own []*statsWorker
	var sinks []lineSink
	for range workers {
		d, err := newDecoder(Options{}, time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC))
		if err != nil {
			t.Fatal(err)
		}
		w := &statsWorker{decoder: d, tally: newTally()}
		own, sinks = append(own, w), append(sinks, w)
	}
	if err := scan(sinks); err != nil {
		t.Fatal(err)
	}
	s := newSummary("")
	total := newTally()
	for _, w := range own {
		total.merge(w.tally)
	}
	total.samples = lastSamples(own)
	s.merge("log", total)
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%s %+v", text, s.Unreadable())
}

// plainly reads a log the obvious way: split, one line after the other, one worker.
func plainly(log string) func([]lineSink) error {
	return func(sinks []lineSink) error {
		n := uint64(0)
		for line := range strings.Lines(log) {
			text := []byte(strings.TrimSuffix(line, "\n"))
			sinks[0].line(0, n, text[:min(len(text), maxLine)], len(text) > maxLine)
			n++
		}
		sinks[0].lineCount(0, n)
		return nil
	}
}

func TestChunksAndSplitsChangeNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	log := randomLog(r, 25)
	want := summaryOf(t, 1, plainly(log))
	for chunk := int64(1); chunk < int64(len(log))+3; chunk += 1 + chunk/20 {
		if got := summaryOf(t, 3, func(sinks []lineSink) error {
			return scanFile(t.Context(), strings.NewReader(log), int64(len(log)), chunk, sinks)
		}); got != want {
			t.Fatalf("file in chunks of %d\ngot  %s\nwant %s", chunk, got, want)
		}
	}
	for at := range len(log) {
		if got := summaryOf(t, 1, func(sinks []lineSink) error {
			var s splitter
			n := uint64(0)
			line := func(text []byte, tooLong bool) { sinks[0].line(0, n, text, tooLong); n++ }
			s.feed([]byte(log[:at]), line)
			s.feed([]byte(log[at:]), line)
			s.end(line)
			sinks[0].lineCount(0, n)
			return nil
		}); got != want {
			t.Fatalf("split at %d\ngot  %s\nwant %s", at, got, want)
		}
	}
	for _, chunk := range []int{1, 7, 100, 1000, 100000} {
		if got := summaryOf(t, 3, func(sinks []lineSink) error {
			return scanStream(t.Context(), iotest.HalfReader(strings.NewReader(log)), chunk, sinks)
		}); got != want {
			t.Fatalf("stream in chunks of %d\ngot  %s\nwant %s", chunk, got, want)
		}
	}
}

func TestLinesBeyondTheLimitAreCutCountedAndPassed(t *testing.T) {
	good := `{"status":500,"target":"a"}` + "\n"
	for _, n := range []int{maxLine - 1, maxLine, maxLine + 1, maxLine + chunkSize, 3*maxLine + 5} {
		log := good + strings.Repeat("x", n) + "\n" + good + strings.Repeat("y", n)
		want := summaryOf(t, 1, plainly(log))
		for name, scan := range map[string]func([]lineSink) error{
			"file": func(sinks []lineSink) error {
				return scanFile(t.Context(), strings.NewReader(log), int64(len(log)), chunkSize, sinks)
			},
			"stream": func(sinks []lineSink) error {
				return scanStream(t.Context(), strings.NewReader(log), chunkSize, sinks)
			},
		} {
			if got := summaryOf(t, 2, scan); got != want {
				t.Errorf("%s, %d bytes\ngot  %s\nwant %s", name, n, got, want)
			}
		}
	}
}

func TestW3CKeepsItsColumnsAcrossParts(t *testing.T) {
	var log strings.Builder
	for day := range 9 {
		fmt.Fprintf(&log, "#Date: 2026-01-0%d 00:00:00\n#Fields: time cs-uri-stem sc-status\n", day+1)
		if day%2 == 1 {
			log.WriteString("#Fields: sc-status time cs-uri-stem\n")
		}
		for i := range 20 {
			if day%2 == 1 {
				fmt.Fprintf(&log, "50%d 10:00:00 /a/b\n", i%5)
			} else {
				fmt.Fprintf(&log, "10:00:00 /a/b 40%d\n", i%5)
			}
		}
	}
	want := summaryOf(t, 1, plainly(log.String()))
	for _, chunk := range []int{128, 200, 333, 1000} {
		if got := summaryOf(t, 3, func(sinks []lineSink) error {
			return scanStream(t.Context(), strings.NewReader(log.String()), chunk, sinks)
		}); got != want {
			t.Fatalf("in chunks of %d\ngot  %s\nwant %s", chunk, got, want)
		}
	}
}
