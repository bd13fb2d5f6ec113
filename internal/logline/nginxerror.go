package logline

import (
	"bytes"
	"strings"
)

// nginxError reads a line of nginx's error log (https://nginx.org/en/docs/ngx_core_module.html#error_log):
//
//	2026/11/25 03:00:01 [error] 31#31: *4711 connect() failed (111: Connection refused) while connecting to upstream, client:
//	192.0.2.1, server: api.example.com, request: "GET /orders HTTP/1.1", upstream: "http://10.0.0.2:80/orders", host: "api.example.com"
//
// It says why, not how the request ended: another upstream may have answered. The access log says that, and counts. What the error
// line says is kept for the access line, in this log or in one that is read with it.
func (d *Decoder) nginxError(line []byte) (v LineKind, reason string, ok bool) {
	if !isNginxError(line) {
		return v, "", false
	}
	why, request, told := readReason(line)
	if !told {
		return LineReason, "a line of nginx's error log that is about no request", true
	}
	method, path, split := splitRequestLine(request)
	if !split {
		return LineReason, "a line of nginx's error log that names no request", true
	}
	d.learned |= PairReasons
	if d.deferring {
		d.met |= PairReasons
		return LineRelated, "", true
	}
	if at, _, timed := d.clock.yearFirst(line); timed {
		d.clock.zoneless = true
		why.sec, why.zoned = at.Sec, d.zone != zoneAssumed
		d.Rec.reset(line)
		d.Rec.setTime(at)
	}
	if d.looking {
		return LineReason, "", true
	}
	why.path = string(path.of(request))
	why.request = d.reasons.requestOf(method.of(request), path.of(request), []byte(why.client))
	d.reasons.add(&why)
	return LineReason, "nginx's error log says why a request failed, not how it ended; its access log counts", true
}

// isNginxError reports whether a line starts as nginx's error log does: "2026/11/25 03:00:01 [error] 31#31: ".
func isNginxError(line []byte) bool {
	if len(line) < 30 || line[4] != '/' || line[7] != '/' || line[10] != ' ' || line[13] != ':' || line[19] != ' ' || line[20] != '[' {
		return false
	}
	end := bytes.Index(line[:min(len(line), 60)], []byte("] "))
	if end < 0 {
		return false
	}
	process := digitsEnd(line, end+2)
	return process > end+2 && process < len(line) && line[process] == '#'
}

// IsErrorLog reports whether a log starts as nginx's error log does.
func IsErrorLog(head []byte) bool {
	line, _, _ := bytes.Cut(TrimStart(head), []byte{'\n'})
	return isNginxError(line)
}

// readReason reads what a line of nginx's error log says of a request, if it is about one.
func readReason(line []byte) (why reason, request []byte, ok bool) {
	start := bytes.Index(line, []byte(": *"))
	end := bytes.Index(line, []byte(", client: "))
	request, _ = afterLabel(line, `, request: "`)
	if start < 0 || end < start || request == nil {
		return why, nil, false
	}
	message := line[start+len(": *") : end]
	if connection, rest, ok := bytes.Cut(message, []byte{' '}); ok {
		why.connection, message = string(connection), rest
	}
	client, _, _ := bytes.Cut(line[end+len(", client: "):], []byte{','})
	why.client = strings.TrimSpace(string(client))
	why.message = string(message[:min(len(message), maxToldText)])
	if upstream, ok := afterLabel(line, `, upstream: "`); ok {
		_, host := splitURL(upstream)
		why.upstreamIs = string(host[:min(len(host), MaxName)])
	}
	if id, ok := afterLabel(line, `, request_id: "`); ok { // OpenResty, Kong
		why.id = string(id[:min(len(id), MaxName)])
	}
	return why, request, true
}

// afterLabel returns the quoted text after a label.
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
