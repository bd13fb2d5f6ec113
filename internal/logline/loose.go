package logline

import "bytes"

// loose reads a line that no decoder knows from its first byte on: the request may follow words that another program put there
// (stern, skaffold, kubetail, PM2, a logger's own head), or have a configured shape, or in free text.
func (d *Decoder) loose(line []byte, depth int) (v LineKind, reason string) {
	if v, reason = d.embedded(line, depth); v != LineUnreadable {
		return v, reason
	}
	for _, try := range [...]struct {
		format Format
		read   func(*Decoder, []byte, *Record) string // a method value would be allocated for each line
		likely func([]byte) bool
	}{
		{S3, (*Decoder).s3, isS3},
		{LTSV, (*Decoder).ltsv, isLTSV},
		{Squid, (*Decoder).squid, nil},
		{HAProxy, (*Decoder).haproxy, hasCLFBracket},
		{Access, (*Decoder).looseAccess, nil},
		{Logfmt, (*Decoder).keyValues, nil},
	} {
		if try.likely != nil && !try.likely(line) {
			continue
		}
		d.Rec.reset(line)
		if try.read(d, line, &d.Rec) == "" {
			d.Format = try.format
			return LineResult, ""
		}
	}
	d.Rec.reset(line)
	if v, reason = d.console(line, &d.Rec); v == LineResult {
		d.Format = Console
	}
	return v, reason
}

// maxPrefix is how many words may stand before what a decoder knows.
const maxPrefix = 12

// embedded reads what follows another program's words: a JSON object up to its last brace, or a line of a format that is
// recognised by how it starts. A time before it counts where it has none.
func (d *Decoder) embedded(line []byte, depth int) (v LineKind, reason string) {
	if depth >= maxWraps {
		return LineUnreadable, ""
	}
	tried := 0
	for i := 1; i < len(line) && tried < maxPrefix; i++ {
		c := line[i-1]
		if c != ' ' && c != '\t' && (line[i] != '{' || isWordByte(c) || c == '$') || line[i] == ' ' || line[i] == '\t' {
			continue
		}
		tried++
		rest := line[i:]
		switch f := d.recogniseInner(rest); f {
		case "":
			continue
		case JSON:
			end := bytes.LastIndexByte(rest, '}')
			if end < 0 {
				continue
			}
			d.Rec.reset(rest[:end+1])
			v, reason = d.jsonLine(rest[:end+1], depth+1)
			if v == LineResult && d.Format == "" {
				d.Format = JSON
			}
		default:
			d.Rec.reset(rest)
			v, reason = d.bare(rest, depth+1)
		}
		if v == LineResult {
			if !d.Rec.HasTime {
				if at, _, ok := d.clock.find(line[:i]); ok {
					d.Rec.setTime(at)
				}
			}
			return v, ""
		}
	}
	return LineUnreadable, reason
}

// recogniseInner is recognise for what stands within a line: only what starts like nothing else.
func (d *Decoder) recogniseInner(line []byte) Format {
	switch {
	case len(line) < 2:
		return ""
	case line[0] == '{' && (line[1] == '"' || line[1] == ' ' && bytes.HasPrefix(bytes.TrimLeft(line[1:], " "), []byte{'"'})):
		return JSON
	case bytes.HasPrefix(line, []byte("[pid: ")):
		return UWSGI
	case isEnvoy(line):
		return Envoy
	case isALB(line):
		return ALB
	case isISOTime(line) && bytes.Count(line[:min(len(line), 300)], []byte{' '}) > 10:
		return ELB
	}
	return ""
}
