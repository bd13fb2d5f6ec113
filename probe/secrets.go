package probe

import (
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"errtop/internal/safetext"
	"errtop/tracker"
)

// shortestQuery is how long a value of a query must be to be looked for in what a server answers: most hold nothing secret, and
// "page=1" would blacken half of every answer. The request itself is shown with all of them masked.
const shortestQuery = 6

// secretsOf collects what a server must not be seen to say back: the values of the target's headers, its userinfo, query and secrets,
// and the literals in its body and expectations that stand under a secret's name.
func secretsOf(t *Target, u *url.URL) safetext.Known {
	var found []string
	for _, h := range t.Headers {
		if !public(h) {
			found = append(found, h.Value)
			found = append(found, credentials(h)...)
		}
	}
	found = append(found, t.Secrets...)
	if u.User != nil {
		password, _ := u.User.Password()
		found = append(found, u.User.Username(), password, u.User.String(), u.User.Username()+":"+password)
	}
	if u.Scheme != "dns" { // its query is the question's type
		found = append(found, queryValues(u)...)
	}
	for _, literal := range append(safetext.Values(t.Body), expectedSecrets(t.Expect)...) {
		found = append(found, decodings(literal)...)
	}
	return safetext.Know(found...)
}

// queryValues returns the values of a query, as they are and as they are written.
func queryValues(u *url.URL) []string {
	var found []string
	add := func(value string) {
		if len(value) >= shortestQuery {
			found = append(found, value)
		}
	}
	for _, values := range u.Query() {
		for _, v := range values {
			add(v)
		}
	}
	for part := range strings.SplitSeq(u.RawQuery, "&") {
		_, value, _ := strings.Cut(part, "=")
		add(value)
	}
	return found
}

var stringLiteral = regexp.MustCompile(`"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'`)

// expectedSecrets returns the literals of expressions that speak of a secret: header["x-api-key"] == "abc".
func expectedSecrets(expressions []string) []string {
	var found []string
	for _, source := range expressions {
		found = append(found, safetext.Values(source)...)
		literals := stringLiteral.FindAllString(source, -1)
		names := regexp.MustCompile(`[\w-]+`).FindAllString(source, -1)
		if !slices.ContainsFunc(names, safetext.SecretName) {
			continue
		}
		for _, quoted := range literals {
			if literal := quoted[1 : len(quoted)-1]; strings.ContainsAny(literal, "0123456789") {
				found = append(found, literal)
			}
		}
	}
	return found
}

// decodings returns a literal as it is written, and what it stands for in a form and in JSON.
func decodings(literal string) []string {
	found := []string{literal}
	if plain, err := url.QueryUnescape(literal); err == nil && plain != literal {
		found = append(found, plain)
	}
	var plain string
	if json.Unmarshal([]byte(`"`+literal+`"`), &plain) == nil && plain != literal {
		found = append(found, plain)
	}
	return found
}

var mediaType = regexp.MustCompile(`^(\*|application|text|image|audio|video)/[a-z0-9.+*-]+(; ?charset=[a-z0-9-]+)?$`)

var product = regexp.MustCompile(`^[A-Za-z-]+/[0-9.]+$`)

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
			values = append(values, strings.Trim(value, ` "`))
		}
		return values
	}
	return slices.DeleteFunc(strings.Fields(h.Value), func(word string) bool {
		return len(word) < shortestQuery || !strings.ContainsAny(word, "0123456789") || product.MatchString(word)
	})
}

// public reports whether a header's value is what many servers say of themselves: a media type is not a secret, and masking
// "application/json" in an answer would hide what is asked for.
func public(h tracker.Header) bool {
	switch strings.ToLower(h.Name) {
	case "accept", "content-type":
		return mediaType.MatchString(h.Value)
	}
	return false
}

// show returns the request as it may be shown: what is needed to ask again, with every secret replaced.
func show(t *Target, header []tracker.Header, known safetext.Known) tracker.Request {
	shown := tracker.Request{
		Method: t.Method,
		URL:    known.Mask(safetext.MaskURL(t.URL)),
		Body:   known.Block(t.Body, bodyShown),
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
