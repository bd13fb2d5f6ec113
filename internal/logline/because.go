package logline

import (
	"fmt"
	"strings"
)

// WhyZone says in which zone the time of the last line read is understood, and why; "" if its stamp names the zone or the line
// has no time.
func (d *Decoder) WhyZone() string {
	if !d.clock.zoneless || !d.Rec.HasTime {
		return ""
	}
	name := "UTC"
	if d.clock.local != nil {
		name = d.clock.local.String()
	}
	switch {
	case d.zone == zoneSet:
		return name + ": as --zone or the settings say"
	case d.zone == zoneChecked && d.clock.local != nil:
		return name + ": this machine's, by the time of the last write"
	case d.zone == zoneChecked:
		return name + ": by the time of the last write"
	}
	return name + ": assumed, no stamp names one; --zone sets another"
}

// WhyLatency says by what the unit of the line's duration is known, or why the duration was left out; "" if there is none, or the
// format says it.
func (d *Decoder) WhyLatency() string {
	r := &d.Rec
	name := unitNames[r.unit.unit]
	switch r.unit.why {
	case unitInKey:
		return name + ": " + d.unitInKeyText(r.unit.unit)
	case unitInTemplate:
		return name + ": the message's template says it"
	case unitInMessage:
		return name + ": the message says it"
	case unitOfWriter:
		return name + ": as " + r.writerName() + " writes it"
	case unitOfLibrary:
		_, library := r.library()
		return name + ": as " + library + " writes durations"
	case unitLearned:
		return fmt.Sprintf("%s: learned from %d lines", name, r.unit.of)
	case unitOfAccess:
		return name + ": assumed of a bare fraction, as nginx writes it"
	case unitOfStamps:
		return "from the stamps of start and end"
	case unitNowhere:
		return "left out: nothing says the unit of " + SafeLine(r.Raw(FieldDuration), MaxName)
	case unitUnknown, unitOfFormat, unitInValue:
	}
	return ""
}

// unitNames are the units as people write them.
var unitNames = [...]string{"", "s", "ms", "µs", "ns"}

// unitInKeyText says how the key of the duration says its unit.
func (d *Decoder) unitInKeyText(u unit) string {
	s := d.Rec.span[FieldDuration]
	key := d.keyOf(s)
	if s.meta.rank()%levelRank == mappedRank {
		return "the field map says it"
	}
	last := key[strings.LastIndexByte(key, '.')+1:]
	best := ""
	for suffix, of := range durationSuffixes {
		if of == u && len(suffix) > len(best) && len(last) > len(suffix) && strings.EqualFold(last[len(last)-len(suffix):], suffix) {
			best = suffix
		}
	}
	if best == "" {
		return "the key " + SafeLine([]byte(key), MaxName) + " is known"
	}
	start := len(last) - len(best)
	if start > 0 && (last[start-1] == '_' || last[start-1] == '-') {
		start--
	}
	return "the key ends in " + SafeLine([]byte(last[start:]), MaxName)
}

// writerName names the program that wrote the line.
func (r *Record) writerName() string {
	if w := r.writerOf(); w >= 0 {
		return writers[w].name
	}
	if r.hinted(hintNginx) {
		return "nginx"
	}
	return "Caddy"
}

// Ambiguity says what of the last line read is not as it should be: that it was broken, or which of several requests was taken; ""
// where it describes one.
func (d *Decoder) Ambiguity() string {
	r := &d.Rec
	if d.isMended {
		return mended
	}
	if !r.Has(FieldStatus) || r.span[FieldStatus].meta.rank() < levelRank {
		return ""
	}
	taken := r.span[FieldStatus]
	for _, s := range r.spares {
		if s.field != FieldStatus || s.span.meta.parent() == taken.meta.parent() || s.span.meta.rank() < levelRank {
			continue
		}
		if status, ok := parseStatus(r.line[s.span.lo:s.span.hi]); ok && status > 0 {
			return SafeLine([]byte(fmt.Sprintf("two requests in one line: %s is taken, %s is not", d.keyOf(taken), d.keyOf(s.span))), MaxMessage)
		}
	}
	return ""
}

// keyOf returns the key path of a value as it stands in the line, or "" if it has none.
func (d *Decoder) keyOf(s span) string {
	line := d.Rec.line
	if len(line) > 0 && line[0] == '{' {
		return jsonKeyAt(line, int(s.lo))
	}
	end := int(s.lo)
	for end > 0 && (line[end-1] == '"' || line[end-1] == '[') {
		end--
	}
	if end == 0 || line[end-1] != '=' && line[end-1] != ':' {
		return ""
	}
	end--
	start := end
	for start > 0 && isKeyByte(line[start-1]) {
		start--
	}
	return string(line[start:end])
}

// jsonKeyAt returns the keys that lead to the value which starts at a place of a sound JSON object.
func jsonKeyAt(line []byte, at int) string {
	var path []string
	key := ""
	for i := 0; i < len(line) && i < at; {
		switch line[i] {
		case '{', '[':
			path = append(path, key)
			key = ""
			i++
		case '}', ']':
			path = path[:max(0, len(path)-1)]
			i++
		case '"':
			end, _ := stringEnd(line, i+1)
			if end < 0 || end >= at {
				i = len(line)
				continue
			}
			text := line[i+1 : end]
			i = end + 1
			for i < len(line) && line[i] <= ' ' {
				i++
			}
			if i < len(line) && line[i] == ':' {
				key = string(text)
			}
		default:
			i++
		}
	}
	var keys []string
	for _, k := range append(path, key) {
		if k != "" {
			keys = append(keys, k)
		}
	}
	return strings.Join(keys, ".")
}
