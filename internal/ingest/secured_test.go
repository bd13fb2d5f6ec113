package ingest_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"errtop/internal/ingest"
)

// saying is a door that answers one word.
func saying(word string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, word) })
}

func TestDoorsKeepTheRulesOfPushes(t *testing.T) {
	_, addr := listening(t, ingest.ListenOptions{
		Addr: "127.0.0.1:0", Token: "t0ken", Hosts: []string{"bastion.example"},
		Doors: map[string]http.Handler{"/metrics": saying("metrics"), "/healthz": saying("ok")}, Open: []string{"/healthz"},
	})
	for _, c := range []struct {
		method, path, host, origin, token string
		status                            int
		body                              string
	}{
		{"GET", "/metrics", "", "", "t0ken", 200, "metrics"},
		{"HEAD", "/metrics", "", "", "t0ken", 200, ""},
		{"GET", "/metrics", "", "", "", 401, "token"},
		{"GET", "/metrics", "", "", "wrong", 401, "token"},
		{"GET", "/metrics", "evil.example", "", "t0ken", 403, "host"},
		{"GET", "/metrics", "", "http://evil.example", "t0ken", 403, "origin"},
		{"POST", "/metrics", "", "", "t0ken", 405, "GET"},
		{"GET", "/metrics", "Bastion.example:4318", "", "t0ken", 200, "metrics"},
		{"GET", "/metrics", "bastion.example.evil", "", "t0ken", 403, "host"},
		{"GET", "/healthz", "", "", "", 200, "ok"},
		{"GET", "/healthz", "evil.example", "", "", 403, "host"},
		{"GET", "/healthz", "", "http://evil.example", "", 403, "origin"},
		{"GET", "/readyz", "", "", "", 401, "token"}, // not among the doors
		{"GET", "/v1/results", "", "", "t0ken", 405, "POST"},
	} {
		request, err := http.NewRequestWithContext(t.Context(), c.method, "http://"+addr+c.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Host = c.host
		if c.token != "" {
			request.Header.Set("Authorization", "Bearer "+c.token)
		}
		if c.origin != "" {
			request.Header.Set("Origin", c.origin)
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if response.StatusCode != c.status || !strings.Contains(string(text), c.body) {
			t.Errorf("%+v: %d %s", c, response.StatusCode, text)
		}
	}
}

// selfSigned writes a certificate for 127.0.0.1 and its key.
func selfSigned(t *testing.T, folder string) (cert, key string, pool *x509.CertPool) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "errtop"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(folder, "tls.crt"), filepath.Join(folder, "tls.key")
	for path, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: encoded}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	parsed, _ := x509.ParseCertificate(der)
	pool = x509.NewCertPool()
	pool.AddCert(parsed)
	return cert, key, pool
}

func TestTheListenerSpeaksTLSWithACertificate(t *testing.T) {
	cert, key, pool := selfSigned(t, t.TempDir())
	_, addr := listening(t, ingest.ListenOptions{Addr: "127.0.0.1:0", Cert: cert, Key: key, Doors: map[string]http.Handler{"/metrics": saying("metrics")}})
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}, DisableKeepAlives: true}}
	response, err := client.Get("https://" + addr + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	text, _ := io.ReadAll(response.Body)
	_ = response.Body.Close()
	if string(text) != "metrics" || response.TLS == nil {
		t.Errorf("%s", text)
	}
	if response, err = http.Get("http://" + addr + "/metrics"); err == nil {
		_ = response.Body.Close()
		if response.StatusCode == http.StatusOK {
			t.Error("answered without TLS")
		}
	}
}

func TestAListenerWithoutItsCertificateIsRefused(t *testing.T) {
	err := ingest.Listen(t.Context(), ingest.ListenOptions{Addr: "127.0.0.1:0", Cert: "missing", Key: "missing"}, newWatcher().sink())
	if err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Error(err)
	}
}
