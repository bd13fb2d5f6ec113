package probe

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"

	"github.com/miekg/dns"

	"errtop/tracker"
)

// planDNS reads dns://server[:port]/name?type=A.
func (p *plan) planDNS() error {
	name := strings.Trim(p.url.Path, "/")
	if _, ok := dns.IsDomainName(name); !ok || name == "" {
		return errors.New("url: a name to ask for is missing: dns://server/name?type=A")
	}
	kind := strings.ToUpper(p.url.Query().Get("type"))
	if kind == "" {
		kind = "A"
	}
	number, ok := dns.StringToType[kind]
	if !ok {
		return fmt.Errorf("url: %q is not a DNS record type", kind)
	}
	question := new(dns.Msg).SetQuestion(dns.Fqdn(name), number)
	question.SetEdns0(1232, false) // a size that fits one packet on every network: DNS Flag Day 2020
	p.ask = func(r *run, ctx context.Context) error { return r.askDNS(ctx, question) }
	return nil
}

// askDNS queries over UDP, and over TCP if the answer was truncated.
func (r *run) askDNS(ctx context.Context, template *dns.Msg) error {
	question := template.Copy()
	question.Id = dns.Id()
	answer, err := r.exchange(ctx, question, "udp")
	if err == nil && answer.Truncated {
		answer, err = r.exchange(ctx, question, "tcp")
	}
	if err != nil {
		return err
	}
	name := question.Question[0].Name
	kind := dns.TypeToString[question.Question[0].Qtype]
	for _, record := range answer.Answer {
		if record.Header().Rrtype == question.Question[0].Qtype {
			r.answers = append(r.answers, strings.TrimPrefix(record.String(), record.Header().String()))
		}
	}
	slices.Sort(r.answers)
	r.body = []byte(strings.Join(r.answers, "\n"))
	switch {
	case answer.Rcode == dns.RcodeNameError:
		return failure{kind: tracker.KindDNS, short: "DNS: no such host", text: fmt.Sprintf("DNS: no such host %q (asked %s)", name, r.plan.host)}
	case answer.Rcode != dns.RcodeSuccess:
		return failure{kind: tracker.KindDNS, short: "DNS: server failure", text: fmt.Sprintf("DNS: server failure: %s for %q (asked %s)", dns.RcodeToString[answer.Rcode], name, r.plan.host)}
	case len(r.answers) == 0 && len(r.plan.expect) == 0:
		return failure{kind: tracker.KindDNS, short: "DNS: no record", text: fmt.Sprintf("DNS: no record of type %s for %q (asked %s)", kind, name, r.plan.host)}
	}
	return nil
}

func (r *run) exchange(ctx context.Context, question *dns.Msg, network string) (*dns.Msg, error) {
	dialer := net.Dialer{Resolver: r.plan.resolver}
	conn, err := dialer.DialContext(ctx, r.plan.network(network), r.plan.host)
	if err != nil {
		return nil, err //nolint:wrapcheck // explain finds the words
	}
	defer conn.Close() //nolint:errcheck // what was asked for was read
	r.trace.enter(waiting)
	client := dns.Client{Net: network, Timeout: r.plan.Timeout, UDPSize: 1232}
	answer, _, err := client.ExchangeWithConnContext(ctx, question, &dns.Conn{Conn: conn})
	if err != nil {
		return nil, err //nolint:wrapcheck // explain finds the words
	}
	r.trace.enter(starting)
	return answer, nil
}
