package logline

import "bytes"

// ingress takes what nginx's ingress controller for Kubernetes logs after the agent at i
// (https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/log-format/):
//
//	request_length request_time [upstream_name] [alternative_name] upstream_addr length time status request_id
//
// Where nothing but the first two stand there, they are taken likewise: nginx writes no times without a fraction.
func (r *Record) ingress(line []byte, i int) {
	var word [5]span // length, time, name, alternative, address
	w := words{line: line, pos: i}
	if !w.take(word[:2]) || !isNumber(word[0].of(line)) {
		return
	}
	if n, ok := parseDecimal(word[1].of(line)); !ok || !n.fraction {
		return
	}
	r.setLatency(parseDuration(word[1].of(line), unitSecond))
	if !w.take(word[2:4]) || !r.bracketed(FieldService, word[2]) {
		return
	}
	address := word[3]
	if line[address.lo] == '[' { // older versions have no alternative
		if !w.take(word[4:]) {
			return
		}
		address = word[4]
	}
	if line[address.hi-1] == ',' { // the first of those that were tried
		address.hi--
	}
	r.putWord(FieldUpstream, address)
	if last := bytes.LastIndexByte(line, ' ') + 1; last > w.pos {
		r.putWord(FieldRequestID, span{lo: int32(last), hi: int32(len(line))}) //nolint:gosec // a line is at most 1 MiB
	}
}

// bracketed sets a field to what stands in the brackets of a word, if it has some.
func (r *Record) bracketed(f Field, word span) bool {
	text := word.of(r.line)
	if len(text) < 2 || text[0] != '[' || text[len(text)-1] != ']' {
		return false
	}
	if len(text) > 2 {
		r.putWord(f, span{lo: word.lo + 1, hi: word.hi - 1})
	}
	return true
}
