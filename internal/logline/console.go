package logline

// notConsole is said of text that no way of reading a request understood.
const notConsole = "no known format"

// console reads a request out of free text, as frameworks write it on their consoles: somewhere a method and a path, somewhere a
// status, perhaps a duration with its unit, and before them perhaps a time.
//
//	INFO:     172.18.0.6:59830 - "POST /orders HTTP/1.1" 500 Internal Server Error           uvicorn
//	[GIN] 2026/11/25 - 03:00:01 | 500 |   12.3ms |   192.0.2.1 | POST     "/orders"            gin
//	[E 261125 03:00:01 web:2246] 500 GET /orders (127.0.0.1) 12.34ms                          Tornado
//	POST /orders 500 1.234 ms - 12                                                            morgan
//
// A line that has a request but says no status is not understood, nor is a status without a request, except for the pairs of lines
// that pairs.go knows.
func (d *Decoder) console(line []byte, r *Record) (v LineKind, reason string) {
	q, ok := findRequest(line, 0)
	if v, handled := d.pairedLine(line, q, ok, r); handled {
		return v, ""
	}
	if !ok {
		return LineUnreadable, notConsole
	}
	head := 0
	if at, end, ok := d.clock.find(line[:q.lo]); ok {
		r.setTime(at)
		head = end
	}
	status, sure, at := findStatus(line, q, head)
	if sure == notStatus {
		return LineUnreadable, "a request, but no status"
	}
	r.setStatus(status)
	r.putRequest(q)
	if d, ok := findDuration(line[q.hi:]); ok {
		r.setLatency(d, true)
	} else if at < q.lo {
		r.setLatency(findDuration(line[at:q.lo]))
	}
	return LineResult, ""
}

// setTime takes the line's time.
func (r *Record) setTime(at Moment) { r.Sec, r.Nsec, r.HasTime = at.Sec, at.Nsec, true }

// putRequest takes method, path and host of a request.
func (r *Record) putRequest(q request) {
	r.put(FieldMethod, q.method)
	r.put(FieldPath, q.path)
	if q.host.hi > q.host.lo {
		r.putWord(FieldHost, q.host)
	}
}
