package logline

import (
	"bytes"
	"time"
)

// elb reads a line of AWS's classic load balancer:
//
//	time elb client:port backend:port request_time backend_time response_time elb_status backend_status received sent "request" …
func (d *Decoder) elb(line []byte, r *Record) (reason string) {
	var word [12]span
	w := words{line: line}
	if !w.take(word[:]) {
		return "too few words for a load balancer's log"
	}
	return d.balancer(line, r, word[0], word[4:7], word[7], word[11], word[3])
}

// isALB reports whether the line starts as the application load balancer's do.
func isALB(line []byte) bool {
	blank := bytes.IndexByte(line[:min(len(line), 7)], ' ')
	if blank < 0 || !isISOTime(line[blank+1:]) {
		return false
	}
	switch string(line[:blank]) {
	case "http", "https", "h2", "grpcs", "ws", "wss":
		return true
	}
	return false
}

// alb reads a line of AWS's application load balancer:
//
//	type time elb client:port target:port request_time target_time response_time elb_status target_status received sent
//	"request" "agent" cipher protocol target_group_arn "trace_id" "domain" "certificate" rule created "actions" "redirect" "error_reason" …
func (d *Decoder) alb(line []byte, r *Record) (reason string) {
	var word [13]span
	w := words{line: line}
	if !w.take(word[:]) {
		return "too few words for a load balancer's log"
	}
	if reason = d.balancer(line, r, word[1], word[5:8], word[8], word[12], word[4]); reason != "" {
		return reason
	}
	var more [12]span
	for i := range more { // older logs have fewer
		if lo, hi, ok := w.next(); ok {
			more[i] = span{lo: int32(lo), hi: int32(hi)} //nolint:gosec // a line is at most 1 MiB
		}
	}
	if _, after, ok := bytes.Cut(more[3].of(line), []byte(":targetgroup/")); ok { // …:targetgroup/name/id
		name, _, _ := bytes.Cut(after, []byte{'/'})
		lo := int(more[3].hi) - len(after)
		r.putText(FieldService, lo, lo+len(name))
	}
	r.putWord(FieldAgent, more[0])
	r.putWord(FieldRequestID, more[4])
	r.putWord(FieldHost, more[5])
	r.putWord(FieldError, more[11])
	return ""
}

// balancer sets what both load balancers log.
func (d *Decoder) balancer(line []byte, r *Record, at span, times []span, status, request, upstream span) (reason string) {
	sec, nsec, ok := d.clock.iso(at.of(line))
	if !ok {
		return "time not understood"
	}
	code, ok := parseStatus(status.of(line))
	if !ok {
		return "no status where a load balancer logs it"
	}
	r.Sec, r.Nsec, r.HasTime = sec, nsec, true
	r.setStatus(code)
	r.putWord(FieldUpstream, upstream)
	r.span[FieldRequest] = request
	r.set |= 1 << FieldRequest
	r.splitRequest()
	total, known := time.Duration(0), false
	for _, t := range times { // -1 if that part did not happen
		if d, ok := parseDuration(t.of(line), unitSecond); ok {
			total, known = total+d, true
		}
	}
	r.setLatency(total, known)
	return ""
}
