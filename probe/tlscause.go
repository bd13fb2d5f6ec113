package probe

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
	"time"

	"errtop/tracker"
)

// explainTLS explains failures of the TLS handshake.
func (r *run) explainTLS(err error) (cause, bool) {
	at, address := r.trace.at()
	failed := func(short, text string) (cause, bool) {
		return cause{kind: tracker.KindTLS, short: "TLS: " + short, text: "TLS: " + short + text}, true
	}
	var (
		invalid   x509.CertificateInvalidError
		host      x509.HostnameError
		authority x509.UnknownAuthorityError
		plain     tls.RecordHeaderError
		alert     *net.OpError // of a *tls.Conn
	)
	switch {
	case errors.As(err, &invalid):
		return failed(r.explainInvalid(invalid, sentWith(err)))
	case errors.As(err, &host):
		r.evidence.CertExpiry = host.Certificate.NotAfter
		return failed("wrong host", fmt.Sprintf(": the certificate is for %s, not for %s", namesOf(host.Certificate), host.Host))
	case errors.As(err, &authority):
		if expired := expiredAuthority(sentWith(err), time.Now()); expired != nil {
			return failed(r.explainExpired(expired, false))
		}
		return failed("unknown authority", ": "+r.explainAuthority(authority))
	case errors.As(err, &plain), strings.Contains(err.Error(), "server gave HTTP response to HTTPS client"):
		return failed("not spoken", " by what answers at "+address)
	case errors.As(err, &alert) && alert.Op == "remote error":
		return failed("handshake failed", ": the server refused it: "+strings.TrimPrefix(alert.Err.Error(), "tls: "))
	case at != handshaking || timedOut(err):
		return cause{}, false
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.EPIPE):
		return failed("handshake failed", ": "+address+" closed the connection")
	}
	said := err.Error()
	if i := strings.LastIndex(said, "tls: "); i >= 0 {
		said = said[i+len("tls: "):]
	}
	return failed("handshake failed", ": "+said)
}

// sentWith returns the chain that a server sent when it could not be verified, the server's own certificate first.
func sentWith(err error) []*x509.Certificate {
	if verification, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return verification.UnverifiedCertificates
	}
	return nil
}

// explainInvalid explains a certificate that failed verification. The message is "TLS: " + short + text.
func (r *run) explainInvalid(err x509.CertificateInvalidError, sent []*x509.Certificate) (short, text string) {
	if err.Cert == nil {
		return "certificate invalid", ": " + strings.TrimPrefix(err.Error(), "x509: ")
	}
	leaf := len(sent) == 0 || err.Cert.Equal(sent[0])
	if err.Reason == x509.Expired {
		return r.explainExpired(err.Cert, leaf)
	}
	r.evidence.CertExpiry = err.Cert.NotAfter
	return certificateKind(err.Cert, leaf) + " invalid", named(err.Cert, leaf) + ": " + strings.TrimPrefix(err.Error(), "x509: ")
}

// explainExpired is explainInvalid for a certificate outside its validity period.
func (r *run) explainExpired(c *x509.Certificate, leaf bool) (short, text string) {
	r.evidence.CertExpiry = c.NotAfter
	short, text = certificateKind(c, leaf), named(c, leaf)
	if now := time.Now(); now.Before(c.NotBefore) {
		return short + " not yet valid", text + ", only in " + words(c.NotBefore.Sub(now))
	}
	return short + " expired", text + " " + words(time.Since(c.NotAfter)) + " ago"
}

// named returns the name of an authority's certificate in parentheses, "" for the server's own.
func named(c *x509.Certificate, leaf bool) string {
	if leaf {
		return ""
	}
	return " (" + quoteName(c) + ")"
}

func (r *run) explainAuthority(err x509.UnknownAuthorityError) string {
	if err.Cert == nil {
		return "the certificate is signed by an authority that is not trusted"
	}
	r.evidence.CertExpiry = err.Cert.NotAfter
	if err.Cert.Issuer.String() == err.Cert.Subject.String() {
		return "the certificate is signed by itself, and not trusted"
	}
	return fmt.Sprintf("the certificate is signed by an authority that is not trusted: %s", err.Cert.Issuer)
}

// namesOf returns the names that a certificate is valid for.
func namesOf(c *x509.Certificate) string {
	names := c.DNSNames
	for _, ip := range c.IPAddresses {
		names = append(names, ip.String())
	}
	switch {
	case len(names) == 0:
		return "no name at all"
	case len(names) > 3:
		return strings.Join(names[:3], ", ") + " and others"
	}
	return strings.Join(names, ", ")
}
