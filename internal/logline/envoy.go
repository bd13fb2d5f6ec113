package logline

import (
	"bytes"

	"errtop/tracker"
)

// isEnvoy reports whether the line starts as Envoy's text format does: with a time in brackets, as RFC 3339 has it.
func isEnvoy(line []byte) bool { return line[0] == '[' && isISOTime(line[1:]) }

// envoy reads a line of Envoy's default text format
// (https://www.envoyproxy.io/docs/envoy/latest/configuration/observability/access_log/usage):
//
//	[2016-04-15T20:17:00.310Z] "POST /path HTTP/2" status flags received sent duration upstream_time
//	"forwarded_for" "agent" "request_id" "authority" "upstream_host"
//
// and of Istio's, which has between flags and received why the response came, why the connection ended and "why the
// upstream failed", and after the upstream host its cluster, "outbound|80||name", and more.
func (d *Decoder) envoy(line []byte, r *Record) (reason string) {
	closing := bytes.IndexByte(line, ']')
	if closing < 0 || !isEnvoy(line) {
		return "no time in brackets"
	}
	sec, nsec, ok := d.clock.iso(line[1:closing])
	if !ok {
		return "time in brackets not understood"
	}
	var word [5]span // request, status, flags, received, sent
	w := words{line: line, pos: closing + 1}
	if !w.take(word[:3]) {
		return "too few words for Envoy's log"
	}
	status, ok := parseStatus(word[1].of(line))
	if !ok {
		return "no status where Envoy logs it"
	}
	r.Sec, r.Nsec, r.HasTime = sec, nsec, true
	r.span[FieldRequest] = word[0]
	r.set |= 1 << FieldRequest
	r.splitRequest()
	if string(r.Raw(FieldMethod)) == "-" { // a connection without a request
		r.set &^= 1<<FieldMethod | 1<<FieldPath
	}
	r.setStatus(status)
	if flags := word[2].of(line); status == 0 {
		r.Kind = envoyKind(flags)
	}
	r.putWord(FieldError, word[2])
	for range 4 { // received is the first number
		if !w.take(word[3:4]) {
			return "too few words for Envoy's log"
		}
		if isNumber(word[3].of(line)) {
			break
		}
		r.putWord(FieldMessage, word[3])
	}
	if !isNumber(word[3].of(line)) || !w.take(word[4:]) || !isNumber(word[4].of(line)) {
		return "no bytes where Envoy logs them"
	}
	var last [8]span // duration, upstream's time, forwarded for, agent, request id, authority, upstream, cluster
	for i := range last {
		if lo, hi, ok := w.next(); ok {
			last[i] = span{lo: int32(lo), hi: int32(hi)} //nolint:gosec // a line is at most 1 MiB
		}
	}
	r.setLatency(parseDuration(last[0].of(line), unitMillisecond))
	r.putWord(FieldAgent, last[3])
	r.putWord(FieldRequestID, last[4])
	r.putWord(FieldHost, last[5])
	r.putWord(FieldUpstream, last[6])
	if bar := bytes.LastIndexByte(last[7].of(line), '|'); bar >= 0 {
		r.putWord(FieldService, span{lo: last[7].lo + int32(bar) + 1, hi: last[7].hi}) //nolint:gosec // a line is at most 1 MiB
	}
	return ""
}

// isNumber reports whether b is digits.
func isNumber(b []byte) bool { return len(b) > 0 && digitsEnd(b, 0) == len(b) }

// isEnvoyFlags reports whether an error looks like Envoy's response flags, as its JSON logs have them: "UF,URX".
func isEnvoyFlags(err []byte) bool {
	for word := range bytes.SplitSeq(err, []byte{','}) {
		if len(word) < 2 || len(word) > len("UMSDR") || len(bytes.Trim(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")) > 0 {
			return false
		}
	}
	return true
}

// envoyKind says from the response flags why a request has no status; "-" stands for none, as of a connection that ended
// well (https://www.envoyproxy.io/docs/envoy/latest/configuration/observability/access_log/usage#response-flags).
func envoyKind(flags []byte) tracker.Kind {
	for len(flags) > 0 {
		flag, rest, _ := bytes.Cut(flags, []byte{','})
		switch flags = rest; string(flag) {
		case "-":
			return tracker.KindOK
		case "UT", "SI", "DT", "UMSDR":
			return tracker.KindTimeout
		case "UF", "UH", "LH", "UC", "UR", "LR":
			return tracker.KindConnect
		case "DF":
			return tracker.KindDNS
		case "NR":
			return tracker.KindNotFound
		case "IH":
			return tracker.KindInvalid
		case "UAEX":
			return tracker.KindForbidden
		case "RL":
			return tracker.KindRateLimited
		case "DC", "DR":
			return tracker.KindClient
		case "UO", "URX", "NC", "RLSE", "OM", "NFCF", "DO", "FI", "DI":
			continue // says no more than that it failed; another may say why
		default:
			return tracker.KindProtocol
		}
	}
	return tracker.KindServer
}
