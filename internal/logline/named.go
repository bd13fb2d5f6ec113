package logline

import "bytes"

// squid reads a line of Squid's native format, which Apache Traffic Server writes too
// (https://wiki.squid-cache.org/Features/LogFormat):
//
//	1795575601.123    250 192.0.2.1 TCP_MISS/502 4123 GET http://api.example.com/orders/1 - HIER_DIRECT/10.0.0.2 text/html
func (d *Decoder) squid(line []byte, r *Record) (reason string) {
	var word [9]span // time, elapsed ms, client, result/status, bytes, method, URL, user, hierarchy/peer
	w := words{line: line}
	const notSquid = "not Squid's native log"
	if !w.take(word[:]) || !isNumber(word[1].of(line)) {
		return notSquid
	}
	result, code, ok := bytes.Cut(word[3].of(line), []byte{'/'})
	if !ok || len(result) == 0 || len(bytes.Trim(result, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_")) > 0 {
		return notSquid
	}
	status, ok := parseStatus(code)
	if !ok || !isMethod(word[5].of(line)) {
		return notSquid
	}
	sec, nsec, ok := epoch(word[0].of(line))
	if !ok {
		return notSquid
	}
	r.setTime(Moment{sec, nsec})
	r.setStatus(status)
	r.setLatency(parseDuration(word[1].of(line), unitMillisecond))
	r.put(FieldMethod, word[5])
	r.put(FieldPath, word[6])
	if _, peer, ok := bytes.Cut(word[8].of(line), []byte{'/'}); ok && string(peer) != "-" {
		r.putText(FieldUpstream, int(word[8].hi)-len(peer), int(word[8].hi))
	}
	return ""
}

// isS3 reports whether a line is one of S3's server access log: the operation stands in a place where no other format has one.
func isS3(line []byte) bool {
	return bytes.Contains(line, []byte("] ")) && (bytes.Contains(line, []byte(" REST.")) || bytes.Contains(line, []byte(" WEBSITE.")) ||
		bytes.Contains(line, []byte(" SOAP.")) || bytes.Contains(line, []byte(" BATCH.")))
}

// s3 reads a line of S3's server access log (https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html):
//
//	owner bucket [time] ip requester request_id operation key "request" status error bytes size total_ms turnaround_ms "referer" "agent" …
func (d *Decoder) s3(line []byte, r *Record) (reason string) {
	const notS3 = "not S3's server access log"
	open := bytes.IndexByte(line, '[')
	closing := bytes.IndexByte(line, ']')
	if open < 2 || closing < open {
		return notS3
	}
	sec, nsec, ok := d.clock.clf(line[open+1 : closing])
	if !ok {
		return "time in brackets not understood"
	}
	owner := words{line: line[:open]}
	var bucket [2]span
	var word [12]span // ip, requester, request id, operation, key, request, status, error, bytes, size, total, turnaround
	w := words{line: line, pos: closing + 1}
	if !owner.take(bucket[:]) || !w.take(word[:]) {
		return notS3
	}
	status, ok := parseStatus(word[6].of(line))
	if !ok || status == 0 {
		return "no request was sent for this operation"
	}
	r.setTime(Moment{sec, nsec})
	r.setStatus(status)
	r.putWord(FieldService, bucket[1])
	r.putWord(FieldRequestID, word[2])
	r.put(FieldRequest, word[5])
	r.splitRequest()
	r.putWord(FieldError, word[7])
	r.setLatency(parseDuration(word[10].of(line), unitMillisecond))
	return ""
}
