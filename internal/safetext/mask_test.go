package safetext_test

import (
	"net/url"
	"strings"
	"testing"

	"errtop/internal/safetext"
)

func TestMaskURLKeepsOnlyWhatIsNoSecret(t *testing.T) {
	for in, want := range map[string]string{
		"":                                    "",
		"https://api.example/v1/flux":         "https://api.example/v1/flux",
		"https://user:pw@api.example:8443/v1": "https://***@api.example:8443/v1",
		"https://token@api.example":           "https://***@api.example",
		"https://h/p?key=s3&other=s4":         "https://h/p?key=***&other=***",
		"https://h?s3cret":                    "https://h?***",
		"https://h/p?a=1;b=s3&&c":             "https://h/p?a=***&&***",
		"https://h/p#access_token=s3":         "https://h/p#***",
		"https://h/@scope/pkg%2Fx?q=a@b":      "https://h/@scope/pkg%2Fx?q=***",
		"//u:p@h/x":                           "//***@h/x",
		"//h/x?u=https://a:b@c/d":             "//h/x?u=***",
		"postgres://u:p@[::1]:5432/db":        "postgres://***@[::1]:5432/db",
		"tls://h:443":                         "tls://h:443",
		"dns://1.1.1.1/name?type=A":           "dns://1.1.1.1/name?type=***",
		"https://u:p/ss@h/x":                  "https://***",
		"https://u:p?ss@h/x":                  "https://***",
		"https://u:p#ss@h/x":                  "https://***",
		"https://u:p%zz@h/x":                  "https://***",
		"https://u:p\nq@h/x":                  "https://***",
		"https://h/%zz?token=s3":              "https://***",
		"u:p@h/x":                             "***",
		"mailto:a@b":                          "***",
		"/path?token=s3":                      "***",
		"https://proxy/get/http://u:p@h/x":    "https://proxy/get/http://***",
		"https://proxy/@team//x":              "https://proxy/@team//x",
		"https://h/?http://u:p@h/x=1":         "https://h/?***",
		"//://u:p@h/x":                        "***",
		"://x?y":                              "***",
		"http://[::1":                         "http://[::1",
		"https://h/reset/C4N4RY1?x=y":         "https://h/reset/***?x=***",
		"https://h/bot/ghp_C4N4RYC4N4RY/x":    "https://h/bot/***/x",
		"https://exa mple/x":                  "https://exa mple/x",
		"https://h/\x1b]0;x":                  "https://h/^[]0;x",
	} {
		if got := safetext.MaskURL(in); got != want {
			t.Errorf("MaskURL(%q)\n got %q\nwant %q", in, got, want)
		}
	}
}

func FuzzMaskURLHidesTheCanary(f *testing.F) {
	f.Add("https", "h", "p", "k")
	f.Add("", "[::1]:80", "a/../b", "a;b")
	f.Fuzz(func(t *testing.T, scheme, host, path, name string) {
		const canary = "C4N4RY"
		if strings.Contains(scheme+host+path+name, canary) {
			t.Skip("the canary is where it may be seen")
		}
		for _, u := range []string{
			scheme + "://user:" + canary + "@" + url.PathEscape(host) + "/" + path,
			scheme + "://" + canary + "@" + host + "/" + path,
			scheme + "://" + url.PathEscape(host) + "/" + url.PathEscape(path) + "?" + url.QueryEscape(name) + "=" + canary,
			scheme + "://" + host + "/" + path + "?" + name + "=" + canary,
			scheme + "://" + host + "/" + path + "#" + canary,
			host + "?" + canary,
		} {
			got := safetext.MaskURL(u)
			if strings.Contains(got, canary) {
				t.Fatalf("MaskURL(%q) = %q", u, got)
			}
			if again := safetext.MaskURL(got); again != got {
				t.Fatalf("MaskURL(%q) = %q, and again %q", u, got, again)
			}
			check(t, got, false)
		}
	})
}
