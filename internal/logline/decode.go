package logline

// Decode reads a line (without its end) into d.Rec. A byte order mark before it and NULs, which a truncated file that is
// written on at its old position begins with, are not part of it.
func (d *Decoder) Decode(line []byte) (v LineKind, reason string) {
	if len(line) > 0 && (line[0] == 0 || line[0] == byteOrderMark[0]) {
		line = TrimStart(line)
	}
	if n := len(line); n > 0 && line[n-1] == '\r' {
		line = line[:n-1]
	}
	d.start()
	if d.format == "" && len(line) > 0 && line[0] == '{' { // what wrapped and bare come to, at once
		d.Rec.reset(line)
		if v, reason = d.jsonLine(line, 0); v == LineResult && d.Format == "" {
			d.Format = JSON
		}
	} else {
		v, reason = d.wrapped(line, 0)
	}
	return d.decided(line, v, reason)
}

// start forgets what was said of the line before.
func (d *Decoder) start() {
	d.Format = ""
	d.clock.zoneless, d.tailRead, d.answers, d.isMended = false, false, false, false
	if d.rejoined != nil {
		d.rejoined = nil
	}
}

// decided returns what becomes of a line that was read, by who sent its request, and by the lines before it.
func (d *Decoder) decided(line []byte, v LineKind, reason string) (LineKind, string) {
	d.sender = SenderClient
	if v == LineResult {
		if d.Rec.Has(FieldAgent) {
			d.sender = d.tailSender
			if !d.tailRead {
				d.sender = d.agentOf(d.Rec.Text(FieldAgent)).sender
			}
		}
		if d.sender == SenderClient && !d.Rec.Kind.Failed() { // the common case
			return v, reason
		}
	}
	return d.inContext(line, v, reason)
}

// inContext returns what becomes of a line by who sent its request, and by the lines before it.
func (d *Decoder) inContext(line []byte, v LineKind, reason string) (LineKind, string) {
	if v != LineResult {
		if v == LineUnreadable && d.Rec.Has(FieldRequestID) {
			return d.relate(line, v, reason)
		}
		return v, reason
	}
	if d.sender != SenderClient {
		if why := d.leavesOut(); why != "" {
			return LineLeftOut, why
		}
	}
	if d.Rec.Kind.Failed() && (d.Rec.Has(FieldRequestID) || d.Rec.Has(FieldLogger) || d.expected != 0 || d.reasons.Any()) {
		return d.relate(line, v, reason)
	}
	return v, reason
}

// leavesOut says why the request of a sender is not counted, or "" if it is.
func (d *Decoder) leavesOut() string {
	switch {
	case d.sender == SenderOwn:
		return "errtop's own probe"
	case d.noMonitors:
		return "a monitor's request"
	}
	return ""
}
