package logline

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// targetRule names the target of a record. The zero value is the default rule that Options.Target describes: paths without end must not become targets without end.
type targetRule struct {
	parts []targetPart
}

// targetPart is a piece of a target template: text, or a field of the record.
type targetPart struct {
	text   string
	field  Field
	slice  bool // only the path's segments lo to hi
	lo, hi int  // hi -1: to the end
}

// parseTarget reads a template: text with {target}, {service}, {host}, {method}, {path}, {upstream} in it; {path[2]} is
// the path's third segment and {path[0:3]} its first three.
func parseTarget(template string) (targetRule, error) {
	var rule targetRule
	for rest := template; rest != ""; {
		open := strings.IndexByte(rest, '{')
		if open < 0 {
			rule.parts = append(rule.parts, targetPart{text: rest})
			break
		}
		if open > 0 {
			rule.parts = append(rule.parts, targetPart{text: rest[:open]})
		}
		closing := strings.IndexByte(rest[open:], '}')
		if closing < 0 {
			return rule, fmt.Errorf("target %q: %q is not closed", template, rest[open:])
		}
		part, err := parseTargetPart(rest[open+1 : open+closing])
		if err != nil {
			return rule, fmt.Errorf("target %q: %w", template, err)
		}
		rule.parts = append(rule.parts, part)
		rest = rest[open+closing+1:]
	}
	return rule, nil
}

// parseTargetPart reads what stands between braces.
func parseTargetPart(text string) (targetPart, error) {
	name, index, sliced := strings.Cut(text, "[")
	part := targetPart{slice: sliced, hi: -1}
	switch name {
	case "target":
		part.field = FieldTarget
	case "service":
		part.field = FieldService
	case "host":
		part.field = FieldHost
	case "method":
		part.field = FieldMethod
	case "path":
		part.field = FieldPath
	case "upstream":
		part.field = FieldUpstream
	default:
		return part, fmt.Errorf("{%s}: known are target, service, host, method, path, upstream", text)
	}
	if !sliced {
		return part, nil
	}
	index, closed := strings.CutSuffix(index, "]")
	from, to, isRange := strings.Cut(index, ":")
	lo, err := strconv.Atoi(from)
	if from == "" && isRange {
		lo, err = 0, nil
	}
	hi := lo + 1
	if isRange {
		hi = -1
		if to != "" && err == nil {
			hi, err = strconv.Atoi(to)
		}
	}
	if name != "path" || !closed || err != nil || lo < 0 || hi >= 0 && hi <= lo {
		return part, fmt.Errorf("{%s}: only path has parts, such as {path[2]} and {path[0:3]}", text)
	}
	part.lo, part.hi = lo, hi
	return part, nil
}

// pathOnly reports whether the record's target depends on nothing but its path.
func (t targetRule) pathOnly(r *Record) bool {
	const others uint64 = 1<<FieldTarget | 1<<FieldService | 1<<FieldHost
	return len(t.parts) == 0 && r.set&others == 0
}

// name returns the record's target, in dst or in the line. path is the record's path without query, host its host.
func (t targetRule) name(dst []byte, r *Record, path, host []byte) []byte {
	if len(t.parts) == 0 {
		return defaultTarget(r, path, host)
	}
	start := len(dst)
	for _, part := range t.parts {
		switch {
		case part.field == FieldNone:
			dst = append(dst, part.text...)
		case part.slice:
			dst = append(dst, segments(path, part.lo, part.hi)...)
		case part.field == FieldPath:
			dst = append(dst, path...)
		case part.field == FieldHost:
			dst = append(dst, host...)
		default:
			dst = append(dst, r.Text(part.field)...)
		}
	}
	if len(dst) == start {
		dst = append(dst, '/')
	}
	return dst
}

// defaultTarget is the rule of the zero targetRule, for records without a target of their own.
func defaultTarget(r *Record, path, host []byte) []byte {
	if b := r.Text(FieldService); len(b) > 0 && string(b) != "-" {
		return b
	}
	if name := hostName(host); len(name) > 0 {
		return name
	}
	behindPrefix := false
	for rest := path; len(rest) > 1 && rest[0] == '/'; {
		segment, more, folder := bytes.Cut(rest[1:], []byte{'/'})
		if isPrefix(segment) {
			behindPrefix = true
			rest = rest[1+len(segment):]
			continue
		}
		if isName(segment) && (behindPrefix || folder && len(more) > 0 || isWord(segment)) {
			return segment
		}
		break
	}
	return []byte{'/'}
}

// hostName returns the host without its port, nothing where it is not a name: an address says only which way a request came.
func hostName(host []byte) []byte {
	if colon := bytes.LastIndexByte(host, ':'); colon > 0 && digitsEnd(host, colon+1) == len(host) {
		host = host[:colon]
	}
	switch string(host) {
	case "", "-", "_", "localhost":
		return nil
	}
	if isAddress(host) {
		return nil
	}
	return host
}

// isAddress reports whether a host is an IP address, or a list that may hold some: they say which way a request came, not what it
// was for.
func isAddress(host []byte) bool {
	if bytes.IndexByte(host, ',') >= 0 {
		return true
	}
	last := host[len(host)-1]
	switch {
	case host[0] == '[', bytes.IndexByte(host, ':') >= 0:
		return true
	case last-'0' <= 9 && bytes.IndexByte(host, '.') >= 0: // no top-level domain ends in a digit
		return true
	}
	return false
}

// isPrefix reports whether a path's segment only says which API follows: "api", "v1", "v2beta".
func isPrefix(segment []byte) bool {
	if string(segment) == "api" || string(segment) == "rest" {
		return true
	}
	return len(segment) >= 2 && segment[0] == 'v' && segment[1]-'0' <= 9 && len(segment) <= 8
}

// isName reports whether a path's segment looks like a chosen name: short, plain, with letters, and with
// hardly any digits.
func isName(segment []byte) bool {
	if len(segment) == 0 || len(segment) > 32 {
		return false
	}
	letters, numbers := 0, 0
	for _, c := range segment {
		switch {
		case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z':
			letters++
		case c >= '0' && c <= '9':
			numbers++
		case c != '-' && c != '_' && c != '.' && c != '~':
			return false
		}
	}
	return letters > 0 && numbers <= 3 && numbers <= letters
}

// isWord reports whether the one segment of a path looks like the name of an endpoint: "login", "healthz",
// "update_metrics", "oauth2". What stands at a site's root is as often a file ("favicon.ico"), an article
// ("how-to-cook-rice") or a short link ("aB3xYz"), of which there are endlessly many, so it must be a word or two in small
// letters. Of the real logs at hand it took all endpoints and none of the rest.
func isWord(segment []byte) bool {
	end := len(segment)
	for end > len(segment)-2 && end > 0 && segment[end-1]-'0' <= 9 {
		end--
	}
	joints := 0
	for _, c := range segment[:end] {
		switch {
		case c == '-' || c == '_':
			joints++
		case c < 'a' || c > 'z':
			return false
		}
	}
	return len(segment) <= 20 && joints <= 1
}

// segments returns the path's segments lo to hi (-1: all that follow), without the leading slash.
func segments(path []byte, lo, hi int) []byte {
	path = bytes.TrimPrefix(path, []byte{'/'})
	start, end, at := -1, len(path), 0
	for i, n := 0, 0; i <= len(path); i++ {
		if i < len(path) && path[i] != '/' {
			continue
		}
		if n == lo {
			start = at
		}
		if n++; n == hi {
			end = i
			break
		}
		at = i + 1
	}
	if start < 0 {
		return nil
	}
	return path[start:end]
}

// splitURL returns path and host of what a log calls path or URL; query, fragment and user are left out.
func splitURL(raw []byte) (path, host []byte) {
	path = raw
	if len(path) > 0 && path[0] != '/' {
		if i := bytes.Index(path, []byte("://")); i > 0 && i < 12 {
			rest := path[i+3:]
			end := bytes.IndexAny(rest, "/?#")
			if end < 0 {
				end = len(rest)
			}
			host, path = rest[:end], rest[end:]
			if at := bytes.LastIndexByte(host, '@'); at >= 0 {
				host = host[at+1:]
			}
			if len(path) == 0 {
				path = []byte{'/'}
			}
		}
	}
	for i, c := range path {
		if c == '?' || c == '#' || c == ';' {
			return path[:i], host
		}
	}
	return path, host
}

// Location returns the record's path without query and its host.
func (d *Decoder) Location() (path, host []byte) {
	path, host = splitURL(d.Rec.Text(FieldPath))
	if own := d.Rec.Text(FieldHost); len(own) > 0 {
		host = own
	}
	return path, host
}

// TargetName returns the record's target, in dst or in the line.
func (d *Decoder) TargetName(dst []byte) []byte {
	r := &d.Rec
	if d.sender == SenderMonitor {
		return []byte(MonitorTarget)
	}
	if len(d.target.parts) == 0 && r.Has(FieldTarget) {
		if name := r.Text(FieldTarget); len(name) > 0 {
			return name
		}
	}
	path, host := d.Location()
	return d.target.name(dst, r, path, host)
}

// TargetByPath reports whether the record's target depends on nothing but its path.
func (d *Decoder) TargetByPath() bool { return d.sender != SenderMonitor && d.target.pathOnly(&d.Rec) }
