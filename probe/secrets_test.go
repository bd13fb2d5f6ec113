package probe_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"errtop/probe"
	"errtop/tracker"
)

const canary = "cAnArY-5ecret/+x"

// places are where a target can hold a secret.
var places = []struct {
	name string
	put  func(*probe.Target)
}{
	{"header", func(t *probe.Target) {
		t.Headers = []tracker.Header{{Name: "X-API-Key", Value: canary}, {Name: "Authorization", Value: "Bearer " + canary}, {Name: "Cookie", Value: "sid=" + canary}}
	}},
	{"userinfo", func(t *probe.Target) {
		t.URL = strings.Replace(t.URL, "://", "://user:"+strings.NewReplacer("/", "%2F", "+", "%2B").Replace(canary)+"@", 1)
	}},
	{"query", func(t *probe.Target) { t.URL += "?key=cAnArY-5ecret%2F%2Bx" }},
	{"body", func(t *probe.Target) {
		t.Method, t.Body, t.Secrets = "POST", `{"prompt":"`+canary+`"}`, []string{canary}
	}},
	{"behind a prefix", func(t *probe.Target) {
		t.Headers = []tracker.Header{{Name: "X-Api-Key", Value: "Pre " + canary}, {Name: "X-Other", Value: "Pre cAnArY-5ecret2"}}
	}},
	{"literal in a body", func(t *probe.Target) { t.Method, t.Body = "POST", `{"prompt":"a fox","api_key":"`+canary+`"}` }},
	{"literal in a form", func(t *probe.Target) { t.Method, t.Body = "POST", "user=bob&password=cAnArY-5ecret%2F%2Bx" }},
	{"literal in an expectation", func(t *probe.Target) {
		t.Headers = []tracker.Header{{Name: "X-Api-Key", Value: "none"}}
		t.Method, t.Body = "POST", canary
		t.Expect = append(t.Expect, `header["x-api-key"] == "`+canary+`"`)
	}},
	{"user agent", func(t *probe.Target) { t.Headers = []tracker.Header{{Name: "User-Agent", Value: "probe " + canary}} }},
}

// forms are what the canary looks like on its way.
func forms() []string {
	return []string{
		canary, "cAnArY-5ecret%2F%2Bx", `cAnArY-5ecret\/+x`, "cAnArY-5ecret/%2Bx", "cAnArY-5ecret%2F+x",
		base64.StdEncoding.EncodeToString([]byte("user:" + canary)), "cAnArY",
	}
}

func leak(text string) string {
	for _, word := range regexp.MustCompile(`[A-Za-z0-9+/_-]{8,}`).FindAllString(text, -1) {
		for _, decode := range []func(string) ([]byte, error){base64.RawStdEncoding.DecodeString, base64.RawURLEncoding.DecodeString, hex.DecodeString} {
			for cut := range min(3, len(word)) { // an error leaves what came before it
				if b, _ := decode(word[cut:]); strings.Contains(string(b), "AnArY") {
					return word
				}
			}
		}
	}
	for _, form := range forms() {
		if at := strings.Index(text, form); at >= 0 {
			return text[max(0, at-60):min(len(text), at+60)]
		}
	}
	return ""
}

func everything(t *testing.T, r tracker.Result) string {
	t.Helper()
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%s %+v %+v", text, r, *r.Evidence)
}

// recorder keeps every request that reached it.
type recorder struct {
	mu   sync.Mutex
	seen []string
}

func (c *recorder) add(r *http.Request) {
	dump, _ := httputil.DumpRequest(r, true)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seen = append(c.seen, string(dump))
}

func (c *recorder) all() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return strings.Join(c.seen, "\n")
}

func TestNoRedirectTakesASecretToAnotherOrigin(t *testing.T) {
	// Each topology returns the URL to start at and where what must not see a secret is recorded.
	type topology func(t *testing.T, status int) (start string, foreign *recorder)
	to := func(record *recorder, status int, location string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if record != nil {
				record.add(r)
			}
			if location == "" {
				_, _ = io.WriteString(w, "arrived")
				return
			}
			w.Header().Set("Location", location)
			w.WriteHeader(status)
		}
	}
	secure := func(t *testing.T, handler http.HandlerFunc) *httptest.Server {
		t.Helper()
		server := httptest.NewTLSServer(handler)
		t.Cleanup(server.Close)
		return server
	}
	for name, build := range map[string]topology{
		"other port": func(t *testing.T, status int) (string, *recorder) {
			foreign := &recorder{}
			return serve(t, to(nil, status, serve(t, to(foreign, 0, "")).URL)).URL, foreign
		},
		"other host": func(t *testing.T, status int) (string, *recorder) {
			foreign := &recorder{}
			var server *httptest.Server
			server = serve(t, func(w http.ResponseWriter, r *http.Request) {
				if strings.HasPrefix(r.Host, "localhost") {
					foreign.add(r)
					return
				}
				to(nil, status, strings.Replace(server.URL, "127.0.0.1", "localhost", 1))(w, r)
			})
			return server.URL, foreign
		},
		"to https": func(t *testing.T, status int) (string, *recorder) {
			foreign := &recorder{}
			return serve(t, to(nil, status, secure(t, to(foreign, 0, "")).URL)).URL, foreign
		},
		"to http": func(t *testing.T, status int) (string, *recorder) {
			foreign := &recorder{}
			return secure(t, to(nil, status, serve(t, to(foreign, 0, "")).URL)).URL, foreign
		},
		"away and back": func(t *testing.T, status int) (string, *recorder) {
			foreign := &recorder{}
			var home, away *httptest.Server
			home = serve(t, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/back" {
					foreign.add(r)
					return
				}
				to(nil, status, away.URL)(w, r)
			})
			away = serve(t, func(w http.ResponseWriter, r *http.Request) { to(foreign, status, home.URL+"/back")(w, r) })
			return home.URL, foreign
		},
		"at home first": func(t *testing.T, status int) (string, *recorder) {
			foreign := &recorder{}
			away := serve(t, to(foreign, 0, ""))
			return serve(t, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/two" {
					to(nil, status, away.URL)(w, r)
					return
				}
				to(nil, status, "two")(w, r)
			}).URL + "/one", foreign
		},
		"without scheme": func(t *testing.T, status int) (string, *recorder) {
			foreign := &recorder{}
			away := serve(t, to(foreign, 0, ""))
			return serve(t, to(nil, status, strings.TrimPrefix(away.URL, "http:"))).URL, foreign
		},
		"the address says the secret": func(t *testing.T, status int) (string, *recorder) {
			foreign := &recorder{}
			away := serve(t, to(foreign, 0, ""))
			return serve(t, func(w http.ResponseWriter, r *http.Request) {
				user, password, _ := r.BasicAuth()
				body, _ := io.ReadAll(r.Body)
				w.Header().Set("Location", away.URL+"/"+r.Header.Get("X-API-Key")+string(body)+user+password+"?"+r.URL.RawQuery)
				w.WriteHeader(status)
			}).URL, foreign
		},
	} {
		for _, place := range places {
			for _, status := range []int{301, 302, 303, 307, 308} {
				t.Run(fmt.Sprintf("%s/%s/%d", name, place.name, status), func(t *testing.T) {
					start, foreign := build(t, status)
					target := probe.Target{URL: start, FollowRedirects: true, TLS: probe.TLS{Insecure: true}}
					place.put(&target)
					result := once(t, target)
					if found := leak(foreign.all()); found != "" {
						t.Errorf("another origin saw: %s", found)
					}
					if found := leak(everything(t, result)); found != "" {
						t.Errorf("the result says: %s", found)
					}
					arrived := foreign.all() != ""
					if refused := result.Error == "redirect not followed"; arrived == refused {
						t.Errorf("arrived %v, but the result is %s: %s", arrived, result.Kind, result.Message)
					}
				})
			}
		}
	}
}

func TestRedirectsWithinAnOriginCarryTheRequest(t *testing.T) {
	record := &recorder{}
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/a/b" {
			record.add(r)
			return
		}
		w.Header().Set("Location", "b")
		w.WriteHeader(308)
	})
	result := once(t, probe.Target{
		URL: server.URL + "/a/a", FollowRedirects: true, Body: "payload", Headers: []tracker.Header{{Name: "X-API-Key", Value: canary}},
	})
	if got := record.all(); !strings.HasPrefix(got, "POST /a/b") || !strings.Contains(got, canary) || !strings.Contains(got, "payload") || result.Kind != tracker.KindOK {
		t.Errorf("%s %s; arrived:\n%s", result.Kind, result.Message, got)
	}
}

func TestRedirectIsTheAnswerUnlessTheTargetFollows(t *testing.T) {
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if n := len(r.URL.Path); n < 40 {
			w.Header().Set("Location", r.URL.Path+"x")
			w.WriteHeader(302)
		}
	})
	if r := once(t, probe.Target{URL: server.URL + "/"}); r.Status != 302 || r.Kind != tracker.KindOK {
		t.Errorf("not followed: %d %s", r.Status, r.Kind)
	}
	if r := once(t, probe.Target{URL: server.URL + "/", FollowRedirects: true}); r.Kind != tracker.KindProtocol || r.Error != "too many redirects" {
		t.Errorf("endless: %s %s", r.Kind, r.Error)
	}
}

func TestSecretThatAServerSaysBackIsInNoResult(t *testing.T) {
	said := func(r *http.Request) string {
		user, password, _ := r.BasicAuth()
		body, _ := io.ReadAll(r.Body)
		return strings.Join([]string{r.Header.Get("X-API-Key"), strings.TrimPrefix(r.Header.Get("X-API-Key"), "Pre "), r.UserAgent(), r.Header.Get("Authorization"), r.URL.RawQuery, r.URL.Query().Get("key"), user, password, string(body)}, " ")
	}
	answers := map[string]http.HandlerFunc{
		"fields": func(w http.ResponseWriter, r *http.Request) {
			s := said(r)
			w.WriteHeader(500)
			_ = json.NewEncoder(w).Encode(map[string]any{"error": s, "message": "bad: " + s, "errors": []string{s}, "details": map[string]string{s: s}})
		},
		"escaped": func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(500)
			_, _ = io.WriteString(w, `{"error":"x","details":"`+strings.ReplaceAll(strings.ReplaceAll(said(r), `"`, `\"`), "/", `\/`)+`"}`)
		},
		"headers": func(w http.ResponseWriter, r *http.Request) {
			for _, name := range []string{"X-Request-Id", "Server", "Via", "Retry-After", "Etag", "X-Ratelimit-Reset", "Location"} {
				w.Header().Set(name, said(r))
			}
			w.WriteHeader(429)
		},
		"text": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/plain")
			w.WriteHeader(502)
			_, _ = io.WriteString(w, said(r))
		},
		"title": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(502)
			_, _ = io.WriteString(w, "<title>"+strings.Repeat("x", 190)+said(r)+"</title>")
		},
		"at the cut": func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(500)
			_, _ = io.WriteString(w, strings.Repeat("x", 2040)+said(r))
		},
		"good": func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, strings.Repeat("x", 110)+said(r))
		},
		"encoded": func(w http.ResponseWriter, r *http.Request) {
			s := said(r)
			w.WriteHeader(500)
			_, _ = fmt.Fprintln(w, url.QueryEscape(s), url.PathEscape(s), html.EscapeString(s), hex.EncodeToString([]byte(s)), fmt.Sprintf("%X", s), fmt.Sprintf("%+q", s), url.QueryEscape(url.QueryEscape(s)))
		},
		"base64": func(w http.ResponseWriter, r *http.Request) {
			s := said(r)
			w.WriteHeader(500)
			for _, before := range []string{"", "u", "us"} {
				_, _ = fmt.Fprintln(w, base64.StdEncoding.EncodeToString([]byte(before+s)), base64.RawURLEncoding.EncodeToString([]byte(before+s)))
			}
		},
		"by half": func(w http.ResponseWriter, r *http.Request) {
			s := said(r)
			w.WriteHeader(500)
			if at := strings.Index(s, "cAnArY"); at >= 0 {
				_ = json.NewEncoder(w).Encode(map[string]string{"error": "bad", "message": "key " + s[at:at+8]})
			}
		},
		"malformed": func(w http.ResponseWriter, r *http.Request) {
			s := said(r)
			conn, _, _ := http.NewResponseController(w).Hijack()
			_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\n"+s+"\r\n\r\n")
			_ = conn.Close()
		},
	}
	for name, answer := range answers {
		server := serve(t, answer)
		for _, place := range places {
			for _, expect := range [][]string{nil, {`body == "other"`, "status == 200"}} {
				target := probe.Target{URL: server.URL + "/v1", Expect: slices.Clone(expect)}
				place.put(&target)
				if found := leak(everything(t, once(t, target))); found != "" {
					t.Errorf("%s, %s: %s", name, place.name, found)
				}
			}
		}
	}
}

func TestSecretsAreInNoErrorOfATargetThatIsWrong(t *testing.T) {
	for _, target := range []probe.Target{
		{URL: "http://user:" + canary + "@host:port/"},
		{URL: "http://user:cAnArY%zz@host/"},
		{URL: "http://host:cAnArY/"},
		{URL: "cAnArY:x"},
		{URL: "://cAnArY"},
		{URL: "http://[cAnArY]/"},
		{URL: "http://host/?key=cAnArY\x7f"},
		{URL: "http://host/", Headers: []tracker.Header{{Name: "X-Key: cAnArY", Value: "x"}}},
		{URL: "http://host/", Headers: []tracker.Header{{Name: "X-Key", Value: "cAnArY\n"}}},
		{URL: "http://host/?key=cAnArY", Expect: []string{"status =="}},
		{URL: "tcp://cAnArY@host"},
	} {
		target.Name = "api"
		err := probe.Check(target)
		if err == nil {
			t.Errorf("%q is accepted", target.URL)
			continue
		}
		if found := leak(err.Error()); found != "" {
			t.Errorf("%q: %s", target.URL, found)
		}
	}
}

func TestSecretsAreInNoResultOfAFailedConnection(t *testing.T) {
	address := closedPort(t)
	silent := rawServer(t, func(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) })
	for _, host := range []string{address, silent} {
		for _, scheme := range []string{"http", "https"} {
			for _, place := range places {
				target := probe.Target{URL: scheme + "://" + host + "/v1", Timeout: 50e6}
				place.put(&target)
				result := once(t, target)
				if found := leak(everything(t, result)); found != "" || !result.Kind.Failed() {
					t.Errorf("%s, %s: %s: %s", target.URL, place.name, result.Kind, found)
				}
			}
		}
	}
}

func TestShownRequestHoldsWhatACurlLineNeeds(t *testing.T) {
	server := serve(t, func(http.ResponseWriter, *http.Request) {})
	r := once(t, probe.Target{
		URL: strings.Replace(server.URL, "://", "://u:p@", 1) + "/v1?a=1&b=2", Method: "POST",
		Body:    `{"prompt":"a fox","api_key":"abc","nested":{"password": "x\"y"}}`,
		Headers: []tracker.Header{{Name: "Authorization", Value: "Bearer abcdefgh"}, {Name: "Content-Type", Value: "application/json"}, {Name: "X-Any", Value: "z"}},
	})
	got := r.Evidence.Request
	want := tracker.Request{
		Method: "POST", URL: strings.Replace(server.URL, "://", "://***@", 1) + "/v1?a=***&b=***",
		Body:    `{"prompt":"a fox","api_key":"***","nested":{"password": "***"}}`,
		Headers: []tracker.Header{{Name: "Authorization", Value: "Bearer ***"}, {Name: "Content-Type", Value: "application/json"}, {Name: "X-Any", Value: "***"}},
	}
	a, _ := json.Marshal(got)
	b, _ := json.Marshal(want)
	if !bytes.Equal(a, b) {
		t.Errorf("\ngot  %s\nwant %s", a, b)
	}
}

func TestSecretsOfOthersAreInNoResult(t *testing.T) {
	server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", "https://u:cAnArY@h/reset/cAnArY1?x=cAnArY")
		w.Header().Set("Via", "1.1 proxy (token cAnArY1)")
		w.WriteHeader(500)
		_, _ = io.WriteString(w, `{"error":"password is cAnArY1","message":"db postgres://u:cAnArY@h/x refused","errors":["api_key=cAnArY"],"details":{"token":"cAnArY","cookies":{"sid":"cAnArY"}}}`)
	})
	if found := leak(everything(t, once(t, probe.Target{URL: server.URL}))); found != "" {
		t.Error(found)
	}
}
