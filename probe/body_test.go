package probe_test

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"errtop/probe"
	"errtop/tracker"
)

// pack compresses text as a Content-Encoding says; "raw" is deflate without the frame of zlib.
func pack(t *testing.T, encoding string, text []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	var w io.WriteCloser
	switch encoding {
	case "gzip":
		w = gzip.NewWriter(&b)
	case "deflate":
		w = zlib.NewWriter(&b)
	case "raw":
		w, _ = flate.NewWriter(&b, flate.DefaultCompression)
	}
	if _, err := w.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func serveEncoded(t *testing.T, status int, encoding string, body []byte) string {
	t.Helper()
	return serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", encoding)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = w.Write(body)
	}).URL
}

func TestExpectationsSeeTheUnpackedBody(t *testing.T) {
	text := []byte(`{"state":"ready","padding":"` + strings.Repeat("x", 5000) + `"}`)
	twice := append(pack(t, "gzip", text[:10]), pack(t, "gzip", text[10:])...) // RFC 1952, section 2.2: members
	for _, c := range []struct {
		header string
		body   []byte
	}{
		{"gzip", pack(t, "gzip", text)},
		{"GZip", pack(t, "gzip", text)},
		{"x-gzip", pack(t, "gzip", text)},
		{"gzip", twice},
		{"deflate", pack(t, "deflate", text)},
		{"deflate", pack(t, "raw", text)},
		{"identity", text},
		{"identity, gzip", pack(t, "gzip", text)},
		{"deflate, gzip", pack(t, "gzip", pack(t, "deflate", text))},
	} {
		for _, keep := range []bool{false, true} {
			r := once(t, probe.Target{
				URL: serveEncoded(t, 200, c.header, c.body), KeepAlive: keep,
				Expect: []string{`json.state == "ready"`, fmt.Sprintf("len(body) == %d", len(text))},
			})
			if r.Kind != tracker.KindOK || !strings.HasPrefix(r.Evidence.Body, `{"state"`) || !r.Evidence.BodyCut {
				t.Errorf("%s: %s %s %.40q", c.header, r.Kind, r.Message, r.Evidence.Body)
			}
		}
	}
}

func TestPackedErrorBodyIsUnderstood(t *testing.T) {
	body := pack(t, "gzip", []byte(`{"error":"Generation failed","message":"The provider is down."}`))
	r := once(t, probe.Target{URL: serveEncoded(t, 500, "gzip", body)})
	if r.Kind != tracker.KindServer || r.Error != "Generation failed" || r.Message != "The provider is down." {
		t.Errorf("%s %s: %s", r.Kind, r.Error, r.Message)
	}
}

func TestBodyThatIsNotWhatItsEncodingSaysIsNamed(t *testing.T) {
	whole := pack(t, "gzip", bytes.Repeat([]byte("0123456789"), 1000))
	damaged := bytes.Clone(whole)
	damaged[len(damaged)-6] ^= 0xff // the checksum
	for _, c := range []struct {
		name, header string
		status       int
		body         []byte
		want         said
	}{
		{"plain text", "gzip", 200, []byte("hello, world"), said{tracker.KindProtocol, "malformed body", "malformed body after 12 bytes: not valid gzip: invalid header"}},
		{"cut", "gzip", 200, whole[:len(whole)-9], said{tracker.KindProtocol, "malformed body", fmt.Sprintf("malformed body after %d bytes: not valid gzip: it ends too early", len(whole)-9)}},
		{"cut header", "gzip", 200, whole[:5], said{tracker.KindProtocol, "malformed body", "malformed body after 5 bytes: not valid gzip: it ends too early"}},
		{"checksum", "gzip", 200, damaged, said{tracker.KindProtocol, "malformed body", fmt.Sprintf("malformed body after %d bytes: not valid gzip: invalid checksum", len(whole))}},
		{"an error's", "gzip", 503, []byte("not packed"), said{tracker.KindServer, "Service Unavailable", "Service Unavailable (malformed body after 10 bytes: not valid gzip: invalid header)"}},
		{"empty", "gzip", 200, nil, said{}},
	} {
		check(t, once(t, probe.Target{URL: serveEncoded(t, c.status, c.header, c.body)}), "", c.want)
	}
	for _, unknown := range []string{"br", "zstd", "gzip, gzip, gzip, gzip"} {
		r := once(t, probe.Target{URL: serveEncoded(t, 200, unknown, []byte("packed")), Expect: []string{"json.ready"}})
		if r.Kind != tracker.KindAssertion || !strings.Contains(r.Message, "-encoded and was not unpacked") {
			t.Errorf("%s: %s %s", unknown, r.Kind, r.Message)
		}
	}
	if r := once(t, probe.Target{URL: serveEncoded(t, 200, "gzip", nil), Method: "HEAD"}); r.Kind != tracker.KindOK {
		t.Errorf("HEAD: %s %s", r.Kind, r.Message)
	}
}

// TestBombsAreHarmless sends bodies of a few KiB that unpack to gigabytes, and packed bodies without end.
func TestBombsAreHarmless(t *testing.T) {
	big := make([]byte, 64<<20)
	once1, raw := pack(t, "gzip", big), pack(t, "raw", big)
	double := pack(t, "gzip", once1)
	emptyMembers := bytes.Repeat(pack(t, "gzip", nil), 200_000)
	for _, c := range []struct {
		name, header string
		body         []byte
	}{
		{"gzip", "gzip", once1}, {"deflate", "deflate", raw}, {"twice", "gzip, gzip", double}, {"empty members", "gzip", emptyMembers},
	} {
		url := serveEncoded(t, 200, c.header, c.body)
		for _, expect := range [][]string{nil, {"len(body) <= 1048576"}} {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			r := once(t, probe.Target{URL: url, Expect: expect})
			runtime.ReadMemStats(&after)
			if r.Kind != tracker.KindOK || !r.Evidence.BodyCut {
				t.Errorf("%s: %s %s, cut %v", c.name, r.Kind, r.Message, r.Evidence.BodyCut)
			}
			if used := after.TotalAlloc - before.TotalAlloc; used > 16<<20 {
				t.Errorf("%s: %d MiB allocated", c.name, used>>20)
			}
		}
	}
}

func TestPackedBodyThatTricklesEndsAtTheDeadline(t *testing.T) {
	t.Parallel()
	head := pack(t, "gzip", bytes.Repeat([]byte("x"), 100_000))[:30]
	address := rawServer(t, answerAndHang("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 100\r\n\r\n"+string(head)))
	r := once(t, probe.Target{URL: "http://" + address, Timeout: time.Second})
	check(t, r, address, said{tracker.KindTimeout, "timeout", "timeout after 1 s while reading the body (30 of 100 bytes so far)"})
	if r.Latency > 1100*time.Millisecond {
		t.Errorf("the deadline held only after %v", r.Latency)
	}
}
