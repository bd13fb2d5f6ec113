package logline

import "bytes"

// nginxError reads a line of nginx's error log (https://nginx.org/en/docs/ngx_core_module.html#error_log) that tells of a request:
//
//	2026/11/25 03:00:01 [error] 31#31: *4711 connect() failed (111: Connection refused) while connecting to upstream, client:
//	192.0.2.1, server: api.example.com, request: "GET /orders HTTP/1.1", upstream: "http://10.0.0.2:80/orders", host: "api.example.com"
//
// It says why, not how the request ended, which the access log does. What it says is kept for the access line behind it.
func (d *Decoder) nginxError(line []byte) (v LineKind, reason string, ok bool) {
	if len(line) < 40 || line[4] != '/' || line[7] != '/' || line[19] != ' ' || line[20] != '[' {
		return v, "", false
	}
	start := bytes.IndexByte(line, '*')
	end := bytes.Index(line, []byte(", client: "))
	request, _ := afterLabel(line, `, request: "`)
	method, path, split := splitRequestLine(request)
	if start < 0 || end < start || !split {
		return v, "", false
	}
	message := line[start+1 : end]
	if _, rest, ok := bytes.Cut(message, []byte{' '}); ok {
		message = rest
	}
	s := d.relation()
	s.lines++
	s.ordered = true
	if s.nginx == nil || len(s.nginx) >= maxTold {
		s.nginx = map[uint64]told{}
	}
	t := told{message: string(message[:min(len(message), maxToldText)]), line: s.lines}
	if upstream, ok := afterLabel(line, `, upstream: "`); ok {
		_, host := splitURL(upstream)
		t.upstream = string(host[:min(len(host), MaxName)])
	}
	d.Rec.reset(request)
	d.Rec.putText(FieldMethod, int(method.lo), int(method.hi))
	d.Rec.putText(FieldPath, int(path.lo), int(path.hi))
	s.nginx[s.requestKey(&d.Rec, FieldMethod, FieldPath)] = t
	d.Rec.reset(line)
	if !d.sawAccess {
		return LineUnreadable, "nginx's error log says why a request failed, not how it ended; its access log counts", true
	}
	return LineBlank, "says why a request failed that the access log counts", true
}

// afterLabel returns the quoted text behind a label.
func afterLabel(line []byte, label string) ([]byte, bool) {
	_, rest, ok := bytes.Cut(line, []byte(label))
	if !ok {
		return nil, false
	}
	end := quoteEnd(rest, 0)
	if end < 0 {
		return nil, false
	}
	return rest[:end], true
}

// addNginx puts to an access line what the error log said of its request.
func (s *relations) addNginx(r *Record) {
	if len(s.nginx) == 0 {
		return
	}
	key := s.requestKey(r, FieldMethod, FieldPath)
	t, ok := s.nginx[key]
	if !ok || s.lines-t.line > maxWaitLines {
		return
	}
	delete(s.nginx, key)
	s.add(r, t)
}
