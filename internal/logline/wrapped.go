package logline

import "bytes"

// maxWraps is how many wrappings are taken off a line: docker's JSON around syslog's head around a request.
const maxWraps = 3

// wrapped reads a line that may carry something before the request's own line.
func (d *Decoder) wrapped(line []byte, depth int) (v LineKind, reason string) {
	if len(line) == 0 {
		return LineBlank, ""
	}
	d.Rec.reset(line)
	v, reason = d.bare(line, depth)
	if v != LineUnreadable || depth == maxWraps {
		return v, reason
	}
	inner, at, ok := d.clock.unwrap(line)
	if !ok {
		return d.lastResort(line, depth, reason)
	}
	if at.piece != wholeLine {
		if inner, ok = d.join(inner, at); !ok {
			return LineBlank, ""
		}
	}
	zoneless := d.clock.zoneless // the time before the line, whose own counts where it has one
	d.clock.zoneless = false
	if v, reason = d.wrapped(inner, depth+1); v == LineResult && !d.Rec.HasTime && at.known {
		d.Rec.setTime(at.Moment)
		d.clock.zoneless = zoneless
	}
	if v == LineUnreadable && depth == 0 {
		return d.lastResort(line, depth, reason)
	}
	return v, reason
}

// lastResort reads a line that was not understood for a reason: without its colours, and then, unless a format is forced, as loosely
// as may be.
func (d *Decoder) lastResort(line []byte, depth int, reason string) (v LineKind, why string) {
	if v, why, ok := d.nginxError(line); ok {
		return v, why
	}
	if plain := d.withoutColours(line); len(plain) < len(line) {
		return d.wrapped(plain, depth)
	}
	if d.format != "" || d.w3c.active() {
		return LineUnreadable, reason
	}
	if v, why = d.loose(line, depth); v != LineUnreadable {
		return v, why
	}
	if why != "" && (reason == "" || reason == notConsole) {
		reason = why
	}
	d.Rec.reset(line)
	return LineUnreadable, reason
}

// bare reads a line that starts with the request's own, by what it starts with.
func (d *Decoder) bare(line []byte, depth int) (v LineKind, reason string) {
	format := d.format
	if format == "" {
		if open, likely := looksAccess(line); likely && !d.w3c.active() {
			if reason = d.access(line, open, &d.Rec); reason == "" {
				d.Format = Access
				return LineResult, ""
			}
			d.Rec.reset(line)
		}
		format = d.recognise(line)
	}
	if v, reason = d.readAs(format, line, depth); reason != "" {
		return LineUnreadable, reason
	}
	if v == LineResult && d.Format == "" {
		d.Format = format
	}
	return v, ""
}

// readAs reads a line of a format, or of none that is known.
func (d *Decoder) readAs(format Format, line []byte, depth int) (v LineKind, reason string) {
	switch format {
	case JSON:
		v, reason = d.jsonLine(line, depth)
	case W3C:
		v, reason = d.w3c.read(line, &d.Rec, &d.clock)
	case ELB:
		reason = d.elb(line, &d.Rec)
	case ALB:
		reason = d.alb(line, &d.Rec)
	case UWSGI:
		reason = d.uwsgi(line, &d.Rec)
	case Logfmt:
		reason = d.logfmt(line, &d.Rec)
	case HAProxy:
		reason = d.haproxy(line, &d.Rec)
	case Envoy:
		reason = d.envoy(line, &d.Rec)
	case LTSV:
		reason = d.ltsv(line, &d.Rec)
	case S3:
		reason = d.s3(line, &d.Rec)
	case Squid:
		reason = d.squid(line, &d.Rec)
	case Console:
		v, reason = d.console(line, &d.Rec)
	case Access:
		reason = d.access(line, bytes.IndexByte(line, '['), &d.Rec)
	default:
		if len(bytes.TrimSpace(line)) == 0 {
			return LineBlank, ""
		}
		reason = notConsole
	}
	return v, reason
}
