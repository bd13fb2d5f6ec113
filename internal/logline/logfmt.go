package logline

import "bytes"

// isLogfmt reports whether the line starts with key=.
func isLogfmt(line []byte) bool {
	for i, c := range line[:min(len(line), 64)] {
		if c == '=' {
			return i > 0
		}
		if c <= ' ' || c == '"' || c == '{' || c == '[' {
			return false
		}
	}
	return false
}

// logfmt reads key=value pairs; a value with blanks is quoted as in JSON, a key without a value counts for nothing.
func (d *Decoder) logfmt(line []byte, r *Record) (reason string) {
	for i := 0; i < len(line); {
		if line[i] == ' ' || line[i] == '\t' {
			i++
			continue
		}
		lo := i
		for i < len(line) && line[i] != '=' && line[i] != ' ' {
			i++
		}
		if i == len(line) || line[i] == ' ' {
			continue
		}
		at := d.json.keys.find(line[lo:i])
		i++
		value, end, ok := logfmtValue(line, i, at)
		if !ok {
			return "quote not closed"
		}
		i = end
		if value.lo == value.hi || at.meta == 0 || string(value.of(line)) == "null" {
			continue
		}
		if at.field == FieldService && bytes.HasSuffix(value.of(line), []byte("ms")) && line[value.lo]-'0' <= 9 {
			value.meta = newMeta(1, unitGuess) | meta(value.meta.form()) // Heroku's router logs its time as service=50ms
			r.put(FieldDuration, value)
			continue
		}
		r.put(at.field, value)
	}
	return r.complete(&d.clock)
}

// logfmtValue returns the value that starts at i, and where it ends with its quotes.
func logfmtValue(line []byte, i int, at slot) (value span, end int, ok bool) {
	if i < len(line) && line[i] == '"' {
		hi, escaped := stringEnd(line, i+1)
		if hi < 0 {
			if hi = quoteEnd(line, i+1); hi < 0 { // other programs' escapes stay as they are
				return value, 0, false
			}
			escaped = false
		}
		f := formText
		if escaped {
			f = formEscaped
		}
		return makeSpan(at, i+1, hi, f), hi + 1, true
	}
	end = i
	for end < len(line) && line[end] != ' ' {
		end++
	}
	return makeSpan(at, i, end, formText), end, true
}
