package probe

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"errtop/tracker"
)

// hop is one request of a chain of redirects.
type hop struct {
	url    *url.URL // without userinfo
	method string
	header http.Header
	body   string
}

func firstHop(p *plan) *hop {
	u := *p.url
	u.User, u.Fragment = nil, ""
	return &hop{url: &u, method: p.Method, header: p.header, body: p.Body}
}

func (h *hop) request(ctx context.Context) (*http.Request, error) {
	var body io.Reader = http.NoBody
	if h.body != "" {
		body = strings.NewReader(h.body)
	}
	req, err := http.NewRequestWithContext(ctx, h.method, h.url.String(), body)
	if err != nil {
		return nil, err //nolint:wrapcheck // the caller takes the URL out of it
	}
	req.Header = h.header.Clone()
	if host := req.Header.Get("Host"); host != "" { // net/http sends it from req.Host only
		req.Host = host
		req.Header.Del("Host")
	}
	return req, nil
}

func redirects(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}

// follow returns the next hop of a redirect, nil if it has no Location. To another scheme, host or port it sends none of the
// user's headers, no userinfo, no body and no Referer, and does not add them again on a later hop. A Location to another origin
// that contains one of the target's secrets is not followed.
func (h *hop) follow(resp *http.Response, p *plan) (*hop, error) {
	location := resp.Header.Get("Location")
	if location == "" {
		return nil, nil //nolint:nilnil // the answer is kept as it is
	}
	u, err := h.url.Parse(location)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return nil, failure{kind: tracker.KindProtocol, short: "bad redirect", text: fmt.Sprintf("bad redirect: %d with a Location that is not an HTTP URL", resp.StatusCode)}
	}
	next := &hop{url: u, method: h.method, header: h.header, body: h.body}
	next.url.User, next.url.Fragment = nil, ""
	if repost := resp.StatusCode >= http.StatusTemporaryRedirect; !repost && h.method != http.MethodHead && h.method != http.MethodGet {
		if resp.StatusCode == http.StatusSeeOther || h.method == http.MethodPost {
			next.method, next.body = http.MethodGet, ""
		}
	}
	if next.body == "" {
		next.header = next.header.Clone()
		next.header.Del("Content-Type")
	}
	if sameOrigin(h.url, u) {
		return next, nil
	}
	if p.secrets.In(location) {
		return nil, refused(u, "its address holds a secret of this target")
	}
	if next.body != "" {
		return nil, refused(u, "the request's body would go along")
	}
	next.header = plainHeader(p.agent)
	return next, nil
}

func refused(u *url.URL, why string) failure {
	return failure{
		kind: tracker.KindProtocol, short: "redirect not followed",
		text: fmt.Sprintf("redirect not followed to %s://%s: %s", u.Scheme, u.Host, why),
	}
}

func sameOrigin(a, b *url.URL) bool {
	return a.Scheme == b.Scheme && strings.EqualFold(a.Hostname(), b.Hostname()) && portOf(a) == portOf(b)
}
