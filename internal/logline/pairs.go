package logline

import "bytes"

// Some frameworks write one line when a request comes and another when it is answered, and only the first names the request:
//
//	Started POST "/orders" for 127.0.0.1 at 2026-11-25 03:00:01 +0000        Rails
//	Completed 500 Internal Server Error in 12ms (Views: 0.1ms)
//	[info] GET /orders                                                       Phoenix
//	[info] Sent 500 in 12ms
//	Request starting HTTP/1.1 GET http://localhost/orders                    ASP.NET Core before 5
//	Request finished in 12.3ms 500 text/plain
//	--> GET /orders                                                          koa-logger has both in the second line
//
// The first is remembered under its tag ("[8f2c…]", "request_id=8f2c") until the second comes. It counts for nothing by itself.

// pendingRequest is a request whose answer was not logged yet.
type pendingRequest struct {
	method, path string
	at           Moment
	timed        bool
}

// maxPending bounds the requests that are remembered at a time.
const maxPending = 512

// openers start the line of a request that came; closers, with a status after them, that of its answer.
var (
	openers = [...]string{"Started ", "Request starting ", "<-- ", "--> "}
	closers = [...]string{"Completed ", "Sent ", "Chunked ", finished}
	between = [...]string{"Processing by ", "Processing with ", "  Parameters: ", "Parameters: ", "Pipelines: ", "Redirected to ", "Rendering ", "Rendered ", "Executing endpoint ", "Executed endpoint "}
)

// pairedLine reads a line of such a pair, and reports whether it was one. q is the request in it, if found.
func (d *Decoder) pairedLine(line []byte, q request, found bool, r *Record) (v LineKind, handled bool) {
	if found {
		if !opens(line, q) {
			return LineUnreadable, false
		}
		if _, sure, _ := findStatus(line, q, q.hi); sure >= followsAtOnce {
			return LineUnreadable, false // koa-logger: --> GET /orders 500 12ms
		}
		if d.deferring {
			return LineRelated, true
		}
		d.remember(line, q)
		return LineBlank, true
	}
	for _, closer := range closers {
		i := bytes.Index(line, []byte(closer))
		if i < 0 {
			continue
		}
		at := i + len(closer)
		if closer == finished { // the duration comes first
			at += bytes.IndexByte(line[at:], ' ') + 1
		}
		if !startsStatus(line[at-1:]) {
			continue
		}
		if d.deferring {
			return LineRelated, true
		}
		status, _ := parseStatus(line[at : at+3])
		d.answer(line, i, status, r)
		return LineResult, true
	}
	if d.deferring || len(d.pending) > 0 {
		for _, word := range between {
			if i := bytes.Index(line, []byte(word)); i >= 0 && i < 120 {
				if d.deferring {
					return LineRelated, true
				}
				return LineBlank, true
			}
		}
	}
	return LineUnreadable, false
}

// finished is what older versions of ASP.NET Core write before the duration and the status.
const finished = "Request finished in "

// opens reports whether a line with a request only says that it came.
func opens(line []byte, q request) bool {
	for _, opener := range openers {
		if bytes.HasSuffix(bytes.TrimRight(line[:q.lo], `"`), []byte(opener)) {
			return true
		}
		if opener == "Request starting " && bytes.Contains(line[:q.lo], []byte(opener)) { // Request starting HTTP/1.1 GET http://…
			return true
		}
	}
	rest := bytes.TrimSpace(line[q.hi:])
	return len(rest) == 0 && (bytes.HasSuffix(line[:q.lo], []byte("[info] ")) || bytes.HasSuffix(line[:q.lo], []byte("[debug] ")))
}

// remember keeps a request until its answer is logged.
func (d *Decoder) remember(line []byte, q request) {
	if d.pending == nil || len(d.pending) >= maxPending {
		d.pending = map[string]pendingRequest{}
	}
	p := pendingRequest{method: string(q.method.of(line)), path: string(q.path.of(line))}
	p.at, _, p.timed = d.clock.find(line)
	d.pending[requestTag(line, q.lo)] = p
}

// answer takes the answer that a closer at i states, with the request that it answers.
func (d *Decoder) answer(line []byte, i int, status int32, r *Record) {
	key := requestTag(line, i)
	p, known := d.pending[key]
	delete(d.pending, key)
	d.answers = true
	duration, timed := findDuration(line[i:])
	at, _, stamped := d.clock.find(line[:i])
	if !stamped {
		at, stamped = p.at, p.timed
	}
	if known { // the values of a record point into its line
		d.joined = append(append(append(append(append(append(d.joined[:0], line...), " ("...), p.method...), ' '), p.path...), ')')
		r.reset(d.joined)
		start := len(line) + len(" (")
		r.putText(FieldMethod, start, start+len(p.method))
		r.putText(FieldPath, start+len(p.method)+1, start+len(p.method)+1+len(p.path))
	}
	if stamped {
		r.setTime(at)
	}
	r.setStatus(status)
	r.setLatency(duration, timed)
}

// requestTag returns what tells the lines of one request from those of another: the bracketed tag before end, as Rails and many
// loggers write it, or a request id; "" if there is none.
func requestTag(line []byte, end int) string {
	head := bytes.TrimRight(line[:end], ` "`)
	if _, id, ok := bytes.Cut(line, []byte("request_id=")); ok {
		id, _, _ = bytes.Cut(id, []byte{' '})
		return string(id)
	}
	head = bytes.TrimSuffix(head, []byte("Started"))
	head = bytes.TrimRight(head, " ")
	if n := len(head); n > 0 && head[n-1] == ']' {
		if open := bytes.LastIndexByte(head, '['); open >= 0 && n-open > 9 && bytes.IndexByte(head[open:], ' ') < 0 {
			return string(head[open+1 : n-1])
		}
	}
	return ""
}
