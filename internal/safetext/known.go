package safetext

import (
	"cmp"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"html"
	"net/url"
	"slices"
	"strings"
)

// Known are secrets whose values are known: those of our own settings. The zero value knows none. Using it does not change it, so
// that it is safe for concurrent use.
type Known struct{ forms []form }

// form is how a secret may look in a text.
type form struct {
	text  string
	least int // how many bytes of it are still a secret, where something cut it
	kind  formKind
}

type formKind uint8

const (
	formValue  formKind = iota // the value itself, and what percent signs, backslashes and entities make of it
	formHex                    // in either case
	formBase64                 // the characters around it hold bits of it too
)

const (
	shortestKnown = 4  // a shorter value ("1", "on") would blacken half of every text
	shortestForm  = 6  // of an encoding, and of a part of a value
	longestPart   = 12 // so much of a longer value is a secret by itself
)

// Know returns the secrets with these values, of which those shorter than four bytes are left out. They are found as they are,
// encoded for JSON, URLs, forms and HTML, in base64 whatever stands before them, in hexadecimal, and by half where they were cut.
func Know(values ...string) Known {
	var known Known
	for _, value := range values {
		if len(value) < shortestKnown {
			continue
		}
		least := leastPart(value)
		known.forms = append(known.forms, form{value, least, formValue})
		if shown := Line(value); shown != value {
			known.forms = append(known.forms, form{shown, len(shown), formValue})
		}
		if strings.ContainsAny(value, codeBytes+" ") { // resolving a text's encoding would resolve the value's own characters too
			for _, text := range encodings(value) {
				known.forms = append(known.forms, form{text, len(text), formValue})
			}
		}
		if len(value) < shortestForm {
			continue
		}
		known.forms = append(known.forms, form{hex.EncodeToString([]byte(value)), 2 * least, formHex})
		for before := range 3 {
			bytes := []byte("\x00\x00"[:before] + value)
			first, last := (before*8+5)/6, len(bytes)*8/6 // characters that hold bits of the value only
			for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
				text := encoding.EncodeToString(bytes)[first:last]
				known.forms = append(known.forms, form{text, max(shortestForm, min(len(text), least*4/3)), formBase64})
			}
		}
	}
	slices.SortFunc(known.forms, func(a, b form) int {
		return cmp.Or(cmp.Compare(len(b.text), len(a.text)), strings.Compare(a.text, b.text), cmp.Compare(a.kind, b.kind), cmp.Compare(a.least, b.least))
	})
	known.forms = slices.Clip(slices.CompactFunc(known.forms, func(a, b form) bool { return a.text == b.text && a.kind == b.kind }))
	return known
}

// encodings returns a value as JSON, URLs, forms and HTML write it.
func encodings(value string) []string {
	texts := []string{url.QueryEscape(value), url.PathEscape(value), html.EscapeString(value)}
	if quoted, err := json.Marshal(value); err == nil {
		inner := string(quoted[1 : len(quoted)-1])
		texts = append(texts, inner, strings.ReplaceAll(inner, "/", `\/`))
	}
	return texts
}

// leastPart returns how many bytes of a value are a secret by themselves: half of it. Of a value without digits it is more,
// because a part of it may be a word.
func leastPart(value string) int {
	least := max(shortestForm, (len(value)+1)/2)
	if !strings.ContainsAny(value, "0123456789") {
		least = max(least, longestPart)
	}
	return min(least, longestPart, len(value))
}

// In reports whether s holds a secret.
func (k Known) In(s string) bool { return len(k.find(s)) > 0 }

// Mask replaces by [Mask] what is a secret that is known.
func (k Known) Mask(s string) string {
	spans := apart(k.find(s))
	if len(spans) == 0 {
		return s
	}
	return replace(s, spans, len(s))
}

// Line is [MaskedLine] that masks the secrets that are known too.
func (k Known) Line(s string, limit int) string { return masked(s, limit, false, k) }

// Block is [MaskedBlock] that masks the secrets that are known too.
func (k Known) Block(s string, limit int) string { return masked(s, limit, true, k) }

// Values returns the secrets in a text: what [MaskSecrets] would mask.
func Values(s string) []string {
	var values []string
	for _, p := range secretsIn(s) {
		values = append(values, s[p.lo:p.hi])
	}
	return values
}

// find returns where s holds a secret, in no order.
func (k Known) find(s string) []span {
	if len(k.forms) == 0 || len(s) < shortestKnown {
		return nil
	}
	spans := k.findIn(nil, s, nil)
	for _, plus := range []bool{false, true} { // a "+" may be itself or a blank
		eachLayer(s, plus, func(v view) { spans = k.findIn(spans, v.text, v.at) })
	}
	return spans
}

// findIn appends where a layer of a text holds a secret. at says where its bytes began, nil where it is the text itself.
func (k Known) findIn(spans []span, s string, at []int32) []span {
	lower := ""
	for i := range k.forms {
		form, text := &k.forms[i], s
		if form.kind == formHex {
			if lower == "" {
				lower = lowerASCII(s)
			}
			text = lower
		}
		form.each(text, func(lo, hi int) {
			if at != nil {
				lo, hi = int(at[lo]), int(at[hi])
			}
			spans = append(spans, span{lo, hi})
		})
	}
	return spans
}

// each calls found for every part of text that is the form, or enough of it. A part of so many bytes holds a whole piece of
// half as many.
func (f *form) each(text string, found func(lo, hi int)) {
	step := (f.least + 1) / 2
	if f.least == len(f.text) {
		step = len(f.text)
	}
	for piece := 0; piece+step <= len(f.text); piece += step {
		for from := 0; ; {
			at := strings.Index(text[from:], f.text[piece:piece+step])
			if at < 0 {
				break
			}
			at += from
			lo, hi := at, at+step
			for n := piece; lo > 0 && n > 0 && text[lo-1] == f.text[n-1]; n-- {
				lo--
			}
			for n := piece + step; hi < len(text) && n < len(f.text) && text[hi] == f.text[n]; n++ {
				hi++
			}
			from = at + 1
			if !f.enough(text[lo:hi]) && !f.cutAt(text, lo, hi, piece-(at-lo)) {
				continue
			}
			from = max(from, hi-step+1)
			for hi-lo > 1 && text[lo] == ' ' { // of "Pre secret"
				lo++
			}
			for hi-lo > 1 && text[hi-1] == ' ' {
				hi--
			}
			if f.kind == formBase64 {
				lo, hi = widen(text, lo, hi)
			}
			found(lo, hi)
		}
	}
}

// enough reports whether a part of the form is a secret by itself. A short word of small letters is not, "errtop" of "errtop/1.2".
func (f *form) enough(part string) bool {
	return len(part) >= f.least && (len(part) == len(f.text) || len(part) >= longestPart || f.kind != formValue || !lowerWord(part))
}

// cutAt reports whether text[lo:hi] is the start of a value that the end of the text has cut, or an ellipsis there. A word of
// small letters is left alone.
func (f *form) cutAt(text string, lo, hi, start int) bool {
	rest := text[hi:]
	return f.kind == formValue && start == 0 && hi-lo >= shortestKnown && (rest == "" || rest == "…" || rest == "...") && !lowerWord(text[lo:hi])
}

// widen returns the bounds of a part of base64 with the characters that hold its first and last bits.
func widen(text string, lo, hi int) (int, int) {
	inside := func(c byte) bool { return alphanumeric(c) || strings.IndexByte("+/-_=", c) >= 0 }
	if lo > 0 && inside(text[lo-1]) {
		lo--
	}
	for range 2 {
		if hi < len(text) && inside(text[hi]) {
			hi++
		}
	}
	return lo, hi
}

// lowerASCII returns s with small letters, byte by byte.
func lowerASCII(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c | 0x20
		}
	}
	return string(b)
}
