package safetext

import (
	"encoding/base64"
	"encoding/hex"
	"strings"
	"unicode/utf8"
)

// shape is a kind of token that shows by its start what it is.
type shape struct {
	prefix string
	least  int    // characters that follow at least
	also   string // characters that it holds beside letters and digits
}

// shapes are the well-known ones, as their vendors document them.
var shapes = []shape{
	{"eyJ", 16, "-_.="}, // JSON Web Token, RFC 7519
	// GitHub and GitLab.
	{"ghp_", 8, ""},
	{"gho_", 8, ""},
	{"ghu_", 8, ""},
	{"ghs_", 8, ""},
	{"ghr_", 8, ""},
	{"github_pat_", 8, "_"},
	{"glpat-", 8, "-_."},
	{"gldt-", 8, "-_"},
	{"glrt-", 8, "-_"},
	{"glptt-", 8, "-_"},
	{"glcbt-", 8, "-_"},
	// Stripe.
	{"sk_live_", 6, "_"},
	{"sk_test_", 6, "_"},
	{"rk_live_", 6, "_"},
	{"rk_test_", 6, "_"},
	{"pk_live_", 6, "_"},
	{"whsec_", 8, "+/="},
	// OpenAI and Anthropic.
	{"sk-", 16, "-_"},
	// Slack.
	{"xoxb-", 6, "-"},
	{"xoxp-", 6, "-"},
	{"xoxa-", 6, "-"},
	{"xoxr-", 6, "-"},
	{"xoxs-", 6, "-"},
	{"xoxe", 8, "-."},
	{"xapp-", 6, "-"},
	// Amazon's key ids, Google.
	{"AKIA", 8, ""},
	{"ASIA", 8, ""},
	{"ABIA", 12, ""},
	{"ACCA", 12, ""},
	{"AIza", 8, "-_"},
	{"ya29.", 8, "-_."},
	{"GOCSPX-", 8, "-_"},
	// Registries.
	{"npm_", 8, ""},
	{"pypi-", 8, "-_"},
	{"dckr_pat_", 8, "-_"},
	{"hf_", 16, ""},
	{"rubygems_", 8, ""},
	// SendGrid, Vault, DigitalOcean, Shopify, Linear, Postman, Square, Facebook, age, Tailscale, Atlassian, Figma, Netlify, Databricks, Replicate.
	{"SG.", 8, "-_."},
	{"hvs.", 8, "-_"},
	{"hvb.", 8, "-_"},
	{"hvr.", 8, "-_"},
	{"dop_v1_", 8, ""},
	{"doo_v1_", 8, ""},
	{"shpat_", 8, ""},
	{"shpss_", 8, ""},
	{"shpca_", 8, ""},
	{"lin_api_", 8, ""},
	{"PMAK-", 8, "-"},
	{"sq0csp-", 8, "-_"},
	{"sq0atp-", 8, "-_"},
	{"EAAC", 24, ""},
	{"AGE-SECRET-KEY-", 8, ""},
	{"tskey-", 8, "-"},
	{"atlasv1.", 8, "-_"},
	{"ATATT", 16, "-_="},
	{"figd_", 8, "-_"},
	{"nfp_", 16, ""},
	{"dapi", 30, "-"},
	{"r8_", 16, ""},
	{"pat-", 24, "-"},
}

// shapeStarts groups the shapes by a hash of their first three bytes: shapeGroups[shapeStarts[hash]], of which 0 has none.
var shapeStarts, shapeGroups = func() (starts [1 << 12]uint8, groups [][]shape) {
	groups = [][]shape{nil}
	for _, shape := range shapes {
		start := &starts[startOf(shape.prefix)]
		if *start == 0 {
			*start = uint8(len(groups))
			groups = append(groups, nil)
		}
		groups[*start] = append(groups[*start], shape)
	}
	return starts, groups
}()

func startOf(s string) int { return (int(s[0])*37 + int(s[1])*101 + int(s[2])*419) & (1<<12 - 1) }

// token returns where the well-known token ends that starts at i, and 0 where there is none.
func (f *finder) token(i int) int {
	s := f.s
	if len(s)-i < minToken {
		return 0
	}
	start := shapeStarts[startOf(s[i:i+3])]
	if start == 0 {
		return 0
	}
	group := shapeGroups[start]
	for n := range group {
		shape := &group[n]
		if !strings.HasPrefix(s[i:], shape.prefix) {
			continue
		}
		end := i + len(shape.prefix)
		for end < len(s) && (alphanumeric(s[end]) || strings.IndexByte(shape.also, s[end]) >= 0) {
			end++
		}
		for end > i && s[end-1] == '.' {
			end--
		}
		if end-i-len(shape.prefix) >= shape.least && shape.fits(s[i+len(shape.prefix):end]) {
			return end
		}
	}
	return 0
}

// minToken is how long every token is at least.
const minToken = 11

// fits reports whether the rest of a token can be what its shape says.
func (h *shape) fits(rest string) bool {
	switch h.prefix {
	case "eyJ":
		return strings.IndexByte(rest, '.') > 8
	case "AKIA", "ASIA", "ABIA", "ACCA":
		return strings.ToUpper(rest) == rest
	case "sk-", "pat-", "hf_", "r8_", "nfp_", "dapi":
		return strings.ContainsAny(rest, "0123456789")
	}
	return true
}

func alphanumeric(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// pem hides what is between the lines of a PEM block (RFC 7468) that starts with the word s[i:j], but for a certificate and
// a public key.
func (f *finder) pem(i, j int) int {
	s := f.s
	label := strings.Index(s[i+5:min(len(s), i+100)], "-----")
	if label < 0 {
		return j
	}
	label += i + 5 + len("-----")
	if name := s[i:label]; strings.Contains(name, "CERTIFICATE") || strings.Contains(name, "PUBLIC KEY") {
		return label
	}
	hi := len(s)
	if end := strings.Index(s[label:], "-----END"); end >= 0 {
		hi = label + end
	}
	return f.hide(label, hi)
}

// ssh2 hides what is between the lines of a private key as RFC 4716 writes keys: "---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----". The first
// line's dashes end at j.
func (f *finder) ssh2(j int) int {
	s := f.s
	end := strings.Index(s[j:min(len(s), j+100)], " ----")
	if end < 0 || !strings.Contains(s[j:j+end], "PRIVATE KEY") {
		return j
	}
	lo, hi := j+end+len(" ----"), len(s)
	if last := strings.Index(s[lo:], "---- END"); last >= 0 {
		hi = lo + last
	}
	return f.hide(lo, hi)
}

// botToken hides the token of a Telegram bot in the path of a request, "/bot123456:TOKEN/sendMessage", where s[i:j] is "bot123456".
func (f *finder) botToken(i, j int) int {
	s := f.s
	if id, ok := strings.CutPrefix(s[i:j], "bot"); !ok || id == "" || strings.Trim(id, "0123456789") != "" {
		return j
	}
	hi := j + 1
	for hi < len(s) && s[hi] != '/' && s[hi] != '?' && !endsURL(s[hi]) {
		hi++
	}
	return f.hide(j+1, hi)
}

const (
	minEncoded = 12   // characters of base64 or hexadecimal that are looked into
	maxEncoded = 8192 // and at most
	maxDepth   = 2    // texts within texts
)

// encoded looks into the run of base64 or hexadecimal characters that starts at i: a text with a secret may be in it.
func (f *finder) encoded(i int) (hi int, found bool) {
	s := f.s
	if i >= f.run {
		f.run = i
		for f.run < len(s) && f.run-i < maxEncoded && (is(s[f.run], inWord) && s[f.run] < 0x80 || s[f.run] == '+' || s[f.run] == '/') {
			f.run++
		}
	}
	hi = f.run
	if f.depth >= maxDepth || hi-i < minEncoded {
		return hi, false
	}
	text := decodeRun(s[i:hi])
	if text == "" {
		return hi, false
	}
	inner := finder{s: text, depth: f.depth + 1}
	inner.all()
	if len(inner.spans) == 0 {
		return hi, false
	}
	for hi < len(s) && s[hi] == '=' {
		hi++
	}
	return hi, true
}

// decodeRun returns the text that a run of hexadecimal or base64 characters stands for, and "" where it is none.
func decodeRun(run string) string {
	if len(run)%2 == 0 {
		if b, err := hex.DecodeString(run); err == nil {
			if printable(b) {
				return string(b)
			}
			return ""
		}
	}
	encoding := base64.RawStdEncoding
	if strings.ContainsAny(run, "-_") {
		encoding = base64.RawURLEncoding
	}
	var head [3]byte
	if n, err := encoding.Decode(head[:], []byte(run[:4])); err != nil || !printable(head[:n]) || !startsText(head[:n]) {
		return ""
	}
	if len(run)%4 == 1 {
		run = run[:len(run)-1]
	}
	b, err := encoding.DecodeString(run)
	if err != nil || !printable(b) {
		return ""
	}
	return string(b)
}

// startsText reports whether b is valid UTF-8, but for a character that its end cuts.
func startsText(b []byte) bool {
	for len(b) > 0 && utf8.FullRune(b) {
		r, size := utf8.DecodeRune(b)
		if r == utf8.RuneError && size == 1 {
			return false
		}
		b = b[size:]
	}
	return true
}

func printable(b []byte) bool {
	for _, c := range b {
		if c < ' ' && c != '\n' && c != '\t' && c != '\r' || c == 0x7f {
			return false
		}
	}
	return len(b) == 3 || utf8.Valid(b)
}
