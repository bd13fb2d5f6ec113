package logline

import "bytes"

// uwsgi reads a line of uWSGI's own request log:
//
//	[pid: 1|app: 0|req: 1/1] 127.0.0.1 () {38 vars in 696 bytes} [Sun Mar 13 22:49:12 2016] POST /path => generated 47 bytes
//	in 129 msecs (HTTP/1.1 200) 9 headers …
func (d *Decoder) uwsgi(line []byte, r *Record) (reason string) {
	const notUWSGI = "not uWSGI's request log"
	brace := bytes.Index(line, []byte("} ["))
	if brace < 0 || brace+3+24+2 > len(line) {
		return notUWSGI
	}
	at := line[brace+3 : brace+3+24]
	request := brace + 3 + 24 + 2
	arrow := bytes.Index(line[request:], []byte(" => generated "))
	if arrow < 0 {
		return notUWSGI
	}
	arrow += request
	var word [6]span // generated, 47, bytes, in, 129, msecs
	w := words{line: line, pos: arrow + len(" => ")}
	if !w.take(word[:]) {
		return notUWSGI
	}
	proto := bytes.Index(line[w.pos:], []byte("(HTTP/"))
	if proto < 0 {
		return notUWSGI
	}
	proto += w.pos
	blank := bytes.IndexByte(line[proto:], ' ')
	if blank < 0 || proto+blank+4 > len(line) {
		return notUWSGI
	}
	status, ok := parseStatus(line[proto+blank+1 : proto+blank+4])
	if !ok {
		return "no status where uWSGI logs it"
	}
	r.Sec, r.Nsec, r.HasTime = d.clock.stamp(at)
	r.setStatus(status)
	r.setLatency(parseDurationText(line[word[4].lo:word[5].hi], unitMillisecond))
	r.putText(FieldRequest, request, arrow)
	r.splitRequest()
	return ""
}
