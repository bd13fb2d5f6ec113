package logline

import (
	"regexp"
	"strings"
	"testing"
	"time"
)

func TestUsersInLinesAreKeptAsAsked(t *testing.T) {
	for _, c := range []struct{ name, line, user string }{
		{"common", `10.0.0.1 - bob [02/Jan/2026:03:04:05 +0000] "GET /bob HTTP/1.1" 503 12`, "bob"},
		{"with blanks", `10.0.0.1 - bob the builder [02/Jan/2026:03:04:05 +0000] "GET /x HTTP/1.1" 503 12`, "bob the builder"},
		{"virtual host", `shop.example:80 10.0.0.1 - bob [02/Jan/2026:03:04:05 +0000] "GET /x HTTP/1.1" 503 12`, "bob"},
		{"ident", `10.0.0.1 ident bob@example.com [02/Jan/2026:03:04:05 +0000] "GET /x HTTP/1.1" 503 12`, "bob@example.com"},
		{"json", `{"status":503,"path":"/x","remote_user":"bob","msg":"x"}`, "bob"},
		{"json escaped", `{"status":503,"path":"/x","remote_user":"b\u006fb","msg":"x"}`, `b\u006fb`},
		{"traefik", `{"DownstreamStatus":503,"RequestPath":"/x","ClientUsername":"bob"}`, "bob"},
		{"logfmt", `status=503 path=/x user=bob msg=x`, "bob"},
	} {
		for _, users := range []Users{"", UsersShown, UsersHashed, UsersHidden} {
			d, err := NewDecoder(Options{Users: users}, time.Now())
			if err != nil {
				t.Fatal(err)
			}
			if kind, reason := d.Sibling(time.Now()).Decode([]byte(c.line)); kind != LineResult {
				t.Fatalf("%s: %s", c.name, reason)
			}
			if kind, reason := d.Decode([]byte(c.line)); kind != LineResult {
				t.Fatalf("%s: %s", c.name, reason)
			}
			m := NewResultMaker("log")
			got, again := m.Make(d).Evidence.Line, m.Make(d).Evidence.Line
			with := map[Users]string{"": regexp.QuoteMeta(c.user), UsersShown: regexp.QuoteMeta(c.user), UsersHashed: "user-[0-9a-f]{8}", UsersHidden: `\*\*\*`}[users]
			want := "^" + strings.Replace(regexp.QuoteMeta(c.line), regexp.QuoteMeta(c.user), with, 1) + "$"
			if !regexp.MustCompile(want).MatchString(got) || got != again {
				t.Errorf("%s %q: %s", c.name, users, got)
			}
		}
	}
	for _, line := range []string{`10.0.0.1 - - [02/Jan/2026:03:04:05 +0000] "GET /x HTTP/1.1" 503 12`, `{"status":503,"path":"/x"}`} {
		d, err := NewDecoder(Options{Users: UsersHidden}, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		d.Decode([]byte(line))
		m := NewResultMaker("log")
		if got := m.Make(d).Evidence.Line; got != line {
			t.Errorf("%s became %s", line, got)
		}
	}
	if _, err := NewDecoder(Options{Users: "x"}, time.Now()); err == nil {
		t.Error("any way is accepted")
	}
}
