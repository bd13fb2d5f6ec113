package logline

import "bytes"

// mended is what --explain says about a line that mend has repaired.
const mended = `broken JSON, read as its server meant it; nginx writes sound JSON with "log_format NAME escape=json …"`

// mend returns the JSON that a server meant whose log format puts bare values into a template of JSON, in dst. nginx without escape=json
// and Apache write a quote within a value as \x22 or \", never as itself, so that every value still ends where it seems to
// (https://nginx.org/en/docs/http/ngx_http_log_module.html#log_format, https://httpd.apache.org/docs/2.4/mod/mod_log_config.html); nginx
// writes a number that is not known as a bare "-", or not at all. It returns false where nothing is to be mended, or anything else is
// wrong with the line.
func mend(dst, line []byte) ([]byte, bool) {
	changed, quoted := false, false
	for i := 0; i < len(line); i++ {
		c := line[i]
		switch {
		case quoted && c == '\\':
			value, n, ok := escaped(line[i:])
			if !ok {
				return dst, false
			}
			if n == 2 && value != '\v' { // an escape of JSON's, too
				dst = append(dst, line[i:i+2]...)
			} else {
				dst = appendJSONByte(dst, value)
				changed = true
			}
			i += n - 1
			continue
		case c == '"':
			quoted = !quoted
		case !quoted && (c == ',' || c == '}') && endsOpen(dst):
			dst = append(bytes.TrimRight(dst, "- "), "null"...)
			changed = true
		}
		dst = append(dst, c)
	}
	return dst, changed && !quoted
}

// escaped returns the byte that a backslash and what follows it stand for, and how many bytes that is.
func escaped(b []byte) (value byte, n int, ok bool) {
	if len(b) < 2 {
		return 0, 0, false
	}
	switch b[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't', 'u':
		return b[1], 2, true
	case 'v':
		return '\v', 2, true
	case 'x':
		if len(b) < 4 {
			return 0, 0, false
		}
		high, low := hexDigit(b[2]), hexDigit(b[3])
		return byte(high<<4 | low), 4, high >= 0 && low >= 0 //nolint:gosec // two digits
	}
	return 0, 0, false
}

// hexDigit returns the value of a hexadecimal digit, -1 of anything else.
func hexDigit(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return int(c|0x20-'a') + 10
	}
	return -1
}

// appendJSONByte appends a byte of a text as JSON has it within quotes.
func appendJSONByte(dst []byte, c byte) []byte {
	const digits = "0123456789abcdef"
	switch {
	case c == '"' || c == '\\':
		return append(dst, '\\', c)
	case c < 0x20:
		return append(dst, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
	}
	return append(dst, c) // of UTF-8, whose other bytes follow, or plain
}

// endsOpen reports whether an object ends with a key whose value is missing, or a bare "-".
func endsOpen(object []byte) bool {
	object = bytes.TrimRight(object, " ")
	object = bytes.TrimRight(bytes.TrimSuffix(object, []byte{'-'}), " ")
	return len(object) > 1 && object[len(object)-1] == ':' && object[len(object)-2] == '"'
}
