package probe_test

import (
	"crypto/tls"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"errtop/probe"
	"errtop/tracker"
)

func TestTCPProbeConnects(t *testing.T) {
	address := rawServer(t, hang)
	r := once(t, probe.Target{URL: "tcp://" + address})
	if ev := r.Evidence; r.Kind != tracker.KindOK || ev.RemoteAddr != address || ev.Phases.Connect <= 0 || r.Latency < ev.Phases.Connect || r.Method != "" {
		t.Errorf("%+v %+v", r, r.Evidence)
	}
}

func TestTLSProbeWarnsBeforeTheCertificateExpires(t *testing.T) {
	a := newAuthority(t)
	for _, c := range []struct {
		left, warn time.Duration
		url        string
		want       said
	}{
		{30*day + time.Hour, 0, "tls", said{tracker.KindOK, "", "certificate valid for 30 days"}},
		{13*day + time.Hour, 0, "tls", said{tracker.KindAssertion, "TLS: certificate expires", "TLS: certificate expires in 13 days, warning below 14 days"}},
		{20*day + time.Hour, 21 * day, "tls", said{tracker.KindAssertion, "TLS: certificate expires", "TLS: certificate expires in 20 days, warning below 21 days"}},
		{5*day + time.Hour, 2 * day, "tls", said{tracker.KindOK, "", "certificate valid for 5 days"}},
		{5*day + time.Hour, 0, "https", said{tracker.KindOK, "", ""}},
		{5*day + time.Hour, 7 * day, "https", said{tracker.KindAssertion, "TLS: certificate expires", "TLS: certificate expires in 5 days, warning below 7 days"}},
	} {
		address := tlsServer(t, &tls.Config{Certificates: []tls.Certificate{a.issue(t, -day, c.left)}}, answer("HTTP/1.1 204 No Content\r\n\r\n"))
		r := once(t, probe.Target{URL: c.url + "://" + address, CertWarn: c.warn, TLS: probe.TLS{CAFile: a.file}})
		check(t, r, address, c.want)
		if ev := r.Evidence; ev.TLSVersion != "TLS 1.3" || (time.Until(ev.CertExpiry)-c.left).Abs() > time.Minute || ev.Phases.TLS <= 0 {
			t.Errorf("evidence: %+v", ev)
		}
	}
}

func TestTLSOptionsAreKept(t *testing.T) {
	a := newAuthority(t)
	client := a.issue(t, -day, day)
	certFile := writePEM(t, "CERTIFICATE", client.Certificate[0])
	keyFile := writeKey(t, client)
	config := &tls.Config{Certificates: []tls.Certificate{a.issue(t, -day, 90*day, "api.example")}, ClientAuth: tls.RequireAnyClientCert}
	address := tlsServer(t, config, answer("HTTP/1.1 204 No Content\r\n\r\n"))
	_, port, _ := net.SplitHostPort(address)
	for name, target := range map[string]probe.Target{
		"server name": {URL: "https://" + address, TLS: probe.TLS{CAFile: a.file, CertFile: certFile, KeyFile: keyFile, ServerName: "api.example"}},
		"address":     {URL: "https://api.example:1/", Address: address, TLS: probe.TLS{CAFile: a.file, CertFile: certFile, KeyFile: keyFile}},
		"host only":   {URL: "https://api.example:" + port, Address: "127.0.0.1", TLS: probe.TLS{CAFile: a.file, CertFile: certFile, KeyFile: keyFile}},
		"insecure":    {URL: "https://" + address, TLS: probe.TLS{Insecure: true, CertFile: certFile, KeyFile: keyFile}},
		"tls":         {URL: "tls://api.example:443", Address: address, TLS: probe.TLS{CAFile: a.file, CertFile: certFile, KeyFile: keyFile}},
	} {
		if r := once(t, target); r.Kind != tracker.KindOK {
			t.Errorf("%s: %s %s", name, r.Kind, r.Message)
		}
	}
}

func TestIPVersionIsKept(t *testing.T) {
	address := rawServer(t, answer("HTTP/1.1 204 No Content\r\n\r\n"))
	if r := once(t, probe.Target{URL: "http://" + address, IP: "4"}); r.Kind != tracker.KindOK {
		t.Errorf("IPv4: %s", r.Message)
	}
	if r := once(t, probe.Target{URL: "http://" + address, IP: "6"}); !r.Kind.Failed() {
		t.Error("an IPv4 address is asked over IPv6")
	}
}

func TestDNSProbeAsksAndCompares(t *testing.T) {
	t.Parallel()
	address, _ := nameServer(t, func(question *dns.Msg) *dns.Msg {
		m := new(dns.Msg).SetReply(question)
		q := question.Question[0]
		switch q.Name + dns.TypeToString[q.Qtype] {
		case "api.example.A":
			for _, ip := range []string{"192.0.2.2", "192.0.2.1"} {
				m.Answer = append(m.Answer, &dns.A{Hdr: dns.RR_Header{Name: q.Name, Rrtype: dns.TypeA, Class: dns.ClassINET, Ttl: 60}, A: net.ParseIP(ip)})
			}
		case "api.example.MX":
			m.Answer = append(m.Answer, &dns.MX{Hdr: dns.RR_Header{Name: q.Name, Rrtype: dns.TypeMX, Class: dns.ClassINET, Ttl: 60}, Preference: 10, Mx: "mail.example."})
		case "big.example.TXT":
			for i := range 100 {
				m.Answer = append(m.Answer, &dns.TXT{Hdr: dns.RR_Header{Name: q.Name, Rrtype: dns.TypeTXT, Class: dns.ClassINET, Ttl: 60}, Txt: []string{fmt.Sprintf("line %03d", i)}})
			}
		case "gone.example.A":
			m.Rcode = dns.RcodeNameError
		case "broken.example.A":
			m.Rcode = dns.RcodeServerFailure
		case "refused.example.A":
			m.Rcode = dns.RcodeRefused
		case "silent.example.A":
			return nil
		}
		return m
	})
	for _, c := range []struct {
		question string
		expect   string
		want     said
	}{
		{"api.example", "", said{tracker.KindOK, "", ""}},
		{"api.example?type=a", `"192.0.2.1" in answers && len(answers) == 2`, said{tracker.KindOK, "", ""}},
		{"api.example?type=MX", `answers[0] == "10 mail.example."`, said{tracker.KindOK, "", ""}},
		{"big.example?type=TXT", `len(answers) == 100`, said{tracker.KindOK, "", ""}},
		{"api.example", `answers == ["192.0.2.9"]`, said{tracker.KindAssertion, "unexpected answer", `unexpected answer: answers = ["192.0.2.1","192.0.2.2"], expected answers == ["192.0.2.9"]`}},
		{"api.example?type=AAAA", "", said{tracker.KindDNS, "DNS: no record", `DNS: no record of type AAAA for "api.example." (asked ADDR)`}},
		{"api.example?type=AAAA", "len(answers) == 0", said{tracker.KindOK, "", ""}},
		{"gone.example", "", said{tracker.KindDNS, "DNS: no such host", `DNS: no such host "gone.example." (asked ADDR)`}},
		{"broken.example", "", said{tracker.KindDNS, "DNS: server failure", `DNS: server failure: SERVFAIL for "broken.example." (asked ADDR)`}},
		{"refused.example", "", said{tracker.KindDNS, "DNS: server failure", `DNS: server failure: REFUSED for "refused.example." (asked ADDR)`}},
		{"silent.example", "", said{tracker.KindTimeout, "timeout", "timeout after 1 s while waiting for the first byte"}},
	} {
		target := probe.Target{URL: "dns://" + address + "/" + c.question, Timeout: time.Second}
		if c.expect != "" {
			target.Expect = []string{c.expect}
		}
		check(t, once(t, target), address, c.want)
	}
	closed := closedPort(t)
	check(t, once(t, probe.Target{URL: "dns://" + closed + "/api.example"}), closed, said{tracker.KindConnect, "connection refused", "connection refused by ADDR"})
}

func TestTargetThatIsWrongIsRefusedWithItsReason(t *testing.T) {
	missing := strings.Repeat("no-such-file", 2)
	for _, c := range []struct {
		target probe.Target
		want   string
	}{
		{probe.Target{URL: "gopher://host/"}, "url: must begin with http://, https://, tcp://, tls:// or dns://"},
		{probe.Target{URL: ""}, "url: must begin with"},
		{probe.Target{URL: "http:///path"}, "url: a host is missing"},
		{probe.Target{URL: "tcp://host"}, "url: a port is missing: tcp://host:port"},
		{probe.Target{URL: "dns://host"}, "url: a name to ask for is missing"},
		{probe.Target{URL: "dns://host/name?type=FOO"}, `url: "FOO" is not a DNS record type`},
		{probe.Target{URL: "http://host", Retry: "sometimes"}, `retry: must be "always" or "never", not "sometimes"`},
		{probe.Target{URL: "http://host", IP: "5"}, `ip: must be "4" or "6", not "5"`},
		{probe.Target{URL: "http://host", HTTP: "3"}, `http: must be "1.1" or "2", not "3"`},
		{probe.Target{URL: "http://host", Method: "GE T"}, "method:"},
		{probe.Target{URL: "http://host", Headers: []tracker.Header{{Name: "A\n", Value: ""}}}, "headers: the name of number 1"},
		{probe.Target{URL: "http://host", Headers: []tracker.Header{{Name: "A", Value: "b\r\nC: d"}}}, "headers: the value of A"},
		{probe.Target{URL: "https://host", TLS: probe.TLS{CAFile: missing}}, "tls: certificate authorities: open " + missing},
		{probe.Target{URL: "https://host", TLS: probe.TLS{CertFile: missing}}, "tls: a client certificate needs both"},
		{probe.Target{URL: "tls://host:1", TLS: probe.TLS{CertFile: missing, KeyFile: missing}}, "tls: client certificate: open"},
		{probe.Target{URL: "http://host", Schema: missing}, "schema: open " + missing},
		{probe.Target{URL: "http://host", Expect: []string{"status == 200", "latency <"}}, `expect[1]: "latency <": column 9: unexpected token EOF`},
		{probe.Target{URL: "http://host", Expect: []string{"statuss == 200"}}, `expect[0]: "statuss == 200": column 1: unknown name statuss`},
		{probe.Target{URL: "http://host", Expect: []string{`status == "200"`}}, `column 8: invalid operation: == (mismatched types int and string)`},
		{probe.Target{URL: "http://host", Expect: []string{"status"}}, "expect[0]: \"status\": expected bool, but got int"},
	} {
		c.target.Name = "api"
		err := probe.Check(c.target)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), `target "api": `) {
			t.Errorf("said %v, want %q", err, c.want)
		}
	}
}
