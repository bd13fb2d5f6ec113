package probe

import (
	"crypto/tls"
	"crypto/x509"
	"strings"
	"time"
)

// soonest is the certificate that expires first of all that a probe relied on.
type soonest struct {
	cert *x509.Certificate // nil without TLS
	leaf bool              // it is the server's own, not an authority's
	host string            // of the hop that showed it
}

// see takes the certificates of one hop.
func (s *soonest) see(state *tls.ConnectionState, host string) {
	if state == nil || len(state.PeerCertificates) == 0 {
		return
	}
	cert := firstToExpire(state)
	if s.cert == nil || cert.NotAfter.Before(s.cert.NotAfter) {
		*s = soonest{cert: cert, leaf: cert == state.PeerCertificates[0], host: host}
	}
}

// firstToExpire returns the certificate that ends the trust in a connection. Where several chains were verified, the one
// that lasts longest counts, since one is enough. A connection whose chain was not verified has its leaf only.
func firstToExpire(state *tls.ConnectionState) *x509.Certificate {
	best := state.PeerCertificates[0]
	for i, chain := range state.VerifiedChains {
		first := chain[0]
		for _, c := range chain {
			if c.NotAfter.Before(first.NotAfter) {
				first = c
			}
		}
		if i == 0 || first.NotAfter.After(best.NotAfter) {
			best = first
		}
	}
	return best
}

// named returns what tells the certificate from the one that the target is asked for, in parentheses: ` ("R3")`,
// ` (of b.example)`; "" where there is no difference.
func (s *soonest) named(target string) string {
	var parts []string
	if !s.leaf {
		parts = append(parts, quoteName(s.cert))
	}
	if s.host != target {
		parts = append(parts, "of "+s.host)
	}
	if len(parts) == 0 {
		return ""
	}
	return " (" + strings.Join(parts, " ") + ")"
}

// certificateKind says whose a certificate is.
func certificateKind(c *x509.Certificate, leaf bool) string {
	switch {
	case leaf:
		return "certificate"
	case isRoot(c):
		return "root certificate"
	default:
		return "intermediate certificate"
	}
}

func isRoot(c *x509.Certificate) bool { return string(c.RawIssuer) == string(c.RawSubject) }

func quoteName(c *x509.Certificate) string {
	if c.Subject.CommonName != "" {
		return `"` + c.Subject.CommonName + `"`
	}
	return `"` + c.Subject.String() + `"`
}

// expiredAuthority returns the certificate of an authority that a server sent and that is not valid at now, nil where each
// is. It explains a chain that could not be verified.
func expiredAuthority(sent []*x509.Certificate, now time.Time) *x509.Certificate {
	for i := 0; i+1 < len(sent); i++ {
		issuer := sent[i+1]
		if now.After(issuer.NotAfter) && sent[i].CheckSignatureFrom(issuer) == nil {
			return issuer
		}
	}
	return nil
}
