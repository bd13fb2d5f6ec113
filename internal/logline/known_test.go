package logline

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"errtop/internal/logline/testlog"
)

// understood is everything that a decoder says about a line.
type understood struct {
	Kind           LineKind
	Reason         string
	Format         Format
	Sender         Sender
	Fields         map[string]string
	Unit           unitBasis
	Target, Client string
	HasTime        bool
}

// understoodBy returns what d says of the line it has just read.
func understoodBy(d *Decoder, v LineKind, reason string) understood {
	u := understood{Kind: v, Reason: reason, Format: d.Format}
	if v == LineResult {
		u.Sender, u.Fields, u.Unit, u.HasTime = d.Sender(), fieldsOf(&d.Rec), d.Rec.unit, d.Rec.HasTime
		u.Target, u.Client = string(d.TargetName(nil)), d.Agent()
	}
	return u
}

// quickly checks that a log is understood by its marks as it is line by line. It returns how many lines were read in the three ways.
func quickly(t *testing.T, log string, d, oracle *Decoder, anyOrder bool) (successes, known, others int) {
	t.Helper()
	var c Chunk
	c.Reset([]byte(log))
	var batch [5]Success
	lineEnd := func(at int) int {
		if n := strings.IndexByte(log[at:], '\n'); n >= 0 {
			return at + n
		}
		return len(log)
	}
	for at := 0; at < len(log); {
		d.vain, d.vainPause = 0, 0 // it is tried again, however rarely there are any
		if anyOrder {
			d.json.shape.pause = 1000
		}
		n, next := d.Successes(&c, at, batch[:])
		successes += n
		for i := range batch[:n] {
			end := lineEnd(at)
			v, reason := oracle.Decode([]byte(log[at:end]))
			agreeOnSuccess(t, log[at:end], &c, &batch[i], d, understoodBy(oracle, v, reason), oracle)
			at = end + 1
		}
		if at != next {
			t.Fatalf("the line behind successes starts at %d, not at %d", at, next)
		}
		if at == len(log) {
			break
		}
		end, v, reason := d.Known(&c, at)
		right := lineEnd(at)
		line := []byte(log[at:right])
		if end < 0 {
			others++
			v, reason = d.Decode(line)
		} else if known++; end != right {
			t.Fatalf("%q ends at %d, not at %d", line, right, end)
		}
		got := understoodBy(d, v, reason)
		v, reason = oracle.Decode(line)
		if expected := understoodBy(oracle, v, reason); !reflect.DeepEqual(got, expected) {
			t.Fatalf("%q, known: %v\ngot  %+v\nwant %+v", line, end >= 0, got, expected)
		}
		at = right + 1
	}
	return successes, known, others
}

// agreeOnSuccess checks a success against what the oracle says of its line.
func agreeOnSuccess(t *testing.T, line string, c *Chunk, s *Success, d *Decoder, want understood, oracle *Decoder) {
	t.Helper()
	r := &oracle.Rec
	if want.Kind != LineResult || want.Sender != SenderClient || r.Kind.Failed() || !r.HasTime {
		t.Fatalf("%q was taken for a success: %+v", line, want)
	}
	got := Success{Sec: s.Sec, Nsec: s.Nsec, Status: s.Status, Latency: s.Latency}
	if right := (Success{Sec: r.Sec, Nsec: r.Nsec, Status: r.status, Latency: r.Latency}); got != right {
		t.Fatalf("%q\ngot  %+v\nwant %+v", line, got, right)
	}
	scratch := d.Sibling(time.Time{})
	scratch.Recall(c, s)
	if target := string(scratch.TargetName(nil)); target != want.Target {
		t.Fatalf("%q: target %q, not %q", line, target, want.Target)
	}
}

// gen makes lines; one value of so many is unusual.
type gen struct {
	*rand.Rand
	odds int
}

// pick returns one of several texts.
func pick(r *gen, of ...string) string { return of[r.IntN(len(of))] }

// mostly returns the first text, or rarely one of the others.
func mostly(r *gen, usual string, others ...string) string {
	if r.IntN(r.odds) > 0 {
		return usual
	}
	return pick(r, others...)
}

// someLines writes lines of a few shapes whose values are as good and as bad as they come.
func someLines(r *gen, shapes [][]string, n int) string {
	var b strings.Builder
	for range n {
		if r.IntN(3) == 0 {
			b.WriteString(accessLine(r))
		} else {
			b.WriteString(mostly(r, "{", "[", ",", "x{", " {"))
			colon, comma := mostly(r, ":", ": ", " : ", ":\t", "=", ""), mostly(r, ",", ", ", " , ", ",,")
			for i, key := range shapes[r.IntN(len(shapes))] {
				if i > 0 {
					b.WriteString(comma)
				}
				b.WriteString(mostly(r, `"`+key+`"`, `" `+key+`"`, `"\u0074s"`, key) + colon + valueFor(r, key))
			}
			b.WriteString(mostly(r, "}", " }", "", "}}", "} "))
		}
		b.WriteString(mostly(r, "\n", "\n", "\n\n", " \n"))
	}
	return b.String()
}

// valueFor returns a JSON value for a key.
func valueFor(r *gen, key string) string {
	switch key {
	case "ts", "time", "timestamp":
		return mostly(r, `"2026-11-22T12:00:`+fmt.Sprintf("%02d.%03dZ", r.IntN(60), r.IntN(1000))+`"`, `"2026-11-22T12:00:01Z"`, `1795575601.25`, `1795575601`,
			`"2026-11-22 12:00:01.5"`, `"2026-11-22T12:61:01.000Z"`, `"2026-11-22T12:00:60.000Z"`, `null`, `""`, `35`, `"0001-01-01T00:00:00.000Z"`, `"20x6-11-22T12:00:01.000Z"`)
	case "status", "deep.status":
		return mostly(r, pick(r, "200", "204", "301", "399", "400", "500"), `"200"`, `null`, `099`, `99`, `0`, `200.0`, `2e2`, `1000`, `true`, `"ok"`, `-1`, `20`)
	case "duration_ms", "duration", "latency", "elapsed":
		return mostly(r, fmt.Sprintf("%.1f", r.Float64()*100), `0`, `0.0`, `12345678`, `1234567.5`, `123456789012345678901`, `1e3`, `-1`, `"12ms"`, `"12"`, `null`, `.5`, `12e1`, `1.5e2`, `1.`, `01`, `0.000001`, `99999999999999`)
	case "target":
		return mostly(r, `"`+pick(r, "flux", "sdxl", "a-target-with-a-long-name-of-its-own", "x")+`"`, `""`, `"a\"b"`, `7`, `null`, `"a|b"`, `"-"`, `"é"`)
	case "service":
		return mostly(r, `"`+pick(r, "orders", "carts")+`"`, `""`, `"-"`, `"outbound|80||orders.prod"`, `"inbound|80||"`, `5`, `true`)
	case "host":
		return mostly(r, `"`+pick(r, "api.example.com", "shop.example.com:8443")+`"`, `""`, `"10.0.0.1"`, `"localhost"`, `"10.0.0.1, 10.0.0.2"`, `"[::1]:80"`, `"_"`, `null`)
	case "path", "url":
		return mostly(r, `"/api/v1/`+pick(r, "flux", "sdxl", "a")+`/`+pick(r, "dev", "pro")+`"`, `"http://api.example.com/orders?x=1"`, `""`, `"orders"`, `null`, `"/a\/b"`, `"/`+strings.Repeat("x", r.IntN(70))+`"`)
	case "user_agent":
		return mostly(r, `"curl/8.4.0"`, `"kube-probe/1.30"`, `"errtop/1.0"`, `""`, `null`, `"a \"b\""`)
	case "method":
		return mostly(r, `"POST"`, `"GET"`, `null`)
	case "message", "error":
		return mostly(r, `"Generation failed"`, `"a\nb"`, `""`, `null`, `"timeout"`)
	case "kind":
		return mostly(r, `"timeout"`, `"server"`, `null`)
	case "request_id":
		return fmt.Sprintf(`"%08x"`, r.Uint32())
	}
	return mostly(r, `"x"`, `1`, `true`, `""`, `-1.5e3`)
}

// accessLine returns an access line.
func accessLine(r *gen) string {
	return mostly(r, fmt.Sprintf("10.%d.0.%d", r.IntN(256), r.IntN(256)), "2001:db8::ffff:ffff:ffff:1", "a", "host.example.com 10.0.0.1", "10.0.0.1, 10.0.0.2", "[::1]", "", "{a}", "\xef\xbb\xbf10.0.0.1") +
		mostly(r, " - - ", " - bob ", "  - - ", " - -", " ") +
		mostly(r, fmt.Sprintf("[22/Nov/2026:12:00:%02d +0000]", r.IntN(61)), "[22/Nov/2026:12:00:01 -0700]", "[22/Nov/2026:12:00:01]", "[22/Nov/2026:25:00:01 +0000]", "[22/Nov/2026:12:00:01.25 +0000]", "[2026-11-22T12:00:01+00:00]", "[22/Nov/2026:12:00:01 +2500]") +
		mostly(r, ` "`, `"`, `  "`, ` '`) +
		mostly(r, pick(r, "GET ", "POST "), "get ", "OPTIONS ", "PROPPATCH ", "M-SEARCH ", "", "G\\x ", "GÉT ", "POST  ") +
		mostly(r, "/api/v1/"+pick(r, "flux", "sdxl")+"/dev", "/a b", "*", "", "http://api.example.com/a", "/"+strings.Repeat("y", r.IntN(80)), `/\"`, "/é", "/a?b=c") +
		mostly(r, ` HTTP/1.1`, ` HTTP/2.0`, ``, ` HTTP/3`, ` 1.1`, ` HTTP/1.1 `) +
		mostly(r, `" `, `"`, `"  `) +
		mostly(r, pick(r, "200", "301", "404", "502"), "099", "000", "-", "20", "2000", "2x0") +
		mostly(r, fmt.Sprintf(" %d", r.IntN(100000)), " -", " 12345678", "", " 1.5", " x", " ") +
		mostly(r, ` "-" "`+pick(r, "curl/8.4.0", "Mozilla/5.0 (X11; Linux x86_64)", "python-requests/2.31.0")+`"`, "", ` "-" "kube-probe/1.30"`, ` "-" "errtop/1"`, ` "-" ""`, ` "-" "a`, ` "-" "a\"b"`, ` "-" "a" 0.123`, ` "-"`, ` "-"  "a"`, ` "" ""`, ` "\x1b" "a"`)
}

// someShapes returns sequences of keys.
func someShapes(r *gen) [][]string {
	all := []string{"ts", "target", "method", "url", "status", "duration_ms", "request_id", "service", "host", "user_agent", "message", "error", "x", "kind", "spans", "level", "status", "deep.status", "latency", "elapsed"}
	shapes := [][]string{
		{"ts", "target", "method", "url", "status", "duration_ms", "request_id"},
		{"ts", "target", "method", "url", "status", "duration_ms", "error", "message", "request_id"},
		{"time", "method", "path", "status", "duration_ms", "user_agent"},
		{"timestamp", "host", "path", "status", "latency"},
		{"ts", "service", "status", "duration_ms", "level"},
		{"ts", "target", "status", "kind"},
		{"ts", "target", "status", "spans"},
		{"ts", "target", "status", "status"},
		{"ts", "target"},
		{"ts", "service", "deep.status"},
		{"ts", "target", "target", "status"},
	}
	for range 5 {
		r.Shuffle(len(all), func(i, k int) { all[i], all[k] = all[k], all[i] })
		shapes = append(shapes, append([]string{}, all[:3+r.IntN(len(all)-3)]...))
	}
	return shapes
}

func newQuick(t testing.TB) *Decoder {
	t.Helper()
	d, err := NewDecoder(Options{}, time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	d.Defer(0)
	return d
}

func TestLinesOfKnownShapesAreUnderstoodAsOneByOne(t *testing.T) {
	successes, known, others := 0, 0, 0
	for seed := range uint64(80) {
		r := &gen{rand.New(rand.NewPCG(seed, 9)), 10 + 50*int(seed%4/2)}
		d, oracle := newQuick(t), newQuick(t)
		shapes := someShapes(r)
		for range 10 {
			n, k, o := quickly(t, someLines(r, shapes, 60), d, oracle, seed%2 == 1)
			successes, known, others = successes+n, known+k, others+o
		}
	}
	for _, format := range testlog.Formats() {
		n, k, _ := quickly(t, testlog.Of(format), newQuick(t), newQuick(t), false)
		if few := 3000; (format == "own" || format == "access" || format == "Caddy") && n < few {
			t.Errorf("%s: of 4000 lines only %d were read as successes", format, n)
		}
		successes, known = successes+n, known+k
	}
	t.Logf("%d successes, %d known lines, %d others", successes, known, others)
	if successes < 10000 || known < 2000 {
		t.Errorf("%d successes and %d known lines: the fast ways were hardly tried", successes, known)
	}
}

func TestALineInBracesIsNotAnAccessLine(t *testing.T) {
	usual := `10.0.0.1 - - [22/Nov/2026:12:00:42 +0000] "POST /api/v1/flux/dev HTTP/1.1" 301 61914 "-" "curl/8.4.0"` + "\n"
	braces := strings.Replace(usual, "10.0.0.1", "{a}", 1)
	if n, _, _ := quickly(t, usual+usual+braces+usual+usual, newQuick(t), newQuick(t), false); n == 0 {
		t.Error("no line was read as a success")
	}
}

func TestLinesWithCarriageReturnsAreUnderstood(t *testing.T) {
	for _, format := range []string{"own", "access"} {
		log := strings.ReplaceAll(testlog.Of(format), "\n", "\r\n")
		quickly(t, log, newQuick(t), newQuick(t), false)
	}
}

func FuzzLinesOfKnownShapesAreUnderstoodAsOneByOne(f *testing.F) {
	r := &gen{rand.New(rand.NewPCG(5, 6)), 10}
	for range 10 {
		f.Add(someLines(r, someShapes(r), 4))
	}
	f.Fuzz(func(t *testing.T, log string) {
		if strings.Count(log, "[")+strings.Count(log, "{") > maxDepth {
			t.Skip("deeper than we go")
		}
		d, oracle := newQuick(t), newQuick(t)
		for _, anyOrder := range []bool{false, false, true} { // the second time the shapes are known
			quickly(t, log+"\n", d, oracle, anyOrder)
		}
	})
}

func TestMarksAreWhereTheyShouldBe(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	var c Chunk
	for range 2000 {
		data := make([]byte, r.IntN(400))
		for i := range data {
			data[i] = [...]byte{'"', '\\', '\n', 0, 0x1f, 0x20, '!', 'a', 0x7f, 0x80, '"' | 0x80, '\\' | 0x80, 0x9f, 0xff, 'b', 'c'}[r.IntN(16)]
			if r.IntN(3) > 0 {
				data[i] = 'x'
			}
		}
		c.Reset(data)
		c.mark()
		for i := 0; i <= len(data); i++ {
			want := bytes.IndexFunc(data[i:], func(ch rune) bool { return ch == '"' || ch == '\\' || ch < 0x20 })
			if want >= 0 {
				want += i
			}
			if got := c.next(i); got != want {
				t.Fatalf("%q: from %d on there is a mark at %d, not at %d", data, i, want, got)
			}
		}
	}
}

func FuzzMarksAreTheSameOnEveryProcessor(f *testing.F) {
	f.Add(bytes.Repeat([]byte(`{"ts":"\n`), 30))
	f.Fuzz(func(t *testing.T, data []byte) {
		blocks := len(data) / 64
		fast, plain := make([]byte, 8*blocks), make([]byte, 8*blocks)
		markBlocks(fast, data)
		if markBlocksGo(plain, data); !bytes.Equal(fast, plain) {
			t.Fatalf("%q: %x, and in Go %x", data, fast, plain)
		}
	})
}
