package probe_test

import (
	"encoding/json"
	"fmt"
	"net"
	"reflect"
	"strings"
	"testing"
	"time"

	"errtop/internal/safetext"
	"errtop/probe"
	"errtop/tracker"
)

// texts calls visit for every string in v, by reflection, so that a field that is added later is not forgotten.
func texts(v reflect.Value, path string, visit func(path, text string)) {
	switch v.Kind() {
	case reflect.String:
		visit(path, v.String())
	case reflect.Pointer:
		if !v.IsNil() {
			texts(v.Elem(), path, visit)
		}
	case reflect.Slice:
		for i := range v.Len() {
			texts(v.Index(i), fmt.Sprintf("%s[%d]", path, i), visit)
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return
		}
		for i := range v.NumField() {
			texts(v.Field(i), path+"."+v.Type().Field(i).Name, visit)
		}
	default: // holds no text
	}
}

// mustBeHarmless fails where a text of the result is not as safetext would have it.
func mustBeHarmless(t *testing.T, r tracker.Result) {
	t.Helper()
	texts(reflect.ValueOf(r), "result", func(path, text string) {
		safe := safetext.Line
		if strings.HasSuffix(path, ".Body") || strings.HasSuffix(path, ".Details") {
			safe = safetext.Block
		}
		if safe(text) != text {
			t.Errorf("%s is not harmless: %q", path, text)
		}
	})
}

// withoutC0 leaves out what net/http refuses in a header.
func withoutC0(s string) string {
	var kept []byte
	for _, b := range []byte(s) {
		if b >= 0x20 && b != 0x7f {
			kept = append(kept, b)
		}
	}
	return string(kept)
}

func TestNothingAServerSaysIsHarmful(t *testing.T) {
	var wild []string
	for c := range 0xa0 {
		if c != '\n' && c != '\r' && (c < 0x20 || c > 0x7e) {
			wild = append(wild, string(rune(c)), string([]byte{byte(c)}))
		}
	}
	wild = append(wild, "\x1b]0;title\x07", "\x1b[31mred\x1b[0m", "\u202eevil", "\u200b", "\ufeff", "\u2028", "\xff\xfe", strings.Repeat("e\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301", 9))
	all := strings.Join(wild, "-")
	quoted, _ := json.Marshal(all)
	escaped := fmt.Sprintf(`"\u001b]0;x\u0007 \u009b31m \u202e %s"`, strings.Trim(string(quoted), `"`))
	var header strings.Builder
	for _, name := range []string{"Server", "X-Request-Id", "Via", "Location", "Etag", "X-RateLimit-Limit"} {
		for i, w := range append(wild, all) {
			if i%7 == 0 || len(w) > 2 { // enough of each sort, and below the limit of a header
				header.WriteString(name + ": a" + withoutC0(w) + "b\r\n")
			}
		}
	}
	bodies := map[string]string{
		"fields":  `{"error":` + escaped + `,"message":` + escaped + `,"errors":[` + escaped + `],"details":{` + escaped + `:` + escaped + `},"resetAt":` + escaped + `}`,
		"object":  `{"error":{"type":` + escaped + `,"message":` + escaped + `}}`,
		"problem": `{"title":` + escaped + `,"detail":` + escaped + `}`,
		"bytes":   all,
		"title":   "<title>" + all + "</title>",
	}
	for name, body := range bodies {
		for _, kind := range []string{"application/json", "text/plain", "text/html"} {
			for _, status := range []int{200, 302, 400, 429, 502} {
				length := len(body)
				if status == 400 {
					length += 10 // cut short
				}
				address := rawServer(t, func(conn net.Conn) {
					answer(fmt.Sprintf("HTTP/1.1 %d %s\r\n%sContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s", status, "a\x1b[2Jb", header.String(), kind, length, body))(conn)
				})
				for _, expect := range [][]string{nil, {`body == "" && json.error == 1`}, {`header["server"] == ""`, "status == 1"}} {
					r := once(t, probe.Target{Name: "na\x1b[2Jme", URL: "http://" + address + "/a%1bb", Expect: expect, FollowRedirects: status == 302})
					if r.Status != status {
						t.Fatalf("%s, %s, %d: %s", name, kind, status, r.Message)
					}
					mustBeHarmless(t, r)
				}
			}
		}
	}
	for _, line := range append(wild, all) {
		address := rawServer(t, answer("HTTP/1.1 2"+line+" OK\r\n\r\n"))
		mustBeHarmless(t, once(t, probe.Target{URL: "http://" + address}))
		address = rawServer(t, answer("HTTP/1.1 200 OK\r\n"+line+"\r\n\r\n"))
		mustBeHarmless(t, once(t, probe.Target{URL: "http://" + address}))
	}
}
