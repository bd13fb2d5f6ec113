package tracker

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestWhatChangesInAMessageIsFolded(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"Try again in 45 seconds", "Try again in {n} seconds"},
		{"Generation failed", "Generation failed"},
		{"  two  spaces\tand a\nline  ", "two spaces and a line"},
		{`user "bob" not found`, "user {str} not found"},
		{"can't read 'a b' and `c`", "can't read {str} and {str}"},
		{`Get "https://api.example.com/v1/x?y=1": timeout`, "Get {str}: timeout"},
		{"request 0f8fad5b-d9cb-469f-a165-70867728950e failed", "request {uuid} failed"},
		{"dial tcp 10.1.2.3:8080: connection refused", "dial tcp {addr}: connection refused"},
		{"read tcp 10.0.0.5:51234->10.0.0.9:443: i/o timeout", "read tcp {addr}->{addr}: i/o timeout"},
		{"dial tcp [2001:db8::1]:443: no route", "dial tcp {addr}: no route"},
		{"dial tcp [::1]:443", "dial tcp {addr}"},
		{"lookup fe80::1ff:fe23:4567:890a failed", "lookup {addr} failed"},
		{"dial tcp api.example.com:443", "dial tcp api.example.com:{n}"},
		{"mail to jane.doe+x@example.co.uk bounced", "mail to {email} bounced"},
		{"at 2026-11-23T14:32:05.123Z it broke", "at {time} it broke"},
		{"at 2026-11-23 14:32:05,1 +0100", "at {time} +{n}"},
		{"at 14:32:05 it broke", "at {time} it broke"},
		{"on 2026-11-23.", "on {time}."},
		{"took 1m30s of 2.5ms", "took {dur} of {dur}"},
		{"commit deadbeef1234 of 0x7ffee3b0", "commit {hex} of {hex}"},
		{"req_01HF3KZJ9X2 gone", "{id} gone"},
		{"sha256 of v1 over http2", "sha256 of v1 over http2"},
		{"used 1,234.5 of 2,000 tokens (61.7%)", "used {n} of {n} tokens ({n}%)"},
		{"Zeit überschritten: 5 größer als 4", "Zeit überschritten: {n} größer als {n}"},
		{"error: bad: cafe: x", "error: bad: cafe: x"},
		{"[12] [::", "[{n}] [::"},
		{"upstream pod orders-66b6c48dd5-7xb2r is not ready", "upstream pod orders-{id} is not ready"},
		{"upstream pod orders-59f6d7c9bf-bqhxl is not ready", "upstream pod orders-{id} is not ready"},
		{"pod backup-28934012-x2x9q, node agent-zk7lp", "pod backup-{id}, node agent-{id}"},
		{"deadlock on shard_3, retry later", "deadlock on shard_{n}, retry later"},
		{"deadlock on shard_123, retry later", "deadlock on shard_{n}, retry later"},
		{"worker-7 and worker-12 and pool-3-thread-1", "worker-{n} and worker-{n} and pool-{n}-thread-{n}"},
		{"no such customer: cus_NffrFeUfNV2Hib", "no such customer: {id}"},
		{"no such customer: cus_9s6XGDTHzA66Po", "no such customer: {id}"},
		{"no such customer: cus_NffrFeUfNVxHib", "no such customer: {id}"},
		{"object obj_deadbeef_tmp is locked", "object {id} is locked"},
		{"object obj_dead12ef_tmp is locked", "object {id} is locked"},
		{"token a3f9 of k8s", "token {id} of k8s"},
		{"body of 8MB is over 512KiB, 1.5GB or 10 kB", "body of {size} is over {size}, {size} or {size}"},
		{"ORA-00942: table missing", "ORA-00942: table missing"},
		{"ORA-01017: invalid password", "ORA-01017: invalid password"},
		{"charset utf8mb4, ArrayIndexOutOfBoundsException in log4j2 over https", "charset utf8mb4, ArrayIndexOutOfBoundsException in log4j2 over https"},
		{"queue_7 of x86_64", "queue_{n} of x86_64"},
		{"", ""},
		{`unmatched "quote`, `unmatched "quote`},
	} {
		if got := string(Normalise(nil, c.in, false)); got != c.want {
			t.Errorf("%q:\n got %q\nwant %q", c.in, got, c.want)
		}
	}
}

func TestRoutesBecomeTemplates(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"/api/v1/flux/dev", "/api/v1/flux/dev"},
		{"/users/42/orders/7?x=1", "/users/{n}/orders/{n}"},
		{"/jobs/0f8fad5b-d9cb-469f-a165-70867728950e", "/jobs/{uuid}"},
		{"/blobs/9e107d9d372bb6826bd81d3542a419d6/", "/blobs/{hex}/"},
		{"/u/jane@example.com/x", "/u/{email}/x"},
		{"/days/2026-11-23", "/days/{time}"},
		{"/models/flux-1.1-pro", "/models/flux-1.1-pro"},
		{"/users/{n}/x", "/users/{n}/x"},
		{"/api/orders/ORD-2026-000017", "/api/orders/ORD-{n}-{n}"},
		{"/api/invoices/inv_1042", "/api/invoices/inv_{n}"},
		{"/api/invoices/inv_7", "/api/invoices/inv_{n}"},
		{"/api/users/user-7", "/api/users/user-{n}"},
		{"/api/users/user-77", "/api/users/user-{n}"},
		{"/orders/o17", "/orders/o{n}"},
		{"/orders/702-1234567-1234567", "/orders/{n}-{n}-{n}"},
		{"/customers/cus_NffrFeUfNV2Hib/cards", "/customers/{id}/cards"},
		{"/customers/cus_9s6XGDTHzA66Po/cards", "/customers/{id}/cards"},
		{"/pods/orders-66b6c48dd5-7xb2r/logs", "/pods/orders-{id}/logs"},
		{"/models/veo-2/us-east-1", "/models/veo-2/us-east-1"},
		{"/api/v2/oauth2/utf-8", "/api/v2/oauth2/utf-8"},
		{"/update_metrics/create-checkout-session", "/update_metrics/create-checkout-session"},
		{"/files/getUserAccountById", "/files/getUserAccountById"},
		{"/", "/"},
		{"", ""},
		{"//a", "//a"},
	} {
		if got := string(NormaliseRoute(nil, c.in)); got != c.want {
			t.Errorf("%q: got %q, want %q", c.in, got, c.want)
		}
	}
}

func TestErrorsThatDifferInWhatMattersAreTwoGroups(t *testing.T) {
	base := Result{Target: "t", Method: "POST", Route: "/a/1", Status: 429, Kind: KindRateLimited, Message: "Try again in 45 seconds"}
	change := func(f func(*Result)) Result { r := base; f(&r); return r }
	invalid := func(message string, fields ...string) Result {
		return Result{Target: "t", Status: 400, Kind: KindInvalid, Message: message, Evidence: &Evidence{Errors: fields}}
	}
	for _, c := range []struct {
		name string
		a, b Result
		same bool
	}{
		{"another number of seconds", base, change(func(r *Result) { r.Message = "Try again in 44 seconds" }), true},
		{"another id in the route", base, change(func(r *Result) { r.Route = "/a/2?b=c" }), true},
		{"another origin, source and request id", base, change(func(r *Result) { r.Origin, r.Source, r.RequestID = OriginProbe, "x", "y" }), true},
		{"another message", base, change(func(r *Result) { r.Message = "Quota used up" }), false},
		{"another target", base, change(func(r *Result) { r.Target = "u" }), false},
		{"another method", base, change(func(r *Result) { r.Method = "GET" }), false},
		{"another route", base, change(func(r *Result) { r.Route = "/b/1" }), false},
		{"another status", base, change(func(r *Result) { r.Status, r.Kind = 500, KindServer }), false},
		{"another Oracle error", change(func(r *Result) { r.Message = "ORA-00942: failed" }), change(func(r *Result) { r.Message = "ORA-01017: failed" }), false},
		{"a field with a number", invalid("address_line_1 is required"), invalid("address_line_2 is required"), false},
		{"another pod", change(func(r *Result) { r.Message = "pod a-66b6c48dd5-7xb2r is gone" }), change(func(r *Result) { r.Message = "pod a-7d9f8b6c5d-zk7lp is gone" }), true},
		{"a pod of another deployment", change(func(r *Result) { r.Message = "pod a-66b6c48dd5-7xb2r is gone" }), change(func(r *Result) { r.Message = "pod b-7d9f8b6c5d-zk7lp is gone" }), false},
		{"another kind", base, change(func(r *Result) { r.Kind = KindAssertion }), false},
		{"other fields in the list", invalid("Invalid input", "prompt is required"), invalid("Invalid input", "image_size is required"), false},
		{"the same fields in the list", invalid("Invalid input", "prompt is required"), invalid("Invalid input", "prompt is required"), true},
		{
			"the same fields in another order", invalid("Invalid input", "prompt is required", "size is 0"),
			invalid("Invalid input", "size is 1", "prompt is required"), true,
		},
		{"a field twice", invalid("Invalid input", "prompt is required"), invalid("Invalid input", "prompt is required", "prompt is required"), true},
		{"a field that the message names already", invalid("prompt is required"), invalid("prompt is required", "prompt is required"), true},
		{"quoted names in the list", invalid("Invalid input", `"prompt" is required`), invalid("Invalid input", `"size" is required`), false},
		{"other fields in quotes", invalid(`"prompt" is required`), invalid(`"image_size" is required`), false},
		{"other values in quotes", invalid(`"prompt" cannot be "a red car"`), invalid(`"prompt" cannot be "a blue car"`), true},
	} {
		t.Run(c.name, func(t *testing.T) {
			tr := live()
			tr.Record(noon, []Result{c.a, c.b})
			tr.Record(noon, []Result{c.b, c.a}) // now from the table of those seen lately
			s := tr.Snapshot(noon)
			if want := map[bool]int{true: 1, false: 2}[c.same]; len(s.Groups) != want {
				t.Errorf("%d groups, want %d: %+v", len(s.Groups), want, s.Groups)
			}
		})
	}
}

// TestFingerprintsNeverChange: they are kept in files, so that a silence outlives a restart.
func TestFingerprintsNeverChange(t *testing.T) {
	var f Fingerprinter
	r := Result{Method: "POST", Route: "/api/v1/kling/7", Status: 429, Kind: KindRateLimited, Message: "Try again in 45 seconds"}
	if got := f.ID("kling", &r); got != 0xfea9694830690fa0 {
		t.Errorf("fingerprint is %#x", got)
	}
	p := f.Fingerprint()
	want := Fingerprint{"kling", "POST", "/api/v1/kling/{n}", "Try again in {n} seconds", Outcome{429, KindRateLimited}}
	if p != want || p.ID() != f.ID("kling", &r) {
		t.Errorf("fingerprint %+v with id %#x", p, p.ID())
	}
}

// FuzzFingerprint: any text is folded to something bounded, valid where it was, the same wherever it is appended.
func FuzzFingerprint(f *testing.F) {
	for _, s := range []string{
		"Try again in 45 seconds", `user "bob" at 10.0.0.1:80`, "a@b.c 0f8fad5b-d9cb-469f-a165-70867728950e", "[::1]:80 fe80:: 12:34:56Z",
		"1m30sx 2026-11-23T00:00:00+01:00", "'''\"`", "µ5µs", "\xff\xfe1", strings.Repeat("9 a", 200), strings.Repeat("é", 400),
	} {
		f.Add(s, true)
	}
	f.Fuzz(func(t *testing.T, s string, names bool) {
		once := string(Normalise(nil, s, names))
		if len(once) > maxMessage {
			t.Fatalf("%d bytes", len(once))
		}
		if utf8.ValidString(s) && !utf8.ValidString(once) {
			t.Fatalf("%q became %q", s, once)
		}
		if after := string(Normalise([]byte("so: "), s, names)); after != "so: "+once {
			t.Fatalf("%q became %q, but after a prefix %q", s, once, after)
		}
		if strings.Contains(once, "  ") || strings.TrimSpace(once) != once && utf8.ValidString(s) && !strings.ContainsAny(s, "\v\f\u0085\u00a0") {
			t.Fatalf("%q became %q", s, once)
		}
		route := string(NormaliseRoute(nil, s))
		if len(route) > maxMessage || strings.Contains(route, "?") {
			t.Fatalf("route %q", route)
		}
		if strings.Count(route, "/") > strings.Count(s, "/") {
			t.Fatalf("route %q became %q", s, route)
		}
	})
}
