package safetext

import (
	"net/url"
	"regexp"
	"strings"
)

// Mask replaces a secret wherever one would be seen. It is legal as it stands in every part of a URL.
const Mask = "***"

// MaskURL returns the URL with what may be secret replaced by [Mask]: the userinfo, every value of the query (and every
// parameter without a value), the fragment, tokens in the path ("/reset/TOKEN") and another URL's userinfo there. Scheme, host,
// the rest of the path and the names of parameters stay. It never fails: of a text that is not a URL with a host and might hold
// a secret, only the scheme stays. What it returns has been through [Line].
func MaskURL(rawURL string) string {
	s := Line(rawURL)
	u, err := url.Parse(s)
	if err != nil || u.Hostname() == "" {
		return maskDoubtful(s)
	}
	// The text is cut where the parser cuts it, rather than printed from its parts, so that what stays is as it was written.
	start := len("//")
	if u.Scheme != "" {
		start += len(u.Scheme) + len(":")
	}
	rest, fragment, _ := strings.Cut(s[start:], "#")
	rest, query, _ := strings.Cut(rest, "?")
	authority, path, hasPath := strings.Cut(rest, "/")
	if at := strings.LastIndexByte(authority, '@'); at >= 0 {
		authority = Mask + authority[at:]
	}
	masked := s[:start] + authority
	if hasPath {
		masked += MaskSecrets(maskNested("/" + path))
	}
	if query != "" {
		masked += "?" + maskQuery(query)
	}
	if fragment != "" {
		masked += "#" + Mask
	}
	return masked
}

// maskDoubtful masks what cannot be taken apart as a URL.
func maskDoubtful(s string) string {
	if !strings.ContainsAny(s, `@?#=&`) {
		return s
	}
	return regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*://`).FindString(s) + Mask
}

// maskNested masks a path from where another URL with userinfo starts in it, as proxies and archives have them.
func maskNested(path string) string {
	if at := strings.LastIndexByte(path, '@'); at >= 0 {
		if inner := strings.Index(path[:at], "//"); inner >= 0 {
			return path[:inner] + "//" + Mask
		}
	}
	return path
}

func maskQuery(query string) string {
	parameters := strings.Split(query, "&")
	for i, p := range parameters {
		name, _, hasValue := strings.Cut(p, "=")
		switch {
		case hasValue && !strings.Contains(name, "@"):
			parameters[i] = name + "=" + Mask
		case p != "":
			parameters[i] = Mask
		}
	}
	return strings.Join(parameters, "&")
}
