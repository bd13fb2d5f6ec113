package safetext_test

import (
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"errtop/internal/safetext"
	"errtop/internal/safetext/canary"
)

// values are secrets of several sorts, none a word.
var values = []string{"C4N4RY", "hunter2x", "cAnArY-5ecret", "s3cr3t_X9zQ", "CANARYVALUE", "a1b2c3d4e5f60718"}

func TestSecretsLeaveNoTrace(t *testing.T) {
	for _, text := range canary.Texts {
		for _, value := range values {
			in := strings.ReplaceAll(text, "§", value)
			for name, form := range canary.Encodings(in) {
				if got := safetext.MaskSecrets(form); canary.Leak(got, value) != "" {
					t.Errorf("%s:\n   %q\nis %q", name, form, got)
					break
				}
			}
		}
	}
}

func TestAQueryIsHiddenToItsEnd(t *testing.T) {
	for in, want := range map[string]string{
		"GET /x?a='b'c]>d,e HTTP/1.1":             "GET /x?*** HTTP/1.1",
		"url='https://h/x?k=v',status=500":        "url='https://h/x?***',status=500",
		`{"url":"/x?k=v","status":500}`:           `{"url":"/x?***","status":500}`,
		"see (https://h/x?k=v).":                  "see (https://h/x?***).",
		"url=https://h/x?k=v,status=500":          "url=https://h/x?***,status=500",
		`{\"url\":\"/x?k=v\",\"status\":500}`:     `{\"url\":\"/x?***\",\"status\":500}`,
		"Get https://h/x?k=v: dial tcp: refused":  "Get https://h/x?***: dial tcp: refused",
		"<a href=/x?k=v>x</a> <https://h/?k=v> z": "<a href=/x?***</a> <https://h/?***> z",
	} {
		if got := safetext.MaskSecrets(in); got != want {
			t.Errorf("%s\nis   %s\nwant %s", in, got, want)
		}
	}
}

func TestTokensOfKnownShapesAreSecretAnywhere(t *testing.T) {
	for _, token := range []string{
		"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJib2IifQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJib2IifQ.",
		"ghp_C4N4RYC4N4RYC4N4RYC4N4RYC4N4RYC4N4RY", "github_pat_11ABCDEFG0abcdefghijkl_C4N4RY", "gho_C4N4RYC4N4RY", "ghs_C4N4RYC4N4RY1", "glpat-C4N4RY-C4N4RYC4N4RY", "sk_live_51C4N4RYC4N4RY", "sk_test_51C4N4RYC4N4RY",
		"rk_live_51C4N4RYC4N4RY", "whsec_C4N4RYC4N4RY", "xoxb-1234567890-C4N4RY", "xoxp-123-456-C4N4RY", "xapp-1-A1-C4N4RY", "AKIAIOSFODNN7EXAMPLE", "ASIAIOSFODNN7EXAMPLE", "AIzaSyC4N4RYC4N4RY_C4N4RY-C4N4RYC4N4RY",
		"ya29.C4N4RY_C4N4RY-x", "npm_C4N4RYC4N4RYC4N4RYC4N4RYC4N4RYC4N4RY", "SG.C4N4RYC4N4RYC4N4RY.C4N4RYC4N4RY", "sk-C4N4RYC4N4RYC4N4RYC4N4RY", "sk-ant-api03-C4N4RYC4N4RY", "hvs.C4N4RYC4N4RYC4N4RY", "pypi-AgEIcHlwaS5vcmcC4N4RY",
		"dop_v1_C4N4RYC4N4RY", "shpat_C4N4RYC4N4RY", "GOCSPX-C4N4RYC4N4RY", "hf_C4N4RYC4N4RYC4N4RYC4N4RY", "dckr_pat_C4N4RYC4N4RY",
	} {
		for _, around := range []string{"%", "got % back", "(%)", `"%"`, "x=%", "x:%", "/a/%/b", "a,%,b", `{"m":"%"}`, `\n%`, "key-%", "<%>", "%.", "%, then", "https://h/%", "\x1b[1m%\x1b[0m", "%%0A%"[:1], "é%"} {
			in := strings.ReplaceAll(around, "%", token)
			if got := safetext.MaskSecrets(in); strings.Contains(got, token[len(token)-8:]) || !strings.Contains(got, safetext.Mask) {
				t.Errorf("%q is %q", in, got)
			}
		}
	}
	for _, label := range []string{"RSA PRIVATE KEY", "PRIVATE KEY", "OPENSSH PRIVATE KEY", "EC PRIVATE KEY", "PGP PRIVATE KEY BLOCK", "KEY"} {
		block := "-----BEGIN " + label + "-----\nMIIC4N4RY+x/\nC4N4RY==\n-----END " + label + "-----"
		for _, in := range []string{block, "key is " + block + " ok", strings.ReplaceAll(block, "\n", `\n`), safetext.Line(block), block[:50], url.QueryEscape(block), `{"key":"` + strings.ReplaceAll(block, "\n", `\n`) + `"}`} {
			if got := safetext.MaskSecrets(in); strings.Contains(got, "C4N4RY") {
				t.Errorf("%q is %q", in, got)
			}
		}
	}
}

func TestOrdinaryTextStaysAsItIs(t *testing.T) {
	for _, text := range ordinaryTexts {
		if got := safetext.MaskSecrets(text); got != text {
			t.Errorf("   %q\nis %q", text, got)
		}
	}
}

var ordinaryTexts = []string{
	"token bucket exhausted", "author=bob", "password policy", "password is required", "password is too short", "Password is incorrect", "password: must be at least 8 characters", "passwords do not match", "password reset", "password reset requested",
	"invalid password", "wrong password for user bob", "bad password", `missing "password" in body`, `field "password" is required`, "token expired", "token is expired", "token: expired", "(token expired)", "token has expired at 12:03:04",
	"Unexpected token < in JSON at position 0", "unexpected token: }", "SyntaxError: Unexpected token '<'", "invalid token", "token not found", "auth failed", "auth: failed for user bob", "auth: invalid credentials", "Authorization failed", "authorization: denied for user",
	"secret not found", "secret: not found", "no api key", "api key is missing", "API key not valid", "cookie not set", "session closed", "session: closed by peer", "bypass=true", "compass=north", "spin=3", "max_tokens=500", "tokens: 30", "prompt_tokens=12",
	`"total_tokens":500`, `{"max_tokens":4096,"model":"x"}`, "token_type=bearer", "auth_method=basic", "password_file=/run/x", "secret_name=db", "key=value", "key: 42", "duplicate key: 42", "cache_key=user:42", "monkey=1", "primary_key=7", "routing_key=orders",
	"PWD=/home/bob", "basic auth failed", "Basic authentication required", "bearer token missing", "Bearer authentication", "mail@a.example", "user bob@example.com not found", "10.0.0.1:80 refused", "what? no problem: here", "really?", "a=b",
	"GET /x/y HTTP/1.1", "GET /reset HTTP/1.1", "GET /reset/password HTTP/1.1", "POST /auth/login HTTP/1.1", "POST /api/token/refresh HTTP/1.1", "/auth/oauth2/callback", "/oauth2/token", "https://registry.npmjs.org/@scope/pkg", "https://h:8443/x/@team", "https://medium.com/@user/post",
	"trace_id=4bf92f3577b34da6a3ce929d0e0e4736", "request 0f8fad5b-d9cb-469f-a165-70867728950e failed", "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "commit 9fceb02d0ae598e95dc970b74767f19372d61af8", "status=500 duration=12ms",
	"connection refused", "dial tcp 10.4.7.21:8443: connect: connection refused", "context deadline exceeded", "sudo -u bob ls", "authority: example", "authors: bob", "tokenizer=bpe", "secretary: Ann", "cookies: 3", "the key is missing", "a passing test", "PASS: TestFoo",
	"sidecar=1", "signal=9", "signed=true", "pinned=1", "opinion=x", "passed=12", "pass: 12, fail: 3", "pass=12", "password=", "password: ", `{"password":null}`, `{"password":true}`, `"token":null`, "token=false", "expected token, got EOF", "10:30@home",
	`{"level":"error","msg":"upstream timed out","status":504}`, "2026-01-02T03:04:05Z", "100% of requests", "a & b", `C:\Users\bob`, "x<y", "50%", "&copy", "-----BEGIN CERTIFICATE-----", "rsa key exchange", "api=v1", "authenticated=true", "skip", "SKU-1234567890",
	"exit status 1", "java.lang.NullPointerException: token", "at com.acme.TokenService.refresh(TokenService.java:42)", "CSRF verification failed", "csrf check failed", "password change required", "password: required", "password required", "password authentication failed for user \"bob\"",
	"10:30@home", "npm:string-width@4.2.3", "uses actions/setup-node18@v4", "image nginx:1a25alpine@sha256:e3b0c442", "2026-01-01T10:30:00Z@host", "mailto:bob@example.com", "user bob@h:22", "docker run -p 8080:80 nginx", "ssh -p 2222 h",
	"mkdir -p a/b", "ls -a /tmp", "tar -c x", "code=ECONNREFUSED&x=1", "error code=42&x=y", "user identified by id 42", "identified by the server as bot", "the password you entered is wrong", "the password entered does not match", "password <redacted> given",
	"-token expired", "INSERT INTO t (a, b) VALUES ('x', 'y')", "<password>\n  <rule>x</rule></password>", `<input type="password">`, `<field name="password"/>`, "password: | x", "密码不正确", "name: DB_PASSWORD\n  optional: yes", "bot:42/x", "/robots:x/y", "passed -> next",
	"sk-learn pipeline failed", "AKIA", "ghp_", "the npm_config_cache", "SG. is short", "https://h/a/b", "ERR_INVALID_AUTH_TOKEN", "InvalidTokenError: x", "pass the salt",
}

// At every bound, of every form: nothing of a secret that the whole text would have hidden is seen where it is cut.
func TestNothingOfASecretIsSeenAtAnyBound(t *testing.T) {
	const value = "C4N4RYx1C4N4RYx2"
	tails := []string{"", " and more", `" and "more`, strings.Repeat("z", 3000), "@h.example/" + strings.Repeat("y ", 900)}
	for _, text := range []string{
		"https://user:§@h/x", "https://§@h/x", "x https://user:p/§@h", `{"password":"§"}`, "password=§", "Authorization: Bearer §", "Cookie: a=1; b=§; c=§", "eyJhbGciOiJIUzI1NiJ9.§.§", "curl -u user:§ h", "password is §", "/reset/§/",
		"-----BEGIN PRIVATE KEY-----\n§\n-----END PRIVATE KEY-----", `{\"token\":\"§\"}`, "%22password%22%3A%22§%22", "\x1b[36mpassword\x1b[0m=§", "GET /x?a=§",
		"root:§@tcp(h)/x", "CREATE USER b IDENTIFIED BY '§'", "sshpass -p § ssh h", `<property name="password">§</property>`, "- name: DB_PASSWORD\n  value: §", "INSERT INTO u (password) VALUES ('§')", "password: |\n  §\n",
		"/bot123456:§/getMe", `Some("x") password: Some("§")`, "SET PASSWORD FOR b = '§'", "<Password><![CDATA[§]]></Password>", "密码：§", "jdbc:oracle:thin:scott/§@h:1521:orcl",
	} {
		for _, tail := range tails {
			in := strings.ReplaceAll(text, "§", value) + tail
			for limit := range len(in[:min(len(in), 160)]) + 2 {
				for _, f := range []func(string, int) string{safetext.MaskedLine, safetext.MaskedBlock} {
					got := f(in, limit)
					if strings.Contains(got, "C4N") || len(got) > limit || !utf8.ValidString(got) {
						t.Fatalf("%q cut at %d is %q", in[:min(len(in), 100)], limit, got)
					}
				}
				// The same where only the start was kept for later.
				if got := safetext.MaskedLine(safetext.Cut(in, limit+safetext.Lookahead), limit); got != safetext.MaskedLine(in, limit) {
					t.Fatalf("%q kept and cut at %d is %q", in[:min(len(in), 100)], limit, got)
				}
			}
		}
	}
	long := "https://user:" + strings.Repeat("C4N4RY", 1000) + "@h/x"
	for limit := range 300 {
		if got := safetext.MaskedLine(long, limit); strings.Contains(got, "C4N") {
			t.Fatalf("cut at %d it is %q", limit, got)
		}
	}
}

func TestMaskingIsDoneOnce(t *testing.T) {
	for _, text := range append(ordinaryTexts, canary.Texts...) {
		once := safetext.MaskSecrets(strings.ReplaceAll(text, "§", "C4N4RY"))
		if again := safetext.MaskSecrets(once); again != once {
			t.Errorf("%q is %q and then %q", text, once, again)
		}
	}
}

func FuzzMaskSecretsHidesTheCanary(f *testing.F) {
	for i := range canary.Texts {
		f.Add(i, "before ", " after")
	}
	f.Add(0, `\u00`, "%2")
	f.Fuzz(func(t *testing.T, i int, before, after string) {
		text := canary.Texts[uint(i)%uint(len(canary.Texts))]
		const value = "C4N4RY"
		if strings.Contains(before+after, value) || len(before)+len(after) > 2000 {
			t.Skip()
		}
		// What surrounds is set apart by line feeds: glued to it, a name would be another.
		in := before + "\n" + strings.ReplaceAll(text, "§", value) + "\n" + after
		got := safetext.MaskSecrets(in)
		if strings.ContainsAny(before, "\"'`\\&%\x1b^[{(<=:") || strings.ContainsAny(after, "\"'`;") {
			return // it may be a quote that the text closes: only that nothing breaks
		}
		if strings.Contains(got, value) {
			t.Fatalf("%q is %q", in, got)
		}
	})
}

func FuzzMaskedLineIsHarmless(f *testing.F) {
	f.Add("password=x\x1b[31m", 7)
	f.Fuzz(func(t *testing.T, s string, limit int) {
		limit = min(max(limit, 0), 4096)
		got := safetext.MaskedLine(s, limit)
		if len(got) > limit || !utf8.ValidString(got) {
			t.Fatalf("%q at %d is %q", s, limit, got)
		}
		check(t, safetext.MaskedBlock(s, limit), false)
	})
}

// The bar: reading logs masks a message and a line of each error, so that a text without secrets costs at most 2 ns a byte
// and no allocation, and one with a secret two.
// Bar for what is repeated: 2 µs a byte. It took the square or the cube of its length before: 28 s for the first, of 16 KB.
func BenchmarkMaskSecrets(b *testing.B) {
	for name, s := range map[string]string{
		"repeated key":   strings.Repeat("{\\\"token\\\":\n", 1200),
		"repeated path":  strings.Repeat("/reset/x9Kq2Lm5Z", 1000),
		"repeated names": strings.Repeat("**password", 1600),
		"prose":          "upstream timed out (110: Connection timed out) while reading response header from upstream, client: 10.0.0.7",
		"json":           `{"ts":"2026-01-02T03:04:05.678Z","target":"kling","method":"POST","url":"/api/v1/generate","status":503,"duration_ms":812.5,"error":"Generation failed","message":"attempt 7 failed","request_id":"0f8fad5b-d9cb"}`,
		"secret":         `{"ts":"2026-01-02T03:04:05.678Z","msg":"login failed","user":"bob","password":"hunter2","headers":{"Cookie":"a=1; b=2"}}`,
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(s)))
			for b.Loop() {
				_ = safetext.MaskSecrets(s)
			}
		})
	}
}
