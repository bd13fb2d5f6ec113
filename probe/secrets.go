package probe

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"errtop/internal/safetext"
	"errtop/tracker"
)

// How long a value must be to be looked for in what a server answers. A shorter one ("1", "true") would blacken half of
// every answer, and is only masked where the request itself is shown.
const (
	shortestSecret = 4 // of a header, a password, a value that is called secret
	shortestQuery  = 6 // of a query, most of which hold nothing secret
)

// secrets are the texts of one target that must not be seen, the longest first.
type secrets []string

// secretsOf collects the values of the headers, the userinfo and the query of a target, in every form in which a server
// may say them back.
func secretsOf(t *Target, u *url.URL) secrets {
	var found []string
	shortest := shortestSecret
	add := func(value string) {
		if len(value) < shortest {
			return
		}
		found = append(found, value, url.QueryEscape(value), url.PathEscape(value))
		if quoted, err := json.Marshal(value); err == nil {
			inner := string(quoted[1 : len(quoted)-1])
			found = append(found, inner, strings.ReplaceAll(inner, "/", `\/`))
		}
	}
	for _, h := range t.Headers {
		if public(h) {
			continue
		}
		add(h.Value)
		for _, part := range credentials(h) {
			add(part)
		}
	}
	for _, s := range t.Secrets {
		add(s)
	}
	if u.User != nil {
		password, _ := u.User.Password()
		add(u.User.Username())
		add(password)
		add(u.User.String())
		add(base64.StdEncoding.EncodeToString([]byte(u.User.Username() + ":" + password)))
	}
	shortest = shortestQuery
	if u.Scheme != "dns" { // its query is the question's type
		for _, values := range u.Query() {
			for _, v := range values {
				add(v)
			}
		}
		for part := range strings.SplitSeq(u.RawQuery, "&") {
			_, value, _ := strings.Cut(part, "=")
			add(value)
		}
	}
	slices.SortFunc(found, func(a, b string) int {
		return cmp.Or(cmp.Compare(len(b), len(a)), strings.Compare(a, b))
	})
	return slices.Clip(slices.Compact(found))
}

var mediaType = regexp.MustCompile(`^(\*|application|text|image|audio|video)/[a-z0-9.+*-]+(; ?charset=[a-z0-9-]+)?$`)

// credentials returns the parts of a header that a server may say back alone: the token of "Bearer abc", the values of
// cookies.
func credentials(h tracker.Header) []string {
	switch strings.ToLower(h.Name) {
	case "authorization", "proxy-authorization":
		_, token, _ := strings.Cut(h.Value, " ")
		return []string{token}
	case "cookie":
		var values []string
		for cookie := range strings.SplitSeq(h.Value, ";") {
			_, value, _ := strings.Cut(cookie, "=")
			values = append(values, value)
		}
		return values
	}
	return nil
}

// public reports whether a header's value is what many servers say of themselves: a media type is no secret, and masking
// "application/json" in an answer would hide what is asked for.
func public(h tracker.Header) bool {
	switch strings.ToLower(h.Name) {
	case "accept", "content-type":
		return mediaType.MatchString(h.Value)
	}
	return false
}

// in reports whether s holds a secret.
func (found secrets) in(s string) bool {
	return slices.ContainsFunc(found, func(secret string) bool { return strings.Contains(s, secret) })
}

// mask replaces the secrets in s.
func (found secrets) mask(s string) string {
	for _, secret := range found {
		s = strings.ReplaceAll(s, secret, safetext.Mask)
	}
	return s
}

// line makes foreign text one harmless line without secrets, of at most limit bytes.
func (found secrets) line(s string, limit int) string {
	return safetext.Line(cut(found.mask(s), limit))
}

// block makes foreign text harmless lines without secrets, of at most limit bytes.
func (found secrets) block(s string, limit int) string {
	return safetext.Block(cut(found.mask(s), limit))
}

// cut shortens s to at most limit bytes, at the end of a character. What it cuts it copies, so that evidence does not hold the
// whole body or header that it is the start of.
func cut(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	for back := range 4 {
		if b := s[limit-back]; b&0xC0 != 0x80 {
			return strings.Clone(s[:limit-back])
		}
	}
	return strings.Clone(s[:limit])
}

// show returns the request as it may be shown: what is needed to ask again, with every secret replaced.
func show(t *Target, header []tracker.Header, found secrets) tracker.Request {
	shown := tracker.Request{
		Method: t.Method,
		URL:    safetext.MaskURL(t.URL),
		Body:   found.block(maskBody(cut(t.Body, bodyHeld)), bodyShown),
	}
	for _, h := range header {
		value := safetext.Mask
		if scheme, _, ok := strings.Cut(h.Value, " "); ok && strings.EqualFold(h.Name, "Authorization") && knownScheme(scheme) {
			value = scheme + " " + safetext.Mask
		} else if public(h) {
			value = h.Value
		}
		shown.Headers = append(shown.Headers, tracker.Header{Name: safetext.Line(h.Name), Value: value})
	}
	return shown
}

func knownScheme(s string) bool {
	return slices.Contains([]string{"Bearer", "Basic", "Token", "Digest"}, s)
}

const secretName = `[\w.-]*(?i:key|token|secret|passw|credential|auth)[\w.-]*` //nolint:gosec // names of secrets, not one

var (
	secretMember = regexp.MustCompile(`("` + secretName + `"\s*:\s*)("(?:[^"\\]|\\.)*"|[^\s,}\]]+)`)
	secretField  = regexp.MustCompile(`((?:^|&)` + secretName + `=)[^&\s]+`)
)

// maskBody replaces the values of members and form fields whose name says that they are secret.
func maskBody(body string) string {
	body = secretMember.ReplaceAllString(body, `${1}"`+safetext.Mask+`"`)
	return secretField.ReplaceAllString(body, "${1}"+safetext.Mask)
}
