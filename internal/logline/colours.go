package logline

import "bytes"

// escapes are the ways in which the start of a terminal's control sequence stands in logs: raw, and as rsyslog, Python, C and
// terminals write it.
var escapes = [...]string{"\x1b[", "#033[", `\x1b[`, `\u001b[`, `\033[`, "^[["}

// withoutColours returns the line without the sequences that colour it (SGR, and the erasing that goes with it), in a buffer of d's
// where there are any. Other sequences stay, to be made visible. In JSON only raw ones count: its strings have escapes of their own.
func (d *Decoder) withoutColours(line []byte) []byte {
	written := escapes[:]
	if len(line) > 0 && line[0] == '{' {
		written = escapes[:1]
	}
	if bytes.IndexByte(line, 0x1b) < 0 && (len(written) == 1 || !bytes.Contains(line, []byte("33[")) && !bytes.Contains(line, []byte("1b[")) && !bytes.Contains(line, []byte("^[["))) {
		return line
	}
	out := d.clean[:0]
	for i := 0; i < len(line); {
		n := colourAt(line[i:], written)
		if n == 0 {
			out = append(out, line[i])
			i++
		}
		i += n
	}
	d.clean = out
	return out
}

// colourAt returns the length of the control sequence that starts b and colours or erases (ECMA-48 SGR and EL), or 0 if none does.
func colourAt(b []byte, written []string) int {
	for _, escape := range written {
		if !bytes.HasPrefix(b, []byte(escape)) {
			continue
		}
		i := len(escape)
		for i < len(b) && (b[i] >= '0' && b[i] <= '9' || b[i] == ';' || b[i] == ':') {
			i++
		}
		if i < len(b) && (b[i] == 'm' || b[i] == 'K') {
			return i + 1
		}
	}
	return 0
}
