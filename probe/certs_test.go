package probe_test

import (
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"errtop/probe"
	"errtop/tracker"
)

// intermediate returns an authority below a, which is valid until so long from now.
func (a *authority) intermediate(t *testing.T, from, until time.Duration) *authority {
	t.Helper()
	below := &authority{key: newKey(t), file: a.file}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(3), Subject: pkix.Name{CommonName: "Middle 3"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(from), NotAfter: time.Now().Add(until), KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.certificate, &below.key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	if below.certificate, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	return below
}

// chain returns a certificate with those of its authorities behind it, as a server sends them.
func chain(leaf tls.Certificate, above ...*authority) tls.Certificate {
	for _, a := range above {
		leaf.Certificate = append(leaf.Certificate, a.certificate.Raw)
	}
	return leaf
}

func serveTLS(t *testing.T, certificate tls.Certificate, handler http.HandlerFunc) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(handler)
	server.TLS = tlsConfigOf(certificate)
	server.StartTLS()
	t.Cleanup(server.Close)
	return server
}

// left fails the test where a result's certificate does not expire in about so many days.
func left(t *testing.T, r tracker.Result, days int) {
	t.Helper()
	if got := int(time.Until(r.Evidence.CertExpiry).Round(day) / day); got != days {
		t.Errorf("%s %s: the certificate is said to expire in %d days, not in %d", r.Kind, r.Message, got, days)
	}
}

func TestSoonestExpiryOfTheChainCounts(t *testing.T) {
	root := newAuthority(t)
	middle := root.intermediate(t, -day, 9*day+time.Hour)
	server := serveTLS(t, chain(middle.issue(t, -day, 90*day+time.Hour), middle), func(http.ResponseWriter, *http.Request) {})
	address := server.Listener.Addr().String()
	files := probe.TLS{CAFile: root.file}

	r := once(t, probe.Target{URL: "tls://" + address, TLS: files})
	check(t, r, address, said{
		tracker.KindAssertion, "TLS: intermediate certificate expires",
		`TLS: intermediate certificate expires in 9 days ("Middle 3"), warning below 14 days`,
	})
	left(t, r, 9)
	for _, keep := range []bool{false, true} {
		r = once(t, probe.Target{URL: "https://" + address, TLS: files, KeepAlive: keep, Expect: []string{"tls.days == 9"}})
		if r.Kind != tracker.KindOK {
			t.Errorf("%s: %s", r.Kind, r.Message)
		}
		left(t, r, 9)
	}
	r = once(t, probe.Target{URL: "https://" + address, TLS: probe.TLS{Insecure: true}, Expect: []string{"tls.days == 90"}})
	if r.Kind != tracker.KindOK {
		t.Errorf("of a chain that nobody verified the server's own certificate counts: %s", r.Message)
	}
}

func TestCertificatesOfEveryHopCount(t *testing.T) {
	root := newAuthority(t)
	files := probe.TLS{CAFile: root.file}
	plain := serve(t, func(http.ResponseWriter, *http.Request) {})
	for name, last := range map[string]string{
		"to TLS":  serveTLS(t, root.issue(t, -day, 200*day), func(http.ResponseWriter, *http.Request) {}).URL,
		"to HTTP": plain.URL,
	} {
		first := serveTLS(t, root.issue(t, -day, 5*day+time.Hour), func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, last, http.StatusFound)
		})
		r := once(t, probe.Target{URL: first.URL, TLS: files, FollowRedirects: true, CertWarn: 10 * day})
		if r.Kind != tracker.KindAssertion || !strings.HasPrefix(r.Message, "TLS: certificate expires in 5 days, warning below 10 days") {
			t.Errorf("%s: %s: %s", name, r.Kind, r.Message)
		}
		left(t, r, 5)
	}
	other := serveTLS(t, root.issue(t, -day, 5*day+time.Hour, "localhost"), func(http.ResponseWriter, *http.Request) {})
	_, port, _ := net.SplitHostPort(other.Listener.Addr().String())
	first := serveTLS(t, root.issue(t, -day, 200*day), func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "https://localhost:"+port, http.StatusFound)
	})
	r := once(t, probe.Target{URL: first.URL, TLS: files, FollowRedirects: true, CertWarn: 10 * day})
	if r.Kind != tracker.KindAssertion || !strings.HasPrefix(r.Message, "TLS: certificate expires in 5 days (of localhost), warning") {
		t.Errorf("%s: %s", r.Kind, r.Message)
	}
}

func TestExpiredIntermediateIsCalledOne(t *testing.T) {
	root := newAuthority(t)
	for name, c := range map[string]struct {
		from, until time.Duration
		want        said
	}{
		"expired":       {-30 * day, -3*day - time.Hour, said{tracker.KindTLS, "TLS: intermediate certificate expired", `TLS: intermediate certificate expired ("Middle 3") 3 days ago`}},
		"not yet valid": {5*time.Hour + time.Minute, day, said{tracker.KindTLS, "TLS: intermediate certificate not yet valid", `TLS: intermediate certificate not yet valid ("Middle 3"), only in 5 hours`}},
	} {
		middle := root.intermediate(t, c.from, c.until)
		address := tlsServer(t, tlsConfigOf(chain(middle.issue(t, -day, 90*day), middle)), hang)
		for _, target := range []string{"tls://", "https://"} {
			r := once(t, probe.Target{URL: target + address, TLS: probe.TLS{CAFile: root.file}})
			check(t, r, address, c.want)
			if !r.Evidence.CertExpiry.Equal(middle.certificate.NotAfter) {
				t.Errorf("%s: the evidence has %v", name, r.Evidence.CertExpiry)
			}
		}
	}
	// The server sends the root too, and that has expired: what fails then is not its own certificate either.
	old := newAuthority(t)
	middle := old.intermediate(t, -30*day, -3*day-time.Hour)
	address := tlsServer(t, tlsConfigOf(chain(middle.issue(t, -day, 90*day), middle, old)), hang)
	r := once(t, probe.Target{URL: "https://" + address, TLS: probe.TLS{CAFile: root.file}})
	check(t, r, address, said{tracker.KindTLS, "TLS: intermediate certificate expired", fmt.Sprintf("TLS: intermediate certificate expired (%q) 3 days ago", "Middle 3")})
}
