package logline

import (
	"strings"
)

// w3cReader reads the W3C extended log format of IIS and CloudFront (https://www.w3.org/TR/WD-logfile): "#Fields:" names
// the columns of the lines that follow, "#Date:" their day where no column has it. Times are UTC.
type w3cReader struct {
	columns []slot
	day     string
	unit    unit   // of time-taken
	column  []span // of the line at hand
	buffer  []byte
}

// active reports whether the columns are known.
func (w *w3cReader) active() bool { return len(w.columns) > 0 }

// read reads a line or a directive.
func (w *w3cReader) read(line []byte, r *Record, c *clock) (v LineKind, reason string) {
	if line[0] == '#' {
		w.directive(line)
		return LineBlank, ""
	}
	if !w.active() {
		return LineUnreadable, "no #Fields line before it"
	}
	in := words{line: line}
	if !in.take(w.column) {
		return LineUnreadable, "fewer columns than #Fields names"
	}
	var date, at span
	for i, s := range w.columns {
		switch s.field {
		case FieldNone:
		case FieldDate:
			date = w.column[i]
		case FieldTime:
			at = w.column[i]
		default:
			value := w.column[i]
			value.meta = s.meta
			r.putWord(s.field, value)
		}
	}
	w.buffer = append(w.buffer[:0], date.of(line)...)
	if len(w.buffer) == 0 {
		w.buffer = append(w.buffer, w.day...)
	}
	w.buffer = append(append(w.buffer, 'T'), at.of(line)...)
	r.Sec, r.Nsec, r.HasTime = c.utc(w.buffer)
	if !r.Has(FieldStatus) {
		return LineUnreadable, "no status in its columns"
	}
	status, ok := parseStatus(r.Raw(FieldStatus))
	if !ok {
		return LineUnreadable, "status is not an HTTP status"
	}
	r.setStatus(status)
	if r.Has(FieldDuration) {
		w.duration(r)
	}
	return LineResult, ""
}

// duration reads the time-taken column, in the unit of the server that its other columns give away; where none does it is left out.
func (w *w3cReader) duration(r *Record) {
	if w.unit == unitGuess {
		r.unit.why = unitNowhere
		return
	}
	if d, ok := parseDuration(r.Raw(FieldDuration), w.unit); ok {
		r.setLatency(d, true)
		r.unit = unitBasis{unit: w.unit, why: unitOfFormat}
	}
}

// unitOfColumns returns the unit of time-taken: seconds where CloudFront wrote the log, which alone says where its edge is,
// milliseconds where IIS did, which alone says what Windows and its own modules answered.
func unitOfColumns(names []string) unit {
	for _, name := range names {
		switch name = strings.ToLower(name); {
		case strings.HasPrefix(name, "x-edge-"):
			return unitSecond
		case name == "sc-substatus", name == "sc-win32-status", name == "s-sitename", name == "s-computername", name == "timetakenms", name == "s-port", name == "s-ip":
			return unitMillisecond
		}
	}
	return unitGuess
}

// directive reads a line that starts with "#".
func (w *w3cReader) directive(line []byte) {
	name, value, _ := strings.Cut(string(line[1:]), ":")
	switch strings.ToLower(name) {
	case "fields":
		names := strings.Fields(value)
		w.unit = unitOfColumns(names)
		w.columns = make([]slot, len(names))
		w.column = make([]span, len(names))
		for i, column := range names {
			w.columns[i] = w3cColumn(strings.ToLower(column))
		}
	case "date", "start-date":
		if day := strings.Fields(value); len(day) > 0 {
			w.day = day[0]
		}
	}
}

// w3cColumn returns what a column means.
func w3cColumn(name string) slot {
	switch name {
	case "date", "date-local":
		return slot{field: FieldDate}
	case "time", "time-local":
		return slot{field: FieldTime}
	case "cs(user-agent)":
		return slot{field: FieldAgent}
	case "cs-method":
		return slot{field: FieldMethod}
	case "cs-uri-stem":
		return slot{field: FieldPath}
	case "cs-uri":
		return slot{field: FieldPath, meta: newMeta(1, unitGuess)}
	case "sc-status":
		return slot{field: FieldStatus}
	case "time-taken", "timetakenms":
		return slot{field: FieldDuration}
	case "x-host-header": // what the visitor asked CloudFront for; cs(Host) is the distribution
		return slot{field: FieldHost}
	case "cs-host", "cs(host)":
		return slot{field: FieldHost, meta: newMeta(1, unitGuess)}
	case "s-computername", "s-sitename":
		return slot{field: FieldHost, meta: newMeta(2, unitGuess)}
	case "cs-username":
		return slot{field: FieldUser}
	case "x-edge-request-id":
		return slot{field: FieldRequestID}
	case "x-edge-detailed-result-type":
		return slot{field: FieldError}
	default:
		return slot{}
	}
}
